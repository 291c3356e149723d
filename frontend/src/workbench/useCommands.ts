/** Everything that can be done in an open document, as one list: for keys, palette and sheet. */
import type { Person } from '../collab/view';
import type { Command } from '../commands/command';
import { LANGUAGES } from '../editor/languages';
import { navigate } from '../router';
import { THEME_CHOICES, themes } from '../theme';
import type { EditorHandle } from './editorHandle';
import type { Meeting } from './useMeeting';

/** What is shown over or beside the text. */
export type Shown = 'nothing' | 'palette' | 'shortcuts' | 'share' | 'history';

export interface Deeds {
  readonly show: (what: Shown) => void;
  readonly download: () => void;
  readonly copyCommand: () => void;
  readonly sayWhoWrote: () => void;
  readonly pickLanguage: (language: string) => void;
  readonly wrapLines: () => void;
  readonly saySaved: () => void;
}

export function commandsOf(
  people: readonly Person[],
  meeting: Meeting,
  editor: EditorHandle | null,
  deeds: Deeds,
): readonly Command[] {
  const plain: readonly Command[] = [
    command(
      'palette',
      'All commands',
      'Document',
      () => deeds.show('palette'),
      'F1',
      'Ctrl+Shift+P',
    ),
    command('save', 'Is everything saved?', 'Document', deeds.saySaved, 'Ctrl+S'),
    command('share', 'Share…', 'Document', () => deeds.show('share'), 'F8'),
    command('download', 'Download', 'Document', deeds.download),
    command('copy-command', 'Copy the command for a terminal', 'Document', deeds.copyCommand),
    command('documents', 'All documents', 'Document', () => navigate('/')),
    command('history', 'History', 'History', () => deeds.show('history'), 'F7'),
    command('who-wrote', 'Who wrote this line?', 'History', deeds.sayWhoWrote, 'Alt+W'),
    command('wrap', 'Wrap long lines, or not', 'View', deeds.wrapLines, 'Alt+Z'),
    command('shortcuts', 'Keyboard shortcuts', 'View', () => deeds.show('shortcuts'), 'Shift+F1'),
    ...THEME_CHOICES.map(({ id, label }) =>
      command(`theme-${id}`, `Colours: ${label}`, 'View', () => themes().choose(id)),
    ),
  ];
  return [
    ...plain,
    ...peopleCommands(people, meeting),
    ...LANGUAGES.map(({ id, label }) =>
      command(`language-${id}`, label, 'Language', () => deeds.pickLanguage(id)),
    ),
    ...(editor?.actions() ?? []).map(({ id, label, run }) => command(id, label, 'Editor', run)),
  ];
}

function peopleCommands(people: readonly Person[], meeting: Meeting): readonly Command[] {
  const next = command(
    'next-person',
    'Go to the next person',
    'People',
    () => meeting.meetNext(people),
    'Alt+N',
  );
  return [
    next,
    ...people.map((person, index) =>
      command(
        `meet-${person.author}`,
        `Go to ${person.name}; again: follow`,
        'People',
        () => meeting.meet(person),
        ...(index < 9 ? [`Alt+${index + 1}`] : []),
      ),
    ),
  ];
}

function command(
  id: string,
  label: string,
  group: Command['group'],
  run: () => void,
  ...keys: string[]
): Command {
  return keys.length === 0 ? { id, label, group, run } : { id, label, group, run, keys };
}
