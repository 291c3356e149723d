import { useSyncExternalStore } from 'react';
import type { Follow } from '../collab/follow';
import { initials, peerClass } from '../collab/palette';
import type { Person } from '../collab/view';

const SHOWN_MAX = 6;

/** Who else is here. A click goes to where that person is, another one follows. */
export function People(props: {
  readonly people: readonly Person[];
  readonly follow: Follow;
  readonly onMeet: (person: Person) => void;
}) {
  const following = useSyncExternalStore(props.follow.subscribe, props.follow.following);
  const shown = props.people.slice(0, SHOWN_MAX);
  const others = props.people.slice(SHOWN_MAX);
  if (props.people.length === 0) {
    return null;
  }
  return (
    <ul className="people" aria-label="Others in this document">
      {shown.map((person) => (
        <li key={person.author}>
          <button
            type="button"
            className={`avatar ${peerClass(person.color)}`}
            title={`${person.name}: go to the caret; again: follow`}
            aria-label={`Go to ${person.name}`}
            aria-pressed={following?.author === person.author}
            onClick={() => props.onMeet(person)}
          >
            {initials(person.name)}
          </button>
        </li>
      ))}
      {others.length > 0 && (
        <li>
          <span className="avatar is-more" title={others.map((person) => person.name).join(', ')}>
            +{others.length}
          </span>
        </li>
      )}
    </ul>
  );
}
