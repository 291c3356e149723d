/** Text that has no place in the document any more becomes a document of its own, or at worst a file. */
import type { Api } from '../api/client';
import { createDocument } from '../api/documents';
import type { Notice } from './view';

export async function keepCopy(
  api: Api,
  name: string,
  copy: string,
  reason: string,
  show: (notice: Notice) => void,
): Promise<void> {
  const apart = `This copy was set apart: ${reason}.`;
  show({ text: `${apart} Keeping it as a new document…`, copy });
  try {
    const { id } = await createDocument(api, { name, text: copy });
    show({
      text: `${apart} What you had is kept as a new document.`,
      copy,
      link: `/d/${id}`,
    });
  } catch (cause) {
    console.error(cause);
    show({
      text: `${apart} It could not be kept on the server: keep it as a file now.`,
      copy,
    });
  }
}

/** What such a copy is called. */
export function copyName(document: string | null, person: string, now: Date): string {
  const moment = now.toISOString().slice(0, 16).replace('T', ' ');
  return `${document ?? 'Document'} (copy of ${person}, ${moment})`;
}
