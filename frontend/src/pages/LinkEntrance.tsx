/** Takes up the link that somebody came by: at once for whoever is logged in, else as a guest or after a login. */
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useAccount, useIdentity } from '../account/useAccount';
import { readDocument } from '../api/documents';
import { ApiError, messageOf } from '../api/problem';
import { LoginForm, type LoginWish } from '../components/LoginForm';
import { Problem } from '../components/Problem';
import { TextField } from '../components/TextField';
import { Waiting } from '../components/Waiting';
import { usePerson } from '../person';
import { Link } from '../router';

export function LinkEntrance(props: {
  readonly document: string;
  readonly secret: string;
  readonly onDone: () => void;
}) {
  const { document, secret, onDone } = props;
  const account = useAccount();
  const { phase } = useIdentity();
  const [person, keepPerson] = usePerson();
  const [name, setName] = useState(person);
  const [wish, setWish] = useState<LoginWish | 'guest'>('guest');
  const [failure, setFailure] = useState<unknown>(null);
  const tried = useRef(false);

  const takeUp = useCallback(
    async (guest: string | null) => {
      setFailure(null);
      try {
        await account.redeem(secret, guest);
        onDone();
      } catch (error) {
        const isOver = error instanceof ApiError && error.code === 'link_not_found';
        // Who came by this link before needs it no more.
        if (
          isOver &&
          guest === null &&
          (await mayRead(() => readDocument(account.api, document)))
        ) {
          onDone();
        } else {
          setFailure(error);
        }
      }
    },
    [account, document, secret, onDone],
  );
  useEffect(() => {
    if (phase === 'in' && !tried.current) {
      tried.current = true;
      void takeUp(null);
    }
  }, [phase, takeUp]);

  if (phase === 'starting' || phase === 'away') {
    return <Waiting phase={phase} onRetry={() => void account.refresh()} />;
  }
  const code = failure instanceof ApiError ? failure.code : null;
  if (code === 'link_not_found') {
    return (
      <div className="card">
        <h1>This link has ended</h1>
        <p role="alert">Ask whoever sent it to you for a new one.</p>
        <Link to="/" className="push-button">
          All documents
        </Link>
      </div>
    );
  }
  if (phase === 'in') {
    return failure === null ? null : (
      <div className="card">
        <h1>This link cannot be used</h1>
        <Problem text={messageOf(failure)} />
        <button type="button" className="push-button" onClick={() => takeUp(null)}>
          Try again
        </button>
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keepPerson(name);
    void takeUp(name.trim());
  };
  if (wish !== 'guest' || code === 'guests_not_allowed') {
    const asked = wish === 'guest' ? 'login' : wish;
    return (
      <div className="card">
        <h1>{asked === 'login' ? 'Log in to open the document' : 'Sign up'}</h1>
        <Problem text={code === 'guests_not_allowed' ? messageOf(failure) : null} />
        <LoginForm key={asked} wish={asked} onWish={setWish} />
      </div>
    );
  }
  return (
    <div className="card">
      <h1>You are invited</h1>
      <p className="muted">Choose the name that others see beside your caret.</p>
      <form className="form" onSubmit={submit}>
        <Problem text={failure === null ? null : messageOf(failure)} />
        <TextField
          label="Name"
          required
          maxLength={64}
          autoComplete="nickname"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="push-button is-primary is-wide">
          Come in as a guest
        </button>
        <p className="form-other">
          You have an account?{' '}
          <button type="button" className="text-button" onClick={() => setWish('login')}>
            Log in
          </button>
        </p>
      </form>
    </div>
  );
}

async function mayRead(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch {
    return false;
  }
}
