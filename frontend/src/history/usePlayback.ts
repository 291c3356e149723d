import { useEffect, useState } from 'react';

/** How long each step of a document's life is shown. */
const STEP_MS = 900;

export interface Playback {
  readonly playing: boolean;
  readonly toggle: () => void;
  readonly stop: () => void;
}

/** Walks from the oldest step (the highest index) to the newest; from the beginning if it stands at the end. */
export function usePlayback(
  steps: number,
  at: number,
  isReady: boolean,
  go: (index: number) => void,
): Playback {
  const [playing, setPlaying] = useState(false);
  const isAtEnd = at <= 0;
  useEffect(() => {
    if (!playing || !isReady) {
      return;
    }
    if (isAtEnd) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => go(at - 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, isReady, isAtEnd, at, go]);

  return {
    playing,
    toggle: () => {
      if (!playing && isAtEnd && steps > 1) {
        go(steps - 1);
      }
      setPlaying(!playing && steps > 1);
    },
    stop: () => setPlaying(false),
  };
}
