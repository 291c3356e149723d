/** Keys as people write them, and whether one was pressed. */

interface Chord {
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly key: string;
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

export function isPressed(keys: string, event: Pressed): boolean {
  const chord = read(keys);
  return (
    chord.ctrl === (event.ctrlKey || event.metaKey) &&
    chord.shift === event.shiftKey &&
    chord.alt === event.altKey &&
    chord.key === keyOf(event)
  );
}

function read(keys: string): Chord {
  const parts = keys.split('+');
  return {
    ctrl: parts.includes('Ctrl'),
    shift: parts.includes('Shift'),
    alt: parts.includes('Alt'),
    key: (parts.at(-1) ?? '').toLowerCase(),
  };
}

/** The key by its place where Alt makes another character of it, as on a Mac. */
function keyOf({ key, code, altKey }: Pressed): string {
  const place = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  return (altKey && place !== undefined ? place : key).toLowerCase();
}
