/** The golden vectors of the protocol, which every implementation reads. */
import { readFileSync } from 'node:fs';

export interface Vector {
  readonly name: string;
  readonly hex: string;
}

export interface OperationVector extends Vector {
  readonly base_len: number;
  readonly components: readonly (
    | { readonly retain: number }
    | { readonly insert: string }
    | { readonly delete: number }
  )[];
}

export function golden<Kind extends Vector>(file: 'client' | 'operations' | 'server'): Kind[] {
  const path = new URL(`../../codesync-core/tests/golden/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Kind[];
}

export function goldenServerFrame(name: string): Uint8Array {
  const vector = golden('server').find((candidate) => candidate.name === name);
  if (vector === undefined) {
    throw new Error(`there is no golden vector "${name}"`);
  }
  return bytesOf(vector.hex);
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
