//! What keys do to a text. `|` is a caret, `[` the other end of what is selected.

mod random;
pub(crate) mod stage;

use stage::{Stage, check, check_named};

use super::Event;
use crate::input::Input;

#[test]
fn typing_goes_where_the_caret_is() {
    check("ab|cd", "x y", "abxy|cd");
    check("a[bc|d", "x", "ax|d");
    check("a|bc[d", "Space", "a |d");
    check("|", "日 é", "日é|");
}

#[test]
fn backspace_and_delete_take_whole_graphemes() {
    check("ae\u{301}|b", "Backspace", "a|b");
    check("a👩‍👩‍👧|b", "Backspace", "a|b");
    check("a|🇩🇪🇫🇷", "Delete", "a|🇫🇷");
    check("a\n|b", "Backspace", "a|b");
    check("a|\nb", "Delete", "a|b");
    check("|a", "Backspace", "|a");
    check("a|", "Delete", "a|");
    check("a[bc|d", "Backspace", "a|d");
    check("a\u{202e}|", "Backspace", "a|");
}

#[test]
fn words_are_deleted_and_stepped_over() {
    check("let foo|", "Alt-Backspace", "let |");
    check("let foo|", "Ctrl-W Ctrl-W", "|");
    check("|foo bar", "Ctrl-Delete", "| bar");
    check("foo| bar", "Ctrl-Right", "foo bar|");
    check("foo bar|", "Ctrl-Left Ctrl-Left", "|foo bar");
    check("foo |bar", "Ctrl-Shift-Right", "foo [bar|");
}

#[test]
fn a_new_line_is_indented_as_the_one_before() {
    check("    a|", "Enter x", "    a\n    x|");
    check("\ta|", "Enter", "\ta\n\t|");
    check("  |  a", "Enter", "  \n  |  a");
    check_named("x.rs", "fn f() {|}", "Enter", "fn f() {\n    |\n}");
    check_named("x.py", "if x:|", "Enter", "if x:\n    |");
    check_named("x.rs", "x:|", "Enter", "x:\n|");
}

#[test]
fn backspace_in_an_indentation_goes_to_the_stop_before() {
    check_named("x.rs", "a\n    b\n        |c", "Backspace", "a\n    b\n    |c");
    check_named("x.rs", "a\n    b\n      |c", "Backspace", "a\n    b\n    |c");
    check_named("x.rs", "  a  |b", "Backspace", "  a |b");
}

#[test]
fn the_caret_moves_by_graphemes_and_keeps_its_column() {
    check("a|日本b", "Right", "a日|本b");
    check("日本|\nabcdef", "Down", "日本\nabcd|ef");
    check("abcdef|\nab\nabcdef", "Down Down", "abcdef\nab\nabcdef|");
    check("abcdef|\nab\nabcdef", "Down Left Down", "abcdef\nab\na|bcdef");
    check("ab|c", "Up", "|abc");
    check("a|bc", "Down", "abc|");
    check("  ab|c", "Home", "  |abc");
    check("  |abc", "Home", "|  abc");
    check("|abc\nx", "End", "abc|\nx");
    check("a\nb|", "Ctrl-Home", "|a\nb");
    check("|a\nb", "Ctrl-End", "a\nb|");
    check("a[bc|d", "Left", "a|bcd");
    check("a[bc|d", "Right", "abc|d");
    check("f(a|(b))", "Alt-]", "f(a(b|))");
}

#[test]
fn shift_selects() {
    check("a|bcd", "Shift-Right Shift-Right", "a[bc|d");
    check("ab|cd", "Shift-Home", "|ab[cd");
    check("ab|\ncd", "Ctrl-A", "[ab\ncd|");
    check("ab\nc|d", "Shift-Up x", "ax|d");
}

#[test]
fn without_a_selection_the_line_is_copied_and_cut() {
    check("one\ntw|o\nthree", "Ctrl-X", "one\n|three");
    check("one\ntw|o\nthree", "Ctrl-X Ctrl-V", "one\ntwo\n|three");
    check("one\ntw|o", "Ctrl-C Ctrl-V", "one\ntwo\ntw|o");
    check("one\ntw|o", "Ctrl-K", "one|");
    check("a[b|c", "Ctrl-C End Ctrl-V", "abcb|");
    check("a[b|c", "Ctrl-X Ctrl-V Ctrl-V", "abb|c");
}

#[test]
fn what_is_copied_goes_to_the_clipboard_of_the_machine() {
    let mut stage = Stage::new("x.txt", "a[bc|d\n");
    stage.press("Ctrl-C");
    assert_eq!(stage.copied, ["bc"]);
    stage.press("Right Ctrl-C");
    assert_eq!(stage.copied, ["bc", "abcd\n"]);
}

#[test]
fn lines_move_and_double() {
    check("a\nb|\nc", "Alt-Up", "b|\na\nc");
    check("a\nb\nc|", "Alt-Up", "a\nc|\nb");
    check("a|\nb\nc", "Alt-Down", "b\na|\nc");
    check("a\n|b", "Alt-Down", "a\n|b");
    check("|a\nb", "Alt-Up", "|a\nb");
    check("a\n[b\nc|\nd", "Alt-Up", "[b\nc|\na\nd");
    check("a\nb|", "Alt-D", "a\nb\nb|");
}

#[test]
fn tab_indents_and_shift_tab_takes_it_back() {
    check_named("x.rs", "a|b", "Tab", "a   |b");
    check_named("x.rs", "[a\nb|", "Tab", "    [a\n    b|");
    check_named("x.rs", "[    a\n  b|", "Shift-Tab", "[a\nb|");
    check_named("x.go", "|a", "Tab", "\t|a");
    check_named("x.go", "\ta|", "Shift-Tab", "a|");
}

#[test]
fn comments_come_and_go() {
    check_named("x.rs", "  [a\n\n    b|", "Ctrl-/", "  // [a\n\n  //   b|");
    check_named("x.rs", "  // [a\n\n  //   b|", "Ctrl-/", "  [a\n\n    b|");
    check_named("x.py", "a|", "Ctrl-/", "# a|");
}

#[test]
fn several_carets_type_together() {
    check("a|b\nab", "Alt-Shift-Down x", "ax|b\nax|b");
    check("fo|o bar foo", "Ctrl-D Ctrl-D x", "x| bar x|");
    check("a|b\nab\nab", "Alt-Shift-Down Alt-Shift-Down Esc x", "ab\nab\nax|b");
    check("|a\n|b", "Backspace", "|a|b");
    check("a|b|", "Backspace", "|");
    check("[a|\n[b|", "Ctrl-C Right Ctrl-V", "aa|\nbb|");
}

#[test]
fn undo_takes_back_ones_own_edits_and_redo_brings_them_back() {
    check("ab|", "x y Ctrl-Z", "ab|");
    check("ab|", "x y Ctrl-Z Ctrl-Y", "abxy|");
    check("ab|", "x Enter y Ctrl-Z", "abx|");
    check("ab|", "x Left y Ctrl-Z", "ab|x");
    check("a[b|c", "x Ctrl-Z", "a[b|c");
}

#[test]
fn undo_leaves_what_others_wrote() {
    let mut stage = Stage::new("x.txt", "ab|");
    stage.press("x");
    stage.remote(0..0, "other ");
    stage.press("y");
    stage.shows("other abxy|");
    stage.press("Ctrl-Z");
    stage.shows("other ab|");
}

#[test]
fn the_caret_stays_with_its_text_while_others_edit() {
    let mut stage = Stage::new("x.txt", "ab|cd");
    stage.remote(0..0, "12");
    stage.shows("12ab|cd");
    stage.remote(4..4, "3");
    stage.shows("12ab|3cd");
    stage.remote(2..6, "");
    stage.shows("12|d");
}

#[test]
fn the_window_stays_on_its_lines_while_others_edit_above() {
    let lines: String = (1..=100).map(|n| format!("{n}\n")).collect();
    let mut stage = Stage::new("x.txt", &format!("{lines}|"));
    let top = stage.app.view().top.line;
    stage.remote(0..0, "new\nnew\n");
    assert_eq!(stage.app.view().top.line, top + 2);
}

#[test]
fn the_line_one_writes_stays_where_it_is_while_others_edit_on_the_same_screen() {
    let lines = |range: std::ops::RangeInclusive<usize>| -> String {
        range.map(|n| format!("line {n}\n")).collect()
    };
    let mut stage = Stage::new("x.txt", &format!("{}|{}", lines(1..=50), lines(51..=100)));
    let cell = |stage: &Stage| stage.app.cell_of(stage.app.carets().primary().head);
    let before = cell(&stage).expect("it is on the screen");
    let above = stage.text().line_start(stage.app.view().top.line + 1);
    stage.remote(above..above, "new\nnew\n");
    assert_eq!(cell(&stage), Some(before));
    stage.remote(above..above + 8, "");
    assert_eq!(cell(&stage), Some(before));
    // In the line itself it goes aside, and not out of sight.
    let start = stage.text().line_start(50);
    stage.remote(start..start, &"x".repeat(200));
    assert_eq!(cell(&stage).map(|(row, _)| row), Some(before.0));
}

#[test]
fn finding_shows_the_first_match_while_typing_and_counts() {
    let mut stage = Stage::new("x.txt", "foo |bar\nfoobar Bar");
    stage.press("Ctrl-F b a");
    stage.shows("foo [ba|r\nfoobar Bar");
    assert_eq!(stage.app.find().count(stage.app.carets().primary()), "1/3");
    stage.press("F3");
    stage.shows("foo bar\nfoo[ba|r Bar");
    stage.press("Shift-F3 Shift-F3");
    stage.shows("foo bar\nfoobar [Ba|r");
    stage.press("Enter x");
    stage.shows("foo bar\nfoobar x|r");
}

#[test]
fn a_capital_in_the_query_minds_the_case() {
    let mut stage = Stage::new("x.txt", "|bar Bar");
    stage.press("Ctrl-F B");
    stage.shows("bar [B|ar");
    stage.press("Esc");
    stage.shows("|bar Bar");
    stage.press("F3");
    stage.shows("bar [B|ar");
}

#[test]
fn going_to_a_line_takes_a_column_too() {
    check("|abc\ndef\nghi", "Ctrl-G 2 : 3 Enter", "abc\nde|f\nghi");
    check("|abc\ndef", "Ctrl-G 9 9 Enter", "abc\n|def");
    check("a|bc\ndef", "Ctrl-G x Enter", "a|bc\ndef");
    check("a|bc\ndef", "Ctrl-G 2 Esc", "a|bc\ndef");
}

#[test]
fn pasted_text_has_its_line_endings_unified_and_is_one_undo() {
    let mut stage = Stage::new("x.txt", "a|b");
    stage.paste("1\r\n2\r3");
    stage.shows("a1\n2\n3|b");
    stage.press("Ctrl-Z");
    stage.shows("a|b");
}

#[test]
fn the_mouse_sets_selects_and_extends() {
    let mut stage = Stage::new("x.txt", "|foo bar\nbaz");
    stage.click(4 + 5, 0);
    stage.shows("foo b|ar\nbaz");
    stage.click(4 + 5, 0);
    stage.shows("foo [bar|\nbaz");
    stage.click(4 + 5, 0);
    stage.shows("[foo bar\n|baz");
    stage.wait(1_000);
    stage.drag((4 + 1, 0), (4 + 2, 1));
    stage.shows("f[oo bar\nba|z");
    stage.click(4 + 99, 1);
    stage.shows("foo bar\nbaz|");
}

#[test]
fn a_document_that_takes_no_edits_says_why() {
    for (condition, word) in [
        (super::Condition::ReadOnly, "read-only"),
        (super::Condition::Ended, "ended"),
        (super::Condition::Loading, "not here"),
    ] {
        let mut stage = Stage::new("x.txt", "a|b");
        stage.condition(condition);
        stage.press("x Enter Backspace Ctrl-K Tab");
        stage.shows("a|b");
        let notice = stage.app.notice().expect("it says something").to_owned();
        assert!(notice.contains(word), "{notice}");
    }
}

#[test]
fn quitting_asks_only_when_something_would_be_lost() {
    let mut stage = Stage::new("x.txt", "a|");
    stage.press("x Ctrl-Q");
    assert!(stage.has_quit);

    let mut stage = Stage::new("x.txt", "a|");
    stage.not_kept("the disk is full");
    stage.press("x Ctrl-Q");
    assert!(!stage.has_quit);
    stage.press("n Ctrl-Q y");
    assert!(stage.has_quit);
}

#[test]
fn a_save_point_answers_when_everything_is_saved() {
    let mut stage = Stage::new("x.txt", "a|");
    stage.condition(super::Condition::Saving);
    stage.press("Ctrl-S");
    assert_eq!(stage.app.notice(), Some("saving, 0 waiting"));
    stage.condition(super::Condition::Saved);
    assert_eq!(stage.app.notice(), Some("saved, rev 42"));
}

#[test]
fn how_many_edits_wait_is_told_of_a_slow_server_by_itself_and_does_not_flicker_with_keys() {
    let mut stage = Stage::new("x.txt", "a|");
    for waiting in [1, 2, 3, 1, 2, 3].repeat(10) {
        // Every third answer saves something, and none of them all.
        stage.sending(waiting);
        assert!(!stage.app.is_server_slow());
        stage.wait(200);
    }
    stage.condition(super::Condition::Saved);
    assert_eq!(stage.app.deadline(), None);
    stage.sending(2);
    assert!(stage.app.deadline().is_some(), "it changes by itself");
    stage.wait(1_000);
    assert!(stage.app.is_server_slow());
    assert_eq!(stage.app.deadline(), None);
}

#[test]
fn what_is_taken_away_or_grows_leaves_no_empty_screen() {
    let text: String = (1..13).map(|n| format!("{n}\n")).collect();
    let resize = |columns, rows| Event::Input(Input::Resize { columns, rows });
    let mut stage = Stage::new("x.txt", &format!("{text}|"));
    let full = stage.text().len_lines() - stage.app.view().rows;

    stage.paste(&"line\n".repeat(6_000));
    assert!(stage.app.view().top.line > 5_000);
    stage.press("Ctrl-Z");
    assert_eq!(stage.app.view().top.line, full, "after an undo");

    stage.handle(resize(60, 6));
    assert!(stage.app.view().top.line > full);
    stage.handle(resize(60, 12));
    assert_eq!(stage.app.view().top.line, full, "in a larger window");

    let end = stage.text().len();
    stage.remote(6..end, "");
    assert_eq!(stage.app.view().top.line, 0, "after somebody else's edit");
}
