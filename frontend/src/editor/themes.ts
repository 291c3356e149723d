/** The editor's themes, in the page's own greys, and for high contrast Monaco's own. */
import { editor, type IDisposable } from 'monaco-editor/editor';
import { type Theme, themes } from '../theme';

const LIGHT = 'codesync-light';
const DARK = 'codesync-dark';

editor.defineTheme(LIGHT, {
  base: 'vs',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '6a7280', fontStyle: 'italic' },
    { token: 'keyword', foreground: '8a2ca8' },
    { token: 'string', foreground: '1f7a43' },
    { token: 'number', foreground: 'a2460f' },
    { token: 'type', foreground: '1c5fb0' },
    { token: 'metatag', foreground: '1c5fb0' },
  ],
  colors: {
    'editor.background': '#ffffff',
    'editor.foreground': '#1f2328',
    'editorLineNumber.foreground': '#a5abb5',
    'editorLineNumber.activeForeground': '#4c5563',
    'editor.lineHighlightBackground': '#f5f6f8',
    'editor.lineHighlightBorder': '#00000000',
    'editorCursor.foreground': '#1f2328',
    'editor.selectionBackground': '#cfdffc',
    'editor.inactiveSelectionBackground': '#e4ebf8',
    'editorIndentGuide.background1': '#eceef1',
    'editorIndentGuide.activeBackground1': '#cdd2da',
    'editor.findMatchBackground': '#ffcf70',
    'editor.findMatchHighlightBackground': '#ffe7b3',
    'editor.rangeHighlightBackground': '#f5f6f8',
    'editorWidget.background': '#ffffff',
    'editorWidget.border': '#d5d9df',
    'widget.shadow': '#1b1f2426',
    'input.border': '#c9ced6',
    'menu.background': '#ffffff',
    'menu.foreground': '#1f2328',
    'menu.border': '#d5d9df',
    'menu.separatorBackground': '#e4e7eb',
    'menu.selectionBackground': '#e6edfb',
    'menu.selectionForeground': '#1f2328',
    'quickInput.background': '#ffffff',
    'quickInputList.focusBackground': '#e6edfb',
    'quickInputList.focusForeground': '#1f2328',
    focusBorder: '#2f6feb',
  },
});

editor.defineTheme(DARK, {
  base: 'vs-dark',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '7f8896', fontStyle: 'italic' },
    { token: 'keyword', foreground: 'd39df0' },
    { token: 'string', foreground: '8fd1a0' },
    { token: 'number', foreground: 'f0a870' },
    { token: 'type', foreground: '83b8f7' },
    { token: 'metatag', foreground: '83b8f7' },
  ],
  colors: {
    'editor.background': '#16181d',
    'editor.foreground': '#dfe3e9',
    'editorLineNumber.foreground': '#565d69',
    'editorLineNumber.activeForeground': '#a7afbb',
    'editor.lineHighlightBackground': '#1c1f26',
    'editor.lineHighlightBorder': '#00000000',
    'editorCursor.foreground': '#dfe3e9',
    'editor.selectionBackground': '#2c4470',
    'editor.inactiveSelectionBackground': '#26324a',
    'editorIndentGuide.background1': '#252932',
    'editorIndentGuide.activeBackground1': '#424957',
    'editor.findMatchBackground': '#8a5a12',
    'editor.findMatchHighlightBackground': '#5a4218',
    'editor.rangeHighlightBackground': '#1c1f26',
    'editorWidget.background': '#1f232b',
    'editorWidget.border': '#3a404c',
    'widget.shadow': '#00000080',
    'input.background': '#16181d',
    'input.border': '#3a404c',
    'menu.background': '#1f232b',
    'menu.foreground': '#dfe3e9',
    'menu.border': '#3a404c',
    'menu.separatorBackground': '#343a45',
    'menu.selectionBackground': '#2c4470',
    'menu.selectionForeground': '#ffffff',
    'quickInput.background': '#1f232b',
    'quickInputList.focusBackground': '#2c4470',
    'quickInputList.focusForeground': '#ffffff',
    focusBorder: '#6ea1ff',
  },
});

const NAMES: Record<Theme, string> = {
  light: LIGHT,
  dark: DARK,
  'contrast-light': 'hc-light',
  'contrast-dark': 'hc-black',
};

/** Sets the page's theme, now and whenever that changes. */
export function followTheme(): IDisposable {
  const apply = () => editor.setTheme(NAMES[themes().theme()]);
  apply();
  return { dispose: themes().subscribe(apply) };
}
