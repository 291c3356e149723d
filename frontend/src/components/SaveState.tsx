import type { DocumentSession } from '../collab/session';
import { useSessionView } from '../collab/useSession';
import type { SessionView } from '../collab/view';
import { readableCount } from '../readable';

type SavingView = Pick<SessionView, 'state' | 'saved' | 'unsavedEdits' | 'kept' | 'online'>;

/** The truth about saving, in the same words as the terminal's status line. */
export function SaveState(props: { readonly session: DocumentSession }) {
  const view = useSessionView(props.session);
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
