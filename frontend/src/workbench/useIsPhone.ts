import { useSyncExternalStore } from 'react';

/** Small and touched by fingers: Monaco does not work there. */
const PHONE = '(pointer: coarse) and (max-width: 820px)';

export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(PHONE).matches);
}

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia(PHONE);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
