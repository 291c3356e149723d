/**
 * Calls of the REST interface, typed by its description: a path that is not there, a body or a parameter that does not
 * fit, or an answer read as something else does not compile. Every failure is an `ApiError`.
 */
import { API_ORIGIN } from './origin';
import { ApiError, problemOf, unreachable } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<Path extends keyof paths, M extends Method> = NonNullable<paths[Path][M]>;
export type PathOf<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<M, object> ? Path : never;
}[keyof paths];

type JsonOf<Content> = Content extends { content: { 'application/json': infer Json } }
  ? Json
  : Content extends { content: { 'text/plain': infer Text } }
    ? Text
    : undefined;
export type Answer<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { responses: infer Responses }
    ? JsonOf<Responses[keyof Responses]>
    : never;

type Part<Thing, Name extends string, As extends string> = Thing extends { [K in Name]: infer It }
  ? [It] extends [undefined]
    ? unknown
    : { [K in As]: It }
  : Thing extends { [K in Name]?: infer It }
    ? [NonNullable<It>] extends [never]
      ? unknown
      : { [K in As]?: It }
    : unknown;
type BodyOf<Op> = Op extends { requestBody: { content: { 'application/json': infer Json } } }
  ? { body: Json }
  : Op extends { requestBody?: infer Body }
    ? NonNullable<Body> extends { content: { 'application/json': infer Json } }
      ? [NonNullable<Body>] extends [never]
        ? unknown
        : { body?: Json }
      : unknown
    : unknown;
export type Wishes<Path extends keyof paths, M extends Method> = Part<
  Operation<Path, M> extends { parameters: infer Parameters } ? Parameters : never,
  'path',
  'path'
> &
  Part<
    Operation<Path, M> extends { parameters: infer Parameters } ? Parameters : never,
    'query',
    'query'
  > &
  BodyOf<Operation<Path, M>> & { signal?: AbortSignal };

/** Who asks, as far as a request can show it. */
export interface Credentials {
  /** The access token, or `null` where there is none to show. */
  token(): Promise<string | null>;
  /** What to show instead of a token that was refused. */
  renewed(refused: string): Promise<string | null>;
}

const NOBODY: Credentials = { token: async () => null, renewed: async () => null };

/** What may be wrong with a token that another one puts right. */
const STALE = new Set<string>(['token_expired', 'invalid_token', 'session_ended']);

interface Call {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export class Api {
  credentials = NOBODY;
  readonly #origin: string;

  constructor(origin = API_ORIGIN) {
    this.#origin = origin;
  }

  /** Asks as whoever is logged in. */
  async call<M extends Method, Path extends PathOf<M>>(
    method: M,
    path: Path,
    wishes: Wishes<Path, M>,
  ): Promise<Answer<Path, M>> {
    const token = await this.credentials.token();
    try {
      return await this.#ask(method, path, wishes as Call, token);
    } catch (error) {
      if (token === null || !(error instanceof ApiError) || !STALE.has(error.code)) {
        throw error;
      }
      const another = await this.credentials.renewed(token);
      if (another === null || another === token) {
        throw error;
      }
      return this.#ask(method, path, wishes as Call, another);
    }
  }

  /** Asks without saying who asks, but for the cookie that only the server reads. */
  async callAnonymously<M extends Method, Path extends PathOf<M>>(
    method: M,
    path: Path,
    wishes: Wishes<Path, M>,
  ): Promise<Answer<Path, M>> {
    return this.#ask(method, path, wishes as Call, null);
  }

  async #ask<Result>(
    method: string,
    template: string,
    { path = {}, query = {}, body, signal }: Call,
    token: string | null,
  ): Promise<Result> {
    const headers = new Headers();
    if (token !== null) {
      headers.set('authorization', `Bearer ${token}`);
    }
    const init: RequestInit = { method: method.toUpperCase(), headers, credentials: 'include' };
    if (body !== undefined) {
      headers.set('content-type', 'application/json');
      init.body = JSON.stringify(body);
    }
    if (signal !== undefined) {
      init.signal = signal;
    }
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(path[name])),
    );
    const response = await answered(`${this.#origin}${filled}${queryOf(query)}`, init);
    if (!response.ok) {
      throw await problemOf(response);
    }
    return (await contentOf(response)) as Result;
  }
}

async function answered(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw unreachable();
  }
}

function queryOf(wishes: NonNullable<Call['query']>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wishes)) {
    if (value !== null && value !== undefined && value !== '') {
      query.set(name, String(value));
    }
  }
  return query.size === 0 ? '' : `?${query}`;
}

async function contentOf(response: Response): Promise<unknown> {
  if (response.status === 204) {
    return undefined;
  }
  if (response.headers.get('content-type')?.startsWith('application/json')) {
    return response.json();
  }
  // Not `text()`, which swallows a byte order mark.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
}
