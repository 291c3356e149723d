import { expect, test } from 'vitest';
import { Login } from '../src/collab/login';

function setUp(tokens: (string | null)[]) {
  const used: string[] = [];
  const credentials = {
    token: async () => tokens[0] ?? null,
    renewed: async () => {
      tokens.shift();
      return tokens[0] ?? null;
    },
  };
  const clock = { now: 0 };
  const login = new Login(
    credentials,
    () => clock.now,
    (token) => used.push(token),
  );
  return { login, used, clock, tokens };
}

test('a token is replaced by the one that comes after it', async () => {
  const { login, used } = setUp(['one', 'two']);
  expect(await login.first()).toBe('one');
  expect(await login.renew()).toBe(true);
  expect(used).toEqual(['two']);
});

test('a server that refuses every token is not asked without rest', async () => {
  const { login, used, clock } = setUp(['one', 'two', 'three']);
  await login.first();
  await login.renew();
  clock.now = 9_000;
  expect(await login.renew()).toBe(false);
  clock.now = 11_000;
  expect(await login.renew()).toBe(true);
  expect(used).toEqual(['two', 'three']);
});

test('an ended login is said, and another login goes on', async () => {
  const { login, used, tokens } = setUp(['one']);
  await login.first();
  expect(await login.renew()).toBe(false);
  tokens.push('new');
  expect(await login.loggedIn()).toBe(true);
  expect(used).toEqual(['new']);
});
