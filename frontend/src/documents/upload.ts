/** Files of this computer that become documents. */
import type { Api } from '../api/client';
import { createDocument, type Document } from '../api/documents';
import { messageOf } from '../api/problem';

/** No text this long fits a document, whatever its line endings; the server decides about the rest. */
const FILE_BYTES_MAX = 20 * 1024 * 1024;

export interface Uploaded {
  readonly made: readonly Document[];
  /** A sentence for each file that was not taken. */
  readonly problems: readonly string[];
}

/** One after the other: each may have ten megabytes. */
export async function uploadFiles(api: Api, files: Iterable<File>): Promise<Uploaded> {
  const made: Document[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const text = await textOf(file);
    if (text === null) {
      problems.push(`${file.name} is not text in UTF-8. Save it as UTF-8, then drop it again.`);
    } else if (text === 'too large') {
      problems.push(`${file.name} is more than a document may hold (10 MiB). Split it first.`);
    } else {
      try {
        made.push(await createDocument(api, { name: file.name, text: text.content }));
      } catch (error) {
        problems.push(`${file.name} was not uploaded. ${messageOf(error)}`);
      }
    }
  }
  return { made, problems };
}

async function textOf(file: Blob): Promise<{ content: string } | 'too large' | null> {
  if (file.size > FILE_BYTES_MAX) {
    return 'too large';
  }
  try {
    // A byte order mark is a character like others.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { content: decoder.decode(await file.arrayBuffer()) };
  } catch {
    return null;
  }
}
