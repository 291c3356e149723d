import { type FormEvent, useState } from 'react';
import type { Role } from '../api/documents';
import type { Member } from '../api/sharing';
import { timeLeft } from './expiry';
import { RolePicker, roleLabel } from './RolePicker';
import type { Sharing } from './useSharing';

const ALL: readonly Role[] = ['viewer', 'editor', 'owner'];
/** What somebody without an account can be. */
const GUESTS: readonly Role[] = ['viewer', 'editor'];

export function Members(props: {
  readonly sharing: Sharing;
  readonly isOwner: boolean;
  readonly me: string;
}) {
  const { sharing, isOwner, me } = props;
  return (
    <section className="share-part" aria-label="People">
      {isOwner && <InviteForm onInvite={sharing.invite} />}
      <ul className="rows" aria-label="People">
        {sharing.members.map((member) => (
          <li key={member.user} className="row">
            <span className="row-main">
              <span className="row-title">
                {member.name}
                {member.user === me && <span className="muted"> (you)</span>}
              </span>
              <span className="muted small">{factsOf(member)}</span>
            </span>
            {isOwner ? (
              <RolePicker
                label={`Role of ${member.name}`}
                value={member.role}
                offered={member.kind === 'guest' ? GUESTS : ALL}
                onPick={(role) => sharing.changeRole(member.user, role)}
              />
            ) : (
              <span className="tag">{roleLabel(member.role)}</span>
            )}
            {(isOwner || member.user === me) && (
              <button
                type="button"
                className="push-button is-small is-quiet"
                aria-label={member.user === me ? 'Leave the document' : `Remove ${member.name}`}
                onClick={() => sharing.remove(member.user)}
              >
                {member.user === me ? 'Leave' : 'Remove'}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function factsOf(member: Member): string {
  const who = member.kind === 'guest' ? 'guest' : (member.login ?? '');
  const until = member.until === undefined ? '' : timeLeft(member.until, Date.now());
  const through = member.link === undefined ? '' : 'through a link';
  return [who, through, until].filter((fact) => fact !== '').join(' · ');
}

function InviteForm(props: { readonly onInvite: (login: string, role: Role) => Promise<boolean> }) {
  const [login, setLogin] = useState('');
  const [role, setRole] = useState<Role>('editor');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await props.onInvite(login.trim(), role)) {
      setLogin('');
    }
  };
  return (
    <form className="invite" onSubmit={submit}>
      <input
        className="text-field"
        aria-label="Login of whom to invite"
        placeholder="Invite by login"
        autoCapitalize="none"
        spellCheck={false}
        required
        value={login}
        onChange={(event) => setLogin(event.target.value)}
      />
      <RolePicker label="Role of whom to invite" value={role} offered={ALL} onPick={setRole} />
      <button type="submit" className="push-button is-primary">
        Invite
      </button>
    </form>
  );
}
