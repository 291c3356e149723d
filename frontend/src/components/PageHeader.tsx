import type { ReactNode } from 'react';
import { isOfGuest } from '../account/account';
import { useIdentity } from '../account/useAccount';
import { Link, usePath } from '../router';
import { Logo } from './Logo';
import { WhoAmI } from './WhoAmI';

/** The bar above every page but the editor's. */
export function PageHeader(props: { readonly children?: ReactNode }) {
  const path = usePath();
  const identity = useIdentity();
  const isMember = identity.phase === 'open' || identity.phase === 'in';
  return (
    <header className="list-header">
      <Link to="/" className="brand" title="All documents">
        <Logo />
        <span className="wordmark">CodeSync</span>
      </Link>
      {isMember && (
        <nav className="list-nav" aria-label="Pages">
          <Link to="/" current={path === '/'}>
            Documents
          </Link>
          {!isOfGuest(identity) && (
            <Link to="/trash" current={path === '/trash'}>
              Trash
            </Link>
          )}
        </nav>
      )}
      <span className="spacer" />
      {props.children}
      <WhoAmI />
    </header>
  );
}
