// Renders every page × state × light and dark × three widths from the sample models, checks each with axe-core and puts the pictures on one sheet.
//
//   npm ci && npm run contact-sheet [-- FOLDER [NAME…]]
//
// FOLDER is where pictures go (default: target/pages); names limit it to some pages. Exits with 1 when a page has a violation, does not
// fit its width, or asks for anything that is not its own.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { violations } from './axe.mjs';
import { launch } from './launch.mjs';
import { root, serve, writeSamples } from './samples.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'target/pages'));
const only = process.argv.slice(3);
const pages = join(folder, 'pages');
const pictures = join(folder, 'pictures');
rmSync(folder, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });
writeSamples(pages);
const { origin, close } = await serve(pages);

const names = readdirSync(pages).filter(name => name.endsWith('.html')).map(name => name.slice(0, -5));
const assets = readdirSync(join(pages, 'assets')).map(name => gzipSync(readFileSync(join(pages, 'assets', name))).length);
const chosen = names.filter(name => only.length === 0 || only.includes(name));
const browser = await launch();
let problems = 0;
const complain = text => { problems += 1; console.log(`  ${text}`); };

for (const name of chosen) {
  const weight = gzipSync(readFileSync(join(pages, `${name}.html`))).length;
  const whole = assets.reduce((sum, size) => sum + size, weight);
  console.log(`${name}: ${weight} bytes compressed, ${whole} with assets`);
  if (whole > 14 * 1024) complain('heavier than one round trip');
}
for (const scheme of ['light', 'dark']) {
  const page = await browser.newPage({ colorScheme: scheme });
  page.on('request', request => { if (!request.url().startsWith(origin)) complain(`${page.url()} asks for ${request.url()}`); });
  page.on('console', message => { if (message.type() === 'error') complain(`${page.url()}: ${message.text()}`); });
  for (const width of [320, 768, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    for (const name of chosen) {
      await page.goto(`${origin}/${name}.html`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (overflow > 0) complain(`${name} ${scheme} ${width}: ${overflow} px too wide`);
      for (const found of await violations(page)) complain(`${name} ${scheme} ${width}: ${found}`);
      await page.screenshot({ path: join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
    }
  }
  await page.close();
}

// The sheet: one picture per scheme and width, with all pages side by side.
const sheet = await browser.newPage({ viewport: { width: 1600, height: 900 } });
for (const scheme of ['light', 'dark']) {
  for (const [width, shown] of [[320, 200], [768, 380], [1280, 500]]) {
    const cells = chosen.map(name => {
      const data = readFileSync(join(pictures, `${name}-${scheme}-${width}.png`)).toString('base64');
      return `<figure><img width="${shown}" src="data:image/png;base64,${data}"><figcaption>${name}</figcaption></figure>`;
    });
    const style = 'body{margin:12px;display:flex;flex-wrap:wrap;gap:12px;align-items:start;background:#888;font:12px sans-serif}figure{margin:0}img{display:block}';
    await sheet.setContent(`<style>${style}</style>${cells.join('')}`);
    await sheet.screenshot({ path: join(folder, `sheet-${scheme}-${width}.png`), fullPage: true });
  }
}
await browser.close();
close();
console.log(`${chosen.length} passed, ${problems} failed`);
process.exit(problems === 0 ? 0 : 1);
