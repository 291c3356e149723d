import { useId, useState } from 'react';

/** Something to copy: shown whole, copied by one click. */
export function CopyField(props: { readonly label: string; readonly value: string }) {
  const [copied, setCopied] = useState(false);
  const id = useId();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.value);
      setCopied(true);
    } catch {
      window.prompt('Copy this', props.value);
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <div className="copy-field">
        <input
          id={id}
          className="text-field"
          readOnly
          value={props.value}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" className="push-button" onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  );
}
