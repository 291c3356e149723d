import { useEffect, useState } from 'react';
import type { DocumentSession } from '../collab/session';
import { useSessionPart } from '../collab/useSession';

/** A connection that is back sooner is not worth a word above the text. */
const PATIENCE_MS = 1500;

/** The connection is gone for longer than a moment. Stands in nobody's way: typing goes on below. */
export function OfflineBar(props: { readonly session: DocumentSession }) {
  const { session } = props;
  const isAway = useSessionPart(
    session,
    ({ online, loginNeeded, state }) => !online && !loginNeeded && state !== 'ended',
  );
  const isKept = useSessionPart(session, (view) => view.kept);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!isAway) {
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [isAway]);

  if (!isAway || !isShown) {
    return null;
  }
  return (
    <div className="notice" role="status">
      <span>
        No connection to the server. Go on:{' '}
        {isKept
          ? 'what you type is kept in this browser and sent when the connection is back.'
          : 'what you type is sent when the connection is back. Keep this tab open until then.'}
      </span>
      <button type="button" className="push-button is-small" onClick={() => session.reconnect()}>
        Try now
      </button>
    </div>
  );
}
