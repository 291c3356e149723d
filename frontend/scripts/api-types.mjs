/**
 * Writes `src/api/schema.d.ts` from the server's own description, `docs/openapi.json`. Only what an answer of success
 * looks like is kept: every failure has one shape, which `client.ts` knows.
 */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const DESCRIPTION = new URL('../../docs/openapi.json', import.meta.url);
export const TYPES = new URL('../src/api/schema.d.ts', import.meta.url);

const HEAD = `/**
 * The server's REST interface, made from docs/openapi.json by \`npm run api-types\`. Do not edit.
 */

`;

/** The types as they should be. A test compares them with those that are there. */
export async function apiTypes() {
  const description = JSON.parse(await readFile(DESCRIPTION, 'utf8'));
  for (const path of Object.values(description.paths)) {
    for (const operation of Object.values(path)) {
      if (operation.responses !== undefined) {
        operation.responses = successes(operation.responses);
      }
    }
  }
  delete description.components.responses;
  delete description.components.headers;
  return HEAD + astToString(await openapiTS(description, { alphabetize: true }));
}

function successes(responses) {
  const kept = Object.entries(responses).filter(([status]) => status < '300');
  return Object.fromEntries(
    kept.map(([status, response]) => [status, { ...response, headers: undefined }]),
  );
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(TYPES, await apiTypes());
}
