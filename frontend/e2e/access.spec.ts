/** Every page can be used by keyboard and by a screen reader: axe finds nothing serious, in any colours. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { expectEditor, test } from './accounts';

async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Monaco's own parts are its authors' to judge; what this page draws into them is ours. There are
    // no frames, so that no second page is needed to bring their findings together.
    const axe = new AxeBuilder({ page }).exclude('.monaco-editor').setLegacyMode();
    // Other colours change the contrast and nothing else.
    const found = await (colorScheme === 'light' ? axe : axe.withRules('color-contrast')).analyze();
    const serious = found.violations.filter(
      ({ impact }) => impact === 'serious' || impact === 'critical',
    );
    const said = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`);
    expect(said, `${what} in ${colorScheme}`).toEqual([]);
  }
}

test('every page passes axe, in light and in dark', async ({ club }) => {
  test.slow();
  const stranger = await (await club.visitor()).newPage();
  await stranger.goto(`${club.origin}/register`);
  await expect(stranger.getByRole('heading', { name: 'Sign up' })).toBeVisible();
  await expectAccessible(stranger, 'sign-up');
  await stranger.goto(`${club.origin}/login`);
  await expect(stranger.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expectAccessible(stranger, 'login');

  const { page } = await club.member('Kim');
  await expectAccessible(page, 'empty-list');
  const path = await club.create(page, 'access.rs');
  await page.keyboard.type('fn main() {\nprintln!("Grüße");');
  await page.goto(club.origin);
  await expect(page.locator('.document-title')).toHaveText(['access.rs']);
  await expectAccessible(page, 'list');
  await page.getByRole('button', { name: 'Kim' }).click();
  await expectAccessible(page, 'menu');
  await page.goto(`${club.origin}/account`);
  await expect(page.getByText('this one')).toBeVisible();
  await expectAccessible(page, 'account');
  await page.goto(`${club.origin}/trash`);
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  await expectAccessible(page, 'trash');

  await page.goto(`${club.origin}${path}`);
  await expectEditor(page);
  await expectAccessible(page, 'editor');
  await page.keyboard.press('F8');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await expect(page.getByLabel('The link.')).toBeVisible();
  await expectAccessible(page, 'share');
  const link = await page.getByLabel('The link.').inputValue();
  await page.keyboard.press('Escape');
  await page.keyboard.press('F1');
  await expect(page.locator('.palette-row').first()).toBeVisible();
  await expectAccessible(page, 'palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+F1');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F7');
  await expect(page.locator('.moment-row').first()).toBeVisible();
  await expectAccessible(page, 'history');
  await page.getByText('Authors').click();
  await expect(page.locator('.moment-author').first()).toBeVisible();
  await expectAccessible(page, 'authors');

  await stranger.goto(link);
  await expect(stranger.getByRole('heading', { name: 'You are invited' })).toBeVisible();
  await expectAccessible(stranger, 'invited');
});

test('a document is made, shared and left without a mouse', async ({ club }) => {
  const { page } = await club.member('Lea');
  const tabTo = async (name: string) => {
    await expect(async () => {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        const { activeElement: it } = document;
        return it?.getAttribute('aria-label') ?? it?.getAttribute('title') ?? it?.textContent ?? '';
      });
      expect(focused.startsWith(name), focused).toBe(true);
    }).toPass({ intervals: [0] });
  };
  await tabTo('Name of a new document');
  await page.keyboard.type('keys.txt');
  await page.keyboard.press('Enter');
  await expectEditor(page);
  await page.keyboard.type('by keys');
  await page.keyboard.press('F8');
  await expect(page.getByLabel('Login of whom to invite')).toBeVisible();
  await tabTo('Make a link');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('The link.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expectEditor(page);
  await page.keyboard.press('F1');
  await page.keyboard.type('all documents');
  await page.keyboard.press('Enter');
  await tabTo('keys.txt');
  await page.keyboard.press('Enter');
  await expectEditor(page);
});
