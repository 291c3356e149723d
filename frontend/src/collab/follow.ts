import { Store } from './store';

/**
 * Whose screen this one goes with. One's own scroll suspends that, and nothing else takes the text away from under
 * somebody's eyes.
 */
export interface Following {
  readonly author: number;
  readonly suspended: boolean;
}

export class Follow extends Store<Following | null> {
  constructor() {
    super(null);
  }

  /** Begins, or goes on after a suspension. */
  start(author: number): void {
    this.set({ author, suspended: false });
  }

  stop(): void {
    this.set(null);
  }

  /** The user has moved the screen. */
  suspend(): void {
    const following = this.value();
    if (following !== null && !following.suspended) {
      this.set({ ...following, suspended: true });
    }
  }

  /** Whom to go with at the moment. */
  leader(): number | null {
    const following = this.value();
    return following === null || following.suspended ? null : following.author;
  }
}
