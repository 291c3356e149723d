import { useEffect, useState } from 'react';
import type { DocumentSession } from '../collab/session';
import { useSessionView } from '../collab/useSession';
import type { SessionView } from '../collab/view';
import { readableCount } from '../readable';

type SavingView = Pick<SessionView, 'state' | 'saved' | 'unsavedEdits' | 'kept' | 'online'>;

/** How long everything has been saved before that is said: between two keys it would only flicker. */
const STEADY_MS = 300;

function useSteady(view: SavingView): SavingView {
  const [isSteady, setSteady] = useState(true);
  useEffect(() => {
    if (view.state === 'sending') {
      setSteady(false);
      return;
    }
    const timer = setTimeout(() => setSteady(true), STEADY_MS);
    return () => clearTimeout(timer);
  }, [view.state]);
  return view.state === 'synchronized' && !isSteady ? { ...view, state: 'sending' } : view;
}

/** The truth about saving, in the same words as the terminal's status line. */
export function SaveState(props: { readonly session: DocumentSession }) {
  const view = useSteady(useSessionView(props.session));
  const words = stateWords(view);
  const tone = toneOf(view);
  // Said aloud when something is amiss, and not with every key.
  return (
    <span className="save-state" data-state={tone} aria-live={tone === 'warn' ? 'polite' : 'off'}>
      <span className="save-words">{words}</span>
      {view.saved > 0 && (
        <span className="save-revision" title="Edits committed to this document so far">
          revision {readableCount(view.saved)}
        </span>
      )}
    </span>
  );
}

export function stateWords(view: SavingView): string {
  switch (view.state) {
    case 'loading':
      return view.online ? 'opening' : 'offline';
    case 'synchronized':
      return 'saved';
    case 'sending':
      return 'saving';
    case 'waiting':
      if (view.online) {
        return view.unsavedEdits === 0 ? 'connecting' : 'saving';
      }
      return view.unsavedEdits === 0
        ? 'offline'
        : `offline · ${view.unsavedEdits} waiting · ${view.kept ? 'kept in this browser' : 'kept only in this tab'}`;
    case 'read-only':
      return 'read-only';
    case 'ended':
      return 'access ended';
  }
}

function toneOf(view: SavingView): 'good' | 'busy' | 'warn' {
  if (view.state === 'synchronized') {
    return 'good';
  }
  return view.state === 'ended' || !view.online ? 'warn' : 'busy';
}
