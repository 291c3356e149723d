import { Dialog } from '../components/Dialog';
import type { Command } from './command';

/** Keys of the editor itself that people look for first. */
const EDITOR_KEYS: readonly (readonly [string, string])[] = [
  ['Undo and redo own edits', 'Ctrl+Z, Ctrl+Y'],
  ['Find, replace', 'Ctrl+F, Ctrl+H'],
  ['Go to a line', 'Ctrl+G'],
  ['Select the next match too', 'Ctrl+D'],
  ['One more caret above or below', 'Ctrl+Alt+Up, Down'],
  ['Move the line', 'Alt+Up, Down'],
  ['Comment', 'Ctrl+/'],
  ['Leave the text with Tab', 'Ctrl+M'],
];

export function ShortcutSheet(props: {
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}) {
  const bound = props.commands.filter(({ keys }) => keys !== undefined);
  return (
    <Dialog title="Keyboard shortcuts" className="shortcuts" onClose={props.onClose}>
      <dl className="shortcut-list">
        {bound.map(({ id, label, keys }) => (
          <Row key={id} label={label} keys={keys?.join(', ') ?? ''} />
        ))}
        {EDITOR_KEYS.map(([label, keys]) => (
          <Row key={label} label={label} keys={keys} />
        ))}
      </dl>
    </Dialog>
  );
}

function Row(props: { readonly label: string; readonly keys: string }) {
  return (
    <div className="shortcut">
      <dt>{props.label}</dt>
      <dd>
        {props.keys.split(', ').map((keys) => (
          <kbd key={keys}>{keys}</kbd>
        ))}
      </dd>
    </div>
  );
}
