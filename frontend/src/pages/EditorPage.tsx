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
    return <Opening online={online} answers={details.document !== null} name={name} />;
  }
  return <Workbench session={session} details={details} name={name} />;
}

function Opening(props: {
  readonly online: boolean;
  /** Whether the server answers all but the socket. */
  readonly answers: boolean;
  readonly name: string;
}) {
  const { host } = new URL(serverOrigin());
  if (props.online) {
    return (
      <main className="waiting">
        <p>Opening {props.name}…</p>
      </main>
    );
  }
  return (
    <main className="waiting">
      {props.answers ? (
        <p role="alert">
          The server at {host} answers, but something on the way blocks WebSockets, which editing
          together needs: a proxy, a firewall or an extension of the browser. Allow them for {host},
          or try another network; this page keeps trying.
        </p>
      ) : (
        <p role="alert">
          The server at {host} does not answer. Check that <code>codesync serve</code> is running;
          this page keeps trying.
        </p>
      )}
    </main>
  );
}
