/** What the tests share: a server, the people who meet on it, the wire between, and what they see. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  expect,
  type Locator,
  type Page,
  test as plainTest,
  type WebSocketRoute,
} from '@playwright/test';
import { TestServer } from './server';

export const test = plainTest.extend<{ meeting: Meeting }, { server: TestServer }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from here.
    async ({}, use) => {
      const server = await TestServer.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  meeting: async ({ browser, server }, use) => {
    const meeting = new Meeting(browser, server);
    await use(meeting);
    await meeting.end();
  },
});

/** People at one server, each with a browser of their own. */
export class Meeting {
  readonly #browser: Browser;
  readonly #server: TestServer;
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, server: TestServer) {
    this.#browser = browser;
    this.#server = server;
  }

  async context(person: string, device: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      ...device,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.#contexts.push(context);
    await context.addInitScript((name) => {
      if (localStorage.getItem('codesync.person') === null) {
        localStorage.setItem('codesync.person', name);
      }
    }, person);
    return context;
  }

  async join(person: string, document: string): Promise<Page> {
    return this.open(await this.context(person), document);
  }

  async open(context: BrowserContext, document: string): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${this.#server.origin}/d/${document}`);
    await expect(
      page.locator('.monaco-editor textarea, .monaco-editor .native-edit-context').first(),
    ).toBeFocused();
    return page;
  }

  async end(): Promise<void> {
    for (const context of this.#contexts) {
      await context.close();
    }
  }
}

/** The wire between a browser and the server's socket; pages and REST do not go through it. */
export class Cable {
  /** How often a browser has tried to connect. */
  attempts = 0;
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
    this.attempts += 1;
    if (!this.#whole) {
      void socket.close();
      return;
    }
    const upstream = socket.connectToServer();
    this.#sockets.add(socket).add(upstream);
  }
}

/** The text as the editor shows it. Enough for texts that fit the window. */
export async function expectText(
  page: Page,
  text: string,
  patience: { readonly timeout?: number } = {},
): Promise<void> {
  await expect.poll(() => shownText(page), patience).toBe(text);
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
export async function copiedText(page: Page): Promise<string> {
  await page.bringToFront();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  return page.evaluate(() => navigator.clipboard.readText());
}

export function words(page: Page): Locator {
  return page.locator('.save-words');
}

/** Waits until these pages have sent everything, and until each of them shows what the others sent. */
export async function expectSaved(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await expect(words(page)).toHaveText('saved');
  }
  await expect(async () => {
    // An empty document shows none.
    const revisions = await Promise.all(pages.map((page) => shownRevision(page).allTextContents()));
    expect(new Set(revisions.flat()).size, revisions.join()).toBeLessThanOrEqual(1);
  }).toPass({ timeout: 20_000 });
}

/** Waits until a page has all that the server has. */
export async function expectRevision(page: Page, revision: number): Promise<void> {
  const text = `revision ${revision.toLocaleString('en')}`;
  await expect(shownRevision(page)).toHaveText(text);
}

function shownRevision(page: Page): Locator {
  return page.locator('.save-revision');
}
