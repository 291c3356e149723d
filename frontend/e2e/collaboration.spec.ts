import {
  type Browser,
  type BrowserContext,
  expect,
  type Locator,
  type Page,
  test,
  type WebSocketRoute,
} from '@playwright/test';
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
  const context = await newContext(browser, 'Ana');
  const cable = await Cable.of(context);
  const ana = await open(context, document);
  const bo = await join(browser, 'Bo', document);

  await cable.cut();
  await expect(words(ana)).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('from Ana 😀');
  await expect(words(ana)).toHaveText(/^offline · \d+ waiting · kept in this browser$/);
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('from Bo ');
  await expectSaved(bo);
  await expectText(ana, 'start\nfrom Ana 😀');
  cable.mend();

  const text = 'from Bo start\nfrom Ana 😀';
  await expectText(ana, text);
  await expectText(bo, text);
  await expectSaved(ana, bo);
  expect(await server.content(document)).toBe(text);
});

test('a server that is killed and comes back loses nothing', async ({ browser }) => {
  const document = await server.create('killed.txt', '');
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);
  await ana.keyboard.type('before ');
  await expectText(bo, 'before ');

  await server.kill();
  await expect(words(ana)).toHaveText('offline');
  await expect(words(bo)).toHaveText('offline');
  await ana.keyboard.type('meanwhile ');
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('both ');
  await server.restart();

  await expectText(ana, 'both before meanwhile ');
  await expectText(bo, 'both before meanwhile ');
  await expectSaved(ana, bo);
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
  const cable = await Cable.of(context);
  const ana = await open(context, document);
  await expectSaved(ana);

  await cable.cut();
  await expect(words(ana)).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('typed offline');
  await expect(words(ana)).toHaveText(/waiting · kept in this browser$/);
  await ana.reload();
  await expectText(ana, 'before\ntyped offline');
  expect(await server.content(document)).toBe('before\n');

  cable.mend();
  await expectSaved(ana);
  await expect.poll(() => server.content(document)).toBe('before\ntyped offline');
});

test('two tabs of one browser are two clients, and a closed one leaves nothing behind', async ({
  browser,
}) => {
  const document = await server.create('tabs.txt', '');
  const context = await newContext(browser, 'Ana');
  const cable = await Cable.of(context);
  const first = await open(context, document);
  const second = await open(context, document);
  await expectSaved(first, second);

  await cable.cut();
  await expect(words(first)).toHaveText('offline');
  await expect(words(second)).toHaveText('offline');
  await first.bringToFront();
  await first.keyboard.type('one');
  await second.bringToFront();
  await second.keyboard.type('two');
  await expect(words(first)).toHaveText('offline · 3 waiting · kept in this browser');
  await expect(words(second)).toHaveText('offline · 3 waiting · kept in this browser');
  await first.close();
  await second.close();

  cable.mend();
  const third = await open(context, document);
  await expect.poll(() => server.content(document)).toMatch(/^(onetwo|twoone)$/);
  await expectText(third, await server.content(document));
});

test('every way to edit reaches the others as it is seen here', async ({ browser }) => {
  const document = await server.create('ways.rs', 'fn a() {}\nfn b() {}\nfn c() {}\n');
  const context = await newContext(browser, 'Ana');
  const ana = await open(context, document);
  const bo = await join(browser, 'Bo', document);
  const problems: string[] = [];
  for (const page of [ana, bo]) {
    page.on('console', (message) => {
      if (message.type() === 'error') {
        problems.push(message.text());
      }
    });
  }
  const paste = async (text: string) => {
    await ana.evaluate((it) => navigator.clipboard.writeText(it), text);
    await ana.keyboard.press('Control+v');
  };

  const { keyboard } = ana;
  await keyboard.press('Control+Home');
  await keyboard.press('Alt+ArrowDown');
  await keyboard.press('Shift+Alt+ArrowDown');
  await keyboard.press('Shift+Alt+ArrowUp');
  await keyboard.type('😀');
  await keyboard.press('Escape');
  await keyboard.press('Control+/');
  await keyboard.press('Control+End');
  await keyboard.type('if x { [(');
  await keyboard.press('Enter');
  await paste('one\r\ntwo\rthree\u2028four\ufeff');
  await keyboard.press('Tab');
  await keyboard.press('Control+Shift+Alt+ArrowDown');
  await keyboard.press('Control+Shift+k');
  await keyboard.press('Control+Home');
  await paste('\ufeff');
  await keyboard.press('Control+d');
  await keyboard.press('Control+d');
  await keyboard.type('é');
  await keyboard.press('Control+z');
  await keyboard.press('Control+y');
  await keyboard.press('Backspace');

  await expectSaved(ana, bo);
  const text = await server.content(document);
  expect(text).toContain('one\ntwo\nthree\u2028four\ufeff');
  expect(await copiedText(ana)).toBe(text);
  expect(await copiedText(bo)).toBe(text);
  expect(problems).toEqual([]);
});

test('two people who type without rest agree in the end', async ({ browser }) => {
  const document = await server.create('rush.txt', 'x\n'.repeat(12));
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);
  const rush = async (page: Page, keys: readonly string[], rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      await page.keyboard.press(keys[round % keys.length] ?? 'a');
    }
  };
  await Promise.all([
    rush(ana, ['a', 'ArrowDown', 'b', 'Enter', 'Backspace', 'Control+z', 'ArrowRight', 'c'], 160),
    rush(bo, ['1', 'ArrowDown', 'End', '2', 'Control+Shift+k', '3', 'Control+z', 'ArrowUp'], 160),
  ]);
  await expectSaved(ana, bo);
  const text = await server.content(document);
  await expectText(ana, text);
  await expectText(bo, text);
});

test('a paste larger than one submission arrives whole', async ({ browser }) => {
  const document = await server.create('paste.txt', '');
  const context = await newContext(browser, 'Ana');
  const ana = await open(context, document);
  const text = Array.from(
    { length: 6000 },
    (_, line) => `${line} größer 😀 ${'.'.repeat(40)}`,
  ).join('\n');
  await ana.evaluate((it) => navigator.clipboard.writeText(it), text);
  await ana.keyboard.press('Control+v');
  await expect(words(ana)).toHaveText('saving');
  await expectSaved(ana);
  expect(await server.content(document)).toBe(text);
  expect(await copiedText(ana)).toBe(text);
});

test('the text can be read before the editor has arrived', async ({ browser }) => {
  const document = await server.create('early.txt', 'readable\nat once');
  const context = await newContext(browser, 'Ana');
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

test('what cannot be loaded gets a sentence that says what to do', async ({ browser }) => {
  const document = await server.create('broken.txt', 'text');
  const context = await newContext(browser, 'Ana');
  const page = await context.newPage();

  await context.route(/\.wasm$/, (route) => route.abort());
  await page.goto(`${server.origin}/d/${document}`);
  await expect(page.getByRole('main')).toContainText('The editor could not be loaded.');
  await context.unroute(/\.wasm$/);

  await context.route(/CodeEditor-.*\.js$/, (route) => route.abort());
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('alert')).toContainText('shown for reading only');
  await expect(page.locator('pre')).toHaveText('text');

  await context.route('**/api/documents?*', (route) => route.abort());
  await page.goto(server.origin);
  await expect(page.getByRole('alert')).toContainText('The server does not answer.');
  await context.unroute('**/api/documents?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.document-title', { hasText: 'broken.txt' })).toBeVisible();
});

test('a new name of the document or of a person reaches the others', async ({ browser }) => {
  const document = await server.create('old.txt', 'text');
  const ana = await join(browser, 'Ana', document);
  const bo = await join(browser, 'Bo', document);
  await ana.getByRole('button', { name: 'old.txt' }).click();
  await ana.getByLabel('Name of the document').fill('new.py');
  await ana.keyboard.press('Enter');
  await expect(bo.getByRole('button', { name: 'new.py' })).toBeVisible();
  await expect(bo).toHaveTitle('new.py · CodeSync');
  await expect(bo.getByRole('combobox')).toHaveValue('python');

  await bo.getByRole('button', { name: 'Bo', exact: true }).click();
  await bo.getByLabel('Your name').fill('Bodil');
  await bo.keyboard.press('Enter');
  await expect(ana.getByRole('button', { name: 'Go to Bodil' })).toBeVisible();
  await expect(ana.getByRole('button', { name: 'Go to Bo', exact: true })).toHaveCount(0);
  await expectText(bo, 'text');
});

/** The wire between a browser and the server's socket; pages and REST do not go through it. */
class Cable {
  #whole = true;
  readonly #sockets = new Set<WebSocketRoute>();

  static async of(context: BrowserContext): Promise<Cable> {
    const cable = new Cable();
    await context.routeWebSocket(/\/socket$/, (socket) => cable.#connect(socket));
    return cable;
  }

  async cut(): Promise<void> {
    this.#whole = false;
    await Promise.all(Array.from(this.#sockets, (socket) => socket.close()));
    this.#sockets.clear();
  }

  mend(): void {
    this.#whole = true;
  }

  #connect(socket: WebSocketRoute): void {
    if (!this.#whole) {
      void socket.close();
      return;
    }
    const upstream = socket.connectToServer();
    this.#sockets.add(socket).add(upstream);
  }
}

async function newContext(browser: Browser, person: string): Promise<BrowserContext> {
  const context = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
  });
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

/** The whole text as the editor has it, characters that it shows as something else included. */
async function copiedText(page: Page): Promise<string> {
  await page.bringToFront();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  return page.evaluate(() => navigator.clipboard.readText());
}

function words(page: Page): Locator {
  return page.locator('.save-words');
}

async function expectSaved(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await expect(words(page)).toHaveText('saved', { timeout: 15_000 });
  }
}
