import { type FormEvent, useState } from 'react';
import { useAccount } from '../account/useAccount';
import { ApiError, messageOf } from '../api/problem';
import { Problem } from './Problem';
import { TextField } from './TextField';

export type LoginWish = 'login' | 'register';

/** Logs in or makes an account, and says which. Where it is shown decides what comes next. */
export function LoginForm(props: {
  readonly wish: LoginWish;
  readonly onWish: (wish: LoginWish) => void;
  /** Who has to log in again; nobody else can. */
  readonly login?: string;
}) {
  const { wish } = props;
  const account = useAccount();
  const [login, setLogin] = useState(props.login ?? '');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const isPending = failure instanceof ApiError && failure.code === 'deletion_pending';

  const run = async (action: () => Promise<void>) => {
    setBusy(true);
    setFailure(null);
    try {
      await action();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() =>
      wish === 'login'
        ? account.logIn(login, password)
        : account.register(login, password, name.trim()),
    );
  };
  const other = wish === 'login' ? 'register' : 'login';

  return (
    <form className="form" onSubmit={submit}>
      <Problem text={failure === null ? null : messageOf(failure)} />
      {isPending && (
        <button
          type="button"
          className="push-button"
          disabled={busy}
          onClick={() => run(() => account.restore(login, password))}
        >
          Restore the account
        </button>
      )}
      <TextField
        label="Login"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        readOnly={props.login !== undefined}
        value={login}
        onChange={(event) => setLogin(event.target.value)}
      />
      {wish === 'register' && (
        <TextField
          label="Name"
          hint="What others see beside your caret. Your login, if you leave it out."
          autoComplete="name"
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <TextField
        label="Password"
        type="password"
        autoComplete={wish === 'login' ? 'current-password' : 'new-password'}
        hint={wish === 'register' ? 'At least 8 characters; 15 or more are better.' : undefined}
        minLength={wish === 'register' ? 8 : undefined}
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <button type="submit" className="push-button is-primary is-wide" disabled={busy}>
        {wish === 'login' ? 'Log in' : 'Sign up'}
      </button>
      {props.login === undefined && (
        <p className="form-other">
          {wish === 'login' ? 'No account yet?' : 'You have an account?'}{' '}
          <button type="button" className="text-button" onClick={() => props.onWish(other)}>
            {other === 'login' ? 'Log in' : 'Sign up'}
          </button>
        </p>
      )}
    </form>
  );
}
