/** Light, dark or high contrast: as the system has it, or as somebody chose for this browser. */
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark' | 'contrast';
export type Theme = 'light' | 'dark' | 'contrast-light' | 'contrast-dark';

export const THEME_CHOICES: readonly { readonly id: ThemeChoice; readonly label: string }[] = [
  { id: 'system', label: 'As the system has it' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
  { id: 'contrast', label: 'High contrast' },
];

const KEY = 'codesync.theme';

/** What the choice comes to on a system like this. */
export function themeOf(choice: ThemeChoice, systemDark: boolean, systemContrast: boolean): Theme {
  if (choice === 'light' || choice === 'dark') {
    return choice;
  }
  if (choice === 'contrast' || systemContrast) {
    return systemDark ? 'contrast-dark' : 'contrast-light';
  }
  return systemDark ? 'dark' : 'light';
}

class ThemeStore {
  readonly #dark = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #contrast = window.matchMedia('(prefers-contrast: more)');
  readonly #listeners = new Set<() => void>();
  #choice = storedChoice();

  constructor() {
    this.#dark.addEventListener('change', this.#show);
    this.#contrast.addEventListener('change', this.#show);
    this.#show();
  }

  readonly choice = (): ThemeChoice => this.#choice;

  readonly theme = (): Theme => themeOf(this.#choice, this.#dark.matches, this.#contrast.matches);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Storage is blocked: the choice lasts as long as the tab.
    }
    this.#show();
  }

  readonly #show = (): void => {
    document.documentElement.dataset.theme = this.theme();
    for (const listener of this.#listeners) {
      listener();
    }
  };
}

let store: ThemeStore | null = null;

export function themes(): ThemeStore {
  store ??= new ThemeStore();
  return store;
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(themes().subscribe, themes().choice);
}

function storedChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return THEME_CHOICES.find(({ id }) => id === stored)?.id ?? 'system';
  } catch {
    return 'system';
  }
}
