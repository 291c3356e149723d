/** The one door from React to a document session. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Api } from '../api/client';
import { DocumentSession, type SessionView } from './session';

/** Opens the document for as long as the component stands; `null` for the moment before. */
export function useSession(
  document: string,
  name: string,
  user: string | null,
  api: Api,
): DocumentSession | null {
  const [session, setSession] = useState<DocumentSession | null>(null);
  useEffect(() => {
    const opened = new DocumentSession(document, { name, user, api });
    setSession(opened);
    return () => opened.dispose();
  }, [document, name, user, api]);
  return session?.document === document ? session : null;
}

/**
 * A part of what is known: a plain value, or an object that stays the same one. With every key something of it changes,
 * and only what shows that is drawn anew.
 */
export function useSessionPart<Part>(
  session: DocumentSession,
  part: (view: SessionView) => Part,
): Part {
  return useSyncExternalStore(session.subscribe, () => part(session.view()));
}

export function useSessionView(session: DocumentSession): SessionView {
  return useSyncExternalStore(session.subscribe, session.view);
}
