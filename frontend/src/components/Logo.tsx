/** Two carets, one with a name flag. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" role="img" aria-label="CodeSync">
      <rect width="32" height="32" rx="7" className="logo-ground" />
      <path d="M10 7v18M7.5 7h5M7.5 25h5" className="logo-mine" />
      <path d="M21 11v14M18.5 25h5" className="logo-theirs" />
      <rect x="19.8" y="6" width="7.6" height="5" rx="1.4" className="logo-flag" />
    </svg>
  );
}
