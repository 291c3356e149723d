import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

/** A name that becomes a field when clicked. Enter or leaving keeps the new name, Escape the old one. */
export function InlineName(props: {
  readonly value: string;
  readonly label: string;
  readonly className?: string;
  readonly onRename: (name: string) => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const editing = draft !== null;

  useEffect(() => {
    if (editing) {
      field.current?.select();
    }
  }, [editing]);

  const keep = () => {
    const name = draft?.trim() ?? '';
    setDraft(null);
    if (name !== '' && name !== props.value) {
      props.onRename(name);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      keep();
    } else if (event.key === 'Escape') {
      setDraft(null);
    }
  };

  if (draft === null) {
    return (
      <button
        type="button"
        className={`inline-name ${props.className ?? ''}`}
        title={`${props.label}: click to change`}
        onClick={() => setDraft(props.value)}
      >
        {props.value}
      </button>
    );
  }
  return (
    <input
      ref={field}
      className={`inline-name is-editing ${props.className ?? ''}`}
      aria-label={props.label}
      value={draft}
      maxLength={256}
      size={Math.max(6, Math.min(40, draft.length + 1))}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={keep}
      onKeyDown={onKeyDown}
    />
  );
}
