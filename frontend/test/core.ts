/** The real core, from the file that `cargo xtask wasm` makes. */
import { readFileSync } from 'node:fs';
import { initSync } from '../src/wasm/codesync_core';

const FILE = new URL('../src/wasm/codesync_core_bg.wasm', import.meta.url);

export function loadCoreFromFile(): void {
  let module: Uint8Array<ArrayBuffer>;
  try {
    module = readFileSync(FILE);
  } catch {
    throw new Error(`${FILE.pathname} is missing: run \`cargo xtask wasm\` first`);
  }
  initSync({ module });
}
