/**
 * The page as files beside the server, as a CDN has it: what is below `/api` and `/socket` goes to the server, the rest
 * comes from a folder. With `E2E_PAGE=dist`, or another folder, all tests use it, and a changed page wants no new server.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { extname, join, normalize, resolve } from 'node:path';

const DIST = resolve(import.meta.dirname, '..', process.env.E2E_PAGE ?? 'dist');
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
};

export class PageHost {
  readonly origin: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  readonly #policy: string;

  private constructor(listener: Server, own: number, port: number, policy: string) {
    this.#listener = listener;
    this.#port = port;
    this.#policy = policy;
    this.origin = `http://localhost:${own}`;
    listener.on('request', (asked, answer) => void this.#answer(asked, answer));
    listener.on('upgrade', (asked, client: Socket) => this.#join(asked, client));
    listener.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Before the server at this address. What browsers may do is what that server's own page says. */
  static async before(server: string): Promise<PageHost> {
    const policy = (await fetch(server)).headers.get('content-security-policy') ?? '';
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') {
      throw new Error('no port');
    }
    return new PageHost(listener, address.port, Number(new URL(server).port), policy);
  }

  stop(): void {
    this.#listener.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = new URL(asked.url ?? '/', this.origin).pathname;
    if (path.startsWith('/api/') || path.startsWith('/socket')) {
      this.#pass(asked, answer);
      return;
    }
    const file = extname(path) === '' ? '/index.html' : normalize(path);
    try {
      const content = await readFile(join(DIST, file));
      answer.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': this.#policy,
      });
      answer.end(content);
    } catch {
      answer.writeHead(404).end();
    }
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = asked;
    const passed = request({ host: '127.0.0.1', port: this.#port, method, path: url, headers });
    passed.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  }

  #join(asked: IncomingMessage, client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    const lines = [`GET ${asked.url} HTTP/1.1`];
    for (let at = 0; at + 1 < asked.rawHeaders.length; at += 2) {
      lines.push(`${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}`);
    }
    server.write(`${lines.join('\r\n')}\r\n\r\n`);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay();
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
