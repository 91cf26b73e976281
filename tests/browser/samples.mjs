// The sample pages that the renderer's own tests write, served with the policy that belongs to each.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Has the sample pages and their assets written to `folder`. */
export function writeSamples(folder) {
  const made = spawnSync('cargo', ['test', '--quiet', '--lib', 'the_samples_can_be_looked_at'], {
    cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, VESTIBULE_PAGES: folder },
  });
  if (made.status !== 0) throw new Error('the samples were not written');
}

/** Serves `folder` on a free port. Forms that are sent land in `posts`. */
export async function serve(folder) {
  const posts = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = '';
      request.on('data', part => { body += part; });
      request.on('end', () => { posts.push(new URLSearchParams(body)); response.writeHead(204).end(); });
      return;
    }
    const path = request.url.split('?')[0].replace('/.vestibule/assets/', '/assets/');
    try {
      const body = readFileSync(join(folder, path));
      response.setHeader('content-type', TYPES[path.split('.').pop()] ?? 'text/plain');
      if (path.endsWith('.html')) {
        response.setHeader('content-security-policy', readFileSync(join(folder, path.replace('.html', '.csp')), 'utf8'));
      }
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await new Promise(done => server.once('listening', done));
  const close = () => { server.close(); server.closeAllConnections(); };
  return { origin: `http://127.0.0.1:${server.address().port}`, posts, close };
}

const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
