// Every walk of the list: node cases.mjs PORTS, started by tests/it/landing.
import { ask, browser } from './stage.mjs';
import { Walk, world } from './walk.mjs';

// What a step or a person needs from the configuration; unbuilt keys leave their walks out, and the end says which.
const NEEDS = {
  second_factor: 'selfservice.methods.totp',
  provider: 'selfservice.methods.oidc',
};
// The list's configuration has none of these, or our pages do not.
const ABSENT = {
  provider: 'the list configures no provider',
  with_passkey: 'the list switches passkeys off',
  verify: 'the verification page shows no way on',
  scanner: 'the verification page shows no way on',
};

function missing(test, world) {
  const unbuilt = key => world.unsupported.find(found => found.startsWith(key));
  for (const step of test.steps) {
    const [name] = Object.keys(step);
    const absent = ABSENT[name] ?? ABSENT[step[name]];
    if (absent) return absent;
    if (NEEDS[name] && unbuilt(NEEDS[name])) return unbuilt(NEEDS[name]);
    if (name === 'recover' && step.recover.startsWith('link') && unbuilt('selfservice.methods.link')) return 'selfservice.methods.link';
    if (step[name] === 'with_totp' && unbuilt('selfservice.methods.totp')) return 'selfservice.methods.totp';
    const host = step.open && new URL(step.open).hostname;
    const route = world.left_out.find(id => host === `${{ slash: 'files' }[id] ?? id}.example.com`);
    if (route) return `route ${route}`;
  }
  return undefined;
}

// On hosts whose path decides nothing targets pass as they are (gateway ), and these are about targets that are made canonical.
const CANONICAL = { 'gateway.path.normalize': 'always' };
const MORE = {
  'L-006': CANONICAL,
  'L-007': CANONICAL,
  'L-008': CANONICAL,
  // What makes that password weak is a list on the network.
  'L-016': { 'selfservice.methods.password.config.min_password_length': 9 },
};

const only = process.env.VESTIBULE_CASES?.split(',');
let failed = 0;
let driven = 0;
const open = [];
const left = {};
for (const test of await ask('cases')) {
  if (only && !only.includes(test.id)) continue;
  const here = await world({ ...test.config, ...MORE[test.id] });
  const why = missing(test, here);
  if (why) {
    (left[why] ??= []).push(test.id);
    continue;
  }
  const walk = await new Walk(here, test.expect).begin();
  walk.opened = test.steps[0].open;
  let found;
  try {
    for (const step of test.steps) {
      await walk.step(step);
      if (process.env.VESTIBULE_CASES) console.log(`  ${JSON.stringify(step).slice(0, 120)} -> ${walk.page.url()}`);
    }
    found = await walk.end();
  } catch (error) {
    found = [`${error.stack}\nat ${walk.page.url()}\n${await walk.page.locator('body').innerText().catch(() => '')}`];
    await walk.context.close();
  }
  driven += 1;
  if (found.length === 0) continue;
  const text = `${test.id} ${test.title}: ${found.join('; ')}`;
  if (test.open) {
    open.push(text);
  } else {
    failed += 1;
    console.log(`failed ${text}`);
  }
}
console.log(`${driven} walks, ${failed} failed`);
for (const [why, ids] of Object.entries(left)) console.log(`not driven (${why}): ${ids.join(' ')}`);
for (const text of open) console.log(`open question ${text}`);
await browser.close();
process.exit(failed === 0 && driven > 0 ? 0 : 1);
