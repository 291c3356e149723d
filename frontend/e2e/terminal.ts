/** The real `codesync` in a pseudo-terminal that `script` of util-linux makes, its screen read by xterm.js. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Unicode11Addon as Widths } from '@xterm/addon-unicode11';
import type { Terminal as Screen } from '@xterm/headless';

// The packages are CommonJS in a shape that an import does not see through.
const load = createRequire(import.meta.url);
const { Terminal } = load('@xterm/headless') as { Terminal: typeof Screen };
const { Unicode11Addon } = load('@xterm/addon-unicode11') as { Unicode11Addon: typeof Widths };

const BINARY =
  process.env.CODESYNC_BIN ?? resolve(import.meta.dirname, '../../target/debug/codesync');

const COLUMNS = 100;
const ROWS = 30;
const TAB_COLUMNS = 4;
/** Columns of the narrowest line numbers, the blank after them not included. */
const NUMBER_COLUMNS_MIN = 3;
/** How long something that must appear on the screen may take. */
const WAIT_MS_MAX = 15_000;

export const KEYS = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  end: '\x1b[F',
  documentStart: '\x1b[1;5H',
  enter: '\r',
  quit: '\x11',
} as const;

/** A person at a terminal, with a home folder of their own. */
export class TerminalEditor {
  readonly #folder: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #screen: Screen;
  readonly #exit: Promise<number | null>;
  #clearings = 0;

  private constructor(folder: string, person: string, link: string, place: string) {
    this.#folder = folder;
    this.#screen = new Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
    // Emoji are two columns wide, as in every terminal of today; by itself xterm.js takes one.
    this.#screen.loadAddon(new Unicode11Addon());
    this.#screen.unicode.activeVersion = '11';
    const command = `stty cols ${COLUMNS} rows ${ROWS} && exec "$BINARY" open "$LINK" "$PLACE"`;
    this.#process = spawn('script', ['-qfec', command, '/dev/null'], {
      env: {
        ...environment(folder),
        CODESYNC_NAME: person,
        TERM: 'xterm-256color',
        BINARY,
        LINK: link,
        PLACE: place,
      },
    });
    this.#process.stdout.on('data', (bytes: Buffer) => this.#screen.write(bytes));
    this.#screen.parser.registerCsiHandler({ final: 'J' }, ([what]) => {
      this.#clearings += what === 2 ? 1 : 0;
      return false;
    });
    this.#process.stderr.on('data', (bytes: Buffer) => process.stderr.write(bytes));
    // What the editor asks its terminal, the terminal answers.
    this.#screen.onData((answer) => this.#process.stdin.write(answer));
    this.#exit = once(this.#process, 'exit').then(([code]) => code);
  }

  /** Opens a document at a place such as `+2:1`. */
  static async open(person: string, link: string, place: string): Promise<TerminalEditor> {
    const folder = await mkdtemp(join(tmpdir(), 'codesync-terminal-'));
    return new TerminalEditor(folder, person, link, place);
  }

  /** How often the whole screen was emptied. */
  get clearings(): number {
    return this.#clearings;
  }

  press(key: keyof typeof KEYS): void {
    this.send(KEYS[key]);
  }

  /** What a keyboard sends. */
  send(keys: string): void {
    this.#process.stdin.write(keys);
  }

  /** Types word by word; the next one follows once the one before is on the screen. */
  async type(line: string): Promise<void> {
    let typed = '';
    for (const word of line.split(/(?<= )/)) {
      this.#process.stdin.write(word);
      typed += word;
      await this.shows(typed.trimEnd());
    }
  }

  rows(): string[] {
    const { active } = this.#screen.buffer;
    return Array.from(
      { length: ROWS },
      (_, row) =>
        active
          .getLine(active.baseY + row)
          ?.translateToString()
          .trimEnd() ?? '',
    );
  }

  /** The words of the bottom row. */
  status(): string {
    return this.rows()[ROWS - 1] ?? '';
  }

  async shows(text: string): Promise<void> {
    const wanted = asCells(text).trimEnd();
    await this.until(`“${text}”`, () => this.rows().some((row) => row.includes(wanted)));
  }

  async showsNot(text: string): Promise<void> {
    const unwanted = asCells(text).trimEnd();
    await this.until(`no “${text}”`, () => !this.rows().some((row) => row.includes(unwanted)));
  }

  async showsStatus(pattern: RegExp): Promise<void> {
    await this.until(`the status ${pattern}`, () => pattern.test(this.status()));
  }

  /** Waits until the text area shows the beginning of this text, as far as there is room. */
  async showsBeginningOf(text: string): Promise<void> {
    const wanted = beginning(text);
    await this.until(`\n${wanted.join('\n')}\n`, () => {
      const rows = this.rows();
      return wanted.every((row, n) => row === rows[n]);
    });
  }

  /** Waits until something is true of the screen; asks again whenever the screen has changed. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    await new Promise<void>((fulfil, reject) => {
      const finish = (settle: () => void) => {
        listening.dispose();
        clearTimeout(patience);
        settle();
      };
      const look = () => {
        if (isTrue()) {
          finish(fulfil);
        }
      };
      const listening = this.#screen.onWriteParsed(look);
      const patience = setTimeout(() => {
        const screen = this.rows().join('\n');
        finish(() => reject(new Error(`The terminal never showed ${what}. It shows:\n${screen}`)));
      }, WAIT_MS_MAX);
      look();
    });
  }

  /** What `codesync cat` prints for the same person. */
  async cat(link: string): Promise<string> {
    const { stdout } = await promisify(execFile)(BINARY, ['cat', link], {
      env: environment(this.#folder),
    });
    return stdout;
  }

  /** Leaves by the key for it and returns the exit code. */
  async quit(): Promise<number | null> {
    this.press('quit');
    return this.#exit;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      // Closes the pseudo-terminal, which ends the editor.
      this.#process.kill();
      await this.#exit;
    }
    this.#screen.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Nothing of the person who runs the tests but where programs are. */
function environment(folder: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: folder, LANG: 'C.UTF-8' };
}

/** The rows of the text area for a document that is shown from its first line. */
function beginning(text: string): string[] {
  const lines = text.split('\n');
  const digits = Math.max(NUMBER_COLUMNS_MIN, String(lines.length).length);
  return lines.slice(0, ROWS - 1).map((line, n) => {
    const row = `${String(n + 1).padStart(digits)} ${asCells(line)}`;
    return row.slice(0, COLUMNS).trimEnd();
  });
}

/** Text as it stands in cells: tabs as blanks. */
function asCells(text: string): string {
  let cells = '';
  for (const char of text) {
    cells += char === '\t' ? ' '.repeat(TAB_COLUMNS - (cells.length % TAB_COLUMNS)) : char;
  }
  return cells;
}
