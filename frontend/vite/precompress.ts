import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(css|html|js|json|svg|ttf|wasm)$/;
/** Below this a compressed twin saves nothing: the answer fits one packet either way. */
const SOURCE_BYTES_MIN = 1024;

/** Writes a `.br` and a `.gz` twin beside every file of the build, so that no server compresses at run time. */
export function precompress(): Plugin {
  let folder = 'dist';
  return {
    name: 'codesync:precompress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true });
      await Promise.all(
        names
          .filter((name) => COMPRESSIBLE.test(name))
          .map((name) => writeTwins(join(folder, name))),
      );
    },
  };
}

async function writeTwins(path: string): Promise<void> {
  if ((await stat(path)).size < SOURCE_BYTES_MIN) {
    return;
  }
  const source = await readFile(path);
  const [gz, br] = await Promise.all([
    promisify(gzip)(source, { level: 9 }),
    promisify(brotliCompress)(source, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 10,
        [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
      },
    }),
  ]);
  await Promise.all([writeFile(`${path}.gz`, gz), writeFile(`${path}.br`, br)]);
}
