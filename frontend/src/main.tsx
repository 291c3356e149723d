import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { AccountProvider } from './account/useAccount';
import { themes } from './theme';
import './styles/base.css';
import './styles/forms.css';
import './styles/list.css';
import './styles/editor.css';
import './styles/people.css';
import './styles/history.css';

const root = document.getElementById('root');
if (root === null) {
  throw new Error('index.html has no #root');
}
themes();
createRoot(root).render(
  <StrictMode>
    <AccountProvider>
      <App />
    </AccountProvider>
  </StrictMode>,
);
