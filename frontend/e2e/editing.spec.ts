import { expect } from '@playwright/test';
import { copiedText, expectSaved, test } from './meeting';

test('every way to edit reaches the others as it is seen here', async ({ server, meeting }) => {
  const document = await server.create('ways.rs', 'fn a() {}\nfn b() {}\nfn c() {}\n');
  const context = await meeting.context('Ana');
  const ana = await meeting.open(context, document);
  const bo = await meeting.join('Bo', document);
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

test('a paste larger than one submission arrives whole', async ({ server, meeting }) => {
  const document = await server.create('paste.txt', '');
  const context = await meeting.context('Ana');
  const ana = await meeting.open(context, document);
  const text = Array.from(
    { length: 6000 },
    (_, line) => `${line} größer 😀 ${'.'.repeat(40)}`,
  ).join('\n');
  await ana.evaluate((it) => navigator.clipboard.writeText(it), text);
  await ana.keyboard.press('Control+v');
  await expect.poll(() => server.content(document)).toBe(text);
  await expectSaved(ana);
  expect(await copiedText(ana)).toBe(text);
});
