//! Colours, for terminals that have millions, sixteen, or none.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use crate::highlight::Token;

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
#[derive(Clone, Debug, Default)]
pub(crate) struct Theme {
    colors: Colors,
    /// Styles of one's own for the language.
    own: BTreeMap<Token, Style>,
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

/// A colour of the language among the sixteen, and among all. These are of middling lightness, so
/// that they can be read on dark and light screens alike.
const fn language_colors(token: Token) -> (Color, Color) {
    match token {
        Token::Comment => (Color::DarkGray, Color::Rgb(128, 128, 128)),
        Token::String | Token::Inserted => (Color::Green, Color::Rgb(78, 154, 60)),
        Token::Escape | Token::Attribute => (Color::Cyan, Color::Rgb(32, 150, 160)),
        Token::Number | Token::Constant => (Color::Cyan, Color::Rgb(190, 120, 50)),
        Token::Keyword => (Color::Magenta, Color::Rgb(176, 92, 204)),
        Token::Type => (Color::Yellow, Color::Rgb(176, 136, 32)),
        Token::Function | Token::Heading | Token::Link => (Color::Blue, Color::Rgb(66, 132, 220)),
        Token::Tag | Token::Deleted | Token::Invalid => (Color::Red, Color::Rgb(212, 84, 84)),
        Token::Strong | Token::Emphasis => (Color::Reset, Color::Reset),
    }
}

/// Reads `magenta bold`; the word that means nothing otherwise.
fn style_of(words: &str) -> Result<Style, &str> {
    let mut style = Style::new();
    for word in words.split_whitespace() {
        style = match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "dim" => style.add_modifier(Modifier::DIM),
            _ => style.fg(word.parse().map_err(|_| word)?),
        };
    }
    Ok(style)
}

impl Theme {
    pub(crate) fn new(colors: Colors) -> Self {
        Self { colors, own: BTreeMap::new() }
    }

    /// A theme with other styles for some tokens, given as words: colours by name, number or
    /// `#rrggbb`, and `bold`, `italic`, `underlined`, `dim`. What is no such word is told.
    pub(crate) fn with(colors: Colors, styles: &BTreeMap<String, String>) -> (Self, Vec<String>) {
        let mut theme = Self::new(colors);
        let mut problems = Vec::new();
        for (name, words) in styles {
            let Some(token) = Token::ALL.iter().find(|token| token.name() == name) else {
                continue;
            };
            match style_of(words) {
                Ok(style) if colors == Colors::None => {
                    theme.own.insert(*token, Style { fg: None, ..style });
                }
                Ok(style) => {
                    theme.own.insert(*token, style);
                }
                Err(word) => problems.push(format!("theme: {name}: {word:?} is no style")),
            }
        }
        (theme, problems)
    }

    /// A stretch of the language.
    pub(crate) fn token(&self, token: Token) -> Style {
        if let Some(style) = self.own.get(&token) {
            return *style;
        }
        let shape = match token {
            Token::Heading | Token::Strong => Modifier::BOLD,
            Token::Emphasis => Modifier::ITALIC,
            Token::Link => Modifier::UNDERLINED,
            Token::Keyword if self.colors == Colors::None => Modifier::BOLD,
            Token::Comment if self.colors == Colors::None => Modifier::DIM,
            _ => Modifier::empty(),
        };
        let (sixteen, full) = language_colors(token);
        let style = self.pick(Modifier::empty(), Style::new().fg(sixteen), Style::new().fg(full));
        style.add_modifier(shape)
    }

    fn pick(&self, plain: Modifier, sixteen: Style, full: Style) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(plain),
            Colors::Sixteen => sixteen,
            Colors::True => full,
        }
    }

    /// What this person has selected.
    pub(crate) fn selection(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A caret of this person where the terminal's cursor is not.
    pub(crate) fn own_caret(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(crate) fn found(&self) -> Style {
        let style = Style::new().fg(Color::Black).bg(Color::Yellow);
        self.pick(Modifier::UNDERLINED, style, style)
    }

    /// Line numbers, and the number of the caret's line.
    pub(crate) fn gutter(&self, is_caret_line: bool) -> Style {
        match (is_caret_line, self.colors) {
            (true, _) => Style::new().add_modifier(Modifier::BOLD),
            (false, Colors::None) => Style::new(),
            (false, _) => Style::new().fg(Color::DarkGray),
        }
    }

    /// A mark in place of a character that must not be shown.
    pub(crate) fn mark(&self) -> Style {
        let style = Style::new().fg(Color::Red);
        self.pick(Modifier::REVERSED, style, style)
    }

    pub(crate) fn status(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Something in the status line that wants to be seen.
    pub(crate) fn warning(&self) -> Style {
        let style = Style::new().fg(Color::Black).bg(Color::Yellow);
        self.pick(Modifier::REVERSED | Modifier::BOLD, style, style)
    }

    /// Somebody's caret and name.
    pub(crate) fn person(&self, color: u8) -> Style {
        let (sixteen, full, _) = PEOPLE[usize::from(color) % PEOPLE.len()];
        let black = Style::new().fg(Color::Black);
        self.pick(Modifier::REVERSED | Modifier::UNDERLINED, black.bg(sixteen), black.bg(full))
    }

    /// What somebody has selected.
    pub(crate) fn person_selection(&self, color: u8) -> Style {
        let (sixteen, _, pale) = PEOPLE[usize::from(color) % PEOPLE.len()];
        self.pick(
            Modifier::UNDERLINED,
            Style::new().fg(sixteen).add_modifier(Modifier::UNDERLINED),
            Style::new().fg(Color::Black).bg(pale),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_of_ones_own_is_read_word_by_word() {
        let words =
            [("comment", "#808080 italic"), ("keyword", "light-red bold"), ("type", "nice")];
        let styles = words.map(|(name, style)| (name.to_owned(), style.to_owned()));
        let (theme, problems) = Theme::with(Colors::True, &BTreeMap::from(styles.clone()));
        assert_eq!(problems, ["theme: type: \"nice\" is no style"]);
        let gray = Style::new().fg(Color::Rgb(128, 128, 128)).add_modifier(Modifier::ITALIC);
        assert_eq!(theme.token(Token::Comment), gray);
        let (plain, _) = Theme::with(Colors::None, &BTreeMap::from(styles));
        assert_eq!(plain.token(Token::Keyword), Style::new().add_modifier(Modifier::BOLD));
    }

    #[test]
    fn without_colours_no_token_has_one() {
        let theme = Theme::new(Colors::None);
        for token in Token::ALL {
            let style = theme.token(token);
            assert!(style.fg.is_none() && style.bg.is_none(), "{token:?}");
        }
    }
}
