import { DocumentList } from './pages/DocumentList';
import { EditorPage } from './pages/EditorPage';
import { NotFound } from './pages/NotFound';
import { usePath } from './router';

const DOCUMENT_PATH = /^\/d\/([0-9a-fA-F-]{36})\/?$/;

export function App() {
  const path = usePath();
  const document = DOCUMENT_PATH.exec(path)?.[1]?.toLowerCase();
  if (document !== undefined) {
    return <EditorPage key={document} document={document} />;
  }
  return path === '/' ? <DocumentList /> : <NotFound />;
}
