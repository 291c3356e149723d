/** The REST calls the page makes, typed. Every failure becomes an `ApiError` whose message can be shown as it is. */

export interface Document {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly language: string | null;
  readonly line_ending: 'lf' | 'crlf';
  readonly bytes: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface DocumentPage {
  readonly documents: readonly Document[];
  readonly next: string | null;
}

export interface NewDocument {
  readonly name: string;
  readonly text?: string;
  readonly language?: string;
}

/** `status` is the HTTP status, or 0 when no server answered. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export async function listDocuments(
  search: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<DocumentPage> {
  const query = new URLSearchParams({ limit: '50' });
  if (search !== '') {
    query.set('search', search);
  }
  if (cursor !== null) {
    query.set('cursor', cursor);
  }
  return request<DocumentPage>(`/api/documents?${query}`, { signal });
}

export async function readDocument(id: string, signal?: AbortSignal): Promise<Document> {
  return request<Document>(`/api/documents/${encodeURIComponent(id)}`, signal ? { signal } : {});
}

export async function createDocument(document: NewDocument): Promise<Document> {
  return request<Document>('/api/documents', json('POST', document));
}

export async function updateDocument(
  id: string,
  change: { readonly name?: string; readonly language?: string },
): Promise<Document> {
  return request<Document>(`/api/documents/${encodeURIComponent(id)}`, json('PATCH', change));
}

function json(method: string, body: unknown): RequestInit {
  return {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

async function request<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError('The server does not answer. Check that it is running, then try again.', 0);
  }
  if (!response.ok) {
    throw new ApiError(await problemText(response), response.status);
  }
  return (await response.json()) as Answer;
}

/** What a problem body (RFC 9457) says, or the status when the answer is none: a proxy's page, say. */
async function problemText(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { detail?: unknown; title?: unknown };
    const said = problem.detail ?? problem.title;
    if (typeof said === 'string' && said !== '') {
      return asSentence(said);
    }
  } catch {
    // Not JSON: the status has to do.
  }
  return `The server answered with status ${response.status}.`;
}

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
