/** Documents: find, make, name, throw away. */
import type { Api, Schemas } from './client';

export type Document = Schemas['Document'];
export type ListedDocument = Schemas['ListedDocument'];
export type OwnDocument = Schemas['DocumentWithRole'];
export type DocumentPage = Schemas['DocumentPage'];
export type TrashedDocument = Schemas['TrashedDocument'];
export type Role = Schemas['Role'];

/** Documents that one request brings. */
const PAGE = 50;

export function listDocuments(
  api: Api,
  search: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<DocumentPage> {
  const query = { limit: PAGE, search, ...(cursor === null ? {} : { cursor }) };
  return api.call('get', '/api/documents', {
    query: search === '' ? { ...query, search: undefined } : query,
    signal,
  });
}

export function readDocument(api: Api, id: string): Promise<OwnDocument> {
  return api.call('get', '/api/documents/{id}', { path: { id } });
}

export function createDocument(api: Api, wanted: Schemas['NewDocument']): Promise<Document> {
  return api.call('post', '/api/documents', { body: wanted });
}

export function changeDocument(
  api: Api,
  id: string,
  change: Schemas['DocumentChange'],
): Promise<Document> {
  return api.call('patch', '/api/documents/{id}', { path: { id }, body: change });
}

export async function trashDocument(api: Api, id: string): Promise<void> {
  await api.call('delete', '/api/documents/{id}', { path: { id } });
}

export async function listTrash(api: Api): Promise<readonly TrashedDocument[]> {
  return (await api.call('get', '/api/documents/trash', {})).documents;
}

export async function restoreDocument(api: Api, id: string): Promise<void> {
  await api.call('post', '/api/documents/{id}/restore', { path: { id } });
}
