import { expect } from '@playwright/test';
import { expectSaved, expectText, test } from './meeting';
import { PageHost } from './page-host';

test('the text can be read before the editor has arrived', async ({ server, meeting }) => {
  const document = await server.create('early.txt', 'readable\nat once');
  const context = await meeting.context('Ana');
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await context.route(/CodeEditor-.*\.js$/, async (route) => {
    await arrived;
    await route.continue();
  });
  const page = await context.newPage();
  await page.goto(`${server.origin}/d/${document}`);
  await expect(page.locator('pre')).toHaveText('readable\nat once');
  arrive();
  await expectText(page, 'readable\nat once');
});

test('the list finds, creates and renames documents', async ({ server, meeting }) => {
  const context = await meeting.context('Ana');
  const page = await context.newPage();
  await page.goto(server.origin);
  await page.getByLabel('Name of a new document').fill('fresh.rs');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(page.locator('.monaco-editor')).toBeVisible();
  await page.getByRole('button', { name: 'fresh.rs' }).click();
  await page.getByLabel('Name of the document').fill('renamed.rs');
  await page.keyboard.press('Enter');
  await page.getByTitle('All documents').click();
  await page.getByRole('searchbox').fill('renamed');
  await expect(page.locator('.document-title')).toHaveText(['renamed.rs']);
});

test('what cannot be loaded, or is not there, gets a sentence that says what to do', async ({
  server,
  meeting,
}) => {
  const document = await server.create('broken.txt', 'text');
  const context = await meeting.context('Ana');
  const page = await context.newPage();

  await context.route(/\.wasm$/, (route) => route.abort());
  await page.goto(`${server.origin}/d/${document}`);
  await expect(page.getByRole('main')).toContainText('The editor could not be loaded.');
  await context.unroute(/\.wasm$/);

  await context.route(/CodeEditor-.*\.js$/, (route) => route.abort());
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('alert')).toContainText('shown for reading only');
  await expect(page.locator('pre')).toHaveText('text');

  await page.goto(`${server.origin}/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11`);
  await expect(page.getByRole('heading')).toHaveText('There is no such document');

  await context.routeWebSocket(/\/socket$/, (socket) => void socket.close());
  const another = await server.create('unreached.txt');
  await page.goto(`${server.origin}/d/${another}`);
  await expect(page.getByRole('alert')).toContainText('blocks WebSockets');

  await context.route('**/api/documents?*', (route) => route.abort());
  await page.goto(server.origin);
  await expect(page.getByRole('alert')).toContainText('The server does not answer.');
  await context.unroute('**/api/documents?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.document-title', { hasText: 'broken.txt' })).toBeVisible();
});

test('the page works as files beside the server, and keeps to its policy', async ({
  server,
  meeting,
}) => {
  const document = await server.create('files.rs', 'fn main() {}\n');
  const files = await PageHost.before(server.origin);
  try {
    const context = await meeting.context('Ana');
    await context.addInitScript(() => {
      window.addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    const page = await context.newPage();
    const problems: string[] = [];
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    page.on('console', (message) => {
      if (message.text().startsWith('policy:')) {
        problems.push(message.text());
      }
    });
    const answer = await page.goto(`${files.origin}/d/${document}`);
    const policy = answer?.headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    await expectText(page, 'fn main() {}\n');
    await page.keyboard.type('// here\n');
    await expectSaved(page);
    expect(await server.content(document)).toBe('// here\nfn main() {}\n');
    for (const key of ['F7', 'Escape', 'F8', 'Escape', 'F1', 'Escape']) {
      await page.keyboard.press(key);
    }
    expect(problems).toEqual([]);
    expect(Array.from(hosts), 'nothing comes from a third host').toEqual([files.origin]);
  } finally {
    files.stop();
  }
});
