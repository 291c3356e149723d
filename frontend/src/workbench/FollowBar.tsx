import { useEffect, useSyncExternalStore } from 'react';
import type { Follow } from '../collab/follow';
import { peerClass } from '../collab/palette';
import type { Person } from '../collab/view';

/** Whom one follows, and how to stop. */
export function FollowBar(props: { readonly follow: Follow; readonly people: readonly Person[] }) {
  const { follow, people } = props;
  const following = useSyncExternalStore(follow.subscribe, follow.value);
  const leader = people.find(({ author }) => author === following?.author);
  const isGone = following !== null && leader === undefined;
  useEffect(() => {
    if (isGone) {
      follow.stop();
    }
  }, [isGone, follow]);

  if (following === null || leader === undefined) {
    return null;
  }
  return (
    <div className={`follow-bar ${peerClass(leader.color)}`} role="status">
      <span>
        {following.suspended
          ? `Following ${leader.name} is suspended: you moved on your own.`
          : `Following ${leader.name}`}
      </span>
      {following.suspended && (
        <button
          type="button"
          className="push-button is-small"
          onClick={() => follow.start(leader.author)}
        >
          Go on
        </button>
      )}
      <button type="button" className="push-button is-small" onClick={() => follow.stop()}>
        Stop
      </button>
    </div>
  );
}
