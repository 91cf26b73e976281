// The browser, the app behind the gateway, and the line to whoever has the gateway (tests/it/landing).
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { launch } from '../launch.mjs';

export const ports = JSON.parse(process.argv[2]);

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let turn = Promise.resolve();

/** Asks for something to be done outside of the browser. */
export function ask(what, more = {}) {
  turn = turn.then(async () => {
    console.log(JSON.stringify({ do: what, ...more }));
    return JSON.parse((await answers.next()).value);
  });
  return turn;
}

/** What the app was asked for: host, method and target as it came. */
export const seen = [];

const app = http.createServer((request, response) => {
  if (request.url !== '/favicon.ico') seen.push({ host: request.headers.host, method: request.method, target: request.url });
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end('<!doctype html><title>the app</title><h1>The app</h1><a href="/">home</a>');
});
await new Promise(ready => app.listen(ports.upstream, '127.0.0.1', ready));

/** A page of somebody else. */
const elsewhere = https.createServer(ports.certificate, (request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>elsewhere</title><a href="https://app.example.com/">the app</a>');
});
await new Promise(ready => elsewhere.listen(0, '127.0.0.1', ready));

const rules = [
  `MAP *.example.com 127.0.0.1:${ports.public}`,
  `MAP elsewhere.example.org 127.0.0.1:${elsewhere.address().port}`,
  'MAP * ~NOTFOUND',
];

export const browser = await launch({
  args: [`--host-resolver-rules=${rules.join(',')}`],
  // The back-forward cache is part of what is tested.
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});

/** A request without a browser, as a mail scanner makes it. */
export const fetchPlainly = (url, method) => new Promise((resolve, reject) => {
  const { hostname, pathname, search } = new URL(url);
  const request = https.request({
    host: '127.0.0.1', port: ports.public, servername: hostname, method, path: pathname + search,
    headers: { host: hostname }, rejectUnauthorized: false,
  }, response => { response.resume(); response.on('end', () => resolve(response.statusCode)); });
  request.on('error', reject);
  request.end();
});

/** One request to the admin API. */
export async function admin(base, path, body) {
  const response = await fetch(base + path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
