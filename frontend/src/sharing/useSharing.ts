/** Members and links of a document, and everything that changes them. */
import { useCallback, useEffect, useState } from 'react';
import { useApi } from '../account/useAccount';
import type { Role } from '../api/documents';
import { messageOf } from '../api/problem';
import {
  changeRole,
  endLink,
  invite,
  listLinks,
  listMembers,
  type Member,
  makeLink,
  type NewLink,
  removeMember,
  type ShareLink,
} from '../api/sharing';

export interface Sharing {
  readonly members: readonly Member[];
  readonly links: readonly ShareLink[];
  readonly problem: string | null;
  readonly invite: (login: string, role: Role) => Promise<boolean>;
  readonly changeRole: (user: string, role: Role) => void;
  readonly remove: (user: string) => void;
  /** The whole address of the new link, or `null` if there is none. */
  readonly makeLink: (wanted: NewLink) => Promise<string | null>;
  readonly endLink: (link: string) => void;
}

export function useSharing(document: string, isOwner: boolean): Sharing {
  const api = useApi();
  const [members, setMembers] = useState<readonly Member[]>([]);
  const [links, setLinks] = useState<readonly ShareLink[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const load = useCallback(async () => {
    const [people, ways] = await Promise.all([
      listMembers(api, document),
      isOwner ? listLinks(api, document) : [],
    ]);
    setMembers(people);
    setLinks(ways);
  }, [api, document, isOwner]);
  /** Asks for a change, and shows what became of everything. */
  const attempt = useCallback(
    async <Result>(action: () => Promise<Result>): Promise<Result | null> => {
      try {
        const result = await action();
        setProblem(null);
        await load();
        return result;
      } catch (error) {
        setProblem(messageOf(error));
        return null;
      }
    },
    [load],
  );
  useEffect(() => {
    void attempt(async () => undefined);
  }, [attempt]);

  return {
    members,
    links,
    problem,
    invite: async (login, role) =>
      (await attempt(() => invite(api, document, login, role))) !== null,
    changeRole: (user, role) => void attempt(() => changeRole(api, document, user, role)),
    remove: (user) => void attempt(() => removeMember(api, document, user)),
    makeLink: async (wanted) => {
      const made = await attempt(() => makeLink(api, document, wanted));
      return made === null ? null : `${window.location.origin}${made.path}`;
    },
    endLink: (link) => void attempt(() => endLink(api, document, link)),
  };
}
