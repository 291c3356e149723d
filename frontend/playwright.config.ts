import { defineConfig } from '@playwright/test';

/** The browser of the machine, not one that Playwright downloads: `$CHROMIUM`, or Debian's. */
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Two at a time are hardly faster where there are two cores, and wait for each other.
  workers: 1,
  retries: 0,
  // What is waited for is a condition: patience costs nothing where it comes true, and a busy machine
  // may need it.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    screenshot: 'only-on-failure',
  },
});
