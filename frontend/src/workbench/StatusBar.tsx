import { useSyncExternalStore } from 'react';
import type { Store } from '../collab/store';
import { CopyCommand, openCommand } from '../components/CopyCommand';
import { LanguagePicker } from '../components/LanguagePicker';
import type { CaretPosition } from './editorHandle';

export function StatusBar(props: {
  readonly document: string;
  readonly caret: Store<CaretPosition>;
  readonly language: string;
  readonly onLanguage: (language: string) => void;
  readonly onCommands: () => void;
}) {
  return (
    <footer className="status-bar">
      <CopyCommand command={openCommand(props.document)} />
      <span className="spacer" />
      <Caret at={props.caret} />
      <LanguagePicker value={props.language} onPick={props.onLanguage} />
      <button
        type="button"
        className="push-button is-small is-quiet"
        title="All commands (F1)"
        onClick={props.onCommands}
      >
        Commands
      </button>
    </footer>
  );
}

function Caret(props: { readonly at: Store<CaretPosition> }) {
  const { line, column } = useSyncExternalStore(props.at.subscribe, props.at.value);
  return (
    <span className="caret-position" title="Line and column">
      {line}:{column}
    </span>
  );
}
