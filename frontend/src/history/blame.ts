/** Who wrote a line, in words. */
import type { Blame, BlameRun, Writer } from '../api/history';
import { readableAge } from '../readable';

export function runOf(blame: Blame, line: number): BlameRun | undefined {
  return blame.runs.find((run) => run.line <= line && line < run.line + run.lines);
}

export function whoWrote(blame: Blame, line: number, now: number): string {
  const run = runOf(blame, line);
  if (run === undefined) {
    return `Line ${line} is empty: nobody has written it yet.`;
  }
  const age = readableAge(run.at, now);
  return `Line ${line}: ${writerName(run.person)}, ${age}, in revision ${run.revision.toLocaleString('en')}.`;
}

export function writerName(writer: Writer): string {
  switch (writer.kind) {
    case 'server':
      return 'Imported';
    case 'former':
      return 'A former user';
    case 'user':
      return writer.name ?? 'Somebody';
    case 'local':
      // A program at the server's own machine, which gave no name.
      return writer.name ?? 'This machine';
  }
}
