import { beforeAll, expect, test } from 'vitest';
import { newClient } from '../src/collab/journal';
import { Connection } from '../src/wasm/codesync_core';
import { loadCoreFromFile } from './core';
import { bytesOf, golden, goldenServerFrame, type OperationVector } from './golden';
import { FakeServer } from './server';

const DOCUMENT = '0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11';

beforeAll(loadCoreFromFile);

/** A client that has said hello and asked for its document. */
function greetingClient(): Connection {
  const core = new Connection('Ana', 1n);
  core.open(DOCUMENT, newClient(), 0);
  core.handleConnected(0);
  return core;
}

test('reads every frame that a server may send', () => {
  const vectors = golden('server');
  expect(vectors.length).toBeGreaterThan(10);
  for (const { name, hex } of vectors) {
    const core = greetingClient();
    core.handleFrame(goldenServerFrame('welcome'), 1);
    try {
      core.handleFrame(bytesOf(hex), 2);
    } catch (error) {
      // Some fit no client in this state, but all of them can be read.
      expect(String(error), name).not.toContain('at byte');
    }
    core.free();
  }
});

test('refuses every frame that is cut off, with an Error and not a trap', () => {
  for (const { name, hex } of golden('server')) {
    const frame = bytesOf(hex);
    for (let length = 0; length < frame.length; length += 1) {
      const core = greetingClient();
      core.handleFrame(goldenServerFrame('welcome'), 1);
      try {
        core.handleFrame(frame.subarray(0, length), 2);
      } catch (error) {
        expect(error, name).not.toBeInstanceOf(WebAssembly.RuntimeError);
      }
      expect(core.status(DOCUMENT).state, name).toBe('loading');
      core.free();
    }
  }
});

test('reads operations as the vectors say they are', async () => {
  const vectors = golden<OperationVector>('operations').filter(({ base_len }) => base_len < 10_000);
  expect(vectors.length).toBeGreaterThan(5);
  for (const { name, hex, base_len, components } of vectors) {
    const before = Array.from(
      { length: base_len },
      (_, index) => ['a', '😀', 'ü'][index % 3] ?? '',
    );
    const server = new FakeServer(before.join(''));
    const core = new Connection('Ana', 1n);
    core.open(DOCUMENT, newClient(), 0);
    core.handleConnected(0);
    for (const frame of server.joinFrames(1)) {
      core.handleFrame(frame, 1);
    }
    core.handleFrame(server.appliedFrame(bytesOf(hex)), 2);

    const after: string[] = [];
    for (const component of components) {
      if ('retain' in component) {
        after.push(...before.splice(0, component.retain));
      } else if ('insert' in component) {
        after.push(component.insert);
      } else {
        before.splice(0, component.delete);
      }
    }
    expect(core.text(DOCUMENT), name).toBe(after.concat(before).join(''));
    core.free();
  }
});
