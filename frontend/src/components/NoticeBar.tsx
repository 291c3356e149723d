import type { Notice } from '../collab/view';
import { download } from '../download';

const COPY = 'conflict-copy.txt';

/** Says something above the text without standing in its way. */
export function NoticeBar(props: { readonly notice: Notice; readonly onPutAway: () => void }) {
  const { text, copy, link, isCalm } = props.notice;
  return (
    <div className={isCalm ? 'notice is-calm' : 'notice'} role={isCalm ? 'status' : 'alert'}>
      <span>{text}</span>
      {link !== undefined && (
        <a href={link} target="_blank" rel="noreferrer" className="push-button is-small">
          Open it
        </a>
      )}
      {copy !== undefined && (
        <button type="button" className="push-button is-small" onClick={() => download(COPY, copy)}>
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
