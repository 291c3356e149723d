/** For how long a link can be made, and how long one still lives. */

const DAY = 86_400;

export const EXPIRIES: readonly { readonly seconds: number | null; readonly label: string }[] = [
  { seconds: null, label: 'until it is ended' },
  { seconds: 3_600, label: 'for an hour' },
  { seconds: DAY, label: 'for a day' },
  { seconds: 7 * DAY, label: 'for a week' },
  { seconds: 30 * DAY, label: 'for 30 days' },
];

/** How long a link lives from `now` (milliseconds since 1970) on, in words. */
export function timeLeft(expiresAt: string | null, now: number): string {
  if (expiresAt === null) {
    return 'until it is ended';
  }
  const seconds = (Date.parse(expiresAt) - now) / 1000;
  if (seconds <= 0) {
    return 'has expired';
  }
  const [unit, count] =
    seconds >= DAY
      ? ['day', seconds / DAY]
      : seconds >= 3_600
        ? ['hour', seconds / 3_600]
        : ['minute', seconds / 60];
  const whole = Math.ceil(count as number);
  return `for ${whole} ${unit}${whole === 1 ? '' : 's'} more`;
}
