import { afterEach, describe, expect, test, vi } from 'vitest';
import { Account } from '../src/account/account';
import { Api } from '../src/api/client';
import { ApiError } from '../src/api/problem';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly token: string | null;
  readonly body: unknown;
}

/** Answers requests in turn, and keeps what was asked. */
function serve(...answers: (Response | Error)[]): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { method = 'GET', headers, body } = init;
    asked.push({
      method,
      url,
      token: new Headers(headers).get('authorization'),
      body: typeof body === 'string' ? JSON.parse(body) : undefined,
    });
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) {
      throw answer ?? new TypeError('nothing more is answered');
    }
    return answer;
  });
  return asked;
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
const problem = (status: number, code: string, detail = 'the reason') =>
  json({ type: 'about:blank', title: 'No', status, detail, code }, status);
const tokens = (text: string, expiresIn = 600) =>
  json({
    access_token: text,
    token_type: 'Bearer',
    expires_in: expiresIn,
    session: 's',
    user: { id: 'u', kind: 'person', login: 'ana', name: 'Ana' },
  });

afterEach(() => vi.unstubAllGlobals());

describe('Api', () => {
  test('fills the path, the query and the body', async () => {
    const asked = serve(json({ groups: [] }), json({}));
    const api = new Api('');
    await api.call('get', '/api/documents/{id}/history', {
      path: { id: 'a/b' },
      query: { cursor: 'x y' },
    });
    await api.call('post', '/api/documents', { body: { name: 'n' } });
    expect(asked).toMatchObject([
      { method: 'GET', url: '/api/documents/a%2Fb/history?cursor=x+y', body: undefined },
      { method: 'POST', url: '/api/documents', body: { name: 'n' } },
    ]);
  });

  test('says what a failure means for people', async () => {
    serve(
      problem(404, 'link_not_found'),
      problem(422, 'invalid_name', 'the name is empty'),
      new Response('<html>', { status: 502 }),
      new TypeError('offline'),
    );
    const api = new Api('');
    const said = async () => {
      const failed = await api.call('get', '/api/users/me', {}).catch((error: unknown) => error);
      return failed instanceof ApiError ? [failed.code, failed.message] : failed;
    };
    expect(await said()).toEqual([
      'link_not_found',
      'This link has ended. Ask whoever sent it to you for a new one.',
    ]);
    expect(await said()).toEqual(['invalid_name', 'The name is empty.']);
    expect(await said()).toEqual([
      'unknown',
      'The server answered with status 502. Try again in a moment.',
    ]);
    expect(await said()).toEqual([
      'unreachable',
      'The server does not answer. Check that it is running, then try again.',
    ]);
  });

  test('keeps a byte order mark of a text', async () => {
    serve(new Response('\ufeffa', { headers: { 'content-type': 'text/plain' } }));
    const text = await new Api('').call('get', '/api/documents/{id}/content', {
      path: { id: 'd' },
    });
    expect(text).toBe('\ufeffa');
  });
});

describe('Account', () => {
  test('finds out that a server has no accounts', async () => {
    serve(problem(404, 'no_accounts'));
    const account = new Account(new Api(''));
    expect(await account.start()).toEqual({ phase: 'open' });
    expect(await account.token()).toBeNull();
  });

  test('finds out that nobody is logged in', async () => {
    serve(problem(401, 'login_required'));
    expect(await new Account(new Api('')).start()).toEqual({ phase: 'out', ended: false });
  });

  test('is away while nothing answers, and asks again', async () => {
    serve(new TypeError('offline'), tokens('one'));
    const account = new Account(new Api(''));
    expect(await account.start()).toEqual({ phase: 'away' });
    expect(await account.start()).toMatchObject({ phase: 'in', user: { name: 'Ana' } });
  });

  test('shares one exchange of the cookie among all who ask', async () => {
    const asked = serve(tokens('one'));
    const account = new Account(new Api(''));
    expect(await Promise.all([account.token(), account.token()])).toEqual(['one', 'one']);
    expect(asked).toHaveLength(1);
  });

  test('exchanges a token before it ends', async () => {
    serve(tokens('short', 10), tokens('long'));
    const account = new Account(new Api(''));
    await account.start();
    expect(await account.token()).toBe('long');
  });

  test('asks again with another token when one is refused, once', async () => {
    const asked = serve(
      tokens('one'),
      problem(401, 'token_expired'),
      tokens('two'),
      json({ users: [] }),
    );
    const account = new Account(new Api(''));
    await account.api.call('get', '/api/users', { query: { search: 'bo' } });
    expect(asked.map(({ token }) => token)).toEqual([null, 'Bearer one', null, 'Bearer two']);
  });

  test('says that a login has ended, to whoever was logged in', async () => {
    serve(tokens('one'), problem(401, 'session_ended'), problem(401, 'session_ended'));
    const account = new Account(new Api(''));
    await account.start();
    await expect(account.api.call('get', '/api/users/me', {})).rejects.toMatchObject({
      code: 'session_ended',
      message: 'Your login has ended. Log in again.',
    });
    expect(account.identity()).toEqual({ phase: 'out', ended: true });
  });

  test('tells a taken login from a wrong password', async () => {
    serve(json({ login: 'ana' }, 202), problem(401, 'wrong_credentials'));
    const account = new Account(new Api(''));
    await expect(account.register('ana', 'a good password', '')).rejects.toThrow(
      'This login is taken. Choose another one.',
    );
  });

  test('logs out even where the login has ended already', async () => {
    serve(tokens('one'), problem(401, 'session_ended'), problem(401, 'session_ended'));
    const account = new Account(new Api(''));
    await account.start();
    await account.logOut();
    expect(account.identity()).toEqual({ phase: 'out', ended: false });
  });
});
