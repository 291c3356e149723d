/**
 * Where the server is. The server that serves the page is usually the one it talks to; a page that is built for files
 * on a CDN may name another (`CODESYNC_API_ORIGIN` while building).
 */
export const API_ORIGIN = import.meta.env.CODESYNC_API_ORIGIN ?? '';

/** Address of the socket. */
export function socketUrl(): string {
  const url = new URL('/socket', API_ORIGIN === '' ? window.location.href : API_ORIGIN);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** The address under which programs, such as `codesync open`, reach the server. */
export function serverOrigin(): string {
  return API_ORIGIN === '' ? window.location.origin : new URL(API_ORIGIN).origin;
}
