/** What a document was, and who made it so. */
import type { Api, Schemas } from './client';

export type Timeline = Schemas['Timeline'];
export type TimelineGroup = Schemas['TimelineGroup'];
export type Version = Schemas['Version'];
export type Writer = Schemas['Writer'];
export type Hunk = Schemas['Hunk'];
export type Blame = Schemas['Blame'];
export type BlameRun = Schemas['BlameRun'];

export function readTimeline(api: Api, id: string, cursor: string | null): Promise<Timeline> {
  return api.call('get', '/api/documents/{id}/history', {
    path: { id },
    query: cursor === null ? {} : { cursor },
  });
}

export async function listVersions(api: Api, id: string): Promise<readonly Version[]> {
  const found: Version[] = [];
  let cursor: string | null = null;
  do {
    const page: Schemas['VersionPage'] = await api.call('get', '/api/documents/{id}/versions', {
      path: { id },
      query: cursor === null ? {} : { cursor },
    });
    found.push(...page.versions);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

export function nameVersion(
  api: Api,
  id: string,
  name: string,
  revision: number,
): Promise<Version> {
  return api.call('post', '/api/documents/{id}/versions', {
    path: { id },
    body: { name, revision },
  });
}

export async function forgetVersion(api: Api, id: string, version: string): Promise<void> {
  await api.call('delete', '/api/documents/{id}/versions/{version}', { path: { id, version } });
}

export function readText(api: Api, id: string, revision: number): Promise<string> {
  return api.call('get', '/api/documents/{id}/content', { path: { id }, query: { revision } });
}

/** What differs between two revisions, line by line. */
export async function compare(
  api: Api,
  id: string,
  from: number,
  to: number,
): Promise<readonly Hunk[]> {
  const found = await api.call('get', '/api/documents/{id}/diff', {
    path: { id },
    query: { from, to },
  });
  return found.hunks;
}

/** Makes the text what it was, by a new edit. `person` signs it on a server without accounts. */
export async function restoreRevision(
  api: Api,
  id: string,
  revision: number,
  person: string | null,
): Promise<void> {
  await api.call('post', '/api/documents/{id}/history/{revision}/restore', {
    path: { id, revision },
    query: person === null ? {} : { person },
  });
}

export function readBlame(api: Api, id: string, revision: number): Promise<Blame> {
  return api.call('get', '/api/documents/{id}/blame', { path: { id }, query: { revision } });
}
