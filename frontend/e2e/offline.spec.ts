import { expect } from '@playwright/test';
import { Cable, expectSaved, expectText, test, words } from './meeting';

test('who was offline and typed comes back with everything', async ({ server, meeting }) => {
  const document = await server.create('away.txt', 'start\n');
  const context = await meeting.context('Ana');
  const cable = await Cable.of(context);
  const ana = await meeting.open(context, document);
  const bo = await meeting.join('Bo', document);

  await cable.cut();
  await expect(words(ana)).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('from Ana 😀');
  await expect(words(ana)).toHaveText(/^offline · \d+ waiting · kept in this browser$/);
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('from Bo ');
  await expectSaved(bo);
  await expectText(ana, 'start\nfrom Ana 😀');
  const bar = ana.getByRole('status').filter({ hasText: 'No connection to the server.' });
  await expect(bar).toContainText('kept in this browser');
  const { attempts } = cable;
  await bar.getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => cable.attempts).toBeGreaterThan(attempts);
  cable.mend();

  const text = 'from Bo start\nfrom Ana 😀';
  await expectText(ana, text);
  await expectText(bo, text);
  await expectSaved(ana, bo);
  await expect(bar).toHaveCount(0);
  expect(await server.content(document)).toBe(text);
});

test('a server that is killed and comes back loses nothing', async ({ server, meeting }) => {
  const document = await server.create('killed.txt', '');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  await ana.keyboard.type('before ');
  await expectText(bo, 'before ');

  await server.kill();
  await expect(words(ana)).toHaveText('offline');
  await expect(words(bo)).toHaveText('offline');
  await ana.keyboard.type('meanwhile ');
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.type('both ');
  await server.restart();

  await expectText(ana, 'both before meanwhile ');
  await expectText(bo, 'both before meanwhile ');
  await expectSaved(ana, bo);
});

test('edits made offline survive a reload', async ({ server, meeting }) => {
  const document = await server.create('kept.txt', 'before\n');
  const context = await meeting.context('Ana');
  const cable = await Cable.of(context);
  const ana = await meeting.open(context, document);
  await expectSaved(ana);

  await cable.cut();
  await expect(words(ana)).toHaveText('offline');
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('typed offline');
  await expect(words(ana)).toHaveText(/waiting · kept in this browser$/);
  await ana.reload();
  await expectText(ana, 'before\ntyped offline');
  expect(await server.content(document)).toBe('before\n');

  cable.mend();
  await expectSaved(ana);
  await expect.poll(() => server.content(document)).toBe('before\ntyped offline');
});

test('two tabs of one browser are two clients, and a closed one leaves nothing behind', async ({
  server,
  meeting,
}) => {
  const document = await server.create('tabs.txt', '');
  const context = await meeting.context('Ana');
  const cable = await Cable.of(context);
  const first = await meeting.open(context, document);
  const second = await meeting.open(context, document);
  await expectSaved(first, second);

  await cable.cut();
  await expect(words(first)).toHaveText('offline');
  await expect(words(second)).toHaveText('offline');
  await first.bringToFront();
  await first.keyboard.type('one');
  await second.bringToFront();
  await second.keyboard.type('two');
  await expect(words(first)).toHaveText('offline · 3 waiting · kept in this browser');
  await expect(words(second)).toHaveText('offline · 3 waiting · kept in this browser');
  await first.close();
  await second.close();

  cable.mend();
  const third = await meeting.open(context, document);
  await expect.poll(() => server.content(document)).toMatch(/^(onetwo|twoone)$/);
  await expectText(third, await server.content(document));
});
