import { Message } from '../components/Message';
import { Link } from '../router';

export function NotFound() {
  return (
    <Message title="There is no such page">
      <p>
        A document’s link looks like <code>{window.location.origin}/d/…</code>
      </p>
      <Link to="/" className="push-button">
        All documents
      </Link>
    </Message>
  );
}
