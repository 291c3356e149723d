import { type FormEvent, useState } from 'react';
import type { NewLink, ShareLink } from '../api/sharing';
import { CopyField } from './CopyField';
import { EXPIRIES, timeLeft } from './expiry';
import { RolePicker, roleLabel } from './RolePicker';
import type { Sharing } from './useSharing';

export function Links(props: { readonly sharing: Sharing }) {
  const { sharing } = props;
  const [made, setMade] = useState<string | null>(null);
  return (
    <section className="share-part" aria-label="Links">
      <LinkForm onMake={async (wanted) => setMade(await sharing.makeLink(wanted))} />
      {made !== null && (
        <CopyField key={made} label="The link. It is shown this once." value={made} />
      )}
      <ul className="rows" aria-label="Links">
        {sharing.links.map((link) => (
          <li key={link.id} className="row">
            <span className="row-main">
              <span className="row-title">
                {link.label === '' ? 'A link' : link.label}: {roleLabel(link.role)}
              </span>
              <span className="muted small">{factsOf(link)}</span>
            </span>
            <button
              type="button"
              className="push-button is-small is-quiet"
              aria-label={`End ${link.label === '' ? 'the link' : `the link ${link.label}`}`}
              title="Whoever came through it loses access"
              onClick={() => {
                setMade(null);
                sharing.endLink(link.id);
              }}
            >
              End
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function factsOf(link: ShareLink): string {
  const people = `${link.members} ${link.members === 1 ? 'person' : 'people'} through it`;
  const whom = link.guests ? 'guests too' : 'with an account';
  return [whom, timeLeft(link.expires_at, Date.now()), people].join(' · ');
}

function LinkForm(props: { readonly onMake: (wanted: NewLink) => void }) {
  const [role, setRole] = useState<'viewer' | 'editor'>('viewer');
  const [guests, setGuests] = useState(true);
  const [expiry, setExpiry] = useState<number | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onMake({ role, guests, label: '', ...(expiry === null ? {} : { expires_in: expiry }) });
  };
  return (
    <form className="invite" onSubmit={submit}>
      <span className="invite-words">Whoever has the link</span>
      <RolePicker
        label="What the link allows"
        value={role}
        offered={['viewer', 'editor']}
        onPick={setRole}
      />
      <select
        className="text-field"
        aria-label="How long the link works"
        value={String(expiry ?? '')}
        onChange={(event) =>
          setExpiry(event.target.value === '' ? null : Number(event.target.value))
        }
      >
        {EXPIRIES.map(({ seconds, label }) => (
          <option key={label} value={String(seconds ?? '')}>
            {label}
          </option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={guests}
          onChange={(event) => setGuests(event.target.checked)}
        />
        without an account
      </label>
      <button type="submit" className="push-button">
        Make a link
      </button>
    </form>
  );
}
