/** Under which name somebody is here, and how that name is changed. */
import { usePerson } from '../person';
import { useAccount, useIdentity } from './useAccount';

export interface Who {
  readonly name: string;
  readonly rename: (name: string) => void;
}

export function useWho(): Who {
  const account = useAccount();
  const identity = useIdentity();
  const [person, renamePerson] = usePerson();
  if (identity.phase === 'in') {
    return {
      name: identity.user.name,
      // A name that the server does not take is shown as the one it keeps.
      rename: (name) => void account.rename(name).catch(() => undefined),
    };
  }
  return { name: person, rename: renamePerson };
}
