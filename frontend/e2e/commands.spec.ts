import { expect } from '@playwright/test';
import { expectSaved, test } from './meeting';

test('commands are found by name and by key', async ({ server, meeting }) => {
  const document = await server.create('commands.txt', `${'long '.repeat(80)}\n`);
  const ana = await meeting.join('Ana', document);
  await ana.keyboard.press('F1');
  const search = ana.getByRole('combobox', { name: 'Search commands' });
  await search.fill('colours dark');
  await ana.keyboard.press('Enter');
  await expect(ana.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(ana.locator('.monaco-editor.vs-dark')).toBeVisible();

  await ana.keyboard.press('Control+Shift+p');
  await search.fill('copy the command');
  await ana.keyboard.press('Enter');
  const command = `codesync open ${server.origin}/d/${document}`;
  await expect(ana.getByRole('status')).toContainText(command);
  expect(await ana.evaluate(() => navigator.clipboard.readText())).toBe(command);

  await ana.keyboard.press('F1');
  await search.fill('editor duplicate selection');
  await ana.keyboard.press('Enter');
  await expectSaved(ana);
  await expect.poll(() => server.content(document)).toMatch(/^(long )+\n(long )+\n$/);

  await ana.keyboard.press('Shift+F1');
  await expect(ana.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('F7');
  await ana.keyboard.press('Escape');
  await expect(ana.getByRole('dialog')).toHaveCount(0);
  await ana.keyboard.press('Control+s');
  await expect(ana.getByRole('status')).toContainText('Everything is saved as you type');
});

test('colours follow the system until somebody chooses', async ({ server, meeting }) => {
  const document = await server.create('colours.txt', 'text');
  const page = await (await meeting.context('Ana')).newPage();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${server.origin}/d/${document}`);
  await expect(page.locator('.monaco-editor.vs-dark')).toBeVisible();
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(page.locator('.monaco-editor.vs')).toBeVisible();
  await page.emulateMedia({ colorScheme: 'light', contrast: 'more' });
  await expect(page.locator('.monaco-editor.hc-light')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'contrast-light');
});

test('one follows somebody until one scrolls on one’s own', async ({ server, meeting }) => {
  const lines = Array.from({ length: 400 }, (_, line) => `line ${line + 1}`).join('\n');
  const document = await server.create('follow.txt', lines);
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  const line = (number: number) => ana.locator('.view-line', { hasText: `line ${number}` });

  await bo.keyboard.press('Control+End');
  const avatar = ana.getByRole('button', { name: 'Go to Bo' });
  await expect(avatar).toHaveAttribute('title', /^Bo, line 400:/);
  await expect(avatar).toHaveAttribute('data-side', 'below');
  await avatar.click();
  await expect(line(400)).toBeVisible();
  await expect(avatar).toHaveAttribute('data-side', 'in sight');
  await expect(avatar).toHaveAttribute('aria-pressed', 'false');
  await avatar.click();
  await expect(ana.getByText('Following Bo')).toBeVisible();
  await bo.keyboard.press('Control+Home');
  await expect(line(1).first()).toBeVisible();
  await bo.keyboard.press('Control+End');
  await expect(line(400)).toBeVisible();

  await ana.locator('.code-editor').hover();
  await ana.mouse.wheel(0, -2000);
  await expect(ana.getByText('Following Bo is suspended')).toBeVisible();
  await ana.locator('.code-editor').click();
  await ana.keyboard.press('Control+Home');
  await expect(line(1).first()).toBeVisible();
  await bo.keyboard.press('ArrowUp');
  await bo.keyboard.type('x');
  await expectSaved(bo, ana);
  await expect(avatar).toHaveAttribute('title', /^Bo, line 399:/);
  await expect(line(1).first()).toBeVisible();
  await ana.getByRole('button', { name: 'Go on' }).click();
  await expect(line(400)).toBeVisible();
  await ana.getByRole('button', { name: 'Stop' }).click();
  await expect(ana.getByText('Following Bo')).toHaveCount(0);
});
