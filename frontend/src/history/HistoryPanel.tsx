/** A document's life: who did what and when, played through, compared, named, taken back, taken out. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '../account/useAccount';
import { forgetVersion, nameVersion, restoreRevision } from '../api/history';
import type { DocumentSession } from '../collab/session';
import { Problem } from '../components/Problem';
import { download } from '../download';
import { useAction } from '../useAction';
import { HistoryTools } from './HistoryTools';
import { MomentText } from './MomentText';
import { TimelineList } from './TimelineList';
import { type Look, useMoment } from './useMoment';
import { usePlayback } from './usePlayback';
import { useTimeline } from './useTimeline';

export function HistoryPanel(props: {
  readonly session: DocumentSession;
  readonly name: string;
  readonly mayWrite: boolean;
  /** Who signs what is taken back, on a server without accounts. */
  readonly person: string | null;
  readonly lineEnding: 'lf' | 'crlf';
  readonly onClose: () => void;
}) {
  const { session, mayWrite, onClose } = props;
  const { document } = session;
  const api = useApi();
  const timeline = useTimeline(document);
  const action = useAction();
  const [chosen, setChosen] = useState(0);
  const [revision, setRevision] = useState<number | null>(null);
  const [base, setBase] = useState<number | null>(null);
  const [look, setLook] = useState<Look>('changes');
  const panel = useRef<HTMLElement>(null);

  const group = timeline.groups[chosen];
  const shown = revision ?? group?.last_revision ?? null;
  const before = base ?? Math.max(0, (group?.first_revision ?? 1) - 1);
  const { moment, problem } = useMoment(document, before, shown, look);
  const isReady = moment !== null && moment.revision === shown;
  const go = useCallback((index: number, wanted: number | null = null) => {
    setChosen(index);
    setRevision(wanted);
  }, []);
  const playback = usePlayback(timeline.groups.length, chosen, isReady, go);

  useEffect(() => panel.current?.focus(), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        onClose();
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [onClose]);

  const restore = async () => {
    if (shown !== null) {
      const done = await action.run(() => restoreRevision(api, document, shown, props.person));
      if (done) {
        onClose();
      }
    }
  };
  const changeNames = (change: () => Promise<unknown>) =>
    void action.run(async () => {
      await change();
      timeline.reload();
    });

  return (
    <section className="history" aria-label="History" tabIndex={-1} ref={panel}>
      <HistoryTools
        group={group}
        revision={shown}
        base={base}
        look={look}
        mayWrite={mayWrite}
        playback={playback}
        busy={action.busy}
        onRevision={(wanted) => {
          playback.stop();
          setRevision(wanted);
        }}
        onLook={setLook}
        onBase={setBase}
        onName={(name) =>
          shown !== null && changeNames(() => nameVersion(api, document, name, shown))
        }
        onRestore={() => void restore()}
        onDownload={() =>
          moment !== null && download(fileName(props.name, moment.revision), moment.text)
        }
        onClose={onClose}
      />
      <Problem text={action.problem ?? timeline.problem ?? problem} />
      <div className="history-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it, its text could not be scrolled by keys. */}
        <section className="moment-area" tabIndex={0} aria-label="What the document was">
          {moment !== null && <MomentText moment={moment} look={look} />}
        </section>
        <TimelineList
          timeline={timeline}
          chosen={chosen}
          onChoose={(index, wanted) => {
            playback.stop();
            go(index, wanted);
          }}
          onForget={
            mayWrite
              ? (version) => changeNames(() => forgetVersion(api, document, version.id))
              : null
          }
        />
      </div>
    </section>
  );
}

/** `notes.md` at revision 42 is `notes-42.md`. */
export function fileName(name: string, revision: number): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? `${name}-${revision}` : `${name.slice(0, dot)}-${revision}${name.slice(dot)}`;
}
