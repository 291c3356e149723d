/** Where the others stand: the editor says it, and the avatars show it. */
import type { Peer, Selection } from '../wasm/codesync_core';
import { Store } from './store';

/** On which line somebody is, and whether one sees it. */
export interface Place {
  readonly line: number;
  readonly side: 'above' | 'in sight' | 'below';
}

/** By author. */
export type Places = ReadonlyMap<number, Place>;

export class Whereabouts extends Store<Places> {
  constructor() {
    super(new Map());
  }

  /** What is as it was is not told again: this is said with every key. */
  override set(places: Places): void {
    if (!areSame(this.value(), places)) {
      super.set(places);
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

/** The same people at other places: author, anchor and head of each selection, one person after another. */
export function placed(peers: readonly Peer[], carets: Uint32Array): readonly Peer[] {
  let at = 0;
  return peers.map((peer) => {
    const selections: Selection[] = [];
    for (; carets[at] === peer.author; at += 3) {
      selections.push({ anchor: carets[at + 1] ?? 0, head: carets[at + 2] ?? 0 });
    }
    return { ...peer, selections };
  });
}
