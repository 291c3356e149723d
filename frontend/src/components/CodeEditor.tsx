/** Monaco on a document session. Imported lazily: everything behind this file is the editor chunk. */
import { useEffect, useImperativeHandle, useRef } from 'react';
import { Binding } from '../collab/binding';
import type { Follow } from '../collab/follow';
import { Presence } from '../collab/presence';
import { monaco } from '../editor/monaco';
import { followTheme } from '../editor/themes';
import type { EditorProps } from '../workbench/editorProps';

const OPTIONS = {
  automaticLayout: true,
  fontFamily:
    'ui-monospace, "SF Mono", SFMono-Regular, Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace',
  fontSize: 13.5,
  lineHeight: 21,
  minimap: { enabled: false },
  padding: { top: 12, bottom: 48 },
  renderFinalNewline: 'on',
  renderWhitespace: 'selection',
  scrollBeyondLastLine: false,
  smoothScrolling: true,
  cursorSmoothCaretAnimation: 'off',
  roundedSelection: true,
  unicodeHighlight: { ambiguousCharacters: true, invisibleCharacters: true },
  // Lines end in '\n' alone, in every client; U+2028 and the like are ordinary characters.
  unusualLineTerminators: 'off',
  wordBasedSuggestions: 'off',
  quickSuggestions: false,
  // Indentation follows the text that is there; nothing reformats what others are typing in.
  formatOnPaste: false,
  formatOnType: false,
  trimAutoWhitespace: false,
  stickyScroll: { enabled: false },
  overviewRulerBorder: false,
  hideCursorInOverviewRuler: true,
  find: { addExtraSpaceOnTop: false },
  fixedOverflowWidgets: true,
  // A menu in a shadow tree would be out of reach of the theme's colours.
  useShadowDOM: false,
  accessibilitySupport: 'auto',
} satisfies monaco.editor.IStandaloneEditorConstructionOptions;

/** Above this a text is large, and some comforts go. */
const SMALL_CHARS_MAX = 200_000;

/** The part of Monaco's model that its worker's services ask. */
interface SyncedModel {
  isTooLargeForSyncing: () => boolean;
}

const { KeyCode, KeyMod } = monaco;
const UNDO_KEYS = [KeyMod.CtrlCmd | KeyCode.KeyZ];
const REDO_KEYS = [KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.KeyZ, KeyMod.CtrlCmd | KeyCode.KeyY];

export function CodeEditor(props: EditorProps) {
  const { session, language, wrap, readOnly, follow, whereabouts, handle, onCaret } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const presence = useRef<Presence>(null);

  useEffect(() => {
    if (host.current === null) {
      return;
    }
    const disposals: (() => void)[] = [];
    const open = <Thing extends monaco.IDisposable>(thing: Thing): Thing => {
      disposals.push(() => thing.dispose());
      return thing;
    };
    open(followTheme());
    const model = open(monaco.editor.createModel('', 'plaintext'));
    const opened = open(monaco.editor.create(host.current, { ...OPTIONS, model: null }));
    const binding = open(
      new Binding(
        opened,
        model,
        session.replica,
        (message) => session.show({ text: `That edit was not taken: ${message}.` }),
        () => follow.leader() !== null,
      ),
    );
    if (model.getValueLength() > SMALL_CHARS_MAX) {
      spareProcessor(opened, model);
    }
    opened.setModel(model);
    const drawn = open(new Presence(opened, model, follow, whereabouts));
    open(suspendByHand(host.current, follow));
    open(offerUndo(opened, 'Undo', UNDO_KEYS, session.replica.undo));
    open(offerUndo(opened, 'Redo', REDO_KEYS, session.replica.redo));
    disposals.push(session.attach({ binding, presence: drawn }));
    open(
      opened.onDidChangeCursorPosition(({ position }) =>
        onCaret({ line: position.lineNumber, column: position.column }),
      ),
    );
    editor.current = opened;
    presence.current = drawn;
    opened.setPosition({ lineNumber: 1, column: 1 });
    // Who has moved nowhere yet stands somewhere all the same.
    session.replica.select([{ anchor: 0, head: 0 }]);
    opened.focus();
    return () => {
      editor.current = null;
      presence.current = null;
      for (const dispose of disposals.reverse()) {
        dispose();
      }
    };
  }, [session, follow, whereabouts, onCaret]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (model) {
      monaco.editor.setModelLanguage(model, language);
    }
  }, [language]);

  useEffect(() => {
    editor.current?.updateOptions({ readOnly, wordWrap: wrap ? 'on' : 'off' });
  }, [readOnly, wrap]);

  useImperativeHandle(
    handle,
    () => ({
      focus: () => editor.current?.focus(),
      reveal: (author) => presence.current?.reveal(author),
      line: () => editor.current?.getPosition()?.lineNumber ?? 1,
      actions: () => actionsOf(editor.current),
    }),
    [],
  );

  return <div ref={host} className="code-editor" data-testid="code-editor" />;
}

/**
 * In a large text a key does without what would look through all of it. As Monaco does above 50 MB, changes are not
 * copied to its worker: links are not underlined then, and odd characters are looked for where one looks.
 */
function spareProcessor(
  codeEditor: monaco.editor.ICodeEditor,
  model: monaco.editor.ITextModel,
): void {
  (model as unknown as SyncedModel).isTooLargeForSyncing = () => true;
  codeEditor.updateOptions({ links: false, occurrencesHighlight: 'off' });
}

/** What the editor offers by itself, under its own names. */
function actionsOf(codeEditor: monaco.editor.IStandaloneCodeEditor | null) {
  const actions = codeEditor?.getSupportedActions() ?? [];
  return actions
    .filter(({ label }) => label !== '')
    .map((action) => ({
      id: action.id,
      label: action.label,
      run: () => {
        codeEditor?.focus();
        void action.run();
      },
    }));
}

/** Whoever scrolls, clicks or types wants to be elsewhere than the one he follows. */
function suspendByHand(host: HTMLElement, follow: Follow): monaco.IDisposable {
  const suspend = () => follow.suspend();
  const events = ['wheel', 'pointerdown', 'keydown'] as const;
  for (const event of events) {
    host.addEventListener(event, suspend, { capture: true, passive: true });
  }
  return {
    dispose: () => {
      for (const event of events) {
        host.removeEventListener(event, suspend, { capture: true });
      }
    },
  };
}

/** Puts the core's undo where people look for it: the keys, the context menu and the command palette. */
function offerUndo(
  codeEditor: monaco.editor.IStandaloneCodeEditor,
  label: 'Undo' | 'Redo',
  keybindings: number[],
  run: () => void,
): monaco.IDisposable {
  return codeEditor.addAction({
    id: `codesync.${label.toLowerCase()}`,
    label,
    keybindings,
    precondition: '!editorReadonly',
    keybindingContext: 'editorTextFocus',
    contextMenuGroupId: '0_undo',
    contextMenuOrder: label === 'Undo' ? 1 : 2,
    run,
  });
}
