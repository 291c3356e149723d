import { type FormEvent, useState } from 'react';
import type { Me } from '../account/account';
import { Sessions } from '../account/Sessions';
import { useAccount, useIdentity } from '../account/useAccount';
import { useMembership } from '../account/useMembership';
import { PageHeader } from '../components/PageHeader';
import { Problem } from '../components/Problem';
import { usePageTitle } from '../components/pageTitle';
import { TextField } from '../components/TextField';
import { Waiting } from '../components/Waiting';
import { useAction } from '../useAction';

export function AccountPage() {
  const account = useAccount();
  const identity = useIdentity();
  const phase = useMembership();
  usePageTitle('Your account');
  return (
    <div className="list-page">
      <PageHeader />
      <main className="list-main is-narrow">
        <div className="list-tools">
          <h1>Your account</h1>
        </div>
        {identity.phase === 'open' && (
          <p className="muted">
            This server has no accounts: everything on it belongs to whoever sits at its machine.
          </p>
        )}
        {identity.phase === 'in' && <Account user={identity.user} />}
        {(phase === 'starting' || phase === 'away') && (
          <Waiting phase={phase} onRetry={() => void account.refresh()} />
        )}
      </main>
    </div>
  );
}

function Account(props: { readonly user: Me }) {
  const { user } = props;
  return (
    <>
      <NameForm user={user} />
      {user.kind === 'person' && <PasswordForm />}
      <Sessions />
      <Removal user={user} />
    </>
  );
}

function NameForm(props: { readonly user: Me }) {
  const account = useAccount();
  const action = useAction();
  const [name, setName] = useState(props.user.name);
  const [done, setDone] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setDone(await action.run(() => account.rename(name.trim())));
  };
  return (
    <section className="card" aria-labelledby="account-name">
      <h2 id="account-name">{props.user.login ?? 'Guest'}</h2>
      <form className="form" onSubmit={submit}>
        <Problem text={action.problem} />
        <TextField
          label="Name"
          hint="What others see beside your caret."
          maxLength={64}
          required
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setDone(false);
          }}
        />
        <FormEnd
          label="Change the name"
          done={done ? 'The name is changed.' : null}
          busy={action.busy}
        />
      </form>
    </section>
  );
}

function PasswordForm() {
  const account = useAccount();
  const action = useAction();
  const [current, setCurrent] = useState('');
  const [wanted, setWanted] = useState('');
  const [done, setDone] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await action.run(() => account.changePassword(current, wanted))) {
      setCurrent('');
      setWanted('');
      setDone(true);
    }
  };
  return (
    <section className="card" aria-labelledby="account-password">
      <h2 id="account-password">Password</h2>
      <form className="form" onSubmit={submit}>
        <Problem text={action.problem} />
        <TextField
          label="Present password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => {
            setCurrent(event.target.value);
            setDone(false);
          }}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 8 characters; 15 or more are better. All other logins end."
          minLength={8}
          required
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
        <FormEnd
          label="Change the password"
          done={done ? 'The password is changed. Other devices have to log in again.' : null}
          busy={action.busy}
        />
      </form>
    </section>
  );
}

function Removal(props: { readonly user: Me }) {
  const account = useAccount();
  const action = useAction();
  const [asked, setAsked] = useState(false);
  const [password, setPassword] = useState('');
  const isGuest = props.user.kind === 'guest';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void action.run(() => account.remove(isGuest ? null : password));
  };
  return (
    <section className="card is-danger" aria-labelledby="account-delete">
      <h2 id="account-delete">Delete the account</h2>
      <p className="muted">
        Documents that nobody else owns go to their editors, or else with it.
        {isGuest ? '' : ' For seven days you can log in and take it back.'}
      </p>
      {asked ? (
        <form className="form" onSubmit={submit}>
          <Problem text={action.problem} />
          {!isGuest && (
            <TextField
              label="Your password, once more"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
          <div className="form-end">
            <button type="submit" className="push-button is-danger" disabled={action.busy}>
              Delete it
            </button>
            <button type="button" className="push-button" onClick={() => setAsked(false)}>
              Keep it
            </button>
          </div>
        </form>
      ) : (
        <div className="form-end">
          <button type="button" className="push-button is-danger" onClick={() => setAsked(true)}>
            Delete the account…
          </button>
        </div>
      )}
    </section>
  );
}

function FormEnd(props: {
  readonly label: string;
  readonly done: string | null;
  readonly busy: boolean;
}) {
  return (
    <div className="form-end">
      <button type="submit" className="push-button" disabled={props.busy}>
        {props.label}
      </button>
      <span role="status" className="done">
        {props.done}
      </span>
    </div>
  );
}
