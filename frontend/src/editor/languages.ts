/**
 * The languages the picker offers. Ids are Monaco's; a document carries the id of its language, or none for plain text.
 * Grammars are loaded when a document first needs one (see `grammars.ts`).
 */
export interface Language {
  readonly id: string;
  readonly label: string;
  readonly extensions: readonly string[];
}

export const PLAIN_TEXT = 'plaintext';

export const LANGUAGES: readonly Language[] = [
  { id: PLAIN_TEXT, label: 'Plain text', extensions: ['txt', 'text', 'log'] },
  { id: 'bat', label: 'Batch', extensions: ['bat', 'cmd'] },
  { id: 'c', label: 'C', extensions: ['c', 'h'] },
  { id: 'clojure', label: 'Clojure', extensions: ['clj', 'cljs', 'edn'] },
  { id: 'cpp', label: 'C++', extensions: ['cpp', 'cc', 'cxx', 'hpp', 'hh'] },
  { id: 'csharp', label: 'C#', extensions: ['cs'] },
  { id: 'css', label: 'CSS', extensions: ['css'] },
  { id: 'dart', label: 'Dart', extensions: ['dart'] },
  { id: 'dockerfile', label: 'Dockerfile', extensions: ['dockerfile'] },
  { id: 'elixir', label: 'Elixir', extensions: ['ex', 'exs'] },
  { id: 'fsharp', label: 'F#', extensions: ['fs', 'fsx'] },
  { id: 'go', label: 'Go', extensions: ['go'] },
  { id: 'graphql', label: 'GraphQL', extensions: ['graphql', 'gql'] },
  { id: 'hcl', label: 'HCL / Terraform', extensions: ['hcl', 'tf', 'tfvars'] },
  { id: 'html', label: 'HTML', extensions: ['html', 'htm'] },
  { id: 'ini', label: 'INI', extensions: ['ini', 'cfg', 'properties'] },
  { id: 'java', label: 'Java', extensions: ['java'] },
  { id: 'javascript', label: 'JavaScript', extensions: ['js', 'mjs', 'cjs', 'jsx'] },
  { id: 'json', label: 'JSON', extensions: ['json', 'jsonc'] },
  { id: 'julia', label: 'Julia', extensions: ['jl'] },
  { id: 'kotlin', label: 'Kotlin', extensions: ['kt', 'kts'] },
  { id: 'less', label: 'Less', extensions: ['less'] },
  { id: 'lua', label: 'Lua', extensions: ['lua'] },
  { id: 'markdown', label: 'Markdown', extensions: ['md', 'markdown'] },
  { id: 'objective-c', label: 'Objective-C', extensions: ['m', 'mm'] },
  { id: 'perl', label: 'Perl', extensions: ['pl', 'pm'] },
  { id: 'php', label: 'PHP', extensions: ['php'] },
  { id: 'powershell', label: 'PowerShell', extensions: ['ps1', 'psm1'] },
  { id: 'proto', label: 'Protocol Buffers', extensions: ['proto'] },
  { id: 'python', label: 'Python', extensions: ['py', 'pyi'] },
  { id: 'r', label: 'R', extensions: ['r'] },
  { id: 'ruby', label: 'Ruby', extensions: ['rb'] },
  { id: 'rust', label: 'Rust', extensions: ['rs'] },
  { id: 'scala', label: 'Scala', extensions: ['scala', 'sc'] },
  { id: 'scheme', label: 'Scheme', extensions: ['scm', 'ss'] },
  { id: 'scss', label: 'SCSS', extensions: ['scss'] },
  { id: 'shell', label: 'Shell', extensions: ['sh', 'bash', 'zsh'] },
  { id: 'sol', label: 'Solidity', extensions: ['sol'] },
  { id: 'sql', label: 'SQL', extensions: ['sql'] },
  { id: 'swift', label: 'Swift', extensions: ['swift'] },
  { id: 'toml', label: 'TOML', extensions: ['toml'] },
  { id: 'typescript', label: 'TypeScript', extensions: ['ts', 'mts', 'cts', 'tsx'] },
  { id: 'vb', label: 'Visual Basic', extensions: ['vb'] },
  { id: 'xml', label: 'XML', extensions: ['xml', 'svg', 'xsd'] },
  { id: 'yaml', label: 'YAML', extensions: ['yaml', 'yml'] },
];

/** The language a document is shown in: its own, or the one its name suggests, or plain text. */
export function languageOf(name: string, stored: string | null): string {
  if (stored !== null) {
    return LANGUAGES.some((language) => language.id === stored) ? stored : PLAIN_TEXT;
  }
  const file = name.trim().toLowerCase();
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return LANGUAGES.find((language) => language.extensions.includes(extension))?.id ?? PLAIN_TEXT;
}
