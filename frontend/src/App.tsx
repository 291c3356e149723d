import { useEffect } from 'react';
import { remember } from './account/remembered';
import { useIdentity } from './account/useAccount';
import { AccountPage } from './pages/AccountPage';
import { DocumentList } from './pages/DocumentList';
import { DocumentPage } from './pages/DocumentPage';
import { LoginPage } from './pages/LoginPage';
import { NotFound } from './pages/NotFound';
import { TrashPage } from './pages/TrashPage';
import { usePath } from './router';

const DOCUMENT_PATH = /^\/d\/([0-9a-fA-F-]{36})\/?$/;

export function App() {
  const path = usePath();
  const identity = useIdentity();
  useEffect(() => remember(identity), [identity]);

  const document = DOCUMENT_PATH.exec(path)?.[1]?.toLowerCase();
  if (document !== undefined) {
    return <DocumentPage key={document} document={document} />;
  }
  switch (path) {
    case '/':
      return <DocumentList />;
    case '/trash':
      return <TrashPage />;
    case '/account':
      return <AccountPage />;
    case '/login':
      return <LoginPage wish="login" />;
    case '/register':
      return <LoginPage wish="register" />;
    default:
      return <NotFound />;
  }
}
