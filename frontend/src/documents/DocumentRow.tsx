import { type KeyboardEvent, useState } from 'react';
import type { ListedDocument } from '../api/documents';
import { LANGUAGES, languageOf, PLAIN_TEXT } from '../editor/languages';
import { readableAge, readableSize } from '../readable';
import { Link } from '../router';

export function DocumentRow(props: {
  readonly document: ListedDocument;
  /** Who looks at it; `null` on a server without accounts, where everything is everybody's. */
  readonly me: string | null;
  readonly onRename: (name: string) => void;
  readonly onTrash: () => void;
}) {
  const { document } = props;
  const owner = props.me === null ? null : ownerOf(document, props.me);
  const age = readableAge(document.updated_at, Date.now());
  // Only owners rename and throw away.
  const isMine = props.me === null || document.owner?.user === props.me;
  const [draft, setDraft] = useState<string | null>(null);

  const keep = () => {
    const name = draft?.trim() ?? '';
    setDraft(null);
    if (name !== '' && name !== document.name) {
      props.onRename(name);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      keep();
    } else if (event.key === 'Escape') {
      setDraft(null);
    }
  };

  return (
    <li className="document-row">
      {draft === null ? (
        <Link to={`/d/${document.id}`} className="document-link">
          <span className="document-title">{document.name}</span>
          <span className="document-facts">
            {languageLabel(document)} · {readableSize(document.bytes)} · revision{' '}
            {document.revision.toLocaleString('en')}
            <span className="document-inline">
              {owner !== null && ` · ${owner}`} · {age}
            </span>
          </span>
        </Link>
      ) : (
        <input
          className="text-field document-rename"
          aria-label={`New name of ${document.name}`}
          value={draft}
          maxLength={256}
          ref={(field) => field?.focus()}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={keep}
          onKeyDown={onKeyDown}
        />
      )}
      {owner !== null && (
        <span className="document-owner" title={`Owner: ${owner}`}>
          <span className="visually-hidden">Owner: </span>
          {owner}
        </span>
      )}
      <time className="document-age" dateTime={document.updated_at} title={document.updated_at}>
        {age}
      </time>
      {isMine && (
        <span className="row-actions">
          <button
            type="button"
            className="push-button is-small is-quiet"
            aria-label={`Rename ${document.name}`}
            onClick={() => setDraft(document.name)}
          >
            Rename
          </button>
          <button
            type="button"
            className="push-button is-small is-quiet"
            aria-label={`Move ${document.name} to the trash`}
            onClick={props.onTrash}
          >
            Trash
          </button>
        </span>
      )}
    </li>
  );
}

function ownerOf({ owner }: ListedDocument, me: string): string | null {
  return owner?.user === me ? 'you' : (owner?.name ?? null);
}

function languageLabel(document: ListedDocument): string {
  const id = languageOf(document.name, document.language);
  return LANGUAGES.find((language) => language.id === id)?.label ?? PLAIN_TEXT;
}
