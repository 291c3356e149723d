import { useEffect, useRef } from 'react';
import type { Command } from './command';
import { isPressed } from './keys';

/** Carries out the command whose key is pressed, before the editor or the browser sees it. */
export function useShortcuts(commands: readonly Command[], enabled: boolean): void {
  const present = useRef(commands);
  useEffect(() => {
    present.current = commands;
  });
  useEffect(() => {
    if (!enabled) {
      return;
    }
    const onKeyDown = (event: KeyboardEvent) => {
      const command = present.current.find(({ keys }) => keys?.some((it) => isPressed(it, event)));
      if (command !== undefined) {
        event.preventDefault();
        event.stopPropagation();
        command.run();
      }
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [enabled]);
}
