/** Who may do what with a document: members, and links that make members. */
import type { Api, Schemas } from './client';
import type { Role } from './documents';

export type Member = Schemas['Member'];
export type ShareLink = Schemas['Link'];
export type NewLink = Schemas['NewLink'];

export async function listMembers(api: Api, id: string): Promise<readonly Member[]> {
  return (await api.call('get', '/api/documents/{id}/members', { path: { id } })).members;
}

export function invite(api: Api, id: string, login: string, role: Role): Promise<Member> {
  return api.call('post', '/api/documents/{id}/members', { path: { id }, body: { login, role } });
}

export function changeRole(api: Api, id: string, user: string, role: Role): Promise<Member> {
  return api.call('patch', '/api/documents/{id}/members/{user}', {
    path: { id, user },
    body: { role },
  });
}

export async function removeMember(api: Api, id: string, user: string): Promise<void> {
  await api.call('delete', '/api/documents/{id}/members/{user}', { path: { id, user } });
}

export async function listLinks(api: Api, id: string): Promise<readonly ShareLink[]> {
  return (await api.call('get', '/api/documents/{id}/links', { path: { id } })).links;
}

/** A link with its path, which holds the secret and is shown this once. */
export function makeLink(
  api: Api,
  id: string,
  wanted: NewLink,
): Promise<Schemas['LinkWithSecret']> {
  return api.call('post', '/api/documents/{id}/links', { path: { id }, body: wanted });
}

export async function endLink(api: Api, id: string, link: string): Promise<void> {
  await api.call('delete', '/api/documents/{id}/links/{link}', { path: { id, link } });
}
