/**
 * Weighs what `npm run build` made and fails above the budgets: bytes after gzip, of the first page (index.html and
 * everything it loads before the editor), the lazy editor chunk with its style sheet, its worker, and the WASM core.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const DIST = new URL('../dist', import.meta.url).pathname;
const ASSETS = join(DIST, 'assets');

const html = readFileSync(join(DIST, 'index.html'), 'utf8');
const names = readdirSync(ASSETS).filter((name) => !/\.(br|gz|map)$/.test(name));

const first = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map((match) => match[1]);
const editor = names.filter((name) => /^(CodeEditor|monaco)-.*\.(js|css)$/.test(name));
const worker = names.filter((name) => /^editor\.worker-.*\.js$/.test(name));
const wasm = names.filter((name) => name.endsWith('.wasm'));

function gzipped(name) {
  return gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length;
}

function weigh(label, files, budget, more = 0) {
  const bytes = files.reduce((sum, name) => sum + gzipped(name), more);
  const fits = bytes <= budget;
  const figures = `${(bytes / KB).toFixed(1).padStart(7)} of ${String(budget / KB).padStart(3)} KB gzipped`;
  console.log(`${fits ? 'fits' : 'OVER'}  ${figures}  ${label} (${files.length} files)`);
  return fits && files.length > 0;
}

const htmlBytes = gzipSync(html, { level: 9 }).length;
const all = [
  weigh('first page', first, 160 * KB, htmlBytes),
  weigh('editor chunk', editor, 850 * KB),
  weigh('editor worker', worker, 100 * KB),
  weigh('WASM core', wasm, 150 * KB),
];
const foreign = names
  .concat('../index.html')
  .filter((name) => /\.(html|css)$/.test(name))
  .filter((name) =>
    /(?:src|href)="https?:|url\(["']?https?:|@import/.test(
      readFileSync(join(ASSETS, name), 'utf8'),
    ),
  );
if (foreign.length > 0) {
  console.log(`OVER  these load from another host: ${foreign.join(', ')}`);
}
process.exit(all.every(Boolean) && foreign.length === 0 ? 0 : 1);
