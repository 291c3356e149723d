//! Random keys, clicks and edits of others against a plain model: the text is never torn, the
//! carets always stand between graphemes, and drawing never fails.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::stage::Stage;
use crate::app::Event;
use crate::input::{Input, Mouse, MouseWhat};
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
];

#[derive(Clone, Debug)]
enum Action {
    Key(usize),
    Paste(String),
    Mouse(MouseWhat, u16, u16, bool),
    Resize(u16, u16),
    /// Others replace a stretch, in thousandths of the text.
    Remote(usize, usize, String),
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
        20 => (0..KEYS.len()).prop_map(Action::Key),
        2 => words().prop_map(Action::Paste),
        3 => (what, 0..60_u16, 0..14_u16, any::<bool>())
            .prop_map(|(what, x, y, shift)| Action::Mouse(what, x, y, shift)),
        1 => (1..70_u16, 1..20_u16).prop_map(|(columns, rows)| Action::Resize(columns, rows)),
        4 => (0..1_000_usize, 0..100_usize, words()).prop_map(|(a, b, t)| Action::Remote(a, b, t)),
        1 => (0..2_000_u64).prop_map(Action::Wait),
    ]
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
        let mut terminal = Terminal::new(TestBackend::new(60, 12)).expect("no terminal");
        for action in actions {
            match action {
                Action::Key(n) => stage.press(KEYS[n]),
                Action::Paste(text) => stage.paste(&text),
                Action::Mouse(what, column, row, shift) => {
                    let mouse = Mouse { what, column, row, shift, alt: false };
                    stage.handle(Event::Input(Input::Mouse(mouse)));
                }
                Action::Resize(columns, rows) => {
                    terminal = Terminal::new(TestBackend::new(columns, rows)).expect("no terminal");
                    stage.handle(Event::Input(Input::Resize { columns, rows }));
                }
                Action::Remote(start, length, text) => {
                    let len = stage.text().len();
                    let start = len * start / 1_000;
                    let end = (start + len * length / 1_000).min(len);
                    stage.remote(start..end, &text.replace('\r', ""));
                }
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
            terminal.draw(|frame| ui::draw(&stage.app, Theme::default(), frame)).expect("it draws");
            for cell in &terminal.backend().buffer().content {
                let is_raw = cell.symbol().contains(|c: char| c.is_control() || c == '\u{202e}');
                prop_assert!(!is_raw, "raw on the screen: {:?}", cell.symbol());
            }
        }
    }
}
