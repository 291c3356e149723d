import { serverOrigin } from '../api/origin';

/** Before the server has said who is here, or while it does not answer. */
export function Waiting(props: {
  readonly phase: 'starting' | 'away';
  readonly onRetry: () => void;
}) {
  if (props.phase === 'starting') {
    return null;
  }
  return (
    <p className="notice is-boxed" role="alert">
      <span>
        The server at {new URL(serverOrigin()).host} does not answer. Check that it is running.
      </span>
      <button type="button" className="push-button is-small" onClick={props.onRetry}>
        Try again
      </button>
    </p>
  );
}
