import { CopyCommand, openCommand } from '../components/CopyCommand';
import { LanguagePicker } from '../components/LanguagePicker';
import type { CaretPosition } from './editorHandle';

export function StatusBar(props: {
  readonly document: string;
  readonly caret: CaretPosition;
  readonly language: string;
  readonly onLanguage: (language: string) => void;
  readonly onCommands: () => void;
}) {
  const { caret } = props;
  return (
    <footer className="status-bar">
      <CopyCommand command={openCommand(props.document)} />
      <span className="spacer" />
      <span className="caret-position" title="Line and column">
        {caret.line}:{caret.column}
      </span>
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
