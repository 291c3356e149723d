import { useEffect } from 'react';
import { useAccount, useIdentity } from '../account/useAccount';
import { LoginForm, type LoginWish } from '../components/LoginForm';
import { PageHeader } from '../components/PageHeader';
import { usePageTitle } from '../components/pageTitle';
import { Waiting } from '../components/Waiting';
import { loginPath, navigate, nextPath } from '../router';

export function LoginPage(props: { readonly wish: LoginWish }) {
  const account = useAccount();
  const identity = useIdentity();
  const isDone = identity.phase === 'in' || identity.phase === 'open';
  usePageTitle(props.wish === 'login' ? 'Log in' : 'Sign up');

  useEffect(() => {
    if (isDone) {
      navigate(nextPath(), 'replace');
    }
  }, [isDone]);

  return (
    <div className="list-page">
      <PageHeader />
      <main className="form-main">
        {identity.phase === 'out' && (
          <div className="card">
            <h1>{props.wish === 'login' ? 'Log in' : 'Sign up'}</h1>
            {identity.ended && <p className="muted">Your login has ended. Log in to go on.</p>}
            <LoginForm
              key={props.wish}
              wish={props.wish}
              onWish={(wish) => navigate(loginPath(wish, nextPath()), 'replace')}
            />
          </div>
        )}
        {(identity.phase === 'away' || identity.phase === 'starting') && (
          <Waiting phase={identity.phase} onRetry={() => void account.refresh()} />
        )}
      </main>
    </div>
  );
}
