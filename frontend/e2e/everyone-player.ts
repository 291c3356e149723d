/** The trace player, a live user of its own: `play_trace`, an example of the client crate. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

const BINARY =
  process.env.CODESYNC_PLAY_TRACE ??
  resolve(import.meta.dirname, '../../target/debug/examples/play_trace');

export class TracePlayer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #said: Promise<string>;
  #hasPlayed = false;

  constructor(link: string, trace: string, edits: number, editsPerSecond: number) {
    const pace = ['--edits', String(edits), '--rate', String(editsPerSecond)];
    this.#process = spawn(BINARY, [link, trace, ...pace, '--stay']);
    this.#process.stderr.on('data', (bytes: Buffer) => process.stderr.write(bytes));
    this.#lines = createInterface(this.#process.stdout);
    this.#said = this.#next().then((line) => {
      this.#hasPlayed = true;
      return line;
    });
  }

  /** Whether all edits are made and acknowledged. */
  get hasPlayed(): boolean {
    return this.#hasPlayed;
  }

  /** Lets it stop where it is; settles once all that it typed is acknowledged. */
  async enough(): Promise<void> {
    this.#process.stdin.write('enough\n');
    const line = await this.#said;
    if (line !== 'played') {
      throw new Error(`the trace player said “${line}”`);
    }
  }

  /** Lets it wait for a revision, check its own part and go; returns what it says of the whole text. */
  async leave(revision: number): Promise<string> {
    const done = this.#next();
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end(`${revision}\n`);
    const line = await done;
    const [code] = await exit;
    return code === 0 ? line : `exit code ${code}`;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill();
      await once(this.#process, 'exit');
    }
    this.#lines.close();
  }

  #next(): Promise<string> {
    return Promise.race([
      once(this.#lines, 'line').then(([line]) => String(line)),
      once(this.#lines, 'close').then(() => 'nothing'),
    ]);
  }
}
