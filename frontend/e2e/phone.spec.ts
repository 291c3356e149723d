import { devices, expect } from '@playwright/test';
import { Cable, expectSaved, expectText, test, words } from './meeting';
import { TerminalEditor } from './terminal';

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

test('what is composed on a phone stands in the terminal, while others type too', async ({
  server,
  meeting,
}) => {
  const document = await server.create('composed.txt', 'here: \nthere: ');
  const context = await meeting.context('Ana', PHONE);
  const phone = await context.newPage();
  const link = `${server.origin}/d/${document}`;
  await phone.goto(link);
  const text = phone.getByLabel('Text of the document');
  await expect(text).toHaveValue('here: \nthere: ');
  const terminal = await TerminalEditor.open('Bo', link, '+2');
  try {
    await terminal.showsStatus(/●saved .*Ana/);
    await text.focus();
    await phone.keyboard.press('Control+Home');
    await phone.keyboard.press('End');
    const keyboard = await context.newCDPSession(phone);
    const compose = (composed: string) =>
      keyboard.send('Input.imeSetComposition', {
        text: composed,
        selectionStart: composed.length,
        selectionEnd: composed.length,
      });
    await compose('に');
    await terminal.shows('here: に');
    await compose('にほん');
    // What Bo types now waits until the word is whole, and so does the server's answer to its beginning.
    terminal.press('end');
    terminal.send('Bo 👩‍🚀');
    await compose('日本');
    await keyboard.send('Input.insertText', { text: '日本' });
    // An accent that a keyboard for fingers composes, and one that is begun and given up.
    await compose('´');
    await keyboard.send('Input.insertText', { text: 'e\u0301' });
    await compose('x');
    await compose('');
    await phone.keyboard.type('!');

    const whole = 'here: 日本e\u0301!\nthere: Bo 👩‍🚀';
    await expect(text).toHaveValue(whole);
    await expectSaved(phone);
    await expect.poll(() => terminal.cat(link)).toBe(whole);
    await terminal.shows('here: 日本e\u0301!');
    expect(await terminal.quit()).toBe(0);
  } finally {
    await terminal.stop();
  }
});
