//! Whose a line is, while it is written on.

use super::*;
use crate::app::Event;
use crate::app::question::Reply;
use crate::app::tests::stage::Stage;

fn ana() -> Writer {
    Writer {
        who: "Ana".into(),
        when: "2026-11-22 21:00".into(),
        revision: Revision::new(7),
        is_own: false,
    }
}

/// An editor that has been told that Ana wrote everything.
fn written(marked: &str) -> Stage {
    let mut stage = Stage::new("x.txt", marked);
    stage.press("Alt-W");
    assert_eq!(stage.asked.len(), 1);
    assert_eq!(stage.app.writer().as_deref(), Some("by …"));
    answer(&mut stage);
    stage
}

fn answer(stage: &mut Stage) {
    let written = Written { writers: vec![ana()], runs: vec![(0, Hand::Writer(0))] };
    reply(stage, Ok(written));
}

fn reply(stage: &mut Stage, answer: Result<Written, String>) {
    let Some(Question::Writers { number, .. }) = stage.asked.pop() else {
        panic!("nobody has asked")
    };
    stage.handle(Event::Answered(Reply::Writers(number, answer)));
}

#[track_caller]
fn says(stage: &mut Stage, key: &str, expected: &str) {
    stage.press(key);
    assert_eq!(stage.app.writer().as_deref(), Some(expected), "after {key}");
}

const ANA: &str = "by Ana, 2026-11-22 21:00, revision 7";
const SENT: &str = "by you, just now";

#[test]
fn a_line_that_one_types_in_is_ones_own_and_its_neighbours_stay() {
    let mut stage = written("one\nt|wo\nthree");
    says(&mut stage, "x", SENT);
    says(&mut stage, "Up", ANA);
    says(&mut stage, "Down", SENT);
    says(&mut stage, "Down", ANA);
    stage.condition(Condition::Saving);
    says(&mut stage, "Up", "by you, not sent yet");
    assert!(stage.asked.is_empty(), "nothing of that has to be asked for");
}

#[test]
fn a_line_that_is_divided_stays_whose_it_was() {
    let mut stage = written("one\ntwo|\nthree");
    says(&mut stage, "Enter", SENT);
    says(&mut stage, "Up", ANA);
    says(&mut stage, "Down", SENT);
    says(&mut stage, "Down", ANA);
    says(&mut stage, "Backspace", SENT);
}

#[test]
fn a_line_that_somebody_changed_is_asked_about_again_but_not_at_once() {
    let mut stage = written("one\n|two");
    stage.remote(4..4, "x");
    assert_eq!(stage.app.writer().as_deref(), Some("changed just now"));
    assert!(stage.asked.is_empty());
    stage.wait(2_000);
    assert!(matches!(stage.asked[..], [Question::Writers { .. }]));
    // What is typed before the answer comes is still one's own.
    stage.press("y");
    answer(&mut stage);
    assert_eq!(stage.app.writer().as_deref(), Some(SENT));
    says(&mut stage, "Up", ANA);
    stage.press("Alt-W");
    assert_eq!(stage.app.writer(), None);
}

#[test]
fn an_answer_about_another_text_is_none() {
    let mut stage = Stage::new("x.txt", "|one");
    stage.press("Alt-W");
    stage.handle(Event::Opened { text: stage.text().clone() });
    assert_eq!(stage.asked.len(), 2);
    let late = stage.asked.remove(0);
    let newer = std::mem::replace(&mut stage.asked, vec![late]);
    answer(&mut stage);
    assert_eq!(stage.app.writer().as_deref(), Some("by …"));
    stage.asked = newer;
    answer(&mut stage);
    assert_eq!(stage.app.writer().as_deref(), Some(ANA));
}

#[test]
fn without_the_server_nobody_knows() {
    let mut stage = Stage::new("x.txt", "|one");
    stage.condition(Condition::Offline);
    stage.press("Alt-W");
    assert_eq!(stage.app.writer(), None);
    assert!(stage.app.notice().is_some_and(|it| it.contains("is not reached now")));
    stage.condition(Condition::Saved);
    stage.press("Alt-W");
    reply(&mut stage, Err("it burns".into()));
    assert_eq!(stage.app.notice(), Some("nobody knows who wrote it: it burns"));
}

#[test]
fn runs_are_moved_split_and_joined() {
    let runs = vec![(0, Hand::Writer(0)), (10, Hand::Writer(1))];
    let mut written = Written { runs, ..Written::default() };
    written.splice(&Lines { at: 4, removed: 2, added: 1 }, Hand::Own);
    let split =
        vec![(0, Hand::Writer(0)), (4, Hand::Own), (5, Hand::Writer(0)), (9, Hand::Writer(1))];
    assert_eq!(written.runs, split);
    written.splice(&Lines { at: 4, removed: 1, added: 0 }, Hand::Own);
    assert_eq!(written.runs, [(0, Hand::Writer(0)), (8, Hand::Writer(1))]);
    written.splice(&Lines { at: 0, removed: 20, added: 1 }, Hand::Own);
    assert_eq!(written.runs, [(0, Hand::Own), (1, Hand::Writer(1))]);
}
