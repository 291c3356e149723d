import { useAccount, useIdentity } from '../account/useAccount';
import { useWho } from '../account/useWho';
import { Link, loginPath, navigate, usePath } from '../router';
import { InlineName } from './InlineName';
import { Menu } from './Menu';

/** Who one is here: a name to change, an account to look after, or a way to log in. */
export function WhoAmI() {
  const account = useAccount();
  const identity = useIdentity();
  const who = useWho();
  const path = usePath();

  if (identity.phase === 'out') {
    // The way there is no use to whoever stands there.
    return path === '/login' || path === '/register' ? null : (
      <Link to={loginPath('login')} className="push-button is-small">
        Log in
      </Link>
    );
  }
  if (identity.phase !== 'in') {
    return (
      <span className="me" title="The name others see">
        <span className="me-label">you are</span>
        <InlineName value={who.name} label="Your name" onRename={who.rename} />
      </span>
    );
  }
  const { user } = identity;
  return (
    <Menu label={user.name} title="Your account">
      {user.kind === 'guest' ? (
        <p className="menu-note">You are here as a guest.</p>
      ) : (
        <p className="menu-note">
          Logged in as <strong>{user.login}</strong>
        </p>
      )}
      <button type="button" role="menuitem" onClick={() => navigate('/account')}>
        Your account
      </button>
      <button
        type="button"
        role="menuitem"
        onClick={() => account.logOut().then(() => navigate(loginPath('login', '/')))}
      >
        Log out
      </button>
    </Menu>
  );
}
