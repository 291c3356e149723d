import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, type Document, readDocument, updateDocument } from '../api/rest';
import type { DocumentSession } from '../collab/session';
import { useSession, useSessionView } from '../collab/useSession';
import type { CaretPosition, CodeEditorHandle } from '../components/CodeEditor';
import { CopyCommand } from '../components/CopyCommand';
import { EditorBoundary } from '../components/EditorBoundary';
import { InlineName } from '../components/InlineName';
import { LanguagePicker } from '../components/LanguagePicker';
import { Logo } from '../components/Logo';
import { Message } from '../components/Message';
import { NoticeBar } from '../components/NoticeBar';
import { People } from '../components/People';
import { SaveState } from '../components/SaveState';
import { languageOf } from '../editor/languages';
import { usePerson } from '../person';
import { Link } from '../router';

const CodeEditor = lazy(async () => ({
  default: (await import('../components/CodeEditor')).CodeEditor,
}));

/** How much of a long text is shown while the editor is on its way. */
const PLAIN_CHARS_MAX = 100_000;

export function EditorPage(props: { readonly document: string }) {
  const [person, rename] = usePerson();
  const session = useSession(props.document, person);
  const details = useDetails(props.document);

  if (session === null) {
    return null;
  }
  return <OpenDocument session={session} details={details} person={person} onPerson={rename} />;
}

function OpenDocument(props: {
  readonly session: DocumentSession;
  readonly details: Details;
  readonly person: string;
  readonly onPerson: (name: string) => void;
}) {
  const { session, details } = props;
  const view = useSessionView(session);
  const editor = useRef<CodeEditorHandle>(null);
  const [caret, setCaret] = useState<CaretPosition>({ line: 1, column: 1 });
  const onCaret = useCallback((position: CaretPosition) => setCaret(position), []);
  const name = view.name ?? details.document?.name ?? 'Document';
  const language = languageOf(name, details.document?.language ?? null);

  useTitle(name);
  useLeaveWarning(!view.kept && view.unsavedEdits > 0);

  const { online } = view;
  const { refresh } = details;
  useEffect(() => {
    if (online) {
      refresh();
    }
  }, [online, refresh]);

  const change = async (wish: { name?: string; language?: string }) => {
    try {
      details.replace(await updateDocument(session.document, wish));
    } catch (error) {
      session.show({ text: `That was not changed. ${messageOf(error)}` });
    }
  };

  // A document that is gone from the server but open here stays in sight with what was typed.
  if (details.missing && view.phase !== 'open') {
    return (
      <Message title="There is no such document">
        <p>The link may be incomplete, or the document was on another server.</p>
        <Link to="/" className="push-button">
          All documents
        </Link>
      </Message>
    );
  }
  if (view.phase === 'failed') {
    return (
      <Message title="This document cannot be opened">
        <p>{view.failure}</p>
        <p className="message-actions">
          <button type="button" className="push-button" onClick={() => window.location.reload()}>
            Reload
          </button>
          <Link to="/" className="push-button is-quiet">
            All documents
          </Link>
        </p>
      </Message>
    );
  }
  return (
    <div className="editor-page">
      <header className="title-bar">
        <Link to="/" className="brand" title="All documents">
          <Logo />
        </Link>
        <h1 className="document-name">
          <InlineName
            value={name}
            label="Name of the document"
            onRename={(wanted) => change({ name: wanted })}
          />
        </h1>
        <SaveState view={view} />
        <span className="spacer" />
        <People people={view.people} onJump={(author) => editor.current?.reveal(author)} />
        <span className="me" title="The name others see">
          <span className="me-label">you are</span>
          <InlineName value={props.person} label="Your name" onRename={props.onPerson} />
        </span>
      </header>
      {view.notice !== null && (
        <NoticeBar notice={view.notice} onPutAway={() => session.putNoticeAway()} />
      )}
      <main className="editor-area">
        {view.phase === 'opening' ? (
          <Waiting online={view.online} />
        ) : (
          <EditorBoundary instead={<PlainText session={session} failed />}>
            <Suspense fallback={<PlainText session={session} />}>
              <CodeEditor
                session={session}
                language={language}
                readOnly={view.state === 'read-only' || view.state === 'ended'}
                handle={editor}
                onCaret={onCaret}
              />
            </Suspense>
          </EditorBoundary>
        )}
      </main>
      <footer className="status-bar">
        <CopyCommand command={`codesync open ${window.location.origin}/d/${session.document}`} />
        <span className="spacer" />
        <span className="caret-position" title="Line and column">
          {caret.line}:{caret.column}
        </span>
        <LanguagePicker value={language} onPick={(id) => change({ language: id })} />
      </footer>
    </div>
  );
}

/** The text as it is, while the editor is still on its way. */
function PlainText(props: { readonly session: DocumentSession; readonly failed?: boolean }) {
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

function Waiting(props: { readonly online: boolean }) {
  return props.online ? (
    <p className="waiting">Opening…</p>
  ) : (
    <p className="waiting">
      The server at {window.location.host} does not answer. Check that <code>codesync serve</code>{' '}
      is running; this page keeps trying.
    </p>
  );
}

interface Details {
  readonly document: Document | null;
  readonly missing: boolean;
  readonly refresh: () => void;
  readonly replace: (document: Document) => void;
}

/** What REST says about the document. The text does not wait for it, nor does it matter while offline. */
function useDetails(id: string): Details {
  const [document, replace] = useState<Document | null>(null);
  const [missing, setMissing] = useState(false);
  const refresh = useCallback(() => {
    readDocument(id).then(replace, (error: unknown) =>
      setMissing(error instanceof ApiError && error.status === 404),
    );
  }, [id]);
  return { document, missing, refresh, replace };
}

function useTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · CodeSync`;
    return () => {
      document.title = 'CodeSync';
    };
  }, [name]);
}

function useLeaveWarning(needed: boolean): void {
  useEffect(() => {
    if (!needed) {
      return;
    }
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [needed]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
