// A person in front of examples/spa: node spa.mjs GATEWAY_URL
import assert from 'node:assert/strict';
import { violations } from './axe.mjs';
import { launch, walk } from './launch.mjs';

const base = new URL(process.argv[2]).origin;
const email = `ada.${process.pid}@example.com`;
const password = 'a plain long passphrase 7';

const browser = await launch();
const page = await (await browser.newContext()).newPage();
page.setDefaultTimeout(15000);
const troubles = [];
page.on('pageerror', error => troubles.push(error.message));

const press = name => page.getByRole('button', { name }).first().click();
const fill = (label, text) => page.getByLabel(label).first().fill(text);
const says = text => page.getByText(text).first().waitFor();
const heading = name => page.getByRole('heading', { name }).waitFor();
const accessible = async () => assert.deepEqual(await violations(page), [], page.url());

await walk({
  'the front page is for everybody': async () => {
    await page.goto(base);
    await heading('Greetings');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await accessible();
  },
  'a protected page leads to the app’s own sign-in page, and the data behind it is guarded': async () => {
    await page.goto(`${base}/greeting?from=mail`);
    await heading('Sign in');
    await accessible();
    const status = await page.evaluate(async () => (await fetch('/api/greeting')).status);
    assert.equal(status, 401);
  },
  'sign-up keeps what was typed when the password is too short': async () => {
    await page.getByRole('link', { name: 'Create an account' }).click();
    await heading('Create your account');
    await fill('E-Mail', email);
    await fill('Password', 'short');
    await press(/sign up|create account/i);
    await page.locator('.error').first().waitFor();
    assert.equal(await page.getByLabel('E-Mail').inputValue(), email);
    await accessible();
  },
  'and lands where the person was going, signed in': async () => {
    await fill('Password', password);
    await press(/sign up|create account/i);
    await page.waitForURL(`${base}/greeting?from=mail`);
    await heading(`Hello, ${email}!`);
  },
  'settings change the name, and the API hears of it at once': async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await heading('Your account');
    await fill('Name', 'Ada');
    await press(/^save/i);
    await page.locator('.success').waitFor();
    await accessible();
    await page.goto(`${base}/greeting`);
    await heading('Hello, Ada!');
  },
  'signing out ends it': async () => {
    await press('Sign out');
    await page.waitForURL(`${base}/`);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  },
  'a wrong password says so, the right one signs in': async () => {
    await page.goto(`${base}/greeting`);
    await heading('Sign in');
    await fill('E-Mail', email);
    await fill('Password', 'not the password');
    await press(/^sign in/i);
    await page.locator('.error').first().waitFor();
    await fill('Password', password);
    await press(/^sign in/i);
    await heading('Hello, Ada!');
  },
  'a form whose cookie is gone begins anew instead of failing': async () => {
    await press('Sign out');
    await page.waitForURL(`${base}/`);
    await page.goto(`${base}/auth/login?return_to=${encodeURIComponent(`${base}/greeting`)}`);
    await heading('Sign in');
    const first = page.url();
    await page.context().clearCookies();
    await fill('E-Mail', email);
    await fill('Password', password);
    await press(/^sign in/i);
    await page.waitForURL(url => url.href !== first);
    await fill('E-Mail', email);
    await fill('Password', password);
    await press(/^sign in/i);
    await page.waitForURL(`${base}/greeting`);
    await heading('Hello, Ada!');
  },
  'nothing went wrong in a script': async () => assert.deepEqual(troubles, []),
});
