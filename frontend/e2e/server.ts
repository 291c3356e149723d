/** The real server, started on a free port with a data folder of its own, and ended by its process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PageHost } from './page-host';

const BINARY =
  process.env.CODESYNC_SERVER_BIN ??
  resolve(import.meta.dirname, '../../target/debug/codesync-server');

/** How long a server may take to answer its health check. */
const START_MS_MAX = 20_000;

/** Whether people log in, or whoever reaches the server is its machine's own user. */
export type Accounts = 'on' | 'off';

export class TestServer {
  readonly #port: number;
  readonly #folder: string;
  readonly #accounts: Accounts;
  #process: ChildProcess;
  #page: PageHost | null = null;

  private constructor(port: number, folder: string, accounts: Accounts) {
    this.#port = port;
    this.#folder = folder;
    this.#accounts = accounts;
    this.#process = this.#spawn();
  }

  static async start(accounts: Accounts = 'off'): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'codesync-e2e-'));
    const server = new TestServer(await freePort(), folder, accounts);
    await server.#answers();
    if (process.env.E2E_PAGE !== undefined) {
      server.#page = await PageHost.before(server.#own);
    }
    return server;
  }

  /** Where browsers go. */
  get origin(): string {
    return this.#page?.origin ?? this.#own;
  }

  get #own(): string {
    return `http://localhost:${this.#port}`;
  }

  /** As a power cut would: nothing is flushed. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#answers();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await this.kill();
    }
    this.#page?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async create(name: string, text = ''): Promise<string> {
    const response = await fetch(`${this.origin}/api/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, text }),
    });
    if (response.status !== 201) {
      throw new Error(`could not create a document: ${response.status} ${await response.text()}`);
    }
    return ((await response.json()) as { id: string }).id;
  }

  async content(document: string): Promise<string> {
    const response = await fetch(`${this.origin}/api/documents/${document}/content`);
    // Not `text()`, which swallows a byte order mark.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
  }

  async revision(document: string): Promise<number> {
    const response = await fetch(`${this.origin}/api/documents/${document}`);
    return ((await response.json()) as { revision: number }).revision;
  }

  #spawn(): ChildProcess {
    const place = ['--port', String(this.#port), '--data', this.#folder];
    return spawn(BINARY, ['serve', ...place, '--accounts', this.#accounts], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async #answers(): Promise<void> {
    const end = Date.now() + START_MS_MAX;
    while (Date.now() < end) {
      if (this.#process.exitCode !== null) {
        throw new Error(`${BINARY} ended with ${this.#process.exitCode}`);
      }
      const answer = await fetch(`${this.#own}/api/health`).catch(() => null);
      if (answer?.ok) {
        return;
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
    throw new Error(`${BINARY} does not answer on ${this.#own}`);
  }
}

async function freePort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return address.port;
}
