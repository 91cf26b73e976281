// Runs Ory's published clients against a gateway: node run.mjs GATEWAY_URL APP_PORT HASTY_URL
// HASTY_URL is a second gateway, whose log-in flows run out within seconds; CHROMIUM names the browser.
// Prints one line a story and ends with 0 when all of them held.
import assert from "node:assert/strict";
import http from "node:http";
import { Configuration, FrontendApi } from "@ory/client";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [gateway, appPort, hasty] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
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
  "the first client registers, signs out, signs in and changes a name in a browser": async () => {
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
    const wrong = await call("login", email, "not the password");
    assert.deepEqual([wrong.status, wrong.body.ui.messages[0].id], [400, 4000006]);
    const back = await call("login", email, password);
    assert.equal(back.session?.identity?.traits?.email, email, JSON.stringify(back));
    const renamed = await call("rename", email, "Ada");
    assert.equal(renamed.identity?.traits?.name, "Ada", JSON.stringify(renamed));
    const proved = await call("login", email, password, true);
    assert.equal(proved.session?.id, back.session.id, JSON.stringify(proved));
    await call("logout");
    const forged = await call("forge", email, password);
    assert.deepEqual([forged.status, forged.body.error.id], [403, "security_csrf_violation"]);
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
    const proved = await call("prove", password);
    assert.equal(proved.session?.id, back.session.id, JSON.stringify(proved));
    assert.ok(proved.session.authenticated_at > back.session.authenticated_at);
    await call("logout");
    const forged = await call("forge", email, password);
    assert.deepEqual([forged.status, forged.body.error.id], [403, "security_csrf_violation"]);
    assert.equal((await call("session")).status, 401);
  },

  "the newest client is led from a log-in that ran out to a fresh one in a browser": async () => {
    const page = await freshPage();
    const { first, late, next } = await page.evaluate(
      ([gateway, ...person]) => clients.newest(gateway).dawdle(...person),
      [hasty, someone(), password],
    );
    assert.deepEqual([late.status, late.body.error.id], [410, "self_service_flow_expired"]);
    assert.notEqual(next.id, first);
    assert.equal(next.ui?.messages?.[0]?.id, 4010001, JSON.stringify(next));
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
    const { data: again } = await ory.createNativeLoginFlow({ refresh: true, xSessionToken });
    const { data: proved } = await ory.updateLoginFlow({
      flow: again.id,
      xSessionToken,
      updateLoginFlowBody: { method: "password", identifier: email, password: `${password} changed` },
    });
    assert.equal(proved.session.id, session.id);
    assert.ok(proved.session.authenticated_at > session.authenticated_at);
    await ory.performNativeLogout({ performNativeLogoutBody: { session_token: xSessionToken } });
    const gone = await ory.toSession({ xSessionToken }).catch((error) => error.response);
    assert.equal(gone.status, 401);
  },

  "a native program that sends cookies is refused, and one that is late is led on": async () => {
    const ory = new FrontendApi(new Configuration({ basePath: hasty }));
    const { data: flow } = await ory.createNativeLoginFlow();
    const body = { flow: flow.id, updateLoginFlowBody: { method: "password", identifier: someone(), password } };
    const refused = await ory
      .updateLoginFlow(body, { headers: { Cookie: "from=a browser" } })
      .catch((error) => error.response);
    assert.deepEqual([refused.status, refused.data.ui.messages[0].id], [400, 4000001]);
    while (Date.parse(flow.expires_at) >= Date.now()) await new Promise((later) => setTimeout(later, 50));
    const late = await ory.updateLoginFlow(body).catch((error) => error.response);
    assert.deepEqual([late.status, late.data.error.id], [410, "self_service_flow_expired"]);
    const { data: next } = await ory.getLoginFlow({ id: late.data.use_flow_id });
    assert.equal(next.ui.messages[0].id, 4010001);
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
