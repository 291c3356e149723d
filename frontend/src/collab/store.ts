import { oncePerFrame } from './frames';

/** A value that components watch by `useSyncExternalStore(store.subscribe, store.value)`. */
export class Store<Value> {
  readonly #listeners = new Set<() => void>();
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  readonly value = (): Value => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: Value): void {
    this.#value = value;
    this.tell();
  }

  protected tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** The same for what changes with every key: watchers hear of it once before each frame. */
export class FrameStore<Value> extends Store<Value> {
  readonly #tellSoon = oncePerFrame(() => super.tell());

  protected override tell(): void {
    this.#tellSoon();
  }
}
