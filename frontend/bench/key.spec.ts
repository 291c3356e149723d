/**
 * What a key costs in a document of 1 MB while ten others type: a trace of the page, from which the script's share of
 * each key and the long tasks are read.
 */
import { readFile } from 'node:fs/promises';
import { devices, type Page } from '@playwright/test';
import { expectSaved, test } from '../e2e/meeting';

const BYTES = 1_000_000;
const OTHERS = 10;
/** Each of the others types so often. */
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
  const document = await server.create('large.rs', line.repeat(BYTES / line.length));
  const ana = await meeting.join('Ana', document);
  await expectSaved(ana);
  // The page's view for phones is light enough for ten of them, and types through the same core.
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  const context = await meeting.context('Other', phone);
  const others = await Promise.all(
    Array.from({ length: OTHERS }, async (_, index) => {
      const page = await context.newPage();
      await page.goto(`${server.origin}/d/${document}`);
      await page.getByLabel('Text of the document').waitFor();
      await typeOn(page, index);
      return page;
    }),
  );
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
  await Promise.all(others.map((page) => page.close()));

  const trace = JSON.parse(await readFile(info.outputPath('trace.json'), 'utf8')) as {
    traceEvents: TraceEvent[];
  };
  report(trace.traceEvents, after - before);
});

async function typeOn(page: Page, index: number): Promise<void> {
  await page.evaluate(
    ([place, pause]) => {
      const field = globalThis.document.querySelector('textarea');
      setInterval(() => {
        if (field !== null) {
          const at = Math.floor((field.value.length * (place + 1)) / 12);
          field.setRangeText('x', at, at, 'end');
          field.dispatchEvent(new InputEvent('input', { inputType: 'insertText', data: 'x' }));
        }
      }, pause);
    },
    [index, TYPES_EVERY_MS] as const,
  );
}

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
  const isOfKey = (event: TraceEvent) =>
    event.name === 'EventDispatch' && OF_A_KEY.has(event.args.data?.type ?? '');
  const dispatched = events.filter(isOfKey);
  const thread = dispatched[0];
  const onPage = events.filter(({ pid, tid }) => pid === thread?.pid && tid === thread.tid);
  const starts = onPage
    .filter((event) => isOfKey(event) && event.args.data?.type === 'keydown')
    .map(({ ts }) => ts)
    .sort((left, right) => left - right);
  const cpu = ({ tdur, dur }: TraceEvent) => (tdur ?? dur ?? 0) / 1000;
  const keys = starts.map((start, index) => {
    const end = starts[index + 1] ?? Number.POSITIVE_INFINITY;
    // An event within another is part of it.
    let covered = 0;
    let sum = 0;
    for (const event of onPage.filter(isOfKey).sort((left, right) => left.ts - right.ts)) {
      if (event.ts >= start && event.ts < end && event.ts >= covered) {
        sum += cpu(event);
        covered = event.ts + (event.dur ?? 0);
      }
    }
    return sum;
  });
  const tasks = onPage.filter(({ name }) => /RunTask$/.test(name));
  const long = tasks.filter((task) => cpu(task) > LONG_TASK_MS);
  const sorted = keys.toSorted((left, right) => left - right);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  console.log(
    `${keys.length} keys, ${committed} revisions meanwhile; script per key, CPU ms: ` +
      `median ${at(0.5)}, p95 ${at(0.95)}, most ${at(0.999)}; ` +
      `tasks over ${LONG_TASK_MS} ms of CPU: ${long.length} of ${tasks.length}`,
  );
}
