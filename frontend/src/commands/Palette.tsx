import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { type Command, matching } from './command';

/** All commands by name. Typing finds, arrows choose, Enter does. */
export function Palette(props: {
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}) {
  const { commands, onClose } = props;
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = matching(commands, search);

  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const run = (command: Command | undefined) => {
    if (command !== undefined) {
      onClose();
      command.run();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = Math.max(1, found.length);
    if (event.key === 'ArrowDown') {
      setAt((at + 1) % count);
    } else if (event.key === 'ArrowUp') {
      setAt((at - 1 + count) % count);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      run(found[at]);
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the palette has a key of its own, Escape.
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Commands"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) {
          onClose();
        }
      }}
    >
      <input
        className="palette-field"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[at] === undefined ? undefined : `${id}-${at}`}
        aria-label="Search commands"
        placeholder="What do you want to do?"
        value={search}
        onChange={(event) => {
          setSearch(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="palette-list" role="listbox" id={id} aria-label="Commands" ref={list}>
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus and names the chosen row.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field's Enter does the same.
          <div
            key={command.id}
            id={`${id}-${index}`}
            className="palette-row"
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => run(command)}
          >
            <span className="palette-group">{command.group}</span>
            <span className="palette-label">{command.label}</span>
            {command.keys?.[0] !== undefined && <kbd>{command.keys[0]}</kbd>}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="palette-none">No command is called that.</p>}
    </dialog>
  );
}
