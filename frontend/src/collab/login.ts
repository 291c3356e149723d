/**
 * Keeps a connection logged in: brings another token before the old one ends, and when the server asks who this is.
 */
import type { Credentials } from '../api/client';

/** A server that refuses a fresh token again within this time would refuse the next one too. */
const PAUSE_MS = 10_000;

export class Login {
  readonly #credentials: Credentials;
  readonly #now: () => number;
  readonly #use: (token: string) => void;
  #token: string | null = null;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(credentials: Credentials, now: () => number, use: (token: string) => void) {
    this.#credentials = credentials;
    this.#now = now;
    this.#use = use;
  }

  /** The token to begin with. */
  async first(): Promise<string | null> {
    this.#token = await this.#credentials.token();
    return this.#token;
  }

  /** Whether another token could be brought. */
  async renew(): Promise<boolean> {
    if (this.#now() - this.#renewedAt < PAUSE_MS) {
      return false;
    }
    this.#renewedAt = this.#now();
    const token =
      this.#token === null
        ? await this.#credentials.token()
        : await this.#credentials.renewed(this.#token);
    return this.#take(token);
  }

  /** Somebody has logged in at this page. */
  async loggedIn(): Promise<boolean> {
    return this.#take(await this.#credentials.token());
  }

  #take(token: string | null): boolean {
    if (token === null || token === this.#token) {
      return false;
    }
    this.#token = token;
    this.#use(token);
    return true;
  }
}
