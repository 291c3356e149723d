export const TYPES: URL;
export function apiTypes(): Promise<string>;
