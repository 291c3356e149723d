import { useIdentity } from '../account/useAccount';
import type { Role } from '../api/documents';
import { Dialog } from '../components/Dialog';
import { Problem } from '../components/Problem';
import { CopyField } from './CopyField';
import { Links } from './Links';
import { Members } from './Members';
import { useSharing } from './useSharing';

/** Who may see and change a document. */
export function ShareDialog(props: {
  readonly document: string;
  readonly name: string;
  readonly role: Role | null;
  readonly onClose: () => void;
}) {
  const { document, role } = props;
  const identity = useIdentity();
  const address = `${window.location.origin}/d/${document}`;
  return (
    <Dialog title={`Share ${props.name}`} className="share" onClose={props.onClose}>
      {identity.phase === 'in' ? (
        <Sharing document={document} isOwner={role === 'owner'} me={identity.user.id} />
      ) : (
        <p className="muted">
          This server has no accounts: whoever reaches it may read and change everything. To share
          with others, start it with accounts (<code>--accounts on</code>).
        </p>
      )}
      <section className="share-part" aria-label="Address">
        <CopyField label="Address for those who may open it" value={address} />
      </section>
    </Dialog>
  );
}

function Sharing(props: {
  readonly document: string;
  readonly isOwner: boolean;
  readonly me: string;
}) {
  const sharing = useSharing(props.document, props.isOwner);
  return (
    <>
      <Problem text={sharing.problem} />
      <Members sharing={sharing} isOwner={props.isOwner} me={props.me} />
      {props.isOwner ? (
        <Links sharing={sharing} />
      ) : (
        <p className="muted">Only owners invite people and make links.</p>
      )}
    </>
  );
}
