//! What comes from the keyboard, the mouse and the window, in words of our own.
//!
//! `terminal` translates into these; everything else is free of any terminal library.

use std::fmt;

/// One thing that happened at the terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Input {
    Key(Key),
    /// Text pasted by the terminal.
    Paste(String),
    Mouse(Mouse),
    Resize {
        columns: u16,
        rows: u16,
    },
}

/// A key with its modifiers. Shift is only told of keys that are no characters.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    pub(crate) code: Code,
    pub(crate) ctrl: bool,
    pub(crate) alt: bool,
    pub(crate) shift: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Code {
    /// A character; a letter with Ctrl or Alt is given in lower case.
    Char(char),
    Enter,
    Tab,
    Backspace,
    Delete,
    Escape,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Function(u8),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mouse {
    pub(crate) what: MouseWhat,
    pub(crate) column: u16,
    pub(crate) row: u16,
    pub(crate) shift: bool,
    pub(crate) alt: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MouseWhat {
    /// The left button went down.
    Press,
    /// The mouse moved with the left button down.
    Drag,
    Release,
    WheelUp,
    WheelDown,
    WheelLeft,
    WheelRight,
}

/// As the help writes it; [`Key::parse`] reads it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_held, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            f.write_str(if is_held { name } else { "" })?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) if self.ctrl || self.alt => write!(f, "{}", c.to_ascii_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            Code::Function(n) => write!(f, "F{n}"),
            Code::Enter => f.write_str("Enter"),
            Code::Tab => f.write_str("Tab"),
            Code::Backspace => f.write_str("Backspace"),
            Code::Delete => f.write_str("Delete"),
            Code::Escape => f.write_str("Esc"),
            Code::Left => f.write_str("Left"),
            Code::Right => f.write_str("Right"),
            Code::Up => f.write_str("Up"),
            Code::Down => f.write_str("Down"),
            Code::Home => f.write_str("Home"),
            Code::End => f.write_str("End"),
            Code::PageUp => f.write_str("PageUp"),
            Code::PageDown => f.write_str("PageDown"),
        }
    }
}

impl Key {
    pub(crate) const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// Reads a key as the help writes it: `Ctrl-Shift-Left`, `Alt-D`, `F3`, `Enter`, `x`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut key = Self::plain(Code::Escape);
        let mut rest = text;
        loop {
            if let Some(after) = rest.strip_prefix("Ctrl-") {
                key.ctrl = true;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("Alt-") {
                key.alt = true;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("Shift-") {
                key.shift = true;
                rest = after;
            } else {
                break;
            }
        }
        key.code = match rest {
            "Enter" => Code::Enter,
            "Tab" => Code::Tab,
            "Backspace" => Code::Backspace,
            "Delete" => Code::Delete,
            "Esc" => Code::Escape,
            "Left" => Code::Left,
            "Right" => Code::Right,
            "Up" => Code::Up,
            "Down" => Code::Down,
            "Home" => Code::Home,
            "End" => Code::End,
            "PageUp" => Code::PageUp,
            "PageDown" => Code::PageDown,
            "Space" => Code::Char(' '),
            _ => {
                let mut chars = rest.chars();
                match (chars.next()?, chars.as_str()) {
                    (c, "") if key.ctrl || key.alt => Code::Char(c.to_ascii_lowercase()),
                    (c, "") => Code::Char(c),
                    ('F', number) => Code::Function(number.parse().ok()?),
                    _ => return None,
                }
            }
        };
        Some(key)
    }
}
