import type { BlameRun } from '../api/history';
import { readableAge } from '../readable';
import { writerName } from './blame';
import { linesOf, type Row, rowsOf } from './rows';
import type { Look, Moment } from './useMoment';

/** Rows that are laid out at once; a browser takes seconds for many more. */
const ROWS_MAX = 5_000;

export function MomentText(props: { readonly moment: Moment; readonly look: Look }) {
  const { moment, look } = props;
  if (look === 'authors' && moment.blame !== null) {
    return <Authors moment={moment} />;
  }
  const lines = linesOf(moment.text);
  if (look === 'changes') {
    const rows = rowsOf(moment.text, moment.hunks);
    return rows.length === 0 ? (
      <p className="moment-none">Nothing differs.</p>
    ) : (
      <Rows rows={rows} />
    );
  }
  return lines.length === 0 ? (
    <p className="moment-none">The document was empty.</p>
  ) : (
    <Rows rows={lines.map((text, index): Row => ({ kind: 'same', line: index + 1, text }))} />
  );
}

function Rows(props: { readonly rows: readonly Row[] }) {
  const shown = props.rows.slice(0, ROWS_MAX);
  return (
    <>
      <table className="moment">
        <tbody>
          {shown.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and are made anew as a whole.
            <RowView key={index} row={row} />
          ))}
        </tbody>
      </table>
      {props.rows.length > ROWS_MAX && (
        <p className="moment-none">
          {(props.rows.length - ROWS_MAX).toLocaleString('en')} lines more: download the text to see
          them.
        </p>
      )}
    </>
  );
}

function RowView(props: { readonly row: Row }) {
  const { row } = props;
  if (row.kind === 'gap') {
    return (
      <tr className="moment-gap">
        <td colSpan={3}>
          {row.lines.toLocaleString('en')} {row.lines === 1 ? 'line' : 'lines'} the same
        </td>
      </tr>
    );
  }
  const sign = row.kind === 'added' ? '+' : row.kind === 'removed' ? '−' : '';
  return (
    <tr className={`moment-row is-${row.kind}`}>
      <td className="moment-number">{row.kind === 'removed' ? '' : row.line}</td>
      <td className="moment-sign">{sign}</td>
      <td className="moment-text">{row.text}</td>
    </tr>
  );
}

function Authors(props: { readonly moment: Moment }) {
  const { text, blame } = props.moment;
  const lines = linesOf(text);
  return (
    <table className="moment is-authors">
      <tbody>
        {spansOf(blame?.runs ?? []).map((span) => (
          <tr key={span.line} className="moment-run">
            <td className="moment-author">
              {span.writer} <span className="muted small">{span.age}</span>
            </td>
            <td className="moment-number">{numbersOf(span)}</td>
            <td className="moment-text">
              {lines.slice(span.line - 1, span.line - 1 + span.lines).join('\n')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Span {
  readonly writer: string;
  readonly age: string;
  readonly line: number;
  readonly lines: number;
}

/** Runs that would read the same, as one. */
export function spansOf(runs: readonly BlameRun[], now = Date.now()): readonly Span[] {
  const spans: Span[] = [];
  for (const { person, at, line, lines } of runs) {
    const span = { writer: writerName(person), age: readableAge(at, now), line, lines };
    const last = spans.at(-1);
    if (last !== undefined && last.writer === span.writer && last.age === span.age) {
      spans[spans.length - 1] = { ...last, lines: last.lines + lines };
    } else {
      spans.push(span);
    }
  }
  return spans;
}

function numbersOf({ line, lines }: Span): string {
  return Array.from({ length: lines }, (_, index) => line + index).join('\n');
}
