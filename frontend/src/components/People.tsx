import { initials, peerClass } from '../collab/palette';
import type { Person } from '../collab/session';

const SHOWN_MAX = 6;

/** Who else is here. A click goes to where that person is. */
export function People(props: {
  readonly people: readonly Person[];
  readonly onJump: (author: number) => void;
}) {
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
            title={`${person.name}: go to the caret`}
            aria-label={`Go to ${person.name}`}
            onClick={() => props.onJump(person.author)}
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
