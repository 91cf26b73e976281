// Random walks: node random.mjs PORTS, started by tests/it/landing. VESTIBULE_WALKS says how many; VESTIBULE_SEED begins at another seed.
import { browser } from './stage.mjs';
import { Walk, world } from './walk.mjs';

// The same walks each time: a failure is then the fault of what has changed. Other seeds are tried by hand.
const first = Number(process.env.VESTIBULE_SEED ?? 1);
const walks = Number(process.env.VESTIBULE_WALKS ?? 12);
const MOST_STEPS = 6;

/** Numbers from 0 to 1 that a seed decides (a linear congruence of 48 bits, as POSIX drand48 has it). */
function numbers(seed) {
  let state = (BigInt(seed) << 16n) + 0x330En;
  return () => {
    state = (state * 0x5DEECE66Dn + 0xBn) % (1n << 48n);
    return Number(state) / 2 ** 48;
  };
}

const TARGETS = [
  'https://app.example.com/',
  'https://app.example.com/wiki/Start?x=1&y=%C3%A9',
  'https://app.example.com/s?b=2&a=1&a=3&&x&y=%7e+%20',
  'https://app.example.com/app#/inbox/42',
  'https://app.example.com/app?tab=2#section-7',
  'https://app.example.com/w/%C3%9Cbung/%E6%97%A5%E6%9C%AC',
  'https://team1.apps.example.com/x?return_to=https%3A%2F%2Fapp.example.com%2Fno',
  'https://ported.example.com/a/b.c;d=1/?q',
  'https://app.example.com/q?next=%2Fself-service%2Flogin&flow=1',
];

// What may happen between asking for a page and being there. Each leaves the person before a form of ours.
const HOPS = {
  'a wrong password': walk => onLogin(walk, () => walk.logIn('me', { password: 'wrong' })),
  'to sign-up and back': walk => onLogin(walk, async () => { await walk.go('registration'); await walk.go('login'); }),
  'to recovery and back': walk => onLogin(walk, async () => { await walk.go('recovery'); await walk.go('login'); }),
  'a weak password at sign-up': walk => onLogin(walk, async () => {
    await walk.go('registration');
    await walk.signUp(`new${walk.number}`, { password: '1234567' });
    await walk.go('login');
  }),
  'a reload': walk => walk.step({ reload: true }),
  'an expired form': walk => walk.step({ wait: 'flow expires' }),
  'lost cookies': walk => walk.step({ delete_cookie: '*' }),
  'a restart': walk => walk.step({ restart: true }),
  'a look elsewhere and back': async walk => {
    await walk.open('https://elsewhere.example.org/');
    await walk.page.goBack({ waitUntil: 'commit' });
    await walk.page.waitForFunction(() => location.hostname === 'auth.example.com');
    await walk.seePage();
  },
};

async function onLogin(walk, hop) {
  if (await walk.onForm('identifier')) await hop();
}

const here = await world();
let failed = 0;
console.log(`${walks} walks from seed ${first}`);
for (let seed = first; seed < first + walks; seed += 1) {
  const random = numbers(seed);
  const pick = list => list[Math.floor(random() * list.length)];
  const target = pick(TARGETS);
  const walk = await new Walk(here, { final_url: target, kept: ['identifier'], max_submits: 5 }).begin();
  walk.number = seed;
  const told = [target];
  let found;
  try {
    await walk.open(target);
    const steps = Math.floor(random() * MOST_STEPS);
    for (let step = 0; step < steps; step += 1) {
      const hop = pick(Object.keys(HOPS));
      told.push(hop);
      await HOPS[hop](walk);
      // Where an hour passed or cookies went, what was typed may be gone with the page that it stood on.
      if (/reload|elsewhere|back/.test(hop) && (told.includes('lost cookies') || told.includes('an expired form'))) walk.typed = {};
    }
    await walk.logIn('me');
    found = await walk.end();
  } catch (error) {
    found = [`${error.stack}\nat ${walk.page.url()}`];
    await walk.context.close();
  }
  if (found.length > 0) {
    failed += 1;
    console.log(`failed with VESTIBULE_SEED=${seed}: ${told.join(', ')}: ${found.join('; ')}`);
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
