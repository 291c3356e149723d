//! Colours, for terminals that have millions, sixteen, or none.

use ratatui::style::{Color, Modifier, Style};

/// How many colours may be used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Colors {
    /// None: underline and reversal say it all.
    None,
    /// The terminal's own sixteen.
    #[default]
    Sixteen,
    /// Any.
    True,
}

impl Colors {
    /// What the environment asks for: `NO_COLOR`, then `COLORTERM`.
    pub(crate) fn from_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            return Self::None;
        }
        match set("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Self::True,
            _ => Self::Sixteen,
        }
    }
}

/// The styles of everything on the screen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Theme {
    pub(crate) colors: Colors,
}

/// Colours of people: strong for carets and names, pale for what they have selected. Both stand
/// under black letters, so that they can be read on dark and light screens alike.
const PEOPLE: [(Color, Color, Color); 8] = [
    (Color::Cyan, Color::Rgb(77, 201, 246), Color::Rgb(176, 226, 244)),
    (Color::Magenta, Color::Rgb(226, 124, 219), Color::Rgb(237, 200, 234)),
    (Color::Yellow, Color::Rgb(240, 196, 83), Color::Rgb(245, 228, 178)),
    (Color::Green, Color::Rgb(120, 205, 112), Color::Rgb(199, 232, 196)),
    (Color::LightRed, Color::Rgb(246, 138, 118), Color::Rgb(247, 208, 200)),
    (Color::LightBlue, Color::Rgb(130, 168, 250), Color::Rgb(204, 217, 248)),
    (Color::LightMagenta, Color::Rgb(190, 158, 252), Color::Rgb(224, 213, 250)),
    (Color::LightGreen, Color::Rgb(92, 214, 190), Color::Rgb(186, 234, 224)),
];

impl Theme {
    fn pick(self, plain: Modifier, sixteen: Style, full: Style) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(plain),
            Colors::Sixteen => sixteen,
            Colors::True => full,
        }
    }

    /// What this person has selected.
    pub(crate) fn selection(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A caret of this person where the terminal's cursor is not.
    pub(crate) fn own_caret(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(crate) fn found(self) -> Style {
        let style = Style::new().fg(Color::Black).bg(Color::Yellow);
        self.pick(Modifier::UNDERLINED, style, style)
    }

    /// Line numbers, and the number of the caret's line.
    pub(crate) fn gutter(self, is_caret_line: bool) -> Style {
        match (is_caret_line, self.colors) {
            (true, _) => Style::new().add_modifier(Modifier::BOLD),
            (false, Colors::None) => Style::new(),
            (false, _) => Style::new().fg(Color::DarkGray),
        }
    }

    /// A mark in place of a character that must not be shown.
    pub(crate) fn mark(self) -> Style {
        let style = Style::new().fg(Color::Red);
        self.pick(Modifier::REVERSED, style, style)
    }

    pub(crate) fn status(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Something in the status line that wants to be seen.
    pub(crate) fn warning(self) -> Style {
        let style = Style::new().fg(Color::Black).bg(Color::Yellow);
        self.pick(Modifier::REVERSED | Modifier::BOLD, style, style)
    }

    /// Somebody's caret and name.
    pub(crate) fn person(self, color: u8) -> Style {
        let (sixteen, full, _) = PEOPLE[usize::from(color) % PEOPLE.len()];
        let black = Style::new().fg(Color::Black);
        self.pick(Modifier::REVERSED | Modifier::UNDERLINED, black.bg(sixteen), black.bg(full))
    }

    /// What somebody has selected.
    pub(crate) fn person_selection(self, color: u8) -> Style {
        let (sixteen, _, pale) = PEOPLE[usize::from(color) % PEOPLE.len()];
        self.pick(
            Modifier::UNDERLINED,
            Style::new().fg(sixteen).add_modifier(Modifier::UNDERLINED),
            Style::new().fg(Color::Black).bg(pale),
        )
    }
}
