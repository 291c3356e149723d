import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './vite/precompress.ts';

const server = process.env.CODESYNC_SERVER ?? 'http://localhost:3000';
/** Where the page finds its server, if that is not where the page comes from. */
const api = process.env.CODESYNC_API_ORIGIN ?? '';
if (api !== '' && new URL(api).origin !== api) {
  throw new Error(
    `CODESYNC_API_ORIGIN is ${api}; expected an origin such as https://api.example.org`,
  );
}

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    // Monaco is one lazy chunk of about 3 MB by intent; `npm run size` guards its compressed size.
    chunkSizeWarningLimit: 4096,
  },
  define: { 'import.meta.env.CODESYNC_API_ORIGIN': JSON.stringify(api) },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': server,
      '/socket': { target: server, ws: true },
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
  },
});
