import { type Browser, type BrowserContext, expect, type Page, test } from '@playwright/test';
import { TestServer } from './server';

let server: TestServer;
const contexts: BrowserContext[] = [];

test.beforeAll(async () => {
  server = await TestServer.start();
});

test.afterEach(async () => {
  for (const context of contexts.splice(0)) {
    await context.close();
  }
});

test.afterAll(async () => {
  await server.stop();
});

test('two people type into one document and end with the same text', async ({ browser }) => {
  const document = await server.create('together.txt', 'top\n\nbottom\n');
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);

  await ana.keyboard.press('Control+Home');
  await bo.keyboard.press('Control+End');
  await Promise.all([
    ana.keyboard.type('Ana writes here. '),
    bo.keyboard.type('Bo writes there. '),
  ]);

  const text = 'Ana writes here. top\n\nbottom\nBo writes there. ';
  await expectText(ana, text);
  await expectText(bo, text);
  await expectSaved(ana, bo);
  expect(await server.content(document)).toBe(text);
  await expect(ana.getByRole('button', { name: 'Go to Bo' })).toBeVisible();
  await expect(bo.getByRole('button', { name: 'Go to Ana' })).toBeVisible();
  await expect(ana.locator('.peer-caret')).toHaveCount(1);
});

test('who was offline and typed comes back with everything', async ({ browser }) => {
  const document = await server.create('away.txt', 'start\n');
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);

  await server.kill();
  await expect(ana.locator('.save-words')).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('from Ana 😀');
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('from Bo ');
  await expect(ana.locator('.save-words')).toHaveText(
    /^offline · \d+ waiting · kept in this browser$/,
  );
  await server.restart();

  const text = 'from Bo start\nfrom Ana 😀';
  await expectText(ana, text);
  await expectText(bo, text);
  await expectSaved(ana, bo);
  expect(await server.content(document)).toBe(text);
});

test('undo takes back own edits only', async ({ browser }) => {
  const document = await server.create('undo.txt');
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);

  await ana.keyboard.type('mine');
  await expectText(bo, 'mine');
  await bo.keyboard.press('Control+End');
  await bo.keyboard.type(' and yours');
  await expectText(ana, 'mine and yours');

  await ana.keyboard.press('Control+z');
  await expectText(ana, ' and yours');
  await expectText(bo, ' and yours');
  await ana.keyboard.press('Control+z');
  await expectText(ana, ' and yours');
  await ana.keyboard.press('Control+Shift+z');
  await expectText(ana, 'mine and yours');
  await expectText(bo, 'mine and yours');
});

test('edits made offline survive a reload', async ({ browser }) => {
  const document = await server.create('kept.txt', 'before\n');
  const context = await newContext(browser, 'Ana');
  // The page loads while its socket does not get through.
  let cut = false;
  await context.routeWebSocket(/\/socket$/, (socket) => {
    if (cut) {
      void socket.close();
    } else {
      const upstream = socket.connectToServer();
      cuts.push(() => Promise.all([socket.close(), upstream.close()]));
    }
  });
  const cuts: (() => Promise<unknown>)[] = [];
  const ana = await open(context, document);
  await expectSaved(ana);

  cut = true;
  await Promise.all(cuts.map((close) => close()));
  await expect(ana.locator('.save-words')).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('typed offline');
  await expect(ana.locator('.save-words')).toHaveText(/waiting · kept in this browser$/);
  await ana.reload();
  await expectText(ana, 'before\ntyped offline');
  expect(await server.content(document)).toBe('before\n');

  cut = false;
  await expectSaved(ana);
  await expect.poll(() => server.content(document)).toBe('before\ntyped offline');
});

test('the list finds, creates and renames documents', async ({ browser }) => {
  const context = await newContext(browser, 'Ana');
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

test('a document that is not there gets a sentence', async ({ browser }) => {
  const context = await newContext(browser, 'Ana');
  const page = await context.newPage();
  await page.goto(`${server.origin}/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11`);
  await expect(page.getByRole('heading')).toHaveText('There is no such document');
});

async function newContext(browser: Browser, person: string): Promise<BrowserContext> {
  const context = await browser.newContext();
  contexts.push(context);
  await context.addInitScript((name) => localStorage.setItem('codesync.person', name), person);
  return context;
}

async function join(browser: Browser, person: string, document: string): Promise<Page> {
  return open(await newContext(browser, person), document);
}

async function open(context: BrowserContext, document: string): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${server.origin}/d/${document}`);
  await expect(
    page.locator('.monaco-editor textarea, .monaco-editor .native-edit-context').first(),
  ).toBeFocused();
  return page;
}

/** The text as the editor shows it. Enough for texts that fit the window. */
async function expectText(page: Page, text: string): Promise<void> {
  await expect.poll(() => shownText(page)).toBe(text);
}

function shownText(page: Page): Promise<string> {
  return page.locator('.view-lines').evaluate((lines) =>
    Array.from(lines.querySelectorAll<HTMLElement>('.view-line'))
      .sort((left, right) => Number.parseFloat(left.style.top) - Number.parseFloat(right.style.top))
      .map((line) => (line.textContent ?? '').replaceAll('\u00a0', ' '))
      .join('\n'),
  );
}

async function expectSaved(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await expect(page.locator('.save-words')).toHaveText('saved', { timeout: 15_000 });
  }
}
