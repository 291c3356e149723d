/** The colours of people. The core gives an index; `styles/people.css` has the colours, per theme. */
export const PEER_COLORS = 10;

export function peerClass(color: number): string {
  return `peer-${color % PEER_COLORS}`;
}

const GRAPHEMES = new Intl.Segmenter();

/** Up to two letters for an avatar: the first of the first and of the last word. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '');
  const first = words.at(0);
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last]
    .map((word) => (word === undefined ? '' : (firstGrapheme(word) ?? '')))
    .join('')
    .toLocaleUpperCase();
}

function firstGrapheme(word: string): string | undefined {
  for (const { segment } of GRAPHEMES.segment(word)) {
    return segment;
  }
  return undefined;
}
