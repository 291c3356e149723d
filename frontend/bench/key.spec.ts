/**
 * What a key costs in a document of 1 MB while ten others type: a trace of the page, from which the script's share of
 * each key and the long tasks are read.
 */
import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import { expectSaved, test } from '../e2e/meeting';
import { Crowd } from './crowd';

const BYTES = 1_000_000;
const OTHERS = 10;
/** Each of the others types so often: 150 keys a minute. */
const TYPES_EVERY_MS = 400;
const KEYS = 150;
const KEY_EVERY_MS = 60;
const LONG_TASK_MS = 50;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly data?: { readonly type?: string } };
}

test('a key in a document of 1 MB while ten others type', async ({
  browser,
  server,
  meeting,
}, info) => {
  const line = 'let answer = compute(question, 42); // and so on\n';
  const lines = Math.floor(BYTES / line.length);
  const document = await server.create('large.rs', line.repeat(lines));
  const ana = await meeting.join('Ana', document);
  await expectSaved(ana);
  // Half of them on Ana's screen, where their carets are drawn.
  const others = await Crowd.join(
    server.origin,
    document,
    Array.from({ length: OTHERS }, (_, index) =>
      index % 2 === 0 ? 3 + index : Math.floor((lines * index) / OTHERS),
    ),
  );
  others.start(TYPES_EVERY_MS);
  try {
    await expect(ana.locator('.people li')).toHaveCount(7);
    await ana.bringToFront();
    await ana.keyboard.press('Control+Home');
    await browser.startTracing(ana, {
      path: info.outputPath('trace.json'),
      categories: ['devtools.timeline', 'toplevel'],
    });
    const before = await revision(ana);
    for (let key = 0; key < KEYS; key += 1) {
      await ana.keyboard.press('abcdefgh '.charAt(key % 9));
      await ana.waitForTimeout(KEY_EVERY_MS);
    }
    const after = await revision(ana);
    await browser.stopTracing();
    const trace = JSON.parse(await readFile(info.outputPath('trace.json'), 'utf8')) as {
      traceEvents: TraceEvent[];
    };
    report(trace.traceEvents, after - before);
  } finally {
    others.stop();
  }
});

async function revision(page: Page): Promise<number> {
  const text = (await page.locator('.save-revision').textContent()) ?? '';
  return Number(text.replaceAll(/\D/g, ''));
}

/** Events of one key follow each other within its task. */
const OF_A_KEY = new Set([
  'keydown',
  'keypress',
  'beforeinput',
  'textInput',
  'input',
  'keyup',
  'textupdate',
]);

function report(events: readonly TraceEvent[], committed: number): void {
  const typeOf = (event: TraceEvent) =>
    event.name === 'EventDispatch' ? event.args.data?.type : undefined;
  const thread = events.find((event) => typeOf(event) === 'keydown');
  const onPage = events
    .filter(({ pid, tid }) => pid === thread?.pid && tid === thread.tid)
    .sort((left, right) => left.ts - right.ts);
  const starts = onPage.filter((event) => typeOf(event) === 'keydown').map(({ ts }) => ts);
  const handled = onPage.filter((event) => OF_A_KEY.has(typeOf(event) ?? ''));
  const frames = onPage.filter(({ name }) => name === 'FireAnimationFrame');
  const keys = starts.map((start, index) => {
    const end = starts[index + 1] ?? Number.POSITIVE_INFINITY;
    const isWithin = ({ ts }: TraceEvent) => ts >= start && ts < end;
    // An event within another is part of it.
    let [covered, handlers] = [0, 0];
    for (const event of handled.filter(isWithin)) {
      if (event.ts >= covered) {
        handlers += cpu(event);
        covered = event.ts + (event.dur ?? 0);
      }
    }
    const frame = frames.find(isWithin);
    return { handlers, frame: frame === undefined ? 0 : cpu(frame) };
  });
  const tasks = onPage.filter(({ name }) => /RunTask$/.test(name));
  const long = tasks.filter((task) => cpu(task) > LONG_TASK_MS);
  console.log(
    [
      `${keys.length} keys, ${committed} revisions meanwhile; CPU ms`,
      `script of a key:        ${quantiles(keys.map(({ handlers }) => handlers))}`,
      `and of its next frame:  ${quantiles(keys.map(({ frame }) => frame))}`,
      `both:                   ${quantiles(keys.map((key) => key.handlers + key.frame))}`,
      `tasks over ${LONG_TASK_MS} ms:      ${long.length} of ${tasks.length}`,
      `longest task:           ${Math.max(...tasks.map(cpu)).toFixed(1)}`,
    ].join('\n'),
  );
}

/** Of the thread where that was noted, else what passed on the clock. */
function cpu({ tdur, dur }: TraceEvent): number {
  return (tdur ?? dur ?? 0) / 1000;
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  return `median ${at(0.5)}, p95 ${at(0.95)}, most ${at(0.999)}`;
}
