/**
 * Registers the grammars behind `LANGUAGES` with Monaco. Registering is cheap; each grammar is its own chunk and is
 * fetched when a document first uses it. JSON and TOML are ours: Monaco has the one only as a language service of
 * two megabytes and the other not at all.
 */
import { languages } from 'monaco-editor/editor';
import 'monaco-editor/languages/definitions/bat/register';
import 'monaco-editor/languages/definitions/clojure/register';
import 'monaco-editor/languages/definitions/cpp/register';
import 'monaco-editor/languages/definitions/csharp/register';
import 'monaco-editor/languages/definitions/css/register';
import 'monaco-editor/languages/definitions/dart/register';
import 'monaco-editor/languages/definitions/dockerfile/register';
import 'monaco-editor/languages/definitions/elixir/register';
import 'monaco-editor/languages/definitions/fsharp/register';
import 'monaco-editor/languages/definitions/go/register';
import 'monaco-editor/languages/definitions/graphql/register';
import 'monaco-editor/languages/definitions/hcl/register';
import 'monaco-editor/languages/definitions/html/register';
import 'monaco-editor/languages/definitions/ini/register';
import 'monaco-editor/languages/definitions/java/register';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/julia/register';
import 'monaco-editor/languages/definitions/kotlin/register';
import 'monaco-editor/languages/definitions/less/register';
import 'monaco-editor/languages/definitions/lua/register';
import 'monaco-editor/languages/definitions/markdown/register';
import 'monaco-editor/languages/definitions/objective-c/register';
import 'monaco-editor/languages/definitions/perl/register';
import 'monaco-editor/languages/definitions/php/register';
import 'monaco-editor/languages/definitions/powershell/register';
import 'monaco-editor/languages/definitions/protobuf/register';
import 'monaco-editor/languages/definitions/python/register';
import 'monaco-editor/languages/definitions/r/register';
import 'monaco-editor/languages/definitions/ruby/register';
import 'monaco-editor/languages/definitions/rust/register';
import 'monaco-editor/languages/definitions/scala/register';
import 'monaco-editor/languages/definitions/scheme/register';
import 'monaco-editor/languages/definitions/scss/register';
import 'monaco-editor/languages/definitions/shell/register';
import 'monaco-editor/languages/definitions/solidity/register';
import 'monaco-editor/languages/definitions/sql/register';
import 'monaco-editor/languages/definitions/swift/register';
import 'monaco-editor/languages/definitions/typescript/register';
import 'monaco-editor/languages/definitions/vb/register';
import 'monaco-editor/languages/definitions/xml/register';
import 'monaco-editor/languages/definitions/yaml/register';

const PAIRS = [
  { open: '{', close: '}' },
  { open: '[', close: ']' },
  { open: '"', close: '"' },
];
const BRACKETS: [string, string][] = [
  ['{', '}'],
  ['[', ']'],
];

const JSON_GRAMMAR: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenizer: {
    root: [
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, 'type'],
      [/"(?:[^"\\]|\\.)*"/, 'string'],
      [/"(?:[^"\\]|\\.)*$/, 'string.invalid'],
      [/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/, 'number'],
      [/\b(?:true|false|null)\b/, 'keyword'],
      [/\/\/.*$/, 'comment'],
      [/\/\*/, 'comment', '@comment'],
      [/[{}[\],:]/, 'delimiter'],
    ],
    comment: [
      [/[^*]+/, 'comment'],
      [/\*\//, 'comment', '@pop'],
      [/\*/, 'comment'],
    ],
  },
};

const TOML_GRAMMAR: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenizer: {
    root: [
      [/#.*$/, 'comment'],
      [/^\s*\[\[?[^\]]*\]\]?/, 'metatag'],
      [/(?:[\w-]+|"[^"]*"|'[^']*')(?=\s*(?:\.|=))/, 'type'],
      [/"""/, 'string', '@longBasic'],
      [/'''/, 'string', '@longLiteral'],
      [/"(?:[^"\\]|\\.)*"/, 'string'],
      [/'[^']*'/, 'string'],
      [/\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[-+]\d{2}:\d{2})?)?/, 'number'],
      [/[-+]?(?:0x[\da-fA-F_]+|0o[0-7_]+|0b[01_]+|[\d_]+(?:\.[\d_]+)?(?:[eE][-+]?\d+)?)/, 'number'],
      [/\b(?:true|false|inf|nan)\b/, 'keyword'],
      [/[{}[\],.=]/, 'delimiter'],
    ],
    longBasic: [
      [/"""/, 'string', '@pop'],
      [/\\./, 'string.escape'],
      [/[^"\\]+|"/, 'string'],
    ],
    longLiteral: [
      [/'''/, 'string', '@pop'],
      [/[^']+|'/, 'string'],
    ],
  },
};

languages.register({ id: 'json', extensions: ['.json'] });
languages.setMonarchTokensProvider('json', JSON_GRAMMAR);
languages.setLanguageConfiguration('json', {
  brackets: BRACKETS,
  autoClosingPairs: PAIRS,
  comments: { lineComment: '//', blockComment: ['/*', '*/'] },
});

languages.register({ id: 'toml', extensions: ['.toml'] });
languages.setMonarchTokensProvider('toml', TOML_GRAMMAR);
languages.setLanguageConfiguration('toml', {
  brackets: BRACKETS,
  autoClosingPairs: PAIRS,
  comments: { lineComment: '#' },
});
