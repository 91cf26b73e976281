// How the pages behave in a browser: with and without scripts, by keyboard alone, with large text and from right to left.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './launch.mjs';
import { serve, writeSamples } from './samples.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pages-'));
let browser, site;

before(async () => {
  writeSamples(folder);
  site = await serve(folder);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 480, height: 640 }, ...options });
  const page = await context.newPage();
  await page.goto(`${site.origin}/${name}.html`);
  return page;
}

/** Lets the page's form post to the test's own server, which the policy allows as `'self'`. */
const sendHere = page => page.evaluate(() => { document.forms[0].action = '/post'; });
const focused = page => page.evaluate(() => document.activeElement.name || document.activeElement.textContent.trim());

test('the first field has the focus, and after a mistake the first one with a problem', async () => {
  assert.equal(await focused(await open('login')), 'identifier');
  assert.equal(await focused(await open('login-refused')), 'password');
  assert.equal(await focused(await open('registration-problems')), 'traits.email');
  assert.equal(await focused(await open('settings-weak-password')), 'password');
});

test('a page with a problem says so in its title', async () => {
  assert.equal(await (await open('login-refused')).title(), 'Problem: Sign in to Wiki');
  assert.equal(await (await open('login')).title(), 'Sign in to Wiki');
});

test('a password can be looked at, and is hidden again when it is sent', async () => {
  const page = await open('login');
  await page.fill('#password', 'secret');
  await page.click('[data-show]');
  assert.equal(await page.getAttribute('#password', 'type'), 'text');
  assert.equal(await page.textContent('[data-show]'), 'Hide');
  await sendHere(page);
  await page.click('button[type=submit]');
  assert.equal(await page.getAttribute('#password', 'type'), 'password');
  assert.equal(await page.textContent('[data-show]'), 'Show');
});

test('a form is sent once, and its button says that it is working', async () => {
  const page = await open('login');
  await sendHere(page);
  const before = site.posts.length;
  await page.fill('#identifier', 'ada');
  await page.evaluate(() => { const button = document.querySelector('[type=submit]'); button.click(); button.click(); });
  await page.waitForFunction(() => document.querySelector('[type=submit]').textContent === 'Signing in…');
  await page.waitForTimeout(100);
  assert.equal(site.posts.length, before + 1);
  assert.deepEqual([...site.posts.at(-1).keys()].sort(), ['csrf_token', 'identifier', 'method', 'password']);
  assert.equal(site.posts.at(-1).get('method'), 'password');
});

test('caps lock is mentioned while it is on', async () => {
  const page = await open('login');
  const press = on => page.evaluate(modifierCapsLock => {
    document.getElementById('password').dispatchEvent(new KeyboardEvent('keydown', { key: 'A', modifierCapsLock }));
    return document.querySelector('[data-caps]').hidden;
  }, on);
  assert.equal(await press(true), false);
  assert.equal(await press(false), true);
});

test('without scripts the same form is sent, by keyboard alone', async () => {
  const page = await open('registration', { javaScriptEnabled: false });
  assert.equal(await page.locator('[data-show]').isVisible(), false);
  await page.keyboard.type('ada@example.com');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Ada');
  // The sample posts to a made-up site, so what would be sent is read off the form.
  assert.equal(await page.inputValue('[name="traits.email"]'), 'ada@example.com');
  assert.equal(await page.inputValue('[name=password]'), 'correct horse');
  assert.equal(await page.inputValue('[name="traits.name"]'), 'Ada');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator('button[type=submit]:focus').count(), 1);
});

test('a checkbox that is left off is sent as false', async () => {
  const page = await open('registration-every-trait');
  const values = () => page.evaluate(() => new FormData(document.forms[0]).getAll('traits.news'));
  assert.deepEqual(await values(), ['false', 'true']);
  await page.uncheck('[type=checkbox]');
  assert.deepEqual(await values(), ['false']);
});

test('each settings group is a form of its own with the token', async () => {
  const page = await open('settings');
  const forms = await page.evaluate(() => [...document.forms].map(form => [...new FormData(form, form.querySelector('[type=submit]')).entries()].map(([name]) => name)));
  assert.deepEqual(forms, [['csrf_token', 'traits.email', 'traits.name', 'method'], ['csrf_token', 'password', 'method']]);
});

test('the list of problems leads to the fields', async () => {
  const page = await open('registration-problems');
  await page.click('[role=alert] a[href="#password"]');
  assert.equal(await focused(page), 'password');
});

test('text of twice the size and writing from the right fit a small window', async () => {
  for (const name of ['login', 'registration-problems', 'settings-long-names', 'user', 'sample-app', 'gateway-421']) {
    const page = await open(name, { viewport: { width: 640, height: 640 } });
    const over = await page.evaluate(() => {
      document.documentElement.dir = 'rtl';
      document.documentElement.style.fontSize = '200%';
      return document.documentElement.scrollWidth - document.documentElement.clientWidth;
    });
    assert.equal(over, 0, name);
  }
});

test('everything that is pressed or filled in is at least 44 pixels high', async () => {
  for (const name of ['login', 'registration-every-trait', 'settings', 'gateway-403']) {
    const page = await open(name);
    const low = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden], [type=checkbox], [hidden]), select, .button')]
      .filter(element => element.getBoundingClientRect().height < 44).map(element => element.outerHTML));
    assert.deepEqual(low, [], name);
  }
});
