import { useCallback, useState } from 'react';
import type { Api } from '../api/client';
import { type Document, type OwnDocument, readDocument } from '../api/documents';
import { ApiError } from '../api/problem';

export interface Details {
  readonly document: OwnDocument | null;
  readonly missing: boolean;
  readonly refresh: () => void;
  readonly replace: (document: Document) => void;
}

/** What REST says about the document. The text does not wait for it, nor does it matter while offline. */
export function useDetails(api: Api, id: string): Details {
  const [document, setDocument] = useState<OwnDocument | null>(null);
  const [missing, setMissing] = useState(false);
  const refresh = useCallback(() => {
    readDocument(api, id).then(
      (found) => {
        setDocument(found);
        setMissing(false);
      },
      (error: unknown) =>
        setMissing(error instanceof ApiError && error.code === 'document_not_found'),
    );
  }, [api, id]);
  const replace = useCallback(
    (changed: Document) =>
      setDocument((before) => (before === null ? null : { ...before, ...changed })),
    [],
  );
  return { document, missing, refresh, replace };
}
