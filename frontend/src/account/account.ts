/**
 * Who is at this page: nobody, somebody with an account, a guest, or, on a server without accounts, whoever sits at the
 * machine. The access token lives in this object only; the refresh token in a cookie that no script can read.
 */
import { Api, type Credentials, type Schemas } from '../api/client';
import { ApiError } from '../api/problem';

export type Me = Schemas['Account'];
type Tokens = Schemas['Tokens'];

export type Identity =
  /** The server has not said anything yet. */
  | { readonly phase: 'starting' }
  /** The server has no accounts: everything here belongs to whoever reaches it. */
  | { readonly phase: 'open' }
  /** `ended` when somebody was logged in here until a moment ago. */
  | { readonly phase: 'out'; readonly ended: boolean }
  | { readonly phase: 'in'; readonly user: Me }
  /** The server did not answer; it is asked again when somebody needs to know. */
  | { readonly phase: 'away' };

/** Whether somebody is here as a guest, who takes part in what he was invited to and makes nothing of his own. */
export function isOfGuest(identity: Identity): boolean {
  return identity.phase === 'in' && identity.user.kind === 'guest';
}

/** A token this close to its end is exchanged before it is shown. */
const MARGIN_MS = 30_000;
const LOCK = 'codesync:refresh';
const CHANNEL = 'codesync:account';

export class Account implements Credentials {
  readonly api: Api;
  readonly #listeners = new Set<() => void>();
  readonly #channel =
    typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL);
  #identity: Identity = { phase: 'starting' };
  #token: { readonly text: string; readonly until: number } | null = null;
  #refreshing: Promise<void> | null = null;

  constructor(api = new Api()) {
    this.api = api;
    api.credentials = this;
    if (this.#channel !== null) {
      // Another tab logged in or out: the cookie is not what it was.
      this.#channel.onmessage = () => void this.refresh();
    }
  }

  readonly identity = (): Identity => this.#identity;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finds out who is here. Settles once the server has said so, or does not answer. */
  async start(): Promise<Identity> {
    if (this.#identity.phase === 'starting' || this.#identity.phase === 'away') {
      await this.refresh();
    }
    return this.#identity;
  }

  async token(): Promise<string | null> {
    await this.start();
    if (this.#token !== null && this.#token.until - MARGIN_MS < Date.now()) {
      await this.refresh();
    }
    return this.#token?.text ?? null;
  }

  async renewed(refused: string): Promise<string | null> {
    if (this.#token?.text === refused) {
      await this.refresh();
    }
    return this.#token?.text ?? null;
  }

  /** Exchanges the cookie for tokens; all who ask meanwhile share one exchange. */
  refresh(): Promise<void> {
    this.#refreshing ??= inTurn(() => this.#exchange()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async logIn(login: string, password: string): Promise<void> {
    this.#enter(
      await this.api.callAnonymously('post', '/api/auth/login', {
        body: { login, password, cookie: true },
      }),
    );
  }

  /** Makes an account and logs in with it. */
  async register(login: string, password: string, name: string): Promise<void> {
    const body = { login, password, ...(name === '' ? {} : { name }) };
    await this.api.callAnonymously('post', '/api/auth/register', { body });
    try {
      await this.logIn(login, password);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'wrong_credentials') {
        throw new ApiError('This login is taken. Choose another one.', 'wrong_credentials');
      }
      throw error;
    }
  }

  /** Takes the deletion of an account back. */
  async restore(login: string, password: string): Promise<void> {
    this.#enter(
      await this.api.callAnonymously('post', '/api/auth/restore', {
        body: { login, password, cookie: true },
      }),
    );
  }

  async changePassword(current: string, wanted: string): Promise<void> {
    this.#enter(
      await this.api.call('post', '/api/auth/password', {
        body: { current, new: wanted, cookie: true },
      }),
    );
  }

  async rename(name: string): Promise<void> {
    const user = await this.api.call('patch', '/api/users/me', { body: { name } });
    this.#become({ phase: 'in', user });
  }

  async logOut(): Promise<void> {
    try {
      await this.api.call('post', '/api/auth/logout', {});
    } catch (error) {
      // A login that has ended already is what was wanted.
      if (!(error instanceof ApiError) || error.code === 'unreachable') {
        throw error;
      }
    }
    this.#leave(false);
  }

  /** Shuts the account; it can be restored for seven days. */
  async remove(password: string | null): Promise<void> {
    await this.api.call('delete', '/api/users/me', { body: password === null ? {} : { password } });
    this.#leave(false);
  }

  /** Takes up a link; without a login, as a guest of this name. Answers which document it leads to. */
  async redeem(secret: string, name: string | null): Promise<string> {
    const body = { secret, cookie: true, ...(name === null ? {} : { name }) };
    const came = await this.api.call('post', '/api/links/redeem', { body });
    if ('access_token' in came) {
      this.#enter(came);
    }
    return came.document;
  }

  async #exchange(): Promise<void> {
    const wasIn = this.#identity.phase === 'in';
    try {
      this.#enter(await this.api.callAnonymously('post', '/api/auth/refresh', {}), false);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : 'unknown';
      if (code === 'no_accounts') {
        this.#token = null;
        this.#become({ phase: 'open' });
      } else if (code === 'login_required' || code === 'session_ended') {
        this.#token = null;
        this.#become({ phase: 'out', ended: wasIn });
      } else if (!wasIn) {
        this.#become({ phase: 'away' });
      }
    }
  }

  #enter(tokens: Tokens, isNew = true): void {
    this.#token = {
      text: tokens.access_token,
      until: Date.now() + tokens.expires_in * 1000,
    };
    this.#become({ phase: 'in', user: tokens.user });
    if (isNew) {
      this.#channel?.postMessage('entered');
    }
  }

  #leave(ended: boolean): void {
    this.#token = null;
    this.#become({ phase: 'out', ended });
    this.#channel?.postMessage('left');
  }

  #become(identity: Identity): void {
    if (JSON.stringify(identity) === JSON.stringify(this.#identity)) {
      return;
    }
    this.#identity = identity;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** A refresh token buys one pair of tokens, and all tabs have the same one: they take turns. */
async function inTurn(exchange: () => Promise<void>): Promise<void> {
  if (typeof navigator === 'undefined' || navigator.locks === undefined) {
    return exchange();
  }
  await navigator.locks.request(LOCK, exchange);
}
