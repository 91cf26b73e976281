// The first five minutes of a person: node journey.mjs GATEWAY_URL OTHER_ORIGIN
// GATEWAY_URL is a `vestibule dev` with the sample app; OTHER_ORIGIN an app on a port of its own, allowed as a return URL.
// With NO_SCRIPT set, the same walk happens without JavaScript.
import assert from "node:assert/strict";
import http from "node:http";
import { violations } from "./axe.mjs";
import { launch, walk } from "./launch.mjs";

const [gateway, otherOrigin] = process.argv.slice(2);
const base = new URL(gateway).origin;
const email = `ada.${process.pid}@example.com`;
const first = "a plain long passphrase 7";
const second = "another plain long passphrase 8";

const other = http.createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><title>other app</title><p>you are at ${request.url.replace(/[<&]/g, "")}`);
});
await new Promise((resolve) => other.listen(Number(new URL(otherOrigin).port), "localhost", resolve));

const browser = await launch();
const context = await browser.newContext({ javaScriptEnabled: !process.env.NO_SCRIPT });
const page = await context.newPage();
page.setDefaultTimeout(15000);

const press = (name) => page.getByRole("button", { name }).first().click();
// Nobody is shut out; asked where scripts run, since the check is one.
const accessible = async () => {
  if (!process.env.NO_SCRIPT) assert.deepEqual(await violations(page), [], page.url());
};
const at = async (url) => {
  await page.waitForURL(url);
  assert.equal(page.url(), url);
};
const signIn = async (password) => {
  await page.getByLabel(/email/i).first().fill(email);
  await page.getByLabel("Password", { exact: true }).first().fill(password);
  await press(/^sign in/i);
};
const signOut = async () => {
  await page.goto(`${base}/.vestibule/logout`);
  await press(/sign out/i);
  await page.waitForURL(`${base}/.vestibule/signed-out*`);
};

await walk({
  "a deep link shows the sign-in page, with a way to create an account": async () => {
    await page.goto(`${base}/notes/7?sort=new`);
    assert.match(await page.title(), /sign in/i);
    await accessible();
    await page.getByRole("link", { name: /create (an )?account/i }).click();
    await page.waitForURL(/registration/);
    await accessible();
  },
  "a mistake keeps what was typed and says what to do": async () => {
    await page.getByLabel(/email/i).first().fill(email);
    await page.getByLabel("Password", { exact: true }).first().fill("short");
    await press(/create account|sign up/i);
    await page.waitForLoadState();
    assert.match(await page.title(), /^problem/i);
    assert.equal(await page.getByLabel(/email/i).first().inputValue(), email);
    await accessible();
  },
  "a forgotten password is asked about where the sign-in page is": async () => {
    const here = page.url();
    await page.getByRole("link", { name: /sign in/i }).click();
    await page.getByRole("link", { name: /forgot/i }).click();
    await page.waitForURL(/recovery/);
    await accessible();
    await page.goto(here);
  },
  "signing up lands on the URL first asked for, and the app knows who it is": async () => {
    await page.getByLabel("Password", { exact: true }).first().fill(first);
    await press(/create account|sign up/i);
    await at(`${base}/notes/7?sort=new`);
    const text = await page.locator("body").innerText();
    assert.match(text, /x-user-id/i);
    assert.match(text, /x-user-email/i);
    assert.ok(text.includes(email), text);
    await accessible();
  },
  "the app's own button signs out": async () => {
    await press(/sign out/i);
    if (page.url().includes("/.vestibule/logout")) await press(/sign out/i);
    await page.waitForURL(/signed-out/);
    await accessible();
    await page.goto(`${base}/notes/7`);
    assert.match(await page.title(), /sign in/i);
  },
  "signing in lands where one was going": async () => {
    await page.goto(`${base}/notes/8?sort=old`);
    await signIn(first);
    await at(`${base}/notes/8?sort=old`);
  },
  "settings change the name": async () => {
    await page.goto(`${base}/.vestibule/settings`);
    await accessible();
    await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    await press(/^save/i);
    await page.waitForLoadState();
    assert.match(await page.locator("body").innerText(), /saved/i);
    await page.goto(`${base}/`);
    assert.match(await page.locator("body").innerText(), /Ada Lovelace/);
  },
  "settings change the password": async () => {
    await page.goto(`${base}/.vestibule/settings`);
    await page.getByLabel(/password/i).first().fill(second);
    await page.locator("form", { has: page.getByLabel(/password/i) }).getByRole("button", { name: /save|change/i }).last().click();
    await page.waitForLoadState();
    assert.match(await page.locator("body").innerText(), /saved/i);
  },
  "the new password is the one that counts": async () => {
    await signOut();
    await page.goto(`${base}/notes/9`);
    await signIn(first);
    await page.waitForLoadState();
    assert.match(await page.title(), /^problem/i);
    await page.getByLabel("Password", { exact: true }).first().fill(second);
    await press(/^sign in/i);
    await at(`${base}/notes/9`);
  },
  "an app on another port is landed on as well": async () => {
    await signOut();
    const target = `${otherOrigin}/board?tab=2`;
    await page.goto(`${base}/self-service/login/browser?return_to=${encodeURIComponent(target)}`);
    await signIn(second);
    await at(target);
  },
  "who I am and what apps are told is a page too": async () => {
    await page.goto(`${base}/.vestibule/user`);
    assert.match(await page.locator("body").innerText(), /x-user-email/i);
    await accessible();
  },
  "127.0.0.1 works as well as localhost": async () => {
    await page.goto(base.replace("localhost", "127.0.0.1") + "/notes/10");
    await at(`${base}/notes/10`);
  },
});
