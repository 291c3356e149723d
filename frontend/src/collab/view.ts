/** What the user interface knows of an open document. */
import type { State } from '../wasm/codesync_core';

export interface Person {
  readonly author: number;
  readonly name: string;
  readonly color: number;
}

/** Something the user should know and may put away. */
export interface Notice {
  readonly text: string;
  /** Text of the user's that has no place in the document any more; never thrown away unseen. */
  readonly copy?: string;
  /** Where that text went. */
  readonly link?: string;
  /** An answer, and nothing that is amiss. */
  readonly isCalm?: boolean;
}

export interface SessionView {
  readonly phase: 'opening' | 'open' | 'failed';
  /** Why `failed`: a sentence that says what to do. */
  readonly failure: string | null;
  /** The document's name, once somebody told us. */
  readonly name: string | null;
  readonly state: State;
  readonly saved: number;
  readonly unsavedEdits: number;
  /** Whether unsent edits survive the tab. */
  readonly kept: boolean;
  readonly online: boolean;
  /** The server does not take anything before somebody logs in. */
  readonly loginNeeded: boolean;
  readonly people: readonly Person[];
  readonly notice: Notice | null;
}

export const OPENING: SessionView = {
  phase: 'opening',
  failure: null,
  name: null,
  state: 'loading',
  saved: 0,
  unsavedEdits: 0,
  kept: true,
  online: true,
  loginNeeded: false,
  people: [],
  notice: null,
};

export function samePeople(left: readonly Person[], right: readonly Person[]): boolean {
  return (
    left.length === right.length &&
    left.every((person, index) => {
      const other = right[index];
      return (
        other !== undefined &&
        other.author === person.author &&
        other.name === person.name &&
        other.color === person.color
      );
    })
  );
}
