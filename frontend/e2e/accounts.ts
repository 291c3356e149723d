/** What tests with accounts share: a server that has them, and people who are logged in. */
import {
  type Browser,
  type BrowserContext,
  expect,
  type Page,
  test as plainTest,
} from '@playwright/test';
import { TestServer } from './server';

export const PASSWORD = 'correct horse battery';

export const test = plainTest.extend<{ club: Club }, { server: TestServer }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from here.
    async ({}, use) => {
      const server = await TestServer.start('on');
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  club: async ({ browser, server }, use) => {
    const club = new Club(browser, server);
    await use(club);
    await club.end();
  },
});

let visitors = 0;

/** People with a browser each, most of them with an account. */
export class Club {
  readonly origin: string;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, server: TestServer) {
    this.#browser = browser;
    this.origin = server.origin;
  }

  /** A fresh browser, at an address of its own: limits are counted by address. */
  async visitor(): Promise<BrowserContext> {
    visitors += 1;
    const context = await this.#browser.newContext({
      permissions: ['clipboard-read', 'clipboard-write'],
      extraHTTPHeaders: { 'x-forwarded-for': `192.0.2.${visitors}` },
    });
    this.#contexts.push(context);
    return context;
  }

  /** Somebody with a new account, logged in, at the list of documents. */
  async member(name: string): Promise<{ page: Page; login: string }> {
    const context = await this.visitor();
    const login = `${name.toLowerCase().replaceAll(' ', '.')}.${visitors}`;
    // By requests and not by the form, which has a test of its own.
    const data = { login, password: PASSWORD };
    const headers = { origin: this.origin };
    const register = `${this.origin}/api/auth/register`;
    await context.request.post(register, { data: { ...data, name }, headers });
    const logIn = `${this.origin}/api/auth/login`;
    const answer = await context.request.post(logIn, { data: { ...data, cookie: true }, headers });
    expect(answer.ok(), await answer.text()).toBe(true);
    const page = await context.newPage();
    await page.goto(this.origin);
    await expect(page.getByRole('heading', { name: 'Documents' })).toBeVisible();
    return { page, login };
  }

  /** Makes a document by the form of the list, opens it, and answers its path. */
  async create(page: Page, name: string): Promise<string> {
    await page.getByLabel('Name of a new document').fill(name);
    await page.getByRole('button', { name: 'Create' }).click();
    await expectEditor(page);
    return new URL(page.url()).pathname;
  }

  async end(): Promise<void> {
    for (const context of this.#contexts) {
      await context.close();
    }
  }
}

export async function expectEditor(page: Page): Promise<void> {
  await expect(
    page.locator('.monaco-editor textarea, .monaco-editor .native-edit-context').first(),
  ).toBeFocused();
}
