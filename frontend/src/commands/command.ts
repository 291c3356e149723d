/** Something that can be done here: by its key, by the palette, by a button. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** As people read it: `F7`, `Alt+W`, `Ctrl+Shift+P`. The first is shown. */
  readonly keys?: readonly string[];
  readonly group: CommandGroup;
  readonly run: () => void;
}

export type CommandGroup = 'Document' | 'People' | 'History' | 'View' | 'Language' | 'Editor';

/** Those whose label or group has all the words, the ones that begin with the first of them in front. */
export function matching(commands: readonly Command[], search: string): readonly Command[] {
  const words = search.toLowerCase().split(/\s+/u).filter(Boolean);
  const [first] = words;
  if (first === undefined) {
    return commands;
  }
  const isFound = ({ label, group }: Command) => {
    const text = `${group} ${label}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const rank = ({ label }: Command) => (label.toLowerCase().startsWith(first) ? 0 : 1);
  return commands.filter(isFound).toSorted((left, right) => rank(left) - rank(right));
}
