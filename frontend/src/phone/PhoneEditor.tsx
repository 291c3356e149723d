/** A plain text field on the same replica, for phones. Imported lazily, and without Monaco. */
import { useEffect, useImperativeHandle, useRef } from 'react';
import { TextareaBinding } from '../collab/textarea';
import type { EditorProps } from '../workbench/editorProps';

export function PhoneEditor(props: EditorProps) {
  const { session, readOnly, follow, handle, onCaret } = props;
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const opened = field.current;
    if (opened === null) {
      return;
    }
    const binding = new TextareaBinding(
      opened,
      session.replica,
      (held) => session.hold(held),
      (message) => session.show({ text: `That edit was not taken: ${message}.` }),
    );
    const goAlong = () => {
      const leader = follow.leader();
      if (leader !== null) {
        scrollTo(opened, offsetOf(session.peers(), leader));
      }
    };
    const detach = session.attach({ binding, presence: { show: goAlong } });
    const unsubscribe = follow.subscribe(goAlong);
    return () => {
      unsubscribe();
      detach();
      binding.dispose();
    };
  }, [session, follow]);

  const sayCaret = () => {
    const opened = field.current;
    if (opened !== null) {
      const before = opened.value.slice(0, opened.selectionEnd);
      const line = lineAt(opened.value, opened.selectionEnd);
      onCaret({ line, column: before.length - before.lastIndexOf('\n') });
    }
  };

  useImperativeHandle(
    handle,
    () => ({
      focus: () => field.current?.focus(),
      reveal: (author) => {
        if (field.current !== null) {
          scrollTo(field.current, offsetOf(session.peers(), author));
        }
      },
      line: () =>
        field.current === null ? 1 : lineAt(field.current.value, field.current.selectionEnd),
      actions: () => [],
    }),
    [session],
  );

  const suspend = () => follow.suspend();
  return (
    <textarea
      ref={field}
      className="phone-editor"
      aria-label="Text of the document"
      readOnly={readOnly}
      autoCapitalize="off"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      onSelect={sayCaret}
      onTouchMove={suspend}
      onWheel={suspend}
      onKeyDown={suspend}
    />
  );
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}

function offsetOf(
  peers: ReturnType<EditorProps['session']['peers']>,
  author: number,
): number | undefined {
  return peers.find((peer) => peer.author === author)?.selections[0]?.head;
}

/** A field does not tell where a character is drawn: its line's share of all lines comes close. */
function scrollTo(field: HTMLTextAreaElement, offset: number | undefined): void {
  if (offset !== undefined) {
    const share = (lineAt(field.value, offset) - 0.5) / lineAt(field.value, field.value.length);
    field.scrollTop = share * field.scrollHeight - field.clientHeight / 2;
  }
}
