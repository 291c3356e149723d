/** What went wrong, in one sentence, said aloud. */
export function Problem(props: { readonly text: string | null }) {
  return props.text === null ? null : (
    <p className="problem" role="alert">
      {props.text}
    </p>
  );
}
