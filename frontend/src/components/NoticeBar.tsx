import type { Notice } from '../collab/session';

/** Says something above the text without standing in its way. */
export function NoticeBar(props: { readonly notice: Notice; readonly onPutAway: () => void }) {
  const { text, copy, link } = props.notice;
  return (
    <div className="notice" role="alert">
      <span>{text}</span>
      {link !== undefined && (
        <a href={link} target="_blank" rel="noreferrer" className="push-button is-small">
          Open it
        </a>
      )}
      {copy !== undefined && (
        <button type="button" className="push-button is-small" onClick={() => download(copy)}>
          Keep as a file
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Put this notice away"
        onClick={props.onPutAway}
      >
        ×
      </button>
    </div>
  );
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'conflict-copy.txt';
  link.click();
  URL.revokeObjectURL(url);
}
