/**
 * Whose screen this one goes with. One's own scroll suspends that, and nothing else takes the text away from under
 * somebody's eyes.
 */
export interface Following {
  readonly author: number;
  readonly suspended: boolean;
}

export class Follow {
  readonly #listeners = new Set<() => void>();
  #following: Following | null = null;

  readonly following = (): Following | null => this.#following;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begins, or goes on after a suspension. */
  start(author: number): void {
    this.#become({ author, suspended: false });
  }

  stop(): void {
    this.#become(null);
  }

  /** The user has moved the screen. */
  suspend(): void {
    if (this.#following !== null && !this.#following.suspended) {
      this.#become({ ...this.#following, suspended: true });
    }
  }

  /** Whom to go with at the moment. */
  leader(): number | null {
    return this.#following === null || this.#following.suspended ? null : this.#following.author;
  }

  #become(following: Following | null): void {
    this.#following = following;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
