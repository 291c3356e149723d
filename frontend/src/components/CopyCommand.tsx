import { useEffect, useState } from 'react';
import { serverOrigin } from '../api/origin';

const COPIED_MS = 1600;

/** What opens this document in a terminal. */
export function openCommand(document: string): string {
  return `codesync open ${serverOrigin()}/d/${document}`;
}

/** A command to paste into a terminal; the whole strip copies it. */
export function CopyCommand(props: { readonly command: string }) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) {
      return;
    }
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.command);
      setCopied(true);
    } catch {
      window.prompt('Copy this command', props.command);
    }
  };
  return (
    <button type="button" className="copy-command" title="Copy the command" onClick={copy}>
      <span className="copy-prompt" aria-hidden="true">
        $
      </span>
      <code>{props.command}</code>
      <span className="copy-verb" aria-live="polite">
        {copied ? 'copied' : 'copy'}
      </span>
    </button>
  );
}
