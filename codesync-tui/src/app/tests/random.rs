//! Random keys, clicks and edits of others against a plain model: the text is never torn, the
//! carets always stand between graphemes, and drawing never fails.

use proptest::prelude::*;

use codesync_core::Selection;

use super::stage::Stage;
use crate::app::{Event, Person};
use crate::config::{Preset, Settings};
use crate::input::{Input, Mouse, MouseWhat};
use crate::screen::{Change, Screen};
use crate::terminal::painter::Painter;
use crate::ui;
use crate::ui::theme::Theme;

const KEYS: &[&str] = &[
    "a",
    "é",
    "日",
    "{",
    "Space",
    "Enter",
    "Tab",
    "Shift-Tab",
    "Backspace",
    "Delete",
    "Left",
    "Right",
    "Up",
    "Down",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Ctrl-Left",
    "Ctrl-Right",
    "Ctrl-Home",
    "Ctrl-End",
    "Shift-Left",
    "Shift-Right",
    "Shift-Up",
    "Shift-Down",
    "Shift-End",
    "Ctrl-Shift-Left",
    "Ctrl-Shift-Right",
    "Ctrl-A",
    "Ctrl-C",
    "Ctrl-X",
    "Ctrl-V",
    "Ctrl-K",
    "Ctrl-Z",
    "Ctrl-Z",
    "Ctrl-Y",
    "Alt-D",
    "Alt-Up",
    "Alt-Down",
    "Alt-Shift-Up",
    "Alt-Shift-Down",
    "Ctrl-D",
    "Alt-Backspace",
    "Ctrl-Delete",
    "Ctrl-F",
    "F3",
    "Shift-F3",
    "Esc",
    "Ctrl-G",
    "Ctrl-/",
    "Alt-]",
    "F1",
    "Alt-L",
    "Alt-N",
    "Alt-B",
    "Ctrl-S",
    "Alt-Z",
    "Alt-J",
    "Ctrl-R",
    "y",
    "Alt-A",
    "Alt-R",
    "Ctrl-E",
    "F6",
    "Alt-1",
    "Ctrl-Up",
    "Ctrl-Down",
    "F7",
    "F8",
    "Alt-W",
    "d",
];

/// Letters that mean something in the modes of vim.
const VIM_KEYS: &[&str] = &[
    "i", "a", "o", "O", "A", "I", "Esc", "Esc", "h", "j", "k", "l", "w", "b", "e", "0", "$", "^",
    "g", "G", "{", "}", "%", "f", "t", "F", ";", ",", "d", "d", "c", "y", "y", ">", "<", "v", "V",
    "x", "X", "s", "D", "C", "p", "P", "J", "~", "u", "Ctrl-R", ".", "n", "N", "*", "/", ":",
    "Enter", "2", "3", "(", "\"", "r", "Ctrl-D", "Ctrl-U", "日",
];

#[derive(Clone, Debug)]
enum Action {
    Key(usize),
    Paste(String),
    Mouse(MouseWhat, u16, u16, bool),
    Resize(u16, u16),
    /// Others replace a stretch, in thousandths of the text.
    Remote(usize, usize, String),
    /// Somebody else's caret goes to a thousandth of the text.
    Person(usize),
    /// The colours that were asked for last come.
    Colors,
    Wait(u64),
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a",
            "bc ",
            "\n",
            "\t",
            "日",
            "e\u{301}",
            "👩‍👩‍👧",
            "\u{202e}",
            "{",
            "}",
            "  ",
            "\u{200b}",
            "\r\n",
            "\u{1b}",
        ]),
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

fn action() -> impl Strategy<Value = Action> {
    let what = prop::sample::select(vec![
        MouseWhat::Press,
        MouseWhat::Press,
        MouseWhat::Drag,
        MouseWhat::Release,
        MouseWhat::WheelUp,
        MouseWhat::WheelDown,
        MouseWhat::WheelRight,
    ]);
    prop_oneof![
        20 => (0..1_000_usize).prop_map(Action::Key),
        1 => (0..1_000_usize).prop_map(Action::Person),
        2 => Just(Action::Colors),
        2 => words().prop_map(Action::Paste),
        3 => (what, 0..60_u16, 0..14_u16, any::<bool>())
            .prop_map(|(what, x, y, shift)| Action::Mouse(what, x, y, shift)),
        1 => (1..70_u16, 1..20_u16).prop_map(|(columns, rows)| Action::Resize(columns, rows)),
        4 => (0..1_000_usize, 0..100_usize, words()).prop_map(|(a, b, t)| Action::Remote(a, b, t)),
        1 => (0..2_000_u64).prop_map(Action::Wait),
    ]
}

/// Somebody else, somewhere.
fn person(stage: &Stage, thousandth: usize) -> Event {
    let at = stage.text().len() * thousandth / 1_000;
    Event::People(vec![Person::new(1, "A\u{1b}na", 0, vec![Selection::new(0, at)])])
}

fn run(stage: &mut Stage, actions: Vec<Action>, keys: &[&str]) -> Result<(), TestCaseError> {
    let mut screen = Screen::default();
    for action in actions {
        match action {
            Action::Key(n) => stage.press(keys[n % keys.len()]),
            Action::Paste(text) => stage.paste(&text),
            Action::Mouse(what, column, row, shift) => {
                let mouse = Mouse { what, column, row, shift, alt: false };
                stage.handle(Event::Input(Input::Mouse(mouse)));
            }
            Action::Resize(columns, rows) => {
                stage.handle(Event::Input(Input::Resize { columns, rows }));
            }
            Action::Remote(start, length, text) => {
                let len = stage.text().len();
                let start = len * start / 1_000;
                let end = (start + len * length / 1_000).min(len);
                stage.remote(start..end, &text.replace('\r', ""));
            }
            Action::Person(place) => {
                let people = person(stage, place);
                stage.handle(people);
            }
            Action::Colors => stage.paint(),
            Action::Wait(ms) => stage.wait(ms),
        }
        prop_assert!(!stage.app.text().to_string().contains('\r'));
        let len = stage.app.text().len();
        let mut before = None;
        for selection in stage.app.carets().iter() {
            prop_assert!(selection.end() <= len);
            prop_assert!(before.is_none_or(|end| end <= selection.start()));
            before = Some(selection.end());
        }
        let mut before = 0;
        for span in stage.app.colors().within(&(0..len + 1)) {
            prop_assert!(before <= span.range.start && span.range.start < span.range.end);
            before = span.range.end;
            prop_assert!(before <= len);
        }
        draw(stage, &mut screen).into_iter().for_each(|change| drop(change.settle()));
        let mut fresh = Screen::default();
        draw(stage, &mut fresh);
        prop_assert_eq!(screen.cells(), fresh.cells(), "rows that were kept are as new ones");
        for cell in &screen.cells().content {
            let is_raw = cell.symbol().contains(|c: char| c.is_control() || c == '\u{202e}');
            prop_assert!(!is_raw, "raw on the screen: {:?}", cell.symbol());
        }
    }
    Ok(())
}

fn draw<'a>(stage: &Stage, screen: &'a mut Screen) -> Vec<Change<'a>> {
    screen.begin(stage.app.size());
    ui::draw(&stage.app, &Theme::default(), screen);
    screen.end()
}

/// The bytes that a real terminal would get for the screen as it is.
fn bytes_of(stage: &Stage) -> Vec<u8> {
    let mut painter = Painter::default();
    painter.clear(stage.app.size().0);
    painter.frame(draw(stage, &mut Screen::default()), None)
}

/// Takes out every sequence that we write ourselves: blanking, places, colours, the cursor's being
/// shown.
fn without_own_sequences(bytes: &[u8]) -> String {
    let own = regex::Regex::new(r"\x1b\[((\d+(;\d+)*)?[HCGm]|2J|\?25[hl])").expect("it is one");
    own.replace_all(&String::from_utf8_lossy(bytes), "").into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_pressed_both_copies_agree_and_the_screen_can_be_drawn(
        start in words(),
        actions in prop::collection::vec(action(), 1..60),
    ) {
        let start = start.replace(['\r', '|', '['], "");
        let mut stage = Stage::new("x.rs", &format!("{start}|"));
        run(&mut stage, actions, KEYS)?;
    }

    #[test]
    fn and_so_it_is_in_the_modes_of_vim_with_wrapped_lines(
        start in words(),
        actions in prop::collection::vec(action(), 1..80),
    ) {
        let start = start.replace(['\r', '|', '['], "");
        let mut stage = Stage::new("x.rs", &format!("{start}|"));
        let settings = Settings { preset: Preset::Vim, wraps: true, ..Settings::default() };
        stage.app.configure(&settings);
        run(&mut stage, actions, VIM_KEYS)?;
    }

    #[test]
    fn no_byte_of_others_is_an_order_to_the_terminal(
        title in hostile(),
        name in hostile(),
        text in prop::collection::vec(hostile(), 1..12),
        notice in hostile(),
        shows_notice in any::<bool>(),
    ) {
        let mut stage = Stage::new(&title, "|");
        stage.remote(0..0, &text.concat().replace('\r', ""));
        stage.handle(Event::Renamed(title));
        let caret = Selection::caret(stage.text().len() / 2);
        stage.handle(Event::People(vec![Person::new(1, &name, 0, vec![caret])]));
        stage.handle(Event::People(vec![Person::new(1, &name, 0, vec![Selection::caret(0)])]));
        stage.handle(Event::Described { language: Some(notice.clone()), is_crlf: false });
        if shows_notice {
            stage.handle(Event::Notice(notice));
        } else {
            stage.press("F6");
        }
        let rest = without_own_sequences(&bytes_of(&stage));
        prop_assert!(!rest.contains(|c: char| c.is_control()), "{rest:?}");
    }
}

/// Text that wants to be obeyed.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\u{9b}31m",
        "\u{90}q",
        "\u{1b}",
        "\u{7}",
        "\u{8}",
        "\u{7f}",
        "\u{202e}",
        "\u{200b}",
        "[31m",
        "a",
        "日",
        "\n",
        "\t",
        "\r",
        "\u{1b}P1$r",
        "\u{1b}_G",
        "\u{0}",
        "e\u{301}\u{1b}",
        "\u{1b}[?1049l",
        "\u{feff}",
        "👩‍👩‍👧",
    ]);
    prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
}
