/** The real server, started on a free port with a data folder of its own, and ended by its process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const BINARY =
  process.env.CODESYNC_SERVER_BIN ??
  resolve(import.meta.dirname, '../../target/debug/codesync-server');

/** How long a server may take to answer its health check. */
const START_MS_MAX = 20_000;

export class TestServer {
  readonly origin: string;
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.origin = `http://localhost:${port}`;
    this.#process = this.#spawn();
  }

  static async start(): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'codesync-e2e-'));
    const server = new TestServer(await freePort(), folder);
    await server.#answers();
    return server;
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

  #spawn(): ChildProcess {
    return spawn(BINARY, ['serve', '--port', String(this.#port), '--data', this.#folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async #answers(): Promise<void> {
    const end = Date.now() + START_MS_MAX;
    while (Date.now() < end) {
      if (this.#process.exitCode !== null) {
        throw new Error(`${BINARY} ended with ${this.#process.exitCode}`);
      }
      const answer = await fetch(`${this.origin}/api/health`).catch(() => null);
      if (answer?.ok) {
        return;
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
    throw new Error(`${BINARY} does not answer on ${this.origin}`);
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
