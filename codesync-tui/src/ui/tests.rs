//! What stands on the screen.

use std::time::Duration;

use codesync_client::Role;
use codesync_core::{Revision, Selection, Text};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::draw;
use super::theme::{Colors, Theme};
use crate::app::tests::stage::Stage;
use crate::app::{Condition, Done, Event, Link, Member, Named, Person, Reply, Standing};
use crate::config::Settings;
use crate::input::Input;
use crate::past::Told;

struct Screen {
    screen: crate::screen::Screen,
    size: (u16, u16),
    theme: Theme,
}

impl Screen {
    fn new(colors: Colors) -> Self {
        let screen = crate::screen::Screen::default();
        Self { screen, size: (60, 12), theme: Theme::new(colors) }
    }

    fn draw(&mut self, stage: &Stage) -> Vec<String> {
        self.screen.begin(self.size);
        draw(&stage.app, &self.theme, &mut self.screen);
        self.screen.end().into_iter().for_each(|change| drop(change.settle()));
        let buffer = self.screen.cells();
        let width = usize::from(buffer.area.width);
        buffer
            .content
            .chunks(width)
            .map(|row| {
                let mut line = String::new();
                let mut skip = 0;
                for cell in row {
                    if skip == 0 {
                        line.push_str(cell.symbol());
                        skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
                    }
                    skip -= 1;
                }
                line.trim_end().to_owned()
            })
            .collect()
    }

    fn cursor(&mut self) -> (u16, u16) {
        let Position { x, y } = self.screen.cursor().expect("there is one");
        (x, y)
    }

    fn cell(&mut self, x: u16, y: u16) -> &ratatui::buffer::Cell {
        &self.screen.cells()[(x, y)]
    }
}

fn lines(stage: &Stage) -> Vec<String> {
    Screen::new(Colors::Sixteen).draw(stage)
}

fn ana(selection: Selection) -> Event {
    Event::People(vec![Person::new(1, "Ana", 0, vec![selection])])
}

#[test]
fn the_text_stands_beside_its_line_numbers_and_over_the_status_line() {
    let mut stage = Stage::new("main.rs", "fn main() {\n\tlet 日 = 1;|\n}\n");
    stage.wait(10);
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert_eq!(&lines[..4], ["  1 fn main() {", "  2     let 日 = 1;", "  3 }", "  4"]);
    assert_eq!(lines[4..11], [""; 7]);
    assert_eq!(lines[11], " main.rs ●saved 42                    | rust LF | 2:12 | F1");
    assert_eq!(screen.cursor(), (4 + 15, 1));
}

#[test]
fn what_a_terminal_would_obey_is_drawn_as_a_mark() {
    let mut stage = Stage::new("a\u{1b}[2J.txt", "|");
    stage.remote(0..0, "\u{1b}[31mred\u{202e}evil\u{200b}\r\n\u{9b}\u{7}");
    let lines = lines(&stage);
    assert_eq!(lines[0], "  1 ‹U+001B›[31mred‹U+202E›evil‹U+200B›");
    assert_eq!(lines[1], "  2 ‹U+009B›‹U+0007›");
    assert!(lines[11].starts_with(" a‹U+001B›[2J.txt ●saved"), "{}", lines[11]);
    assert!(lines.iter().all(|line| !line.chars().any(char::is_control)));
}

#[test]
fn a_long_line_scrolls_with_the_caret_and_cuts_wide_characters_at_the_edges() {
    let stage = Stage::new("x.txt", &format!("x{}y|", "日".repeat(100)));
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert!(lines[0].starts_with("  1  日日"), "half a character is a blank: {}", lines[0]);
    let (x, y) = screen.cursor();
    assert_eq!((screen.cell(x, y).symbol(), y), (" ", 0));
    assert_eq!((screen.cell(x - 1, y).symbol(), x), ("y", 4 + 28), "in the middle");
    assert_eq!(screen.cell(x - 3, y).symbol(), "日");
}

#[test]
fn sound_marks_of_halfwidth_katakana_take_the_columns_that_terminals_give_them() {
    let mut stage = Stage::new("x.txt", "|ﾞ\nｶﾞx");
    let mut screen = Screen::new(Colors::Sixteen);
    screen.screen.begin(screen.size);
    draw(&stage.app, &screen.theme, &mut screen.screen);
    let second = screen.screen.end().into_iter().find(|change| change.y == 1).expect("it changes");
    let told = second.settle();
    assert!(told.iter().any(|(x, cell)| (*x, cell.symbol()) == (4 + 2, "x")), "it follows");
    stage.press("Shift-Right");
    screen.draw(&stage);
    stage.press("Delete");
    assert_eq!(screen.draw(&stage)[0], "  1");
}

#[test]
fn others_are_seen_by_their_caret_their_selection_and_for_a_while_by_name() {
    let mut stage = Stage::new("x.txt", "|one\ntwo\nthree");
    stage.handle(ana(Selection::caret(0)));
    stage.handle(ana(Selection::new(4, 6)));
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert_eq!(lines[..2], ["  1 one", "  2 two Ana"], "the name covers no text");
    assert_eq!(screen.cell(4 + 2, 1).bg, Color::Cyan);
    assert!(screen.cell(4, 1).modifier.contains(Modifier::UNDERLINED));
    assert!(lines[11].contains("| ◉Ana"), "{}", lines[11]);
    stage.wait(1_500);
    assert_eq!(screen.draw(&stage)[1], "  2 two");
}

#[test]
fn a_name_stands_where_it_covers_no_text() {
    let at = |marked: &str| {
        let mut stage = Stage::new("x.txt", &format!("|{}", marked.replace('^', "")));
        stage.handle(ana(Selection::caret(0)));
        let head = marked.chars().position(|c| c == '^').expect("it is marked");
        stage.handle(ana(Selection::caret(head)));
        let numbers = |line: &String| line.chars().skip(4).collect::<String>();
        lines(&stage)[..3].iter().map(numbers).collect::<Vec<_>>()
    };
    assert_eq!(at("one\n12345^\n1234567890"), ["one  Ana", "12345", "1234567890"], "above");
    assert_eq!(at("12345678\n12345^\none"), ["12345678", "12345", "one  Ana"], "below");
    assert_eq!(at("fn main()\n12^3\nfn main()"), ["fn main()", "123 Ana", "fn main()"]);
    assert_eq!(at("fn main()\n123^\nfn main()"), ["fn main()", "123 Ana", "fn main()"]);
    assert_eq!(at("日日\n1^\n日日"), ["日日", "1 Ana", "日日"], "no half character");
}

#[test]
fn people_off_the_screen_are_shown_with_the_way_and_the_line() {
    let text: String = (1..=100).map(|n| format!("{n}\n")).collect();
    let mut stage = Stage::new("x.txt", &format!("|{text}"));
    let at = stage.text().line_start(89);
    stage.handle(ana(Selection::caret(at)));
    assert!(lines(&stage)[11].contains("▼Ana 90"), "{}", lines(&stage)[11]);
    stage.press("Ctrl-End");
    stage.handle(ana(Selection::caret(0)));
    assert!(lines(&stage)[11].contains("▲Ana 1"), "{}", lines(&stage)[11]);
    stage.press("Alt-1");
    stage.wait(10_000);
    assert!(lines(&stage)[11].contains("◉Ana"), "{}", lines(&stage)[11]);
    stage.press("Alt-B");
    stage.wait(10_000);
    assert!(lines(&stage)[11].contains("▲Ana 1"), "{}", lines(&stage)[11]);
}

#[test]
fn without_colours_people_are_told_by_underline_and_name() {
    let mut stage = Stage::new("x.txt", "|one");
    stage.handle(ana(Selection::new(1, 2)));
    let mut screen = Screen::new(Colors::None);
    screen.draw(&stage);
    let buffer = screen.screen.cells();
    for cell in &buffer.content {
        assert!(matches!((cell.fg, cell.bg), (Color::Reset, Color::Reset)));
    }
    assert!(screen.cell(4 + 1, 0).modifier.contains(Modifier::UNDERLINED));
    let caret = screen.cell(4 + 2, 0).modifier;
    assert!(caret.contains(Modifier::UNDERLINED | Modifier::REVERSED));
}

#[test]
fn the_state_of_saving_is_told_in_words() {
    let mut stage = Stage::new("x.txt", "|");
    stage.not_kept("no space left");
    stage.condition(Condition::Offline);
    stage.wait(10_000);
    assert!(lines(&stage)[11].contains("○offline · 1 waiting · not kept on this disk"));
}

#[test]
fn a_question_takes_the_bottom_line_and_the_cursor() {
    let mut stage = Stage::new("x.txt", "|foo bar foo");
    stage.press("Ctrl-F f o");
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert!(lines[11].starts_with(" find: fo"), "{}", lines[11]);
    assert!(lines[11].ends_with("1/2"), "{}", lines[11]);
    assert_eq!(screen.cursor(), (9, 11));
    assert_eq!(screen.cell(4 + 8, 0).bg, Color::Yellow);
}

#[test]
fn help_shows_the_keys_and_any_key_closes_it() {
    let mut stage = Stage::new("x.txt", "|text");
    stage.press("F1");
    let shown = lines(&stage).join("\n");
    assert!(shown.contains("Ctrl-S") && shown.contains("save point"), "{shown}");
    stage.press("F1");
    let shown = lines(&stage).join("\n");
    assert!(shown.contains(" keys ") && shown.contains("save point"), "{shown}");
    stage.press("Down Down x");
    stage.shows("|text");
    assert!(lines(&stage)[0].contains("text"));
}

#[test]
fn a_tiny_window_says_what_it_needs() {
    let mut stage = Stage::new("x.txt", "|text");
    let mut screen = crate::screen::Screen::default();
    screen.begin((14, 3));
    stage.handle(Event::Input(Input::Resize { columns: 14, rows: 3 }));
    draw(&stage.app, &Theme::default(), &mut screen);
    let first: String = screen.cells().content[..11].iter().map(|c| c.symbol()).collect();
    assert_eq!(first, "needs 20×4 ");
    for (columns, rows) in [(80, 0), (0, 12), (0, 0)] {
        screen.begin((columns, rows));
        stage.handle(Event::Input(Input::Resize { columns, rows }));
        draw(&stage.app, &Theme::default(), &mut screen);
    }
    stage.handle(Event::Input(Input::Resize { columns: 60, rows: 12 }));
    assert!(lines(&stage)[0].contains("text"));
}

#[test]
fn a_notice_goes_away_by_itself() {
    let mut stage = Stage::new("x.txt", "a|");
    stage.press("Ctrl-S");
    assert!(lines(&stage)[11].contains("saved, rev 42"));
    assert_eq!(stage.app.deadline(), Some(Duration::from_secs(5)));
    stage.wait(5_000);
    assert!(!lines(&stage)[11].contains("rev"));
}

#[test]
fn code_has_colours_under_selections_and_carets() {
    let mut stage = Stage::new("x.rs", "ab a|");
    stage.paint();
    stage.press("Shift-Left");
    let mut screen = Screen::new(Colors::Sixteen);
    screen.draw(&stage);
    assert_eq!(screen.cell(4, 0).fg, Color::Magenta);
    assert_eq!(screen.cell(5, 0).fg, Color::Reset);
    assert_eq!(screen.cell(7, 0).fg, Color::Magenta);
    assert!(screen.cell(7, 0).modifier.contains(Modifier::REVERSED));
    let mut screen = Screen::new(Colors::None);
    screen.draw(&stage);
    assert_eq!(screen.cell(4, 0).fg, Color::Reset);
    assert!(screen.cell(4, 0).modifier.contains(Modifier::BOLD));
}

#[test]
fn a_wrapped_line_goes_on_below_without_a_number() {
    let line = "word ".repeat(22);
    let mut stage = Stage::new("x.txt", &format!("{line}|\nnext"));
    stage.press("Alt-Z");
    stage.wait(10_000);
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert_eq!(lines[0], format!("  1 {}", "word ".repeat(11).trim_end()));
    assert_eq!(lines[1], format!("    {}", "word ".repeat(11).trim_end()));
    assert_eq!(lines[2], "  2 next");
    assert_eq!(screen.cursor(), (4 + 55, 1));
    stage.press("Up Home Down");
    screen.draw(&stage);
    assert_eq!(screen.cursor(), (4, 1), "down by rows of the screen");
    stage.click(4 + 5, 1);
    stage.press("x");
    assert!(screen.draw(&stage)[1].starts_with("    word xword"));
}

#[test]
fn without_numbers_the_text_has_all_columns() {
    let mut stage = Stage::new("x.txt", "|text");
    stage.press("Alt-L");
    assert_eq!(lines(&stage)[0], "text");
}

#[test]
fn the_palette_lists_commands_with_their_keys() {
    let mut stage = Stage::new("x.txt", "|text");
    stage.press("Ctrl-E u n d o");
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    assert!(lines[0].contains("commands"), "{lines:?}");
    assert!(lines[1].starts_with("│ > undo"), "{lines:?}");
    assert!(lines[2].contains("undo own edits") && lines[2].contains("Ctrl-Z"), "{lines:?}");
    assert_eq!(screen.cursor(), (8, 1));
    stage.press("q q q");
    assert!(screen.draw(&stage)[2].contains("nothing fits"));
}

#[test]
fn a_caret_of_another_on_a_blank_shows_its_letter_once_the_name_is_gone() {
    let mut stage = Stage::new("x.txt", "|one two");
    stage.handle(ana(Selection::caret(0)));
    stage.handle(ana(Selection::caret(3)));
    stage.wait(1_500);
    assert_eq!(lines(&stage)[0], "  1 oneAtwo");
    stage.handle(ana(Selection::caret(7)));
    stage.wait(1_500);
    assert_eq!(lines(&stage)[0], "  1 one twoA");
}

#[test]
fn whom_one_follows_is_said() {
    let mut stage = Stage::new("x.txt", "|one two");
    stage.handle(ana(Selection::caret(3)));
    stage.press("Alt-1 Alt-1");
    assert!(lines(&stage)[11].contains("| following Ana"), "{}", lines(&stage)[11]);
}

#[test]
fn a_screen_that_is_read_aloud_has_no_words_that_change_with_every_key() {
    let mut stage = Stage::new("x.txt", "|one");
    let settings = Settings { is_read_aloud: true, ..Settings::default() };
    stage.app.configure(&settings);
    stage.handle(ana(Selection::caret(0)));
    stage.handle(ana(Selection::caret(3)));
    let before = lines(&stage);
    assert_eq!(before[0], "one");
    stage.press("Right");
    assert_eq!(lines(&stage), before);
}

#[test]
fn a_line_of_millions_of_characters_is_drawn_where_the_caret_is() {
    for wraps in [false, true] {
        let mut stage = Stage::new("x.txt", &format!("{}|", "0123456789".repeat(250_000)));
        if wraps {
            stage.press("Alt-Z");
        }
        stage.press("x");
        let mut screen = Screen::new(Colors::Sixteen);
        screen.draw(&stage);
        let (x, y) = screen.cursor();
        assert_eq!(screen.cell(x - 1, y).symbol(), "x");
        assert_eq!(screen.cell(x - 2, y).symbol(), "9");
    }
}

#[test]
fn the_past_stands_beside_the_list_of_what_people_did() {
    let mut stage = Stage::new("x.txt", "|now");
    let wide = Input::Resize { columns: 80, rows: 12 };
    stage.handle(Event::Input(wide));
    let mut screen = Screen::new(Colors::Sixteen);
    screen.size = (80, 12);
    stage.press("F7");
    let group = |who: &str, first: u64, last: u64| {
        serde_json::json!({
            "person": { "kind": "user", "id": who, "name": who },
            "first_revision": first, "last_revision": last,
            "from": "2026-11-22T21:00:00Z", "to": "2026-11-22T21:03:00Z",
            "inserted_chars": 12, "deleted_chars": 3,
        })
    };
    let groups = [group("Bo\u{1b}", 8, 9), group("Ana 日本", 1, 7)];
    let page = serde_json::json!({ "groups": groups, "goes_on": false, "next": null });
    let mut told = Told::default();
    told.add(serde_json::from_value(page).expect("a page as the server sends it"));
    let draft = Named { revision: Revision::new(7), name: "draft".into() };
    stage.handle(Event::Answered(Reply::Timeline(Ok((told, vec![draft])))));
    let text = Text::from("then\n\u{1b}[2J");
    stage.handle(Event::Answered(Reply::TextAt(Revision::new(9), Ok(text))));
    let lines = screen.draw(&stage);
    assert_eq!(lines[0], " history                         │  1 then");
    assert_eq!(lines[1], " 11-22 21:03 Bo‹U+001B›   +12 -3 │  2 ‹U+001B›[2J");
    assert_eq!(lines[2], " 11-22 21:03 Ana 日本    ★+12 -3 │");
    assert_eq!(lines[10], " d compare with now  r put back  │");
    assert_eq!(lines[11], " revision 9 of 9 | Bo‹U+001B›, 2026-11-22 21:03 | +12 -3");
    assert_eq!(screen.cursor(), (0, 1));
    stage.press("Down");
    assert_eq!(screen.draw(&stage)[11], " revision 7 of 9 | fetching …");
    // Where there is no room for the list the text has it all.
    stage.handle(Event::Input(Input::Resize { columns: 60, rows: 12 }));
    stage.press("Up");
    let narrow = self::lines(&stage);
    assert_eq!(narrow[0], "  1 then");
}

#[test]
fn who_may_do_what_stands_in_a_list_with_its_keys() {
    let mut stage = Stage::new("plan\u{1b}.md", "|now");
    stage.press("F8");
    let member = |name: &str, role, is_own| Member {
        user: name.into(),
        name: name.into(),
        login: Some(name.to_lowercase()),
        role,
        until: None,
        is_own,
    };
    let link = Link {
        id: "1".into(),
        label: "class".into(),
        role: Role::Viewer,
        guests: true,
        members: 3,
        ends: Some("2026-12-01".into()),
    };
    let standing = Standing {
        address: "http://x/d/1".into(),
        has_accounts: true,
        members: vec![member("Ada", Role::Owner, true), member("bo", Role::Editor, false)],
        links: Some(vec![link]),
        done: Some(Done::Made { id: "1".into(), link: format!("http://x/d/1#{}", "s".repeat(60)) }),
    };
    stage.handle(Event::Answered(Reply::Sharing(Ok(standing))));
    let mut screen = Screen::new(Colors::Sixteen);
    let lines = screen.draw(&stage);
    let row = |text: &str| format!("│ {text:<56} │");
    assert!(lines[0].starts_with("┌ share plan‹U+001B›.md ─"), "{}", lines[0]);
    assert_eq!(lines[1], row("address  http://x/d/1"));
    assert_eq!(lines[2], row("people"));
    let sides = |left: &str, right: &str| {
        let width = 54 - right.len();
        row(&format!("  {left:<width$}{right}"))
    };
    assert_eq!(lines[3], sides("Ada (ada), you", "owner"));
    assert_eq!(lines[4], sides("bo", "editor"));
    assert_eq!(lines[5], row("links"));
    assert_eq!(lines[6], sides("class", "viewer, guests too, 3 came, ends 2026-12-01"));
    assert_eq!(lines[7], row(&format!("http://x/d/1#{}", "s".repeat(43))));
    assert_eq!(lines[8], row(&"s".repeat(17)));
    assert!(lines[9].starts_with("└ i invite  r role  x remove  l link  c copy  Esc ─"));
    assert_eq!(screen.cursor(), (1, 6), "the new link is chosen");
    stage.press("x");
    let asked = &screen.draw(&stage)[11];
    assert!(asked.starts_with(" end this link, and the membership of 3"), "{asked}");
}

#[test]
fn what_is_said_has_more_room_than_what_always_stands_there() {
    let mut stage = Stage::new("x.txt", "|now");
    let sentence = "something that is longer than half of the line";
    stage.handle(Event::Notice(sentence.into()));
    let line = &lines(&stage)[11];
    assert_eq!(*line, format!(" x.txt ●saved 42 | {sentence}")[..line.len()]);
    stage.handle(Event::Notice("short".into()));
    assert!(lines(&stage)[11].ends_with("| text LF | 1:1 | F1"));
}

#[test]
fn what_is_said_has_room_whatever_else_stands_in_the_status_line() {
    for letters in 1..=40 {
        let mut stage = Stage::new(&"n".repeat(letters), "|text");
        stage.press("Alt-W");
        let status = lines(&stage).pop().expect("there is a status line");
        assert!(status.contains("| by …"), "{letters}: {status}");
    }
    // The widest text beside which the place still stands.
    let mut screen = Screen::new(Colors::Sixteen);
    for width in 40..=120 {
        screen.size = (width, 12);
        let mut stage = Stage::new("shapes.rs", "|text");
        stage.press("Alt-W");
        let status = screen.draw(&stage).pop().expect("there is a status line");
        assert!(status.contains("| by …"), "{width} columns: {status}");
    }
}
