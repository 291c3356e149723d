/** How the commands of an open document are carried out. */
import { useApi } from '../account/useAccount';
import type { Schemas } from '../api/client';
import { changeDocument } from '../api/documents';
import { readBlame } from '../api/history';
import { messageOf } from '../api/problem';
import type { DocumentSession } from '../collab/session';
import { openCommand } from '../components/CopyCommand';
import { stateWords } from '../components/SaveState';
import { asFile, download } from '../download';
import { whoWrote } from '../history/blame';
import { readableCount } from '../readable';
import type { EditorHandle } from './editorHandle';
import type { Deeds, Shown } from './useCommands';
import type { Details } from './useDetails';

/** How long somebody who asked waits for what he has just typed to be saved. */
const SAVING_MS_MAX = 3_000;

/** Waits until everything is saved, or cannot be for now; whether it is. */
function saved(session: DocumentSession): Promise<boolean> {
  const isSaved = () => session.view().unsavedEdits === 0;
  session.sendNow();
  if (session.view().state !== 'sending') {
    return Promise.resolve(isSaved());
  }
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve(isSaved());
    };
    const unsubscribe = session.subscribe(() => {
      if (session.view().state !== 'sending') {
        end();
      }
    });
    const timer = setTimeout(end, SAVING_MS_MAX);
  });
}

export function useDeeds(
  session: DocumentSession,
  details: Details,
  editor: { readonly current: EditorHandle | null },
  page: {
    readonly show: (what: Shown) => void;
    readonly pick: (language: string) => void;
    readonly wrapLines: () => void;
  },
): Deeds & { readonly change: (wish: Schemas['DocumentChange']) => void } {
  const api = useApi();

  const change = async (wish: Schemas['DocumentChange']) => {
    try {
      details.replace(await changeDocument(api, session.document, wish));
    } catch (error) {
      session.show({ text: `That was not changed. ${messageOf(error)}` });
    }
  };
  const sayWhoWrote = async () => {
    if (!(await saved(session))) {
      session.show({ text: 'Ask again once everything is saved.', isCalm: true });
      return;
    }
    // Others may have moved it meanwhile.
    const line = editor.current?.line() ?? 1;
    try {
      const blame = await readBlame(api, session.document, session.view().saved);
      session.show({ text: whoWrote(blame, line, Date.now()), isCalm: true });
    } catch (error) {
      session.show({ text: messageOf(error) });
    }
  };
  const saySaved = async () => {
    const isSaved = await saved(session);
    const view = session.view();
    session.show({
      text: isSaved
        ? `Everything is saved as you type: revision ${readableCount(view.saved)}.`
        : `Not yet: ${stateWords(view)}.`,
      isCalm: true,
    });
  };
  const copyCommand = async () => {
    const command = openCommand(session.document);
    try {
      await navigator.clipboard.writeText(command);
      session.show({ text: `Copied: ${command}`, isCalm: true });
    } catch {
      window.prompt('Copy this command', command);
    }
  };
  return {
    change,
    show: page.show,
    wrapLines: page.wrapLines,
    sayWhoWrote: () => void sayWhoWrote(),
    copyCommand: () => void copyCommand(),
    download: () =>
      download(
        session.view().name ?? 'document.txt',
        asFile(session.text(), details.document?.line_ending ?? 'lf'),
      ),
    pickLanguage: (language) => {
      page.pick(language);
      // The document's own language is its owner's to choose; others look at it as they like.
      if (details.document?.role === 'owner') {
        void change({ language });
      }
    },
    saySaved: () => void saySaved(),
  };
}
