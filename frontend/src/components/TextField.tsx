import { type InputHTMLAttributes, useId } from 'react';

/** A labelled field of a form, with what is to be known about it below. */
export function TextField(
  props: InputHTMLAttributes<HTMLInputElement> & {
    readonly label: string;
    readonly hint?: string;
  },
) {
  const { label, hint, ...input } = props;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="text-field"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...input}
      />
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
