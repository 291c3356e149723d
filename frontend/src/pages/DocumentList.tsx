import { type FormEvent, useCallback, useEffect, useState } from 'react';
import {
  ApiError,
  createDocument,
  type Document,
  listDocuments,
  updateDocument,
} from '../api/rest';
import { CopyCommand } from '../components/CopyCommand';
import { DocumentRow } from '../components/DocumentRow';
import { InlineName } from '../components/InlineName';
import { Logo } from '../components/Logo';
import { usePerson } from '../person';
import { navigate } from '../router';

/** Typing in the search field waits this long before it asks the server. */
const SEARCH_DELAY_MS = 150;

export function DocumentList() {
  const [person, renamePerson] = usePerson();
  const [search, setSearch] = useState('');
  const list = useDocuments(search.trim());
  const [problem, setProblem] = useState<string | null>(null);

  const create = async (name: string) => {
    try {
      const document = await createDocument({ name });
      navigate(`/d/${document.id}`);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const rename = async (document: Document, name: string) => {
    try {
      list.replace(await updateDocument(document.id, { name }));
      setProblem(null);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };

  return (
    <div className="list-page">
      <header className="list-header">
        <Logo />
        <span className="wordmark">CodeSync</span>
        <span className="spacer" />
        <span className="me" title="The name others see">
          <span className="me-label">you are</span>
          <InlineName value={person} label="Your name" onRename={renamePerson} />
        </span>
      </header>
      <main className="list-main">
        <div className="list-tools">
          <h1>Documents</h1>
          <input
            type="search"
            className="text-field"
            placeholder="Search by name"
            aria-label="Search by name"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <NewDocumentForm onCreate={create} />
        {(problem ?? list.problem) !== null && (
          <p className="notice is-boxed" role="alert">
            <span>{problem ?? list.problem}</span>
            <button type="button" className="push-button is-small" onClick={list.reload}>
              Try again
            </button>
          </p>
        )}
        <ul className="documents" aria-busy={list.loading}>
          {list.documents.map((document) => (
            <DocumentRow
              key={document.id}
              document={document}
              onRename={(name) => rename(document, name)}
            />
          ))}
        </ul>
        {!list.loading && list.problem === null && list.documents.length === 0 && (
          <Empty search={search.trim()} />
        )}
        {list.more !== null && (
          <button type="button" className="push-button is-quiet" onClick={list.more}>
            Show more
          </button>
        )}
      </main>
    </div>
  );
}

function NewDocumentForm(props: { readonly onCreate: (name: string) => void }) {
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onCreate(name.trim() === '' ? 'Untitled' : name.trim());
  };
  return (
    <form className="new-document" onSubmit={submit}>
      <input
        className="text-field"
        placeholder="Name of a new document, such as notes.md"
        aria-label="Name of a new document"
        maxLength={256}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="push-button is-primary">
        Create
      </button>
    </form>
  );
}

function Empty(props: { readonly search: string }) {
  if (props.search !== '') {
    return <p className="empty">No document has “{props.search}” in its name.</p>;
  }
  return (
    <div className="empty">
      <p>No documents yet. Create one above, or from a terminal:</p>
      <CopyCommand command="codesync new notes.md" />
    </div>
  );
}

interface Documents {
  readonly documents: readonly Document[];
  readonly loading: boolean;
  readonly problem: string | null;
  readonly more: (() => void) | null;
  readonly reload: () => void;
  readonly replace: (document: Document) => void;
}

function useDocuments(search: string): Documents {
  const [documents, setDocuments] = useState<readonly Document[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  const load = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      setLoading(true);
      try {
        const page = await listDocuments(search, cursor, signal);
        setDocuments((before) =>
          cursor === null ? page.documents : [...before, ...page.documents],
        );
        setNext(page.next);
        setProblem(null);
      } catch (error) {
        if (!signal.aborted) {
          setProblem(messageOf(error));
        }
      } finally {
        if (!signal.aborted) {
          setLoading(false);
        }
      }
    },
    [search],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is a reason to load again.
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => load(null, abort.signal), search === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [load, search, attempt]);

  return {
    documents,
    loading,
    problem,
    more: next === null ? null : () => void load(next, new AbortController().signal),
    reload: () => setAttempt((count) => count + 1),
    replace: (changed) =>
      setDocuments((before) =>
        before.map((document) => (document.id === changed.id ? changed : document)),
      ),
  };
}

function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong. Try again.';
}
