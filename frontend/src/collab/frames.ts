/**
 * What is shown need not be told more often than it can be seen: once before each frame. A key, its acknowledgement and
 * what others typed meanwhile are drawn together, and none of them waits for the drawing of the others.
 */
const waiting = new Set<() => void>();

/** Makes of an action a wish for it: however often uttered, it is carried out once, before the next frame. */
export function oncePerFrame(action: () => void): () => void {
  return () => {
    if (waiting.size === 0) {
      schedule();
    }
    waiting.add(action);
  };
}

function schedule(): void {
  // A tab that is not seen has no frames; what it shows is put right all the same.
  if (document.visibilityState === 'visible') {
    requestAnimationFrame(carryOut);
  } else {
    setTimeout(carryOut);
  }
}

function carryOut(): void {
  const actions = Array.from(waiting);
  waiting.clear();
  for (const action of actions) {
    action();
  }
}
