//! What the keys of vim do to a text.

use crate::app::tests::stage::Stage;
use crate::config::{Preset, Settings};

fn vim(name: &str, before: &str) -> Stage {
    let mut stage = Stage::new(name, before);
    stage.app.configure(&Settings { preset: Preset::Vim, ..Settings::default() });
    stage
}

#[track_caller]
fn check(before: &str, keys: &str, after: &str) {
    let mut stage = vim("x.rs", before);
    stage.press(keys);
    stage.shows(after);
}

#[test]
fn nothing_is_typed_before_it_is_asked_for() {
    check("a|bc", "i x Esc", "a|xbc");
    check("a|bc", "a x", "abx|c");
    check("  a|bc", "I x", "  x|abc");
    check("a|bc", "A x Esc", "abc|x");
    check("  a|b\nc", "o x", "  ab\n  x|\nc");
    check("  a|b\nc", "O x", "  x|\n  ab\nc");
    assert_eq!(vim("x", "|a").app.mode_name(), Some("NORMAL"));
}

#[test]
fn the_caret_moves_by_letters_and_counts() {
    check("|one two three", "w", "one |two three");
    check("|one two three", "2 w", "one two |three");
    check("|one two", "e", "on|e two");
    check("one tw|o", "b b", "|one two");
    check("on|e", "0", "|one");
    check("|one", "$", "on|e");
    check("|a\nb\nc", "G", "a\nb\n|c");
    check("a\nb\n|c", "g g", "|a\nb\nc");
    check("|a\nb\nc", "2 G", "a\n|b\nc");
    check("|a(b)c", "f )", "a(b|)c");
    check("|a.b.c", "f . ;", "a.b|.c");
    check("|a.bc", "t c", "a.|bc");
    check("|abc", "l l l l", "ab|c");
    check("a\n|b", "h h", "a\n|b");
}

#[test]
fn operators_take_motions_objects_and_lines() {
    check("|one two", "d w", "|two");
    check("one |two\nx", "d w", "one| \nx");
    check("|one two three", "d 2 w", "|three");
    check("|one two", "c w x Esc", "|x two");
    check("one |two", "d $", "one| ");
    check("one |two", "D", "one| ");
    check("a\n|b\nc", "d d", "a\n|c");
    check("|a\nb\nc", "2 d d", "|c");
    check("|a\nb\nc", "d j", "|c");
    check("  o|ne\nx", "c c y Esc", "  |y\nx");
    check("f(a|b, c)", "d i (", "f(|)");
    check("f(a|b)", "d a (", "|f");
    check("x = \"a|b\";", "c i \" y Esc", "x = \"|y\";");
    check("one t|wo three", "d i w", "one | three");
    check("one t|wo three", "d a w", "one |three");
    check("|ab\nc", "> >", "    |ab\nc");
    check("    |ab", "< <", "|ab");
    check("|a(b)c", "d f )", "|c");
    check("|a(b)c", "d t )", "|)c");
    check("|abc", "x", "|bc");
    check("ab|c", "x", "a|b");
    check("|abc", "2 x", "|c");
    check("|abc", "r x", "|xbc");
    check("|abc", "~ ~", "AB|c");
    check("|a\n  b", "J", "|a b");
}

#[test]
fn what_is_yanked_is_put() {
    check("|a\nb", "y y p", "a\n|a\nb");
    check("|a\nb", "d d p", "b\n|a");
    check("|one two", "y w P", "one |one two");
    check("|ab", "x p", "b|a");
}

#[test]
fn visual_modes_select_first() {
    check("|abc", "v l d", "|c");
    check("|a\nb\nc", "V j d", "|c");
    check("a|bc", "v h y", "|abc");
    check("f(a|b)", "v i ( d", "f(|)");
    check("|abc", "v Esc x", "|bc");
}

#[test]
fn changes_are_undone_and_done_again() {
    check("|abc", "x u", "|abc");
    check("|abc", "x u Ctrl-R", "|bc");
    check("|abcd", "x .", "|cd");
    check("|a a a", "c w x Esc w .", "x |x a");
}

#[test]
fn a_colon_takes_commands() {
    check("|a\nb", ": 2 Enter", "a\n|b");
    check("|aXa\naXa", ": % s / X / y / g Enter", "|aya\naya");
    check("|aXaX", ": s / X / y Enter", "|ayaX");
    let mut stage = vim("x", "|a");
    stage.press(": f o o Enter");
    assert_eq!(stage.app.notice(), Some("not a command: foo"));
    stage.press(": w q Enter");
    assert!(stage.has_quit);
}

#[test]
fn keys_that_are_no_letters_mean_what_they_mean_to_everybody() {
    let mut stage = vim("x", "|a b");
    stage.press("Ctrl-S");
    assert_eq!(stage.app.notice(), Some("saved, rev 42"));
    stage.press("F1 q u i t Enter");
    assert!(stage.has_quit);
}

#[test]
fn finding_leaves_the_caret_at_the_match() {
    check("|a foo foo", "/ f o o Enter x", "a |oo foo");
    check("|a foo foo", "/ f o o Enter n x", "a foo |oo");
}
