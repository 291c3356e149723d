import { useSyncExternalStore } from 'react';
import { initials, peerClass } from '../collab/palette';
import type { Person } from '../collab/view';
import type { Place } from '../collab/whereabouts';
import { readableCount } from '../readable';
import type { Meeting } from '../workbench/useMeeting';

const SHOWN_MAX = 6;

/** Who else is here. A click goes to where that person is, another one follows. */
export function People(props: { readonly people: readonly Person[]; readonly meeting: Meeting }) {
  const { follow, whereabouts, meet } = props.meeting;
  const following = useSyncExternalStore(follow.subscribe, follow.value);
  const places = useSyncExternalStore(whereabouts.subscribe, whereabouts.value);
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
            title={titleOf(person, places.get(person.author))}
            data-side={places.get(person.author)?.side}
            aria-label={`Go to ${person.name}`}
            aria-pressed={following?.author === person.author}
            onClick={() => meet(person)}
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

function titleOf({ name }: Person, place: Place | undefined): string {
  const line = place === undefined ? '' : `, line ${readableCount(place.line)}`;
  return `${name}${line}: go to the caret; again: follow`;
}
