import { expect } from '@playwright/test';
import { expectSaved, expectText, test } from './meeting';

test('a document’s life is looked at, named, compared, restored and taken out', async ({
  server,
  meeting,
}) => {
  const document = await server.create('life.txt', 'one\ntwo\nthree\n');
  const ana = await meeting.join('Ana', document);
  await ana.keyboard.press('Control+End');
  await ana.keyboard.type('four by Ana');
  await expectSaved(ana);
  const bo = await meeting.join('Bo', document);
  await bo.keyboard.press('Control+Home');
  await bo.keyboard.press('Control+Shift+k');
  await bo.keyboard.type('ONE ');
  await expectSaved(bo);
  await expectText(ana, 'ONE two\nthree\nfour by Ana');

  await ana.keyboard.press('F7');
  const history = ana.getByRole('region', { name: 'History' });
  const timeline = history.getByRole('list', { name: 'Timeline' });
  await expect(timeline.locator('.row-title')).toHaveText(['Bo', 'Ana', 'This machine']);
  const moment = history.getByRole('region', { name: 'What the document was' });
  await expect(moment.locator('.is-removed .moment-text')).toHaveText(['one', 'two']);
  await expect(moment.locator('.is-added .moment-text')).toHaveText(['ONE two']);

  await test.step('every revision of a group can be seen', async () => {
    await timeline.getByRole('button', { name: 'Ana' }).click();
    await expect(moment.locator('.is-added .moment-text')).toHaveText(['four by Ana']);
    // The first revision of the group; how many keys each holds depends on the network's pace.
    await history.getByRole('slider', { name: 'Revision' }).fill('2');
    await expect(history.locator('.revision-shown')).toHaveText('revision 2');
    await expect(moment.locator('.is-added .moment-text')).toHaveText(/^f(o(u(r.*)?)?)?$/);
  });

  await test.step('authors', async () => {
    await timeline.getByRole('button', { name: 'Bo' }).click();
    await history.getByText('Authors').click();
    await expect(moment.locator('.moment-author')).toHaveText([/^Bo/, /^This machine/, /^Ana/]);
    await history.getByText('Text', { exact: true }).click();
    await expect(moment.locator('.moment-text')).toHaveText(['ONE two', 'three', 'four by Ana']);
  });

  await test.step('name, compare, play', async () => {
    await timeline.getByRole('button', { name: 'This machine' }).click();
    await history.getByRole('button', { name: 'Name it' }).click();
    await history.getByLabel('Name of this version').fill('as it came');
    await ana.keyboard.press('Enter');
    await expect(timeline.getByRole('button', { name: 'as it came', exact: true })).toBeVisible();
    await history.getByRole('button', { name: 'Compare with this' }).click();
    await history.getByText('Changes', { exact: true }).click();
    await timeline.getByRole('button', { name: 'Bo' }).click();
    await expect(moment.locator('.is-added .moment-text')).toHaveText(['ONE two', 'four by Ana']);
    await history.getByRole('button', { name: /Compared with/ }).click();
    await history.getByRole('button', { name: 'Play' }).click();
    await expect(timeline.getByRole('button', { name: 'This machine' })).toHaveAttribute(
      'aria-current',
      'true',
    );
    await expect(timeline.getByRole('button', { name: 'Bo' })).toHaveAttribute(
      'aria-current',
      'true',
    );
    await expect(history.getByRole('button', { name: 'Play' })).toBeVisible();
  });

  await test.step('take out, restore', async () => {
    await timeline.getByRole('button', { name: 'as it came', exact: true }).click();
    const download = ana.waitForEvent('download');
    await history.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('life-1.txt');
    await history.getByRole('button', { name: 'Restore' }).click();
    await expect(history).toHaveCount(0);
    await expectText(ana, 'one\ntwo\nthree\n');
    await expectText(bo, 'one\ntwo\nthree\n');
    expect(await server.content(document)).toBe('one\ntwo\nthree\n');
  });

  await test.step('who wrote this line', async () => {
    await ana.keyboard.press('Control+End');
    await ana.keyboard.type('mine');
    await expectSaved(ana);
    await ana.keyboard.press('Alt+w');
    await expect(ana.getByRole('status')).toHaveText(/Line 4: Ana, just now, in revision \d+\./);
  });
});
