/** The text at one revision, and how it differs from an earlier one. */
import { useEffect, useState } from 'react';
import { useApi } from '../account/useAccount';
import { type Blame, compare, type Hunk, readBlame, readText } from '../api/history';
import { messageOf } from '../api/problem';

export type Look = 'changes' | 'text' | 'authors';

export interface Moment {
  readonly revision: number;
  readonly text: string;
  readonly hunks: readonly Hunk[];
  /** Only where it was asked for. */
  readonly blame: Blame | null;
}

export interface MomentView {
  /** The last one that arrived, until the next one does. */
  readonly moment: Moment | null;
  readonly problem: string | null;
}

export function useMoment(
  document: string,
  from: number,
  revision: number | null,
  look: Look,
): MomentView {
  const api = useApi();
  const [view, setView] = useState<MomentView>({ moment: null, problem: null });
  useEffect(() => {
    if (revision === null) {
      return;
    }
    let isWanted = true;
    Promise.all([
      readText(api, document, revision),
      look === 'changes' ? compare(api, document, from, revision) : [],
      look === 'authors' ? readBlame(api, document, revision) : null,
    ]).then(
      ([text, hunks, blame]) => {
        if (isWanted) {
          setView({ moment: { revision, text, hunks, blame }, problem: null });
        }
      },
      (error: unknown) => {
        if (isWanted) {
          setView({ moment: null, problem: messageOf(error) });
        }
      },
    );
    return () => {
      isWanted = false;
    };
  }, [api, document, from, revision, look]);
  return view;
}
