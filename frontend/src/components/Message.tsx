import type { ReactNode } from 'react';

/** A page that has nothing to show but a sentence and a way on. */
export function Message(props: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <main className="message-page">
      <h1>{props.title}</h1>
      {props.children}
    </main>
  );
}
