/** A network that can be cut: a TCP proxy before the server. Pages, REST and sockets all go through it. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly origin: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #whole = true;

  private constructor(listener: Server, port: number, target: number) {
    this.#listener = listener;
    this.origin = `http://localhost:${port}`;
    listener.on('connection', (socket) => this.#pass(socket, target));
  }

  /** A way to the server at this address that has an address of its own. */
  static async to(origin: string): Promise<TcpProxy> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') {
      throw new Error('no port');
    }
    return new TcpProxy(listener, address.port, Number(new URL(origin).port));
  }

  /** Cuts every connection, and every new one at once. */
  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  mend(): void {
    this.#whole = true;
  }

  stop(): void {
    this.cut();
    this.#listener.close();
  }

  #pass(client: Socket, target: number): void {
    if (!this.#whole) {
      client.destroy();
      return;
    }
    const server = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      // An error is followed by `close`, and the end of one side is the end of both.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
