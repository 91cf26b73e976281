// A person in front of Ory's reference UI, which is unchanged and only knows the gateway: node reference-ui.mjs UI_URL
import assert from 'node:assert/strict';
import { launch, walk } from './launch.mjs';

const ui = new URL(process.argv[2]).origin;
const email = `ada.${process.pid}@example.com`;
const first = 'a plain long passphrase 7';
const second = 'another plain long one 8';

const browser = await launch();
const page = await (await browser.newContext()).newPage();
page.setDefaultTimeout(15000);

const field = name => page.locator(`input[name="${name}"]`).first();
const says = pattern => page.getByText(pattern).first().waitFor();
const press = (method, name = 'method') => page.locator(`button[name="${name}"][value="${method}"]`).first().click();
const signedIn = async () => (await page.context().cookies()).some(({ name }) => name === 'ory_kratos_session');

async function signIn(password) {
  await page.goto(`${ui}/login`);
  await field('identifier').fill(email);
  await field('password').fill(password);
  await press('password');
}

async function signOut() {
  await page.goto(`${ui}/welcome`);
  await page.locator('a[href*="logout"]').first().click();
  await page.waitForURL(/\/login/);
  assert.equal(await signedIn(), false);
}

await walk({
  'sign-up shows what is wrong and keeps what was typed': async () => {
    await page.goto(`${ui}/registration`);
    await field('traits.email').fill(email);
    await field('password').fill('short');
    await press('password');
    await says(/at least 8/i);
    assert.equal(await field('traits.email').inputValue(), email);
  },
  'sign-up signs in': async () => {
    await field('password').fill(first);
    await press('password');
    await page.waitForURL(/\/welcome/);
    assert.equal(await signedIn(), true);
  },
  'the session page shows who that is': async () => {
    await page.goto(`${ui}/sessions`);
    await says(email);
  },
  'settings change the name and the password': async () => {
    await page.goto(`${ui}/settings`);
    await field('traits.name').fill('Ada');
    await press('profile');
    await says(/saved/i);
    assert.equal(await field('traits.name').inputValue(), 'Ada');
    await field('password').fill(second);
    await press('password');
    await says(/saved/i);
  },
  'signing out ends the session': signOut,
  'the old password is refused, the new one signs in': async () => {
    await signIn(first);
    await says(/not right|invalid/i);
    await field('password').fill(second);
    await press('password');
    await page.waitForURL(/\/welcome/);
    assert.equal(await signedIn(), true);
  },
  'a form that lost its cookie has a way on': async () => {
    await signOut();
    await page.context().clearCookies();
    await field('identifier').fill(email);
    await field('password').fill(second);
    await press('password');
    await page.waitForURL(/\/error/);
    await says(/security|csrf/i);
    await page.getByRole('link').first().waitFor();
  },
});
