/** Gives a text to the user as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** A document's text as the file it came from: with that file's line ending. */
export function asFile(text: string, lineEnding: 'lf' | 'crlf'): string {
  return lineEnding === 'crlf' ? text.replaceAll('\n', '\r\n') : text;
}
