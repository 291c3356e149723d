import type { TimelineGroup, Version } from '../api/history';
import { readableAge } from '../readable';
import { writerName } from './blame';
import type { TimelineView } from './useTimeline';

/** What was done, the latest on top, with the names that were given. */
export function TimelineList(props: {
  readonly timeline: TimelineView;
  readonly chosen: number;
  readonly onChoose: (index: number, revision: number) => void;
  readonly onForget: ((version: Version) => void) | null;
}) {
  const { timeline, chosen } = props;
  return (
    <div className="timeline">
      <ol aria-label="Timeline">
        {timeline.groups.map((group, index) => (
          <li key={group.last_revision}>
            <button
              type="button"
              className="timeline-group"
              aria-current={index === chosen ? 'true' : undefined}
              onClick={() => props.onChoose(index, group.last_revision)}
            >
              <span className="row-title">{writerName(group.person)}</span>
              <span className="timeline-counts">
                <span className="added">+{group.inserted_chars.toLocaleString('en')}</span>{' '}
                <span className="removed">−{group.deleted_chars.toLocaleString('en')}</span>
              </span>
              <time className="muted small" dateTime={group.to} title={group.to}>
                {readableAge(group.to, Date.now())} · {revisionsOf(group)}
              </time>
            </button>
            {timeline.versions
              .filter(({ revision }) => isWithin(revision, group))
              .map((version) => (
                <div key={version.id} className="timeline-version">
                  <button
                    type="button"
                    className="text-button"
                    onClick={() => props.onChoose(index, version.revision)}
                  >
                    {version.name}
                  </button>
                  {props.onForget !== null && (
                    <button
                      type="button"
                      className="icon-button is-small"
                      aria-label={`Forget the name ${version.name}`}
                      onClick={() => props.onForget?.(version)}
                    >
                      ×
                    </button>
                  )}
                </div>
              ))}
          </li>
        ))}
      </ol>
      {timeline.more !== null && (
        <button type="button" className="push-button is-quiet" onClick={timeline.more}>
          Show earlier
        </button>
      )}
    </div>
  );
}

function isWithin(revision: number, group: TimelineGroup): boolean {
  return group.first_revision <= revision && revision <= group.last_revision;
}

function revisionsOf({ first_revision: first, last_revision: last }: TimelineGroup): string {
  return first === last ? `revision ${last}` : `revisions ${first}–${last}`;
}
