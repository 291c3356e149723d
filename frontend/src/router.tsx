/** A few pages need no library: the path is the state, and a link is an ordinary link that does not reload. */
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';
import type { LoginWish } from './components/LoginForm';

const CHANGED = 'codesync:navigated';

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

export function navigate(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') {
    window.history.pushState(null, '', path);
    window.scrollTo(0, 0);
  } else {
    window.history.replaceState(null, '', path);
  }
  window.dispatchEvent(new Event(CHANGED));
}

/** Where one logs in or signs up, and comes back from. */
export function loginPath(wish: LoginWish, next = window.location.pathname): string {
  const query = next === '/' || next === '/login' || next === '/register' ? '' : `?next=${next}`;
  return `/${wish}${query}`;
}

/** Where to go after logging in: a path of this page and no other site. */
export function nextPath(search = window.location.search): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

export function Link(props: {
  readonly to: string;
  readonly className?: string;
  readonly title?: string;
  readonly current?: boolean;
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
    <a
      href={props.to}
      className={props.className}
      title={props.title}
      aria-current={props.current === true ? 'page' : undefined}
      onClick={follow}
    >
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
