/** Two pages need no library: the path is the state, and a link is an ordinary link that does not reload. */
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

const CHANGED = 'codesync:navigated';

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

export function navigate(path: string): void {
  window.history.pushState(null, '', path);
  window.dispatchEvent(new Event(CHANGED));
  window.scrollTo(0, 0);
}

export function Link(props: {
  readonly to: string;
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
}) {
  const follow = (event: MouseEvent) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (plain && !event.altKey) {
      event.preventDefault();
      navigate(props.to);
    }
  };
  return (
    <a href={props.to} className={props.className} title={props.title} onClick={follow}>
      {props.children}
    </a>
  );
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(CHANGED, listener);
  };
}
