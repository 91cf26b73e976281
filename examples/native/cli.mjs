#!/usr/bin/env node
// A native client of Vestibule without a single dependency: it asks for what the gateway says belongs into each flow.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { asker } from './asker.mjs';

const gateway = process.env.VESTIBULE_URL ?? 'http://localhost:4433';
const tokenFile = process.env.VESTIBULE_TOKEN_FILE ?? join(homedir(), '.config', 'vestibule-example', 'token');
const ask = asker(process.stdin, process.stdout);

const token = () => readFile(tokenFile, 'utf8').catch(() => undefined);

/** Keeps the token where nobody else on the machine reads it. */
async function keep(value) {
  await mkdir(dirname(tokenFile), { recursive: true, mode: 0o700 });
  await writeFile(tokenFile, value, { mode: 0o600 });
  await chmod(tokenFile, 0o600);
}

async function call(method, path, body) {
  const session = await token();
  const response = await fetch(new URL(path, gateway), {
    method,
    headers: {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...(session && { 'x-session-token': session }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
}

/** What went wrong, in the gateway's own words. */
const reason = ({ status, body }) => new Error(body?.error?.reason ?? body?.error?.message ?? `the gateway answered ${status}`);

const texts = messages => (messages ?? []).map(({ text }) => console.log(text));
const inputs = flow => flow.ui.nodes.filter(({ type }) => type === 'input');

/** Asks for what a form wants. With several ways to go on, asks which one first. */
async function fillIn(flow, group) {
  texts(flow.ui.messages);
  const buttons = inputs(flow).filter(node => node.attributes.type === 'submit' && (!group || node.group === group));
  const button = buttons[await ask.choice(buttons.map(node => node.meta.label.text))];
  const belongs = node => node.group === button.group || node.group === 'default';
  const body = { [button.attributes.name]: button.attributes.value };
  for (const node of inputs(flow).filter(belongs)) {
    const { name, type, value, required } = node.attributes;
    if (type === 'submit' || type === 'button') continue;
    texts(node.messages);
    const typed = type === 'hidden' ? value : await ask.line(node.meta.label?.text ?? name, { value, required, secret: type === 'password' });
    if (typed !== undefined && typed !== '') body[name] = typed;
  }
  return body;
}

/** Runs a flow to its end and gives the last answer. */
async function run(kind, { group, done = () => true } = {}) {
  let answer = await call('GET', `/self-service/${kind}/api`);
  if (answer.status !== 200) throw reason(answer);
  let flow = answer.body;
  for (;;) {
    answer = await call('POST', `/self-service/${kind}?flow=${flow.id}`, await fillIn(flow, group));
    if (answer.status === 200 && done(answer.body)) return answer.body;
    if (answer.body?.ui) {
      // The form again: something is to be corrected, or there is a next step.
      flow = answer.body;
    } else if (answer.body?.use_flow_id) {
      // It took too long; the gateway has a fresh one.
      ({ body: flow } = await call('GET', `/self-service/${kind}/flows?id=${answer.body.use_flow_id}`));
    } else {
      throw reason(answer);
    }
  }
}

const commands = {
  'sign-up': async () => {
    const { identity, session_token } = await run('registration');
    if (session_token) await keep(session_token);
    console.log(`Welcome, ${identity.traits.email}.`);
  },
  'sign-in': async () => {
    await rm(tokenFile, { force: true });
    const { session, session_token } = await run('login', { done: answer => answer.session_token });
    await keep(session_token);
    console.log(`Signed in as ${session.identity.traits.email}.`);
  },
  whoami: async () => {
    const answer = await call('GET', '/sessions/whoami');
    if (answer.status !== 200) throw reason(answer);
    const { identity, expires_at } = answer.body;
    console.log(`${identity.traits.email}${identity.traits.name ? ` (${identity.traits.name})` : ''}, until ${expires_at}`);
  },
  profile: async () => {
    await run('settings', { group: 'profile', done: answer => answer.state === 'success' });
    console.log('Saved.');
  },
  password: async () => {
    await run('settings', { group: 'password', done: answer => answer.state === 'success' });
    console.log('Saved.');
  },
  recover: async () => {
    await rm(tokenFile, { force: true });
    const { continue_with } = await run('recovery', { done: answer => answer.continue_with?.length });
    const next = action => continue_with.find(one => one.action === action);
    await keep(next('set_ory_session_token').ory_session_token);
    console.log('You are signed in. Choose a new password now: cli.mjs password');
  },
  get: async path => {
    const answer = await call('GET', path ?? '/');
    console.log(answer.text);
    if (answer.status >= 400) throw reason(answer);
  },
  'sign-out': async () => {
    const session_token = await token();
    if (session_token) await call('DELETE', '/self-service/logout/api', { session_token });
    await rm(tokenFile, { force: true });
    console.log('Signed out.');
  },
};

const [name, argument] = process.argv.slice(2);
if (!commands[name]) {
  console.error(`usage: cli.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(2);
}
try {
  await commands[name](argument);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  ask.close();
}
