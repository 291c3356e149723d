/** The way into a document: who somebody is, and what a link that brought them here allows. */
import { type ReactNode, useState } from 'react';
import type { Identity } from '../account/account';
import { rememberedUser } from '../account/remembered';
import { useAccount, useIdentity } from '../account/useAccount';
import { LoginForm, type LoginWish } from '../components/LoginForm';
import { PageHeader } from '../components/PageHeader';
import { usePerson } from '../person';
import { EditorPage } from './EditorPage';
import { LinkEntrance } from './LinkEntrance';

export function DocumentPage(props: { readonly document: string }) {
  const { document } = props;
  const account = useAccount();
  const identity = useIdentity();
  const [person] = usePerson();
  const [secret, setSecret] = useState(() => window.location.hash.slice(1));
  const visitor = useVisitor(identity, person);

  if (secret !== '' && identity.phase !== 'open') {
    return (
      <Entrance>
        <LinkEntrance
          document={document}
          secret={secret}
          onDone={() => {
            // What the link was for is done, and the secret is not to be seen over a shoulder.
            window.history.replaceState(null, '', window.location.pathname);
            setSecret('');
          }}
        />
      </Entrance>
    );
  }
  if (visitor !== null) {
    return (
      <EditorPage document={document} name={visitor.name} user={visitor.user} api={account.api} />
    );
  }
  return identity.phase === 'out' ? (
    <Entrance>
      <AskLogin />
    </Entrance>
  ) : null;
}

function Entrance(props: { readonly children: ReactNode }) {
  return (
    <div className="list-page">
      <PageHeader />
      <main className="form-main">{props.children}</main>
    </div>
  );
}

function AskLogin() {
  const [wish, setWish] = useState<LoginWish>('login');
  return (
    <div className="card">
      <h1>{wish === 'login' ? 'Log in to open this document' : 'Sign up'}</h1>
      <LoginForm key={wish} wish={wish} onWish={setWish} />
    </div>
  );
}

interface Who {
  readonly name: string;
  readonly user: string | null;
}

/**
 * As whom the document is opened. Whoever was here stays so while the login has ended or the server is away: what was
 * typed is theirs, and it stays in sight.
 */
function useVisitor(identity: Identity, person: string): Who | null {
  const [before, setBefore] = useState<Who | null>(null);
  const now = visitorOf(identity, person);
  if (now !== null && (now.name !== before?.name || now.user !== before.user)) {
    setBefore(now);
  }
  return now ?? (identity.phase === 'out' && !identity.ended ? null : before);
}

function visitorOf(identity: Identity, person: string): Who | null {
  switch (identity.phase) {
    case 'open':
      return { name: person, user: null };
    case 'in':
      return { name: identity.user.name, user: identity.user.id };
    case 'away':
      return { name: person, user: rememberedUser() ?? null };
    case 'starting':
    case 'out':
      return null;
  }
}
