import { type FormEvent, useState } from 'react';
import type { TimelineGroup } from '../api/history';
import type { Look } from './useMoment';
import type { Playback } from './usePlayback';

const LOOKS: readonly { readonly id: Look; readonly label: string }[] = [
  { id: 'changes', label: 'Changes' },
  { id: 'text', label: 'Text' },
  { id: 'authors', label: 'Authors' },
];

/** The bar above a document's history: which moment is shown, how, and what can be done with it. */
export function HistoryTools(props: {
  readonly group: TimelineGroup | undefined;
  readonly revision: number | null;
  /** What the moment is compared with; `null` for what was before the group. */
  readonly base: number | null;
  readonly look: Look;
  readonly mayWrite: boolean;
  readonly playback: Playback;
  readonly busy: boolean;
  readonly onRevision: (revision: number) => void;
  readonly onLook: (look: Look) => void;
  readonly onBase: (base: number | null) => void;
  readonly onName: (name: string) => void;
  readonly onRestore: () => void;
  readonly onDownload: () => void;
  readonly onClose: () => void;
}) {
  const { group, revision, base, playback } = props;
  const [naming, setNaming] = useState(false);
  return (
    <header className="history-tools">
      <h2>History</h2>
      <button type="button" className="push-button is-small" onClick={playback.toggle}>
        {playback.playing ? 'Pause' : 'Play'}
      </button>
      {group !== undefined && group.first_revision < group.last_revision && (
        <input
          type="range"
          aria-label="Revision"
          min={group.first_revision}
          max={group.last_revision}
          value={revision ?? group.last_revision}
          onChange={(event) => props.onRevision(event.target.valueAsNumber)}
        />
      )}
      <span className="muted small revision-shown">
        {revision === null ? '' : `revision ${revision.toLocaleString('en')}`}
      </span>
      <fieldset className="looks">
        <legend className="visually-hidden">What to show</legend>
        {LOOKS.map(({ id, label }) => (
          <label key={id} className="look">
            <input
              type="radio"
              name="look"
              checked={props.look === id}
              onChange={() => props.onLook(id)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {revision !== null && (
        <button
          type="button"
          className="push-button is-small"
          onClick={() => props.onBase(base === null ? revision : null)}
        >
          {base === null ? 'Compare with this' : `Compared with revision ${base}: stop`}
        </button>
      )}
      <span className="spacer" />
      {props.mayWrite &&
        (naming ? (
          <NameForm
            onName={(name) => {
              setNaming(false);
              props.onName(name);
            }}
            onCancel={() => setNaming(false)}
          />
        ) : (
          <button
            type="button"
            className="push-button is-small"
            disabled={revision === null}
            onClick={() => setNaming(true)}
          >
            Name it
          </button>
        ))}
      <button
        type="button"
        className="push-button is-small"
        disabled={revision === null}
        onClick={props.onDownload}
      >
        Download
      </button>
      {props.mayWrite && (
        <button
          type="button"
          className="push-button is-small is-primary"
          disabled={revision === null || props.busy}
          title="Makes the text what it was, by a new edit"
          onClick={props.onRestore}
        >
          Restore
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Close the history"
        onClick={props.onClose}
      >
        ×
      </button>
    </header>
  );
}

function NameForm(props: {
  readonly onName: (name: string) => void;
  readonly onCancel: () => void;
}) {
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onName(name.trim());
  };
  return (
    <form className="name-form" onSubmit={submit}>
      <input
        className="text-field"
        aria-label="Name of this version"
        placeholder="Name of this version"
        required
        maxLength={256}
        ref={(field) => field?.focus()}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            props.onCancel();
          }
        }}
      />
      <button type="submit" className="push-button is-small">
        Keep
      </button>
    </form>
  );
}
