import { useEffect, useState } from 'react';
import { useIdentity } from '../account/useAccount';
import type { DocumentSession } from '../collab/session';
import { Dialog } from '../components/Dialog';
import { LoginForm } from '../components/LoginForm';

/** The login has ended while somebody typed: nothing is in the way, and nothing is lost. */
export function LoginBanner(props: {
  readonly session: DocumentSession;
  readonly needed: boolean;
}) {
  const { session } = props;
  const identity = useIdentity();
  const [asked, setAsked] = useState(false);
  const isIn = identity.phase === 'in';

  useEffect(() => {
    if (isIn) {
      setAsked(false);
      session.loggedIn();
    }
  }, [isIn, session]);

  if (isIn || !props.needed) {
    return null;
  }
  return (
    <div className="notice" role="alert">
      <span>
        Your login has ended. What you type is kept in this browser and sent once you have logged
        in.
      </span>
      <button type="button" className="push-button is-small" onClick={() => setAsked(true)}>
        Log in
      </button>
      {asked && (
        <Dialog title="Log in to go on" onClose={() => setAsked(false)}>
          <LoginForm wish="login" onWish={() => undefined} />
        </Dialog>
      )}
    </div>
  );
}
