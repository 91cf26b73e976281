// Builds the app and serves it, with an API of two lines. It listens on this machine only: all the world comes through the gateway.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { build } from 'esbuild';

const port = Number(process.env.PORT ?? 3000);
const at = name => new URL(name, import.meta.url).pathname;

const { outputFiles } = await build({
  entryPoints: [at('src/main.jsx')],
  outdir: '/',
  bundle: true,
  minify: true,
  write: false,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
});
const files = new Map(outputFiles.map(file => [file.path, file.text]));
const page = await readFile(at('index.html'), 'utf8');
const types = { '.js': 'text/javascript', '.css': 'text/css' };

http.createServer((request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  if (path === '/api/greeting') {
    // The gateway let this request in, so somebody is signed in, and these headers say who. No client can forge them.
    const name = request.headers['x-user-name'] ?? request.headers['x-user-email'];
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ id: request.headers['x-user-id'], greeting: `Hello, ${name}!` }));
  }
  const file = files.get(path);
  response.setHeader('content-type', `${file ? types[path.slice(path.lastIndexOf('.'))] : 'text/html'}; charset=utf-8`);
  // Every other path is a page of the app, which the script tells apart.
  return response.end(file ?? page);
}).listen(port, '127.0.0.1', () => console.log(`the app listens on port ${port}`));
