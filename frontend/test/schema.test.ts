import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { apiTypes, TYPES } from '../scripts/api-types.mjs';

test('the types of the REST interface are those of the server’s description', async () => {
  expect(await readFile(TYPES, 'utf8'), 'run `npm run api-types`').toBe(await apiTypes());
});
