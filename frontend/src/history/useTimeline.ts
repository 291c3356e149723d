/** What was done to a document and by whom, page by page, and the versions that have a name. */
import { useCallback, useEffect, useState } from 'react';
import { useApi } from '../account/useAccount';
import { listVersions, readTimeline, type TimelineGroup, type Version } from '../api/history';
import { messageOf } from '../api/problem';

export interface TimelineView {
  readonly groups: readonly TimelineGroup[];
  readonly versions: readonly Version[];
  readonly problem: string | null;
  readonly more: (() => void) | null;
  readonly reload: () => void;
}

interface Pages {
  readonly groups: readonly TimelineGroup[];
  readonly next: string | null;
  readonly goesOn: boolean;
}

const NONE: Pages = { groups: [], next: null, goesOn: false };

export function useTimeline(document: string): TimelineView {
  const api = useApi();
  const [pages, setPages] = useState<Pages>(NONE);
  const [versions, setVersions] = useState<readonly Version[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const load = useCallback(
    async (before: Pages) => {
      try {
        const [page, named] = await Promise.all([
          readTimeline(api, document, before.next),
          listVersions(api, document),
        ]);
        setPages({
          groups: joined(before, page.groups),
          next: page.next,
          goesOn: page.goes_on,
        });
        setVersions(named.filter(({ name }) => name !== null));
        setProblem(null);
      } catch (error) {
        setProblem(messageOf(error));
      }
    },
    [api, document],
  );
  useEffect(() => {
    void load(NONE);
  }, [load]);

  return {
    groups: pages.groups,
    versions,
    problem,
    more: pages.next === null ? null : () => void load(pages),
    reload: () => void load(NONE),
  };
}

/** A group that a page ends in the middle of goes on with the first of the next page. */
function joined(before: Pages, groups: readonly TimelineGroup[]): readonly TimelineGroup[] {
  const newer = before.groups.at(-1);
  const [older, ...rest] = groups;
  if (!before.goesOn || newer === undefined || older === undefined) {
    return [...before.groups, ...groups];
  }
  const whole = {
    ...newer,
    first_revision: older.first_revision,
    from: older.from,
    inserted_chars: newer.inserted_chars + older.inserted_chars,
    deleted_chars: newer.deleted_chars + older.deleted_chars,
  };
  return [...before.groups.slice(0, -1), whole, ...rest];
}
