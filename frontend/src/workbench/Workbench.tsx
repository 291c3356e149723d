/** An open document: the bars, the text, and what can be shown over it. */
import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useIdentity } from '../account/useAccount';
import type { DocumentSession } from '../collab/session';
import { FrameStore } from '../collab/store';
import { useSessionPart } from '../collab/useSession';
import { Palette } from '../commands/Palette';
import { useShortcuts } from '../commands/useShortcuts';
import { NoticeBar } from '../components/NoticeBar';
import { languageOf } from '../editor/languages';
import { EditorArea } from './EditorArea';
import type { CaretPosition, EditorHandle } from './editorHandle';
import { FollowBar } from './FollowBar';
import { LoginBanner } from './LoginBanner';
import { OfflineBar } from './OfflineBar';
import { StatusBar } from './StatusBar';
import { TitleBar } from './TitleBar';
import { commandsOf, type Shown } from './useCommands';
import { useDeeds } from './useDeeds';
import type { Details } from './useDetails';
import { useMeeting } from './useMeeting';

const ShareDialog = lazy(async () => ({
  default: (await import('../sharing/ShareDialog')).ShareDialog,
}));
const HistoryPanel = lazy(async () => ({
  default: (await import('../history/HistoryPanel')).HistoryPanel,
}));
const ShortcutSheet = lazy(async () => ({
  default: (await import('../commands/ShortcutSheet')).ShortcutSheet,
}));

export function Workbench(props: {
  readonly session: DocumentSession;
  readonly details: Details;
  readonly name: string;
}) {
  const { session, details, name } = props;
  const people = useSessionPart(session, (view) => view.people);
  const notice = useSessionPart(session, (view) => view.notice);
  const loginNeeded = useSessionPart(session, (view) => view.loginNeeded);
  const mayEdit = useSessionPart(
    session,
    ({ state }) => state !== 'read-only' && state !== 'ended',
  );
  const hasEnded = useSessionPart(session, ({ state }) => state === 'ended');
  const identity = useIdentity();
  const editor = useRef<EditorHandle>(null);
  const meeting = useMeeting(editor);
  const [shown, show] = useState<Shown>('nothing');
  const [caret] = useState(() => new FrameStore<CaretPosition>({ line: 1, column: 1 }));
  const [wrap, setWrap] = useState(false);
  const [picked, setPicked] = useState<string | null>(null);
  const onCaret = useCallback((position: CaretPosition) => caret.set(position), [caret]);

  const role = details.document?.role ?? null;
  const isOwner = role === 'owner';
  const language = picked ?? languageOf(name, details.document?.language ?? null);
  const close = () => {
    // Gone at once: while a dialog stands, nothing behind it can take the focus.
    flushSync(() => show('nothing'));
    editor.current?.focus();
  };
  const deeds = useDeeds(session, details, editor, {
    show,
    pick: setPicked,
    wrapLines: () => setWrap((before) => !before),
  });
  const commands = () => commandsOf(people, meeting, editor.current, deeds);
  useShortcuts(commandsOf(people, meeting, null, deeds), shown === 'nothing');

  return (
    <div className="editor-page">
      <TitleBar
        session={session}
        people={people}
        name={name}
        role={role}
        meeting={meeting}
        onRename={isOwner ? (wanted) => deeds.change({ name: wanted }) : null}
        onShow={hasEnded ? null : show}
      />
      {notice !== null && <NoticeBar notice={notice} onPutAway={() => session.putNoticeAway()} />}
      <LoginBanner session={session} needed={loginNeeded} />
      <OfflineBar session={session} />
      <FollowBar follow={meeting.follow} people={people} />
      <main className="editor-area">
        <EditorArea
          session={session}
          language={language}
          wrap={wrap}
          readOnly={!mayEdit}
          follow={meeting.follow}
          whereabouts={meeting.whereabouts}
          handle={editor}
          onCaret={onCaret}
        />
      </main>
      <StatusBar
        document={session.document}
        caret={caret}
        language={language}
        onLanguage={deeds.pickLanguage}
        onCommands={() => show('palette')}
      />
      <Suspense fallback={null}>
        {shown === 'history' && (
          <HistoryPanel
            session={session}
            name={name}
            mayWrite={role !== 'viewer'}
            person={identity.phase === 'in' ? null : session.person}
            lineEnding={details.document?.line_ending ?? 'lf'}
            onClose={close}
          />
        )}
        {shown === 'share' && (
          <ShareDialog document={session.document} name={name} role={role} onClose={close} />
        )}
        {shown === 'palette' && (
          <Palette commands={commands().filter(({ id }) => id !== 'palette')} onClose={close} />
        )}
        {shown === 'shortcuts' && <ShortcutSheet commands={commands()} onClose={close} />}
      </Suspense>
    </div>
  );
}
