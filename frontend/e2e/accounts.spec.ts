import { expect } from '@playwright/test';
import { expectEditor, PASSWORD, test } from './accounts';
import { expectSaved, expectText } from './meeting';

test('somebody signs up, logs out and in, and is remembered by the cookie alone', async ({
  club,
}) => {
  const context = await club.visitor();
  const page = await context.newPage();
  await page.goto(club.origin);
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByLabel('Login').fill('Ana');
  await page.getByLabel('Name').fill('Ana Ng');
  await page.getByLabel('Password').fill('12345678');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('alert')).toContainText('too short or too common');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: 'Documents' })).toBeVisible();

  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored, 'no token lies where a script could find it').not.toMatch(/eyJ|csr_/);
  expect(await page.evaluate(() => document.cookie)).toBe('');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Ana Ng' })).toBeVisible();

  await page.getByRole('button', { name: 'Ana Ng' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.getByLabel('Login').fill('ana');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toHaveText(
    'Login or password is wrong. Check both and try again.',
  );
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Documents' })).toBeVisible();
});

test('an account is looked after: name, password, other logins, its end', async ({ club }) => {
  const { page, login } = await club.member('Cem');
  const elsewhere = await club.visitor();
  const headers = { origin: club.origin };
  const logIn = () =>
    elsewhere.request.post(`${club.origin}/api/auth/login`, {
      data: { login, password: PASSWORD },
      headers,
    });
  await logIn();

  await page.getByRole('button', { name: 'Cem' }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  await expect(page.getByText('this one')).toBeVisible();
  await page.getByRole('button', { name: 'End the login of' }).click();
  await expect(page.getByRole('button', { name: 'End the login of' })).toHaveCount(0);

  await page.getByLabel('Name', { exact: true }).fill('Cem Yılmaz');
  await page.getByRole('button', { name: 'Change the name' }).click();
  await expect(page.getByText('The name is changed.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cem Yılmaz' })).toBeVisible();

  await page.getByLabel('Present password').fill('wrong');
  await page.getByLabel('New password').fill('another good password');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByRole('alert')).toContainText('password is wrong');
  await page.getByLabel('Present password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The password is changed.')).toBeVisible();
  expect((await logIn()).status()).toBe(401);

  await page.getByRole('button', { name: 'Delete the account…' }).click();
  await page.getByLabel('Your password, once more').fill('another good password');
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill('another good password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Restore the account' }).click();
  await expect(page.getByRole('button', { name: 'Cem Yılmaz' })).toBeVisible();
});

test('a guest comes in through a link under a name, and a dead link says so', async ({ club }) => {
  const { page: owner } = await club.member('Dora');
  await club.create(owner, 'plan.md');
  await owner.keyboard.type('# Plan');
  await owner.getByRole('button', { name: 'Share' }).click();
  await owner.getByLabel('What the link allows').selectOption('editor');
  await owner.getByLabel('How long the link works').selectOption({ label: 'for a day' });
  await owner.getByRole('button', { name: 'Make a link' }).click();
  const link = await owner.getByLabel('The link.').inputValue();
  await owner.getByRole('button', { name: 'Close' }).click();

  const guest = await (await club.visitor()).newPage();
  await guest.goto(link);
  await guest.getByLabel('Name').fill('Gus');
  await guest.getByRole('button', { name: 'Come in as a guest' }).click();
  await expectEditor(guest);
  expect(guest.url(), 'the secret is gone from the address').not.toContain('#');
  await expectText(guest, '# Plan');
  await guest.keyboard.press('Control+End');
  await guest.keyboard.type(' of two');
  await expectText(owner, '# Plan of two');
  await expect(owner.getByRole('button', { name: 'Go to Gus' })).toBeVisible();

  await test.step('the guest’s list says whose it is, and offers nothing that a guest cannot do', async () => {
    const tab = await guest.context().newPage();
    await tab.goto(club.origin);
    const row = tab.locator('.document-row', { hasText: 'plan.md' });
    await expect(row.locator('.document-owner')).toHaveText('Owner: Dora');
    await expect(row.getByRole('button')).toHaveCount(0);
    await expect(tab.getByRole('button', { name: 'Create' })).toHaveCount(0);
    await expect(tab.getByRole('link', { name: 'Trash' })).toHaveCount(0);
    await tab.close();
    await owner.getByTitle('All documents').click();
    await expect(owner.locator('.document-row .document-owner')).toHaveText('Owner: you');
    await owner.goBack();
    await expectEditor(owner);
  });

  await test.step('the link is ended while the guest is there', async () => {
    await owner.getByRole('button', { name: 'Share' }).click();
    await owner.getByRole('button', { name: 'End the link' }).click();
    await expect(guest.locator('.save-words')).toHaveText('access ended');
    await expectText(guest, '# Plan of two');
    await guest.goto(link);
    await guest.reload();
    await expect(guest.getByRole('heading', { name: 'This link has ended' })).toBeVisible();
    await expect(guest.getByRole('alert')).toContainText('Ask whoever sent it to you');
  });
});

test('a login that ends while somebody types stops nothing', async ({ club }) => {
  const { page, login } = await club.member('Eva');
  await club.create(page, 'kept.txt');
  await page.keyboard.type('before ');
  await expectSaved(page);
  const elsewhere = await club.visitor();
  const headers = { origin: club.origin };
  const data = { login, password: PASSWORD };
  const logIn = await elsewhere.request.post(`${club.origin}/api/auth/login`, { data, headers });
  const { access_token: token } = (await logIn.json()) as { access_token: string };
  await elsewhere.request.delete(`${club.origin}/api/users/me/sessions`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
  });

  const banner = page.getByRole('alert').filter({ hasText: 'Your login has ended' });
  await expect(banner).toBeVisible();
  await page.keyboard.type('and after');
  await expectText(page, 'before and after');
  await banner.getByRole('button', { name: 'Log in' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Login').fill(login);
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Log in', exact: true }).click();
  await expectSaved(page);
  await expect(banner).toHaveCount(0);
  await expectText(page, 'before and after');
});
