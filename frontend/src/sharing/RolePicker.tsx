import type { Role } from '../api/documents';

const ROLES: readonly { readonly id: Role; readonly label: string }[] = [
  { id: 'viewer', label: 'may read' },
  { id: 'editor', label: 'may write' },
  { id: 'owner', label: 'owner' },
];

export function roleLabel(role: Role): string {
  return ROLES.find(({ id }) => id === role)?.label ?? role;
}

export function RolePicker<Offered extends Role>(props: {
  readonly label: string;
  readonly value: Offered;
  readonly offered: readonly Offered[];
  readonly onPick: (role: Offered) => void;
}) {
  return (
    <select
      className="text-field"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => {
        const picked = props.offered.find((role) => role === event.target.value);
        if (picked !== undefined) {
          props.onPick(picked);
        }
      }}
    >
      {props.offered.map((role) => (
        <option key={role} value={role}>
          {roleLabel(role)}
        </option>
      ))}
    </select>
  );
}
