import { type DragEvent, type ReactNode, useRef, useState } from 'react';

/** Takes files that are dropped anywhere on it, where somebody takes them. */
export function DropArea(props: {
  readonly onFiles: ((files: readonly File[]) => void) | null;
  readonly children: ReactNode;
}) {
  const [over, setOver] = useState(false);
  /** Entering a child leaves its parent: only as many leavings as enterings are a farewell. */
  const depth = useRef(0);

  const { onFiles } = props;
  const carriesFiles = (event: DragEvent) =>
    onFiles !== null && event.dataTransfer.types.includes('Files');
  const enter = (event: DragEvent) => {
    if (carriesFiles(event)) {
      depth.current += 1;
      setOver(true);
    }
  };
  const leave = () => {
    depth.current = Math.max(0, depth.current - 1);
    setOver(depth.current > 0);
  };
  const drop = (event: DragEvent) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      onFiles?.(Array.from(event.dataTransfer.files));
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the Upload button does the same by keyboard.
    <div
      className="drop-area"
      data-over={over}
      onDragEnter={enter}
      onDragLeave={leave}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      {props.children}
      {over && <p className="drop-hint">Drop files to make documents of them</p>}
    </div>
  );
}
