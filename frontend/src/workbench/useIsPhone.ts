import { useSyncExternalStore } from 'react';

/** Small and touched by fingers: Monaco does not work there. */
const PHONE = window.matchMedia('(pointer: coarse) and (max-width: 820px)');

export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => PHONE.matches);
}

function subscribe(listener: () => void): () => void {
  PHONE.addEventListener('change', listener);
  return () => PHONE.removeEventListener('change', listener);
}
