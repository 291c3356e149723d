import { useEffect } from 'react';
import { loginPath, navigate } from '../router';
import type { Identity } from './account';
import { useIdentity } from './useAccount';

/** For pages that only somebody who is logged in can use: everybody else is asked to log in first. */
export function useMembership(): Identity['phase'] {
  const { phase } = useIdentity();
  useEffect(() => {
    if (phase === 'out') {
      navigate(loginPath('login'), 'replace');
    }
  }, [phase]);
  return phase;
}
