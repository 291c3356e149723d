/** The list of documents as the page shows it: found, sorted, page by page. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '../account/useAccount';
import type { Api } from '../api/client';
import {
  type Document,
  type DocumentPage,
  type ListedDocument,
  listDocuments,
} from '../api/documents';
import { messageOf } from '../api/problem';

/** Typing in the search field waits this long before it asks the server. */
const SEARCH_DELAY_MS = 150;
/** The server lists by the last change. To sort by something else the page needs all, up to this many pages. */
const PAGES_SORTED_MAX = 20;

export type Order = 'changed' | 'name' | 'size';

export interface Documents {
  readonly documents: readonly ListedDocument[];
  readonly loading: boolean;
  readonly problem: string | null;
  readonly more: (() => void) | null;
  readonly reload: () => void;
  readonly replace: (document: Document) => void;
  readonly forget: (id: string) => void;
}

type Change = (documents: ListedDocument[]) => ListedDocument[];

export function useDocuments(search: string, order: Order): Documents {
  const api = useApi();
  const [page, setPage] = useState<DocumentPage>({ documents: [], next: null });
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  /** What was done to documents here: an answer that was under way meanwhile does not know of it. */
  const changes = useRef<Change[]>([]);
  const pagesMax = order === 'changed' ? 1 : PAGES_SORTED_MAX;

  const load = useCallback(
    async (before: DocumentPage, signal: AbortSignal) => {
      setLoading(true);
      const since = changes.current.length;
      try {
        const { documents, next } = await following(api, search, before, pagesMax, signal);
        const missed = changes.current.slice(since);
        setPage({
          documents: missed.reduce<ListedDocument[]>((list, change) => change(list), documents),
          next,
        });
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
    [api, search, pagesMax],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is a reason to load again.
  useEffect(() => {
    const abort = new AbortController();
    const begin = () => void load({ documents: [], next: null }, abort.signal);
    const timer = setTimeout(begin, search === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [load, search, attempt]);

  const make = (change: Change) => {
    changes.current.push(change);
    setPage(({ documents, next }) => ({ documents: change(documents), next }));
  };
  return {
    documents: sorted(page.documents, order),
    loading,
    problem,
    more: page.next === null ? null : () => void load(page, new AbortController().signal),
    reload: () => setAttempt((count) => count + 1),
    replace: (changed) =>
      make((documents) =>
        documents.map((document) =>
          document.id === changed.id ? { ...document, ...changed } : document,
        ),
      ),
    forget: (id) => make((documents) => documents.filter((document) => document.id !== id)),
  };
}

/** What is there already, and at most so many pages more. */
async function following(
  api: Api,
  search: string,
  before: DocumentPage,
  pagesMax: number,
  signal: AbortSignal,
): Promise<DocumentPage> {
  let { documents, next } = before;
  for (let pages = 0; pages < pagesMax && (pages === 0 || next !== null); pages += 1) {
    const page = await listDocuments(api, search, next, signal);
    documents = [...documents, ...page.documents];
    next = page.next;
  }
  return { documents, next };
}

const BY_NAME = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function sorted(
  documents: readonly ListedDocument[],
  order: Order,
): readonly ListedDocument[] {
  switch (order) {
    case 'changed':
      return documents;
    case 'name':
      return documents.toSorted((left, right) => BY_NAME.compare(left.name, right.name));
    case 'size':
      return documents.toSorted((left, right) => right.bytes - left.bytes);
  }
}
