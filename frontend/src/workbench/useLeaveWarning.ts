import { useEffect } from 'react';

/** Asks before the tab is closed, where that would lose something. */
export function useLeaveWarning(needed: boolean): void {
  useEffect(() => {
    if (!needed) {
      return;
    }
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [needed]);
}
