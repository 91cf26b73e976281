// Runs Ory's published clients against a gateway: node run.mjs GATEWAY_URL APP_PORT [CHROMIUM]
// Prints one line a story and ends with 0 when all of them held.
import assert from "node:assert/strict";
import http from "node:http";
import { Configuration, FrontendApi } from "@ory/client";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [gateway, appPort, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const origin = `http://localhost:${appPort}`;
const password = "a plain long passphrase 7";
let people = 0;
const someone = () => `person${process.pid}.${(people += 1)}@example.com`;

const bundle = await build({
  entryPoints: [new URL("page.js", import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: "browser",
  define: { global: "globalThis" },
});
const script = bundle.outputFiles[0].contents;
const app = http.createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : `<!doctype html><title>app</title><script src="/page.js"></script>`);
});
await new Promise((resolve) => app.listen(Number(appPort), "localhost", resolve));
const browser = await chromium.launch({
  executablePath,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

const stories = {
  "the first client registers, is refused without a session and reads it through CORS": async () => {
    const page = await freshPage();
    const email = someone();
    const call = (name, ...args) =>
      page.evaluate(([gateway, name, args]) => clients.alpha(gateway)[name](...args), [gateway, name, args]);
    assert.equal((await call("session")).status, 401);
    const registered = await call("register", email, password);
    assert.equal(registered.session?.identity?.traits?.email, email, JSON.stringify(registered));
    assert.equal((await call("session")).identity.traits.email, email);
    await call("logout");
    assert.equal((await call("session")).status, 401);
  },

  "the newest client registers, signs out, signs in and changes a name in a browser": async () => {
    const page = await freshPage();
    const email = someone();
    const call = (name, ...args) =>
      page.evaluate(([gateway, name, args]) => clients.newest(gateway)[name](...args), [gateway, name, args]);
    assert.equal((await call("session")).status, 401);
    const registered = await call("register", email, password);
    assert.equal(registered.session?.identity?.traits?.email, email, JSON.stringify(registered));
    assert.equal(registered.continue_with[0].action, "redirect_browser_to");
    assert.equal((await call("session")).active, true);
    await call("logout");
    assert.equal((await call("session")).status, 401);
    const wrong = await call("login", email, "not the password");
    assert.equal(wrong.status, 400);
    assert.equal(wrong.body.ui.messages[0].id, 4000006);
    const back = await call("login", email, password);
    assert.equal(back.session?.identity?.traits?.email, email, JSON.stringify(back));
    const renamed = await call("rename", email, "Ada");
    assert.equal(renamed.state, "success", JSON.stringify(renamed));
    assert.equal((await call("session")).identity.traits.name, "Ada");
  },

  "the newest client does the same as a native program": async () => {
    const ory = new FrontendApi(new Configuration({ basePath: gateway }));
    const email = someone();
    const { data: registration } = await ory.createNativeRegistrationFlow();
    const { data: registered } = await ory.updateRegistrationFlow({
      flow: registration.id,
      updateRegistrationFlowBody: { method: "password", password, traits: { email } },
    });
    assert.match(registered.session_token, /^ory_st_/);
    const { data: login } = await ory.createNativeLoginFlow();
    const wrong = await ory
      .updateLoginFlow({
        flow: login.id,
        updateLoginFlowBody: { method: "password", identifier: email, password: "not the password" },
      })
      .catch((error) => error.response);
    assert.equal(wrong.status, 400);
    const { data: signedIn } = await ory.updateLoginFlow({
      flow: login.id,
      updateLoginFlowBody: { method: "password", identifier: email, password },
    });
    const xSessionToken = signedIn.session_token;
    const { data: session } = await ory.toSession({ xSessionToken });
    assert.equal(session.identity.traits.email, email);
    const { data: settings } = await ory.createNativeSettingsFlow({ xSessionToken });
    const { data: saved } = await ory.updateSettingsFlow({
      flow: settings.id,
      xSessionToken,
      updateSettingsFlowBody: { method: "password", password: `${password} changed` },
    });
    assert.equal(saved.state, "success");
    await ory.performNativeLogout({ performNativeLogoutBody: { session_token: xSessionToken } });
    const gone = await ory.toSession({ xSessionToken }).catch((error) => error.response);
    assert.equal(gone.status, 401);
  },
};

async function freshPage() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => globalThis.clients !== undefined);
  return page;
}

let failed = 0;
for (const [name, story] of Object.entries(stories)) {
  try {
    await story();
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`failed ${name}\n${error.stack}`);
  }
}
await browser.close();
app.close();
process.exit(failed === 0 ? 0 : 1);
