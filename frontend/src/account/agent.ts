/** A program's name out of what it calls itself (`User-Agent`): "Firefox on Linux". */

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

export function agentName(agent: string): string {
  const browser = first(BROWSERS, agent);
  if (browser === undefined) {
    return agent === '' ? 'An unknown program' : agent;
  }
  const system = first(SYSTEMS, agent);
  return system === undefined ? browser : `${browser} on ${system}`;
}

function first(table: readonly [RegExp, string][], agent: string): string | undefined {
  return table.find(([pattern]) => pattern.test(agent))?.[1];
}
