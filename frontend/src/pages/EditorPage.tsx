import { useEffect } from 'react';
import type { Api } from '../api/client';
import { serverOrigin } from '../api/origin';
import type { DocumentSession } from '../collab/session';
import { useSession, useSessionPart } from '../collab/useSession';
import { Message } from '../components/Message';
import { usePageTitle } from '../components/pageTitle';
import { Link } from '../router';
import { type Details, useDetails } from '../workbench/useDetails';
import { useLeaveWarning } from '../workbench/useLeaveWarning';
import { Workbench } from '../workbench/Workbench';

export function EditorPage(props: {
  readonly document: string;
  readonly name: string;
  readonly user: string | null;
  readonly api: Api;
}) {
  const { document, name, user, api } = props;
  const session = useSession(document, name, user, api);
  const details = useDetails(api, document);
  return session === null ? null : <OpenDocument session={session} details={details} />;
}

function OpenDocument(props: { readonly session: DocumentSession; readonly details: Details }) {
  const { session, details } = props;
  const phase = useSessionPart(session, (view) => view.phase);
  const failure = useSessionPart(session, (view) => view.failure);
  const online = useSessionPart(session, (view) => view.online);
  const isReadOnly = useSessionPart(session, (view) => view.state === 'read-only');
  const told = useSessionPart(session, (view) => view.name);
  const name = told ?? details.document?.name ?? 'Document';
  usePageTitle(name);
  useLeaveWarning(useSessionPart(session, (view) => !view.kept && view.unsavedEdits > 0));

  const { refresh } = details;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another role is a reason to ask again.
  useEffect(() => {
    if (online) {
      refresh();
    }
  }, [online, refresh, isReadOnly]);

  // A document that is gone from the server but open here stays in sight with what was typed.
  if (details.missing && phase !== 'open') {
    return (
      <Message title="There is no such document">
        <p>
          The link may be incomplete, the document may be on another server, or its owner has to
          share it with you first.
        </p>
        <Link to="/" className="push-button">
          All documents
        </Link>
      </Message>
    );
  }
  if (phase === 'failed') {
    return (
      <Message title="This document cannot be opened">
        <p>{failure}</p>
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
  if (phase === 'opening') {
    return <Opening online={online} name={name} />;
  }
  return <Workbench session={session} details={details} name={name} />;
}

function Opening(props: { readonly online: boolean; readonly name: string }) {
  return (
    <main className="waiting">
      {props.online ? (
        <p>Opening {props.name}…</p>
      ) : (
        <p role="alert">
          The server at {new URL(serverOrigin()).host} does not answer. Check that{' '}
          <code>codesync serve</code> is running; this page keeps trying.
        </p>
      )}
    </main>
  );
}
