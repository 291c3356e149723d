import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('the server is where the page comes from', async () => {
  vi.stubEnv('CODESYNC_API_ORIGIN', '');
  vi.stubGlobal('window', {
    location: { href: 'https://code.example.org/d/1#secret', origin: 'https://code.example.org' },
  });
  const { serverOrigin, socketUrl } = await import('../src/api/origin');
  expect(socketUrl()).toBe('wss://code.example.org/socket');
  expect(serverOrigin()).toBe('https://code.example.org');
});

test('a page that was built for files elsewhere knows its server', async () => {
  vi.stubEnv('CODESYNC_API_ORIGIN', 'https://api.example.org');
  const { API_ORIGIN, serverOrigin, socketUrl } = await import('../src/api/origin');
  expect(API_ORIGIN).toBe('https://api.example.org');
  expect(socketUrl()).toBe('wss://api.example.org/socket');
  expect(serverOrigin()).toBe('https://api.example.org');
});
