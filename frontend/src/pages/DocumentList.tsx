import { useState } from 'react';
import { isOfGuest } from '../account/account';
import { useAccount, useApi, useIdentity } from '../account/useAccount';
import { useMembership } from '../account/useMembership';
import {
  changeDocument,
  createDocument,
  type Document,
  restoreDocument,
  trashDocument,
} from '../api/documents';
import { messageOf } from '../api/problem';
import { CopyCommand } from '../components/CopyCommand';
import { PageHeader } from '../components/PageHeader';
import { Waiting } from '../components/Waiting';
import { DocumentRow } from '../documents/DocumentRow';
import { DropArea } from '../documents/DropArea';
import { NewDocument } from '../documents/NewDocument';
import { uploadFiles } from '../documents/upload';
import { type Order, useDocuments } from '../documents/useDocuments';
import { navigate } from '../router';

export function DocumentList() {
  const account = useAccount();
  const phase = useMembership();
  if (phase === 'open' || phase === 'in') {
    return <Documents />;
  }
  return (
    <div className="list-page">
      <PageHeader />
      <main className="list-main">
        {phase !== 'out' && <Waiting phase={phase} onRetry={() => void account.refresh()} />}
      </main>
    </div>
  );
}

function Documents() {
  const api = useApi();
  const identity = useIdentity();
  const isGuest = isOfGuest(identity);
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<Order>('changed');
  const list = useDocuments(search.trim(), order);
  const [problem, setProblem] = useState<string | null>(null);
  const [trashed, setTrashed] = useState<Document | null>(null);

  const attempt = async (action: () => Promise<void>) => {
    try {
      await action();
      setProblem(null);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const create = (name: string) =>
    attempt(async () => navigate(`/d/${(await createDocument(api, { name })).id}`));
  const rename = (document: Document, name: string) =>
    attempt(async () => list.replace(await changeDocument(api, document.id, { name })));
  const trash = (document: Document) =>
    attempt(async () => {
      await trashDocument(api, document.id);
      list.forget(document.id);
      setTrashed(document);
    });
  const takeBack = (document: Document) =>
    attempt(async () => {
      await restoreDocument(api, document.id);
      setTrashed(null);
      list.reload();
    });
  const upload = async (files: readonly File[]) => {
    const { made, problems } = await uploadFiles(api, files);
    const [only] = made;
    if (only !== undefined && made.length === 1 && problems.length === 0) {
      navigate(`/d/${only.id}`);
      return;
    }
    setProblem(problems.length === 0 ? null : problems.join(' '));
    list.reload();
  };
  const said = problem ?? list.problem;

  return (
    <DropArea onFiles={isGuest ? null : upload}>
      <div className="list-page">
        <PageHeader />
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
            <select
              className="text-field"
              aria-label="Sort by"
              value={order}
              onChange={(event) => setOrder(event.target.value as Order)}
            >
              <option value="changed">Last changed</option>
              <option value="name">Name</option>
              <option value="size">Size</option>
            </select>
          </div>
          {!isGuest && <NewDocument onCreate={create} onFiles={upload} />}
          {said !== null && (
            <p className="notice is-boxed" role="alert">
              <span>{said}</span>
              <button
                type="button"
                className="push-button is-small"
                onClick={() => {
                  setProblem(null);
                  list.reload();
                }}
              >
                {problem === null ? 'Try again' : 'Put away'}
              </button>
            </p>
          )}
          {trashed !== null && (
            <p className="notice is-boxed is-calm" role="status">
              <span>{trashed.name} is in the trash.</span>
              <button
                type="button"
                className="push-button is-small"
                onClick={() => takeBack(trashed)}
              >
                Take it back
              </button>
            </p>
          )}
          {list.documents.length > 0 && (
            // What the rows say aloud themselves.
            <p className="documents-head" aria-hidden="true">
              <span className="documents-head-name">Name</span>
              {identity.phase === 'in' && <span className="document-owner">Owner</span>}
              <span className="document-age">Changed</span>
            </p>
          )}
          <ul className="documents" aria-busy={list.loading}>
            {list.documents.map((document) => (
              <DocumentRow
                key={document.id}
                document={document}
                me={identity.phase === 'in' ? identity.user.id : null}
                onRename={(name) => rename(document, name)}
                onTrash={() => trash(document)}
              />
            ))}
          </ul>
          {!list.loading && list.problem === null && list.documents.length === 0 && (
            <Empty search={search.trim()} isGuest={isGuest} />
          )}
          {list.more !== null && (
            <button type="button" className="push-button is-quiet" onClick={list.more}>
              Show more
            </button>
          )}
        </main>
      </div>
    </DropArea>
  );
}

function Empty(props: { readonly search: string; readonly isGuest: boolean }) {
  if (props.search !== '') {
    return <p className="empty">No document has “{props.search}” in its name.</p>;
  }
  if (props.isGuest) {
    return <p className="empty">Nothing is shared with you any more.</p>;
  }
  return (
    <div className="empty">
      <p>No documents yet. Create one above, drop files here, or from a terminal:</p>
      <CopyCommand command="codesync new notes.md" />
    </div>
  );
}
