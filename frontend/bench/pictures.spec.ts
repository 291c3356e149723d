/**
 * Pictures of every page, for people to look at: in light, in dark and with high contrast, and as a phone shows them.
 * They land in `test-results/pictures`.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { devices, expect, type Page } from '@playwright/test';
import { type Club, expectEditor, test } from '../e2e/accounts';

const FOLDER = resolve(import.meta.dirname, '../test-results/pictures');
const LOOKS = {
  light: { colorScheme: 'light', contrast: 'no-preference' },
  dark: { colorScheme: 'dark', contrast: 'no-preference' },
  'contrast-light': { colorScheme: 'light', contrast: 'more' },
  'contrast-dark': { colorScheme: 'dark', contrast: 'more' },
} as const;
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
const { defaultBrowserType: _, ...PHONE } = devices['iPhone 13'];

const RUST = `//! Shapes, and how much room they take.

use std::f64::consts::PI;

/// Whatever has an area.
pub trait Shape {
    fn area(&self) -> f64;
}

pub struct Circle {
    pub radius: f64,
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        PI * self.radius * self.radius
    }
}

fn main() {
    let circle = Circle { radius: 2.0 };
    println!("Grüße: {:.2}", circle.area());
}
`;

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

/** One page in all looks, wide and narrow. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const [look, media] of Object.entries(LOOKS)) {
    await page.emulateMedia(media);
    await page.screenshot({ path: `${FOLDER}/${name}-${look}.png` });
  }
  await page.emulateMedia(LOOKS.light);
  await page.setViewportSize(NARROW);
  await page.screenshot({ path: `${FOLDER}/${name}-narrow.png` });
  await page.setViewportSize(WIDE);
}

async function text(club: Club, page: Page, name: string, content: string): Promise<string> {
  const path = await club.create(page, name);
  // Pasted: what is typed line by line is indented by the editor.
  await page.evaluate((text) => navigator.clipboard.writeText(text), content);
  await page.keyboard.press('Control+v');
  await expect(page.locator('.save-words')).toHaveText('saved');
  return path;
}

test('pages without a document', async ({ club }) => {
  const stranger = await (await club.visitor()).newPage();
  await stranger.setViewportSize(WIDE);
  await stranger.goto(`${club.origin}/login`);
  await stranger.getByLabel('Login').fill('nobody');
  await stranger.getByLabel('Password').fill('not the password');
  await stranger.getByRole('button', { name: 'Log in' }).click();
  await expect(stranger.getByRole('alert')).toBeVisible();
  await shoot(stranger, 'login');
  await stranger.goto(`${club.origin}/register`);
  await expect(stranger.getByRole('heading', { name: 'Sign up' })).toBeVisible();
  await shoot(stranger, 'sign-up');

  const { page } = await club.member('Kim');
  await page.setViewportSize(WIDE);
  await shoot(page, 'list-empty');
  await page.goto(`${club.origin}/account`);
  await expect(page.getByText('this one')).toBeVisible();
  await shoot(page, 'account');
  await page.goto(`${club.origin}/trash`);
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  await shoot(page, 'trash-empty');
  await page.goto(`${club.origin}/no/such/page`);
  await expect(page.getByRole('heading')).toBeVisible();
  await shoot(page, 'no-such-page');
  await page.goto(`${club.origin}/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11`);
  await expect(page.getByRole('heading')).toHaveText('There is no such document');
  await shoot(page, 'no-such-document');
  await page.context().route('**/api/**', (route) => route.abort());
  await page.goto(club.origin);
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await shoot(page, 'server-away');
});

test('a document and whoever is in it', async ({ club, browser }) => {
  test.setTimeout(240_000);
  const { page: ada } = await club.member('Ada Lovelace');
  const { page: bo, login } = await club.member('Bo Diaz');
  for (const page of [ada, bo]) {
    await page.setViewportSize(WIDE);
  }
  for (const [name, content] of [
    ['notes.md', '# Notes\n\n- one\n- two\n'],
    ['a name as long as names can be: sixty-four characters of it.md', 'x'],
    ['thrown away.txt', 'y'],
  ] as const) {
    await text(club, ada, name, content);
    await ada.goto(club.origin);
  }
  await ada.getByRole('button', { name: 'Move thrown away.txt' }).click();
  await expect(ada.getByText('is in the trash')).toBeVisible();
  await ada.getByRole('link', { name: 'notes.md' }).hover();
  await shoot(ada, 'list-trashed');
  await ada.goto(`${club.origin}/trash`);
  await expect(ada.getByText('thrown away.txt')).toBeVisible();
  await shoot(ada, 'trash');

  await ada.goto(club.origin);
  const path = await text(club, ada, 'shapes.rs', RUST);
  await ada.keyboard.press('F8');
  await ada.getByLabel('Login of whom to invite').fill(login);
  await ada.getByRole('button', { name: 'Invite' }).click();
  await expect(ada.getByLabel('Role of Bo Diaz')).toBeVisible();
  await ada.getByRole('button', { name: 'Make a link' }).click();
  const link = await ada.getByLabel('The link.').inputValue();
  await shoot(ada, 'share');
  await ada.keyboard.press('Escape');

  await bo.reload();
  await expect(bo.getByText('shapes.rs')).toBeVisible();
  await shoot(bo, 'list-shared');
  await bo.goto(`${club.origin}${path}`);
  await expectEditor(bo);
  await bo.keyboard.press('Control+Home');
  for (let line = 0; line < 9; line += 1) {
    await bo.keyboard.press('ArrowDown');
  }
  await bo.keyboard.press('End');
  await bo.keyboard.type(' // round');
  await bo.keyboard.press('Shift+Home');
  await expect(ada.getByRole('button', { name: 'Go to Bo Diaz' })).toBeVisible();
  await shoot(ada, 'editor');
  await ada.getByRole('button', { name: 'Go to Bo Diaz' }).focus();
  await shoot(ada, 'editor-focus');
  await ada.getByRole('button', { name: 'Go to Bo Diaz' }).click();
  await ada.getByRole('button', { name: 'Go to Bo Diaz' }).click();
  await expect(ada.getByText('Following Bo Diaz')).toBeVisible();
  await shoot(ada, 'following');
  await ada.getByRole('button', { name: 'Stop' }).click();
  await ada.locator('.view-line', { hasText: 'println' }).click();
  await ada.keyboard.press('Alt+w');
  await expect(ada.getByText(/^Line \d+:/)).toBeVisible();
  await shoot(ada, 'who-wrote');
  await ada.getByRole('button', { name: 'Ada Lovelace' }).click();
  await shoot(ada, 'menu');
  await ada.keyboard.press('Escape');
  await ada.keyboard.press('F1');
  await expect(ada.locator('.palette-row').first()).toBeVisible();
  await shoot(ada, 'palette');
  await ada.keyboard.press('Escape');
  await ada.keyboard.press('Shift+F1');
  await expect(ada.getByRole('dialog')).toBeVisible();
  await shoot(ada, 'shortcuts');
  await ada.keyboard.press('Escape');
  await ada.keyboard.press('F7');
  await expect(ada.locator('.moment-row').first()).toBeVisible();
  await shoot(ada, 'history');
  await ada.getByText('Authors').click();
  await expect(ada.locator('.moment-author').first()).toBeVisible();
  await shoot(ada, 'authors');
  await ada.keyboard.press('Escape');

  const guest = await (await club.visitor()).newPage();
  await guest.setViewportSize(WIDE);
  await guest.goto(link);
  await expect(guest.getByRole('heading', { name: 'You are invited' })).toBeVisible();
  await shoot(guest, 'invited');

  const context = await browser.newContext(PHONE);
  const phone = await context.newPage();
  await phone.goto(link);
  await phone.getByLabel('Name').fill('Gus');
  await phone.getByRole('button', { name: 'Come in as a guest' }).click();
  await expect(phone.getByLabel('Text of the document')).toBeVisible();
  for (const [look, media] of Object.entries(LOOKS)) {
    await phone.emulateMedia(media);
    await phone.screenshot({ path: `${FOLDER}/phone-${look}.png` });
  }
  await context.close();

  await ada.keyboard.press('F8');
  await ada.getByRole('button', { name: 'End the link' }).click();
  await expect(ada.getByRole('button', { name: 'End the link' })).toHaveCount(0);
  await ada.getByRole('button', { name: 'Remove Bo Diaz' }).click();
  await expect(bo.locator('.save-words')).toHaveText('access ended');
  await shoot(bo, 'access-ended');
  await guest.getByRole('button', { name: 'Come in as a guest' }).click();
  await expect(guest.getByRole('heading', { name: 'This link has ended' })).toBeVisible();
  await shoot(guest, 'link-ended');
});
