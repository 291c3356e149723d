/** Something that is asked of the server: one at a time, and what went wrong as a sentence. */
import { useCallback, useState } from 'react';
import { messageOf } from './api/problem';

export interface Action {
  readonly busy: boolean;
  readonly problem: string | null;
  /** Whether it went well. */
  readonly run: (action: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = useCallback(async (action: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
      return true;
    } catch (error) {
      setProblem(messageOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setProblem(null), []);
  return { busy, problem, run, clear };
}
