import { devices, expect } from '@playwright/test';
import { Cable, expectSaved, expectText, test, words } from './meeting';

const { defaultBrowserType: _, ...PHONE } = devices['Pixel 7'];

test('on a phone one reads and edits the same document, without Monaco', async ({
  server,
  meeting,
}) => {
  const document = await server.create('phone.txt', 'top\nbottom 😀\n');
  const context = await meeting.context('Ana', PHONE);
  const cable = await Cable.of(context);
  const phone = await context.newPage();
  const loaded: string[] = [];
  phone.on('request', (request) => loaded.push(request.url()));
  await phone.goto(`${server.origin}/d/${document}`);
  const text = phone.getByLabel('Text of the document');
  await expect(text).toHaveValue('top\nbottom 😀\n');
  const bo = await meeting.join('Bo', document);

  await text.focus();
  await phone.keyboard.press('Control+End');
  await phone.keyboard.type('from the phone');
  await expectText(bo, 'top\nbottom 😀\nfrom the phone');
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('Bo: ');
  await expect(text).toHaveValue('Bo: top\nbottom 😀\nfrom the phone');
  await phone.keyboard.type('!');
  await expectText(bo, 'Bo: top\nbottom 😀\nfrom the phone!');

  await cable.cut();
  await expect(words(phone)).toHaveText('offline');
  await phone.keyboard.type(' 漢字');
  await expect(words(phone)).toHaveText(/waiting · kept in this browser$/);
  await phone.reload();
  await expect(text).toHaveValue('Bo: top\nbottom 😀\nfrom the phone! 漢字');
  cable.mend();
  await expectSaved(phone);
  expect(await server.content(document)).toBe('Bo: top\nbottom 😀\nfrom the phone! 漢字');

  await text.focus();
  await phone.keyboard.press('Control+End');
  await phone.keyboard.type('x');
  await expect(text).toHaveValue('Bo: top\nbottom 😀\nfrom the phone! 漢字x');
  await phone.keyboard.press('Control+z');
  await expect(text).toHaveValue('Bo: top\nbottom 😀\nfrom the phone! 漢字');
  expect(loaded.filter((url) => /CodeEditor|monaco|editor\.worker/.test(url))).toEqual([]);
});
