import type { RefObject } from 'react';
import type { Follow } from '../collab/follow';
import type { DocumentSession } from '../collab/session';
import type { Whereabouts } from '../collab/whereabouts';
import type { CaretPosition, EditorHandle } from './editorHandle';

/** What every editor is given. */
export interface EditorProps {
  readonly session: DocumentSession;
  readonly language: string;
  readonly wrap: boolean;
  readonly readOnly: boolean;
  readonly follow: Follow;
  readonly whereabouts: Whereabouts;
  readonly handle: RefObject<EditorHandle | null>;
  readonly onCaret: (position: CaretPosition) => void;
}
