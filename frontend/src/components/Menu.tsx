import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

/** A button with a menu below. Arrow keys walk, Escape and leaving close. */
export function Menu(props: {
  readonly label: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) {
      return;
    }
    itemsOf(root.current)[0]?.focus();
    const leave = (event: Event) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) {
        setOpen(false);
      }
    };
    window.addEventListener('pointerdown', leave);
    window.addEventListener('focusin', leave);
    return () => {
      window.removeEventListener('pointerdown', leave);
      window.removeEventListener('focusin', leave);
    };
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    const items = itemsOf(root.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Escape' && open) {
      setOpen(false);
      button.current?.focus();
    } else if (event.key === 'ArrowDown' && open) {
      items[(at + 1) % items.length]?.focus();
    } else if (event.key === 'ArrowUp' && open) {
      items[(at - 1 + items.length) % items.length]?.focus();
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the menu within.
    <div className="menu-root" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className="menu-button"
        title={props.title}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {props.label}
      </button>
      {open && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: what is chosen by a key is clicked by the browser.
        <div
          className="menu"
          role="menu"
          id={id}
          aria-label={props.title}
          tabIndex={-1}
          onClick={(event) => {
            if (event.target instanceof HTMLButtonElement) {
              setOpen(false);
            }
          }}
        >
          {props.children}
        </div>
      )}
    </div>
  );
}

function itemsOf(root: HTMLElement | null): HTMLElement[] {
  return Array.from(root?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? []);
}
