// A person in front of the pages: what each step of a walk does in the browser, and what holds on every walk.
import assert from 'node:assert/strict';
import { admin, ask, browser, fetchPlainly, seen } from './stage.mjs';
import { codeIn, linkIn, readable } from './mails.mjs';

const RIGHT = 'a plain long passphrase 7';
const WRONG = 'not that passphrase at all';
const NEW = 'yet another long passphrase 9';
const SECRETS = [RIGHT, WRONG, NEW];

const OWN = /^https:\/\/[^/]+\/(\.vestibule|self-service)\//;

export class Walk {
  constructor(world, expect = {}) {
    Object.assign(this, { world, expect, tabs: {}, texts: [], urls: [], typed: {}, found: [], mails: world.mails, wanted: new Set() });
    this.passwords = { default: RIGHT };
  }

  async begin(options = {}) {
    this.context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    await this.tab(1);
    return this;
  }

  /** Switches to a tab, opened when it is not there yet. */
  async tab(number) {
    if (!this.tabs[number]) {
      const page = await this.context.newPage();
      page.setDefaultTimeout(30000);
      page.on('request', request => this.urls.push(request.url()));
      page.on('response', response => { void this.look(response); });
      this.tabs[number] = page;
    }
    this.page = this.tabs[number];
    await this.page.bringToFront();
  }

  /** What holds for every answer. */
  async look(response) {
    const status = response.status();
    this.statuses = [...(this.statuses ?? []), status];
    if (status >= 500 && status !== this.expect.status_between) this.found.push(`${status} from ${response.url()}`);
  }

  /** What holds for every page that a person sees. */
  async seePage() {
    // A page from the back-forward cache is complete and loads nothing.
    await this.page.waitForFunction(() => document.readyState === 'complete');
    const html = await this.page.content();
    this.texts.push(await this.page.locator('body').innerText());
    if (OWN.test(this.page.url())) this.stored = { url: this.page.url().split('#')[0], html };
    if (SECRETS.some(secret => html.includes(secret))) this.found.push(`a password stands on ${this.page.url()}`);
    const ways = await this.page.locator('a[href], button, input[type=submit]').count();
    if (ways === 0) this.found.push(`no way on from ${this.page.url()}`);
  }

  async open(url) {
    this.last = await this.page.goto(url);
    await this.seePage();
  }

  /** A form that an app's page sends. */
  async post({ post: url, referer, body }) {
    const fields = [...new URLSearchParams(body)];
    if (this.page.url() !== referer) {
      await this.page.route(referer, route => route.fulfill({ contentType: 'text/html', body: '<!doctype html><a href="/">home</a>' }), { times: 1 });
      await this.page.goto(referer);
    }
    await this.leaving(() => this.page.evaluate(([url, fields]) => {
      const form = document.createElement('form');
      Object.assign(form, { action: url, method: 'post' });
      for (const [name, value] of fields) form.append(Object.assign(document.createElement('input'), { name, value }));
      document.body.append(form);
      form.submit();
    }, [url, fields]));
  }

  /** Does something that loads another page, and looks at that. */
  async leaving(action) {
    const loaded = this.page.waitForEvent('load');
    await action();
    await loaded;
    await this.seePage();
  }

  email(person) {
    return `${person}@example.com`;
  }

  onForm(name) {
    return this.page.locator(`form [name="${name}"]`).first().isVisible();
  }

  /** Types where nothing stands yet; what was typed before must still be there. */
  async type(name, value) {
    const field = this.page.locator(`form [name="${name}"]:visible`).first();
    const kept = await field.inputValue();
    const before = this.typed[name];
    if (before !== undefined && kept !== before) {
      if (this.expect.kept?.includes(name)) this.found.push(`${name} was lost: ${JSON.stringify(kept)} for ${before}`);
    }
    if (kept !== value) await field.fill(value);
    this.typed[name] = value;
  }

  async secret(value, name = 'password') {
    await this.page.locator(`form [name="${name}"]:visible`).first().fill(value);
  }

  /** Presses the button that sends the form with this field. */
  async press(name, value) {
    const form = this.page.locator('form', { has: this.page.locator(`[name="${name}"]`) }).first();
    const named = value ? form.locator(`button[value="${value}"]`) : form.locator('button[type=submit]');
    await this.leaving(() => named.first().click());
  }

  /** Presses what the page offers when the thing could not be done. */
  async tryAgain() {
    const again = this.page.locator('a, button', { hasText: /try again/i }).first();
    if (await again.isVisible()) await this.leaving(() => again.click());
  }

  async logIn(person, { password } = {}) {
    await this.tryAgain();
    if (!await this.onForm('password')) {
      await this.open('https://auth.example.com/.vestibule/login');
    }
    const secret = password === 'wrong' ? WRONG : this.passwords[person] ?? RIGHT;
    const most = password === 'wrong' ? 1 : this.expect.max_submits ?? 1;
    let pressed = 0;
    while (pressed < most && await this.onForm('identifier')) {
      await this.type('identifier', this.email(person));
      await this.secret(secret);
      await this.press('password', 'password');
      pressed += 1;
    }
    if (pressed === 0) this.found.push(`there was no form to sign in with at ${this.page.url()}`);
  }

  async signUp(person, { password = RIGHT, times = 1 } = {}) {
    // Some ask for the password on a second screen.
    if (await this.onForm('traits.email')) await this.type('traits.email', this.email(person));
    if (!await this.onForm('password')) await this.press('traits.email');
    await this.secret(password);
    const form = this.page.locator('form', { has: this.page.locator('[name="password"]') }).first();
    const button = form.locator('button[type=submit]').first();
    await this.leaving(() => times === 2 ? button.dblclick() : button.click());
  }

  /** Follows the page's own link to another flow. */
  async go(kind) {
    this.typed = {};
    await this.leaving(() => this.page.locator(`a[href*="/self-service/${kind}/browser"]`).first().click());
  }

  /** The newest mail to a person, or the one with this number. */
  async mail(number) {
    const mails = await ask('mails', { number: this.mails + number });
    return readable(mails[this.mails + number - 1].text);
  }

  async startRecovery(person) {
    await this.type('email', this.email(person));
    await this.press('email');
    this.sent = 1;
  }

  async resend() {
    await this.leaving(() => this.page.locator('button[name="email"], button[name="resend"], button[data-resend]').first().click());
    this.sent += 1;
  }

  async recover(how) {
    if (!this.sent) await this.startRecovery('me');
    if (how.startsWith('link')) return this.open(linkIn(await this.mail(this.sent)));
    const number = how.startsWith('first') ? 1 : this.sent;
    await this.enterCode(codeIn(await this.mail(number)));
  }

  async enterCode(code) {
    await this.secret(code, 'code');
    await this.press('code', 'code');
  }

  async setPassword() {
    this.passwords.me = NEW;
    await this.secret(NEW);
    await this.press('password', 'password');
  }

  async verify(how) {
    // Whoever is led here says which address is theirs.
    if (!this.sent && await this.onForm('email') && !await this.onForm('code')) await this.startRecovery('unverified');
    this.sent ??= 1;
    if (how.startsWith('wrong')) return this.enterCode('000000');
    const mail = await this.mail(this.sent);
    if (how.startsWith('link')) {
      await this.open(linkIn(mail));
      // A link is never used up by opening it: the person presses a button.
      if (await this.onForm('code')) await this.press('code', 'code');
      return undefined;
    }
    return this.enterCode(codeIn(mail));
  }

  async scan() {
    if (!this.sent && await this.onForm('email')) await this.startRecovery('unverified');
    const link = linkIn(await this.mail(this.sent ??= 1));
    for (const method of ['GET', 'HEAD']) await fetchPlainly(link, method);
  }

  async settings({ settings: what, ...fields }) {
    if (what === 'open') return this.open('https://auth.example.com/.vestibule/settings');
    for (const [name, value] of Object.entries(fields)) await this.type(name, value);
    return this.press(Object.keys(fields)[0]);
  }

  async logOut() {
    await this.open('https://auth.example.com/.vestibule/logout');
    await this.leaving(() => this.page.getByRole('button', { name: /sign out/i }).click());
  }

  /** Back, to the page of ours as it was: browsers may keep a whole page, whatever it says about being stored. */
  async back() {
    const { url, html } = this.stored;
    const kept = { contentType: 'text/html; charset=utf-8', body: html.replace(/<script[^>]*>/g, '<script>') };
    await this.page.route(url, route => route.fulfill(kept), { times: 1 });
    await this.page.goBack({ waitUntil: 'commit' });
    await this.seePage();
  }

  async wait(what) {
    await ask(what.startsWith('session') ? 'expire sessions' : 'expire flows');
  }

  /** One step of the list. */
  async step(step) {
    const [name] = Object.keys(step);
    const value = step[name];
    const steps = {
      open: () => this.open(value),
      post: () => this.post(step),
      log_in: () => this.logIn(value, step),
      sign_up: () => this.signUp(value, step),
      go: () => this.go(value),
      identify: async () => { await this.type('identifier', this.email(value)); await this.press('identifier'); },
      password: async () => { await this.secret(RIGHT); await this.press('password', 'password'); },
      recover_start: () => this.startRecovery(value),
      recover: () => this.recover(value),
      set_password: () => this.setPassword(),
      verify: () => this.verify(value),
      resend: () => this.resend(),
      scanner: () => this.scan(),
      settings: () => this.settings(step),
      log_out: () => this.logOut(),
      tab: () => this.tab(value),
      reload: async () => { await this.page.reload(); await this.seePage(); },
      back: () => this.back(),
      wait: () => this.wait(value),
      purge: () => ask('purge'),
      restart: () => ask('restart'),
      rotate: () => ask('change', { key: value, value: ['another-secret-that-is-long-enough-0002'] }),
      delete_cookie: () => this.context.clearCookies(),
      store: () => ask('store', { up: value === 'up' }),
    };
    if (!steps[name]) throw new Error(`there is no step ${name}`);
    await steps[name]();
  }

  /** What must be true at the end. */
  async end() {
    const { expect, found } = this;
    const check = (what, wanted, got) => { if (wanted !== undefined && wanted !== got) found.push(`${what}: expected ${wanted}, got ${got}`); };
    check('URL', expect.final_url, this.page.url());
    if (expect.final_url && !OWN.test(expect.final_url)) {
      const { host, pathname, search } = new URL(expect.final_url);
      const last = seen.at(-1);
      check('the app saw', `GET ${host} ${pathname}${search}`, last && `${last.method} ${last.host} ${last.target}`);
    }
    check('status', expect.status, this.last?.status());
    if (expect.error && !(await this.names(expect.error))) found.push(`${expect.error} is named nowhere`);
    if (expect.status_between && !this.statuses.includes(expect.status_between)) found.push(`no ${expect.status_between} came`);
    if (expect.page_says && !this.texts.some(text => text.toLowerCase().includes(expect.page_says))) found.push(`no page says: ${expect.page_says}\n${this.texts.join('\n---\n')}`);
    if (expect.never?.includes('.')) {
      // As a place that was gone to; a query that names it is what the walk is about.
      if (this.urls.some(url => new URL(url).hostname.endsWith(expect.never))) found.push(`${expect.never} was asked`);
    } else if (expect.never && this.texts.some(text => text.includes(expect.never))) {
      found.push(`a page says: ${expect.never}`);
    }
    if (expect.identities_created) {
      check('identities', expect.identities_created, await ask('count', { table: 'identities' }) - Object.keys(this.world.people).length);
    }
    const told = this.urls.find(url => SECRETS.some(secret => decodeURIComponent(url.replaceAll('+', ' ').replace(/%(?![0-9a-f]{2})/gi, '%25')).includes(secret)));
    if (told) found.push(`a password stands in ${told}`);
    await this.context.close();
    return found;
  }

  /** Whether the answer to the last address, asked for by a program, has this error id. */
  async names(error) {
    const answer = await this.page.evaluate(async url => (await fetch(url, { headers: { accept: 'application/json' } })).json(), this.opened);
    return answer.error?.id === error;
  }
}

/** A gateway with this configuration and the people of the list. */
export async function world(config = {}) {
  const world = await ask('start', { config });
  seen.length = 0;
  const people = { me: true, other: true, unverified: false };
  for (const [name, verified] of Object.entries(people)) {
    const email = `${name}@example.com`;
    await admin(world.admin, '/admin/identities', {
      schema_id: 'person', traits: { email },
      credentials: { password: { config: { password: RIGHT } } },
      verifiable_addresses: [{ value: email, via: 'email', verified, status: verified ? 'completed' : 'pending' }],
    });
  }
  return { ...world, people };
}
