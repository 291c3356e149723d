/** Where the others stand: on which line, and whether one sees it. */
export interface Place {
  readonly line: number;
  readonly side: 'above' | 'in sight' | 'below';
}

export type Places = ReadonlyMap<number, Place>;

/** By author. The editor says it, the avatars show it. */
export class Whereabouts {
  readonly #listeners = new Set<() => void>();
  #places: Places = new Map();

  readonly places = (): Places => this.#places;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What is as it was is not told again: this is said with every key. */
  set(places: Places): void {
    if (!areSame(this.#places, places)) {
      this.#places = places;
      for (const listener of this.#listeners) {
        listener();
      }
    }
  }
}

function areSame(left: Places, right: Places): boolean {
  if (left.size !== right.size) {
    return false;
  }
  for (const [author, place] of left) {
    const other = right.get(author);
    if (other?.line !== place.line || other.side !== place.side) {
      return false;
    }
  }
  return true;
}
