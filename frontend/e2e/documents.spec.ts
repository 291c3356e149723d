import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { test } from './meeting';

interface Dropped {
  readonly name: string;
  readonly bytes: readonly number[];
}

/** Drops files onto the page as a file manager would. */
async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, bytes } of list) {
      data.items.add(new File([Uint8Array.from(bytes)], name));
    }
    return data;
  }, files);
  await page.dispatchEvent('.drop-area', 'dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop files to make documents')).toBeVisible();
  await page.dispatchEvent('.drop-area', 'drop', { dataTransfer: transfer });
}

const bytesOf = (text: string) => Array.from(new TextEncoder().encode(text));

test('files become documents, and what cannot says why', async ({ server, meeting }) => {
  const page = await (await meeting.context('Ana')).newPage();
  await page.goto(server.origin);
  await drop(page, [
    { name: 'latin1.txt', bytes: [0x47, 0x72, 0xfc, 0xdf, 0x65] },
    { name: 'drop-b.rs', bytes: bytesOf('fn b() {}\r\n') },
  ]);
  await expect(page.getByRole('alert')).toContainText(
    'latin1.txt is not text in UTF-8. Save it as UTF-8, then drop it again.',
  );
  await expect(page.locator('.document-title', { hasText: 'drop-b.rs' })).toBeVisible();
  await page.getByRole('button', { name: 'Put away' }).click();

  await drop(page, [{ name: 'drop-a.md', bytes: bytesOf('\ufeff# Grüße\r\n😀') }]);
  await expect(page.locator('.monaco-editor')).toBeVisible();
  const id = page.url().split('/').at(-1) ?? '';
  expect(await server.content(id)).toBe('\ufeff# Grüße\r\n😀');

  const download = page.waitForEvent('download');
  await page.keyboard.press('F1');
  await page.getByRole('combobox', { name: 'Search commands' }).fill('download');
  await page.keyboard.press('Enter');
  expect((await download).suggestedFilename()).toBe('drop-a.md');
});

test('a file that is too large is refused before it is sent', async ({ server, meeting }, info) => {
  const huge = info.outputPath('huge.txt');
  await mkdir(dirname(huge), { recursive: true });
  await writeFile(huge, '');
  await truncate(huge, 21 * 1024 * 1024);
  const page = await (await meeting.context('Ana')).newPage();
  await page.goto(server.origin);
  await page.getByLabel('Files to upload').setInputFiles(huge);
  await expect(page.getByRole('alert')).toContainText(
    'huge.txt is more than a document may hold (10 MiB).',
  );
});

test('the list is sorted, and thrown away documents come back', async ({ server, meeting }) => {
  await server.create('sort-2.txt', 'small');
  await server.create('sort-10.txt', 'x'.repeat(5000));
  await server.create('sort-1.txt', 'xx');
  const page = await (await meeting.context('Ana')).newPage();
  await page.goto(server.origin);
  await page.getByRole('searchbox').fill('sort-');
  const titles = page.locator('.document-title');
  await expect(titles).toHaveText(['sort-1.txt', 'sort-10.txt', 'sort-2.txt']);
  await page.getByLabel('Sort by').selectOption('Name');
  await expect(titles).toHaveText(['sort-1.txt', 'sort-2.txt', 'sort-10.txt']);
  await page.getByLabel('Sort by').selectOption('Size');
  await expect(titles).toHaveText(['sort-10.txt', 'sort-2.txt', 'sort-1.txt']);

  await page.getByRole('button', { name: 'Move sort-2.txt to the trash' }).click();
  await expect(titles).toHaveText(['sort-10.txt', 'sort-1.txt']);
  await page.getByRole('button', { name: 'Take it back' }).click();
  await expect(titles).toHaveText(['sort-10.txt', 'sort-2.txt', 'sort-1.txt']);
  await page.getByRole('button', { name: 'Move sort-1.txt to the trash' }).click();
  await expect(titles).toHaveText(['sort-10.txt', 'sort-2.txt']);
  await page.getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Take sort-1.txt back' }).click();
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  await page.getByRole('link', { name: 'Documents', exact: true }).click();
  await expect(titles.filter({ hasText: 'sort-1.txt' })).toBeVisible();
});
