import { type FormEvent, useRef, useState } from 'react';

/** Two ways to a new document: a name, or files of this computer. */
export function NewDocument(props: {
  readonly onCreate: (name: string) => void;
  readonly onFiles: (files: readonly File[]) => void;
}) {
  const [name, setName] = useState('');
  const files = useRef<HTMLInputElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onCreate(name.trim() === '' ? 'Untitled' : name.trim());
  };
  return (
    <form className="new-document" onSubmit={submit}>
      <input
        className="text-field"
        placeholder="Name of a new document, such as notes.md"
        aria-label="Name of a new document"
        maxLength={256}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="push-button is-primary">
        Create
      </button>
      <button type="button" className="push-button" onClick={() => files.current?.click()}>
        Upload
      </button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          props.onFiles(Array.from(event.target.files ?? []));
          event.target.value = '';
        }}
      />
    </form>
  );
}
