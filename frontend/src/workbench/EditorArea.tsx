import { lazy, Suspense } from 'react';
import { EditorBoundary } from '../components/EditorBoundary';
import type { EditorProps } from './editorProps';
import { PlainText } from './PlainText';
import { useIsPhone } from './useIsPhone';

const CodeEditor = lazy(async () => ({
  default: (await import('../components/CodeEditor')).CodeEditor,
}));
const PhoneEditor = lazy(async () => ({
  default: (await import('../phone/PhoneEditor')).PhoneEditor,
}));

/** The editor that suits the device; the text alone until it has arrived, or where it does not. */
export function EditorArea(props: EditorProps) {
  const isPhone = useIsPhone();
  const { session } = props;
  return (
    <EditorBoundary instead={<PlainText session={session} failed />}>
      <Suspense fallback={<PlainText session={session} />}>
        {isPhone ? <PhoneEditor {...props} /> : <CodeEditor {...props} />}
      </Suspense>
    </EditorBoundary>
  );
}
