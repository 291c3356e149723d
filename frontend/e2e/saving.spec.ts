import { expect } from '@playwright/test';
import { expectSaved, expectText, test } from './meeting';

// Once the page's clock stands still, nothing happens there because time goes by.
const SOON_MS = 500;

test('what waits for more to be typed leaves when the page is hidden, or saved', async ({
  server,
  meeting,
}) => {
  const document = await server.create('hidden.txt', '');
  const context = await meeting.context('Ana');
  await context.clock.install();
  const ana = await meeting.open(context, document);
  const bo = await meeting.join('Bo', document);
  await expectSaved(ana);
  await ana.bringToFront();
  await ana.clock.pauseAt(Date.now() + SOON_MS);

  await ana.keyboard.type('a');
  await expectText(bo, 'a');
  await ana.keyboard.type('b');
  expect(await server.content(document)).toBe('a');
  await ana.evaluate(() => window.document.dispatchEvent(new Event('visibilitychange')));
  await expectText(bo, 'ab');

  await ana.keyboard.type('c');
  expect(await server.content(document)).toBe('ab');
  await ana.keyboard.press('Control+s');
  await expectText(bo, 'abc');
});
