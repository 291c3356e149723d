import { useEffect } from 'react';

/** What the tab is called while the component stands. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · CodeSync`;
    return () => {
      document.title = 'CodeSync';
    };
  }, [name]);
}
