import type { Role } from '../api/documents';
import type { DocumentSession } from '../collab/session';
import type { Person } from '../collab/view';
import { InlineName } from '../components/InlineName';
import { Logo } from '../components/Logo';
import { People } from '../components/People';
import { SaveState } from '../components/SaveState';
import { WhoAmI } from '../components/WhoAmI';
import { Link } from '../router';
import type { Shown } from './useCommands';
import type { Meeting } from './useMeeting';

export function TitleBar(props: {
  readonly session: DocumentSession;
  readonly people: readonly Person[];
  readonly name: string;
  readonly role: Role | null;
  readonly meeting: Meeting;
  /** `null` for those who may not. */
  readonly onRename: ((name: string) => void) | null;
  /** `null` where there is nothing to be shown any more. */
  readonly onShow: ((what: Shown) => void) | null;
}) {
  const { session, people, name, meeting, onShow } = props;
  return (
    <header className="title-bar">
      <Link to="/" className="brand" title="All documents">
        <Logo />
      </Link>
      <h1 className="document-name">
        {props.onRename === null ? (
          <span className="plain-name">{name}</span>
        ) : (
          <InlineName value={name} label="Name of the document" onRename={props.onRename} />
        )}
      </h1>
      <SaveState session={session} />
      <span className="spacer" />
      <People people={people} meeting={meeting} />
      {onShow !== null && (
        <>
          <button
            type="button"
            className="push-button is-small is-quiet history-button"
            title="History (F7)"
            onClick={() => onShow('history')}
          >
            History
          </button>
          <button
            type="button"
            className="push-button is-small"
            title="Share (F8)"
            onClick={() => onShow('share')}
          >
            Share
          </button>
        </>
      )}
      <WhoAmI />
    </header>
  );
}
