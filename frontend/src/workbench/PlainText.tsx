import type { DocumentSession } from '../collab/session';

/** How much of a long text is shown while the editor is on its way. */
const PLAIN_CHARS_MAX = 100_000;

/** The text as it is, while the editor is still on its way. */
export function PlainText(props: { readonly session: DocumentSession; readonly failed?: boolean }) {
  return (
    <>
      {props.failed && (
        <p className="notice" role="alert">
          The editor could not be loaded, so the text is shown for reading only. Reload the page to
          try again.
        </p>
      )}
      <pre className="plain-text">{beginning(props.session.text(), props.failed === true)}</pre>
    </>
  );
}

/** A browser takes seconds to lay out megabytes, and the editor is there before anybody scrolls that far. */
function beginning(text: string, whole: boolean): string {
  return whole || text.length <= PLAIN_CHARS_MAX ? text : text.slice(0, PLAIN_CHARS_MAX);
}
