import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Follow } from '../collab/follow';
import type { Person } from '../collab/view';
import { Whereabouts } from '../collab/whereabouts';
import type { EditorHandle } from './editorHandle';

export interface Meeting {
  readonly follow: Follow;
  readonly whereabouts: Whereabouts;
  /** The first time goes to somebody's caret, again follows, once more stops. */
  readonly meet: (person: Person) => void;
  /** Goes to the next one of these people. */
  readonly meetNext: (people: readonly Person[]) => void;
}

export function useMeeting(editor: { readonly current: EditorHandle | null }): Meeting {
  const [follow] = useState(() => new Follow());
  const [whereabouts] = useState(() => new Whereabouts());
  const last = useRef<number | null>(null);
  useEffect(() => () => follow.stop(), [follow]);

  const meet = useCallback(
    (person: Person) => {
      const following = follow.value();
      if (following?.author === person.author) {
        if (following.suspended) {
          follow.start(person.author);
        } else {
          follow.stop();
        }
      } else if (last.current === person.author) {
        follow.start(person.author);
      } else {
        follow.stop();
        editor.current?.reveal(person.author);
      }
      last.current = person.author;
    },
    [editor, follow],
  );
  const meetNext = useCallback(
    (people: readonly Person[]) => {
      const at = people.findIndex(({ author }) => author === last.current);
      const next = people[(at + 1) % Math.max(1, people.length)];
      if (next !== undefined) {
        follow.stop();
        editor.current?.reveal(next.author);
        last.current = next.author;
      }
    },
    [editor, follow],
  );
  return useMemo(
    () => ({ follow, whereabouts, meet, meetNext }),
    [follow, whereabouts, meet, meetNext],
  );
}
