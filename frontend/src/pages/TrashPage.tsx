import { useCallback, useEffect, useState } from 'react';
import { useAccount, useApi } from '../account/useAccount';
import { useMembership } from '../account/useMembership';
import { listTrash, restoreDocument, type TrashedDocument } from '../api/documents';
import { messageOf } from '../api/problem';
import { PageHeader } from '../components/PageHeader';
import { Problem } from '../components/Problem';
import { usePageTitle } from '../components/pageTitle';
import { Waiting } from '../components/Waiting';
import { readableAge, readableDay, readableSize } from '../readable';

export function TrashPage() {
  const account = useAccount();
  const phase = useMembership();
  usePageTitle('Trash');
  return (
    <div className="list-page">
      <PageHeader />
      <main className="list-main">
        <div className="list-tools">
          <h1>Trash</h1>
        </div>
        {phase === 'open' || phase === 'in' ? (
          <Trash />
        ) : (
          phase !== 'out' && <Waiting phase={phase} onRetry={() => void account.refresh()} />
        )}
      </main>
    </div>
  );
}

function Trash() {
  const api = useApi();
  const [documents, setDocuments] = useState<readonly TrashedDocument[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(
    () => listTrash(api).then(setDocuments, (error: unknown) => setProblem(messageOf(error))),
    [api],
  );
  useEffect(() => {
    void load();
  }, [load]);

  const takeBack = async (document: TrashedDocument) => {
    try {
      await restoreDocument(api, document.id);
      setProblem(null);
      await load();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <>
      <p className="muted">Documents stay here for 30 days, with all their history.</p>
      <Problem text={problem} />
      <ul className="documents" aria-busy={documents === null}>
        {documents?.map((document) => (
          <li key={document.id} className="document-row">
            <span className="document-link">
              <span className="document-title">{document.name}</span>
              <span className="document-facts">
                {readableSize(document.bytes)} · thrown away{' '}
                {readableAge(document.trashed_at, Date.now())} · gone for good on{' '}
                {readableDay(document.purged_at)}
              </span>
            </span>
            <button
              type="button"
              className="push-button is-small"
              aria-label={`Take ${document.name} back`}
              onClick={() => takeBack(document)}
            >
              Take back
            </button>
          </li>
        ))}
      </ul>
      {documents?.length === 0 && <p className="empty">The trash is empty.</p>}
    </>
  );
}
