/** Figures as people read them. */

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const AGE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** How long ago a moment (RFC 3339) was, at `now` in milliseconds since 1970. */
export function readableAge(moment: string, now: number): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  if (Number.isNaN(seconds)) {
    return '';
  }
  for (const [unit, length] of STEPS) {
    if (seconds >= length) {
      return AGE.format(-Math.floor(seconds / length), unit);
    }
  }
  return 'just now';
}

const DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'long', year: 'numeric' });

/** On which day a moment (RFC 3339) is, where the reader is. */
export function readableDay(moment: string): string {
  return DAY.format(new Date(moment));
}

/** Made once: to make one costs more than all else that a key does. */
const COUNT = new Intl.NumberFormat('en');

export function readableCount(count: number): string {
  return COUNT.format(count);
}

export function readableSize(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const kibibytes = bytes / 1024;
  return kibibytes < 1024
    ? `${kibibytes.toFixed(kibibytes < 10 ? 1 : 0)} KiB`
    : `${(kibibytes / 1024).toFixed(1)} MiB`;
}
