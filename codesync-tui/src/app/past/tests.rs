//! Keys in the past, and what they ask for and show.

use codesync_client::Timeline;

use super::*;
use crate::app::tests::stage::Stage;
use crate::app::{Condition, Event};

fn timeline(groups: &[(&str, u64, u64)], next: Option<&str>) -> Timeline {
    let groups: Vec<_> = groups
        .iter()
        .map(|(who, first, last)| {
            serde_json::json!({
                "person": { "kind": "user", "id": who, "name": who },
                "first_revision": first, "last_revision": last,
                "from": "2026-11-22T21:00:00Z", "to": "2026-11-22T21:03:00Z",
                "inserted_chars": 3, "deleted_chars": 1,
            })
        })
        .collect();
    let page = serde_json::json!({ "groups": groups, "goes_on": false, "next": next });
    serde_json::from_value(page).expect("a page as the server sends it")
}

fn told(page: Timeline) -> Told {
    let mut told = Told::default();
    told.add(page);
    told
}

fn reply(stage: &mut Stage, reply: Reply) {
    stage.asked.clear();
    stage.handle(Event::Answered(reply));
}

fn text_at(stage: &mut Stage, revision: u64, text: &str) {
    reply(stage, Reply::TextAt(Revision::new(revision), Ok(Text::from(text))));
}

fn asks_for(stage: &Stage, revision: u64) {
    assert_eq!(stage.asked, [Question::TextAt(Revision::new(revision))]);
}

/// A past of three moments; the newest text is on its way.
fn opened(marked: &str) -> Stage {
    let mut stage = Stage::new("x.txt", marked);
    stage.press("F7");
    assert_eq!(stage.asked, [Question::Timeline(Told::default())]);
    let page = timeline(&[("Bo\u{1b}", 8, 9), ("Ana", 3, 7), ("Bo", 1, 2)], None);
    let named = Named { revision: Revision::new(5), name: "draft".into() };
    reply(&mut stage, Reply::Timeline(Ok((told(page), vec![named]))));
    asks_for(&stage, 9);
    stage
}

fn shown(stage: &Stage) -> (u64, String) {
    let sheet = stage.app.past().and_then(Past::sheet).expect("something is shown");
    (sheet.revision.get(), sheet.text.to_string())
}

#[test]
fn moments_tell_who_when_how_much_and_what_it_was_called() {
    let stage = opened("|now");
    let moments = stage.app.past().expect("it is open").moments();
    assert_eq!(moments[0].who, "Bo‹U+001B›");
    let Moment { first, last, when, came, went, names, .. } = &moments[1];
    assert_eq!((first.get(), last.get(), when.as_str()), (3, 7, "2026-11-22 21:03"));
    assert_eq!((*came, *went, names.as_slice()), (3, 1, &["draft".to_owned()][..]));
}

#[test]
fn one_text_is_asked_for_at_a_time_and_what_was_passed_over_is_not() {
    let mut stage = opened("|now");
    text_at(&mut stage, 9, "nine");
    assert_eq!(shown(&stage), (9, "nine".into()));
    stage.press("Down");
    asks_for(&stage, 7);
    stage.press("Left Left Left");
    asks_for(&stage, 7);
    assert_eq!(shown(&stage).0, 9, "it stays until there is something to show");
    text_at(&mut stage, 7, "seven");
    asks_for(&stage, 4);
    text_at(&mut stage, 4, "four");
    assert_eq!(shown(&stage), (4, "four".into()));
    assert_eq!(stage.app.past().map(Past::selected), Some(1));
    stage.asked.clear();
    stage.press("Up");
    assert!(stage.asked.is_empty(), "what was seen is remembered");
    assert_eq!(shown(&stage), (9, "nine".into()));
    stage.press("Right");
    assert_eq!(shown(&stage).0, 9, "there is nothing newer");
    stage.press("End");
    asks_for(&stage, 2);
    stage.press("x y z Space");
    stage.press("Esc");
    stage.shows("|now");
}

#[test]
fn the_next_page_is_asked_for_before_it_is_needed() {
    let mut stage = Stage::new("x.txt", "|now");
    stage.press("F7");
    let told = told(timeline(&[("Ana", 2, 9)], Some("more")));
    reply(&mut stage, Reply::Timeline(Ok((told.clone(), Vec::new()))));
    assert_eq!(stage.asked[0], Question::Timeline(told));
}

#[test]
fn it_can_be_compared_with_the_text_as_it_is() {
    let mut stage = opened("|now\n");
    stage.press("d");
    text_at(&mut stage, 9, "then\n");
    let (before, after) = (Text::from("then\n"), Text::from("now\n"));
    let revision = Revision::new(9);
    assert_eq!(
        stage.asked,
        [Question::Compare { revision, before: before.clone(), after: after.clone() }]
    );
    reply(&mut stage, Reply::Compare(revision, compare(&before, &after)));
    assert_eq!(shown(&stage).1, "line 1, now 1\n-then\n+now\n");
    stage.press("d");
    assert_eq!(shown(&stage).1, "then\n");
}

#[test]
fn it_is_put_back_by_one_edit_that_can_be_undone() {
    let mut stage = opened("one |now\n");
    text_at(&mut stage, 9, "one then\n");
    stage.press("r");
    assert!(stage.app.prompt().is_some());
    stage.press("n r y");
    let (text, wanted) = (Text::from("one now\n"), Text::from("one then\n"));
    let revision = Revision::new(9);
    let question = Question::Restore { revision, text: text.clone(), wanted: wanted.clone() };
    assert_eq!(stage.asked, [question]);
    // Somebody types before the edits are found: they are found once more.
    stage.remote(0..0, "> ");
    let edits = |text: &Text| codesync_core::text::diff(&text.to_string(), "one then\n");
    reply(&mut stage, Reply::Restore { revision, edits: edits(&text), text });
    let text = Text::from("> one now\n");
    assert_eq!(stage.asked, [Question::Restore { revision, text: text.clone(), wanted }]);
    reply(&mut stage, Reply::Restore { revision, edits: edits(&text), text });
    assert_eq!(stage.text().to_string(), "one then\n");
    assert!(stage.app.past().is_none());
    stage.press("Ctrl-Z");
    assert_eq!(stage.text().to_string(), "> one now\n");
}

#[test]
fn what_is_still_on_its_way_is_put_back_when_it_comes() {
    let mut stage = opened("|now");
    stage.press("r y");
    text_at(&mut stage, 9, "then");
    let (text, wanted) = (Text::from("now"), Text::from("then"));
    assert_eq!(stage.asked, [Question::Restore { revision: Revision::new(9), text, wanted }]);
    // Whoever goes elsewhere before it comes has thought better of it.
    let mut stage = opened("|now");
    stage.press("r y Down");
    text_at(&mut stage, 9, "then");
    asks_for(&stage, 7);
}

#[test]
fn who_may_not_write_puts_nothing_back() {
    let mut stage = opened("|now");
    text_at(&mut stage, 9, "then");
    stage.condition(Condition::ReadOnly);
    stage.press("r y");
    assert_eq!(stage.app.notice(), Some("this document is read-only for you"));
    assert!(stage.asked.is_empty());
}

#[test]
fn without_the_server_it_is_said_where_the_past_is() {
    let mut stage = Stage::new("x.txt", "|now");
    stage.condition(Condition::Offline);
    stage.press("F7");
    assert!(stage.app.past().is_none());
    assert!(stage.app.notice().is_some_and(|it| it.contains("is not reached now")));
    let mut stage = opened("|now");
    reply(&mut stage, Reply::TextAt(Revision::new(9), Err("it is\ngone".into())));
    assert_eq!(stage.app.past().and_then(Past::remark), Some("it is‹U+000A›gone"));
    // Another key tries again.
    stage.press("Down");
    asks_for(&stage, 7);
}

#[test]
fn others_go_on_writing_behind_it() {
    let mut stage = opened("|now");
    text_at(&mut stage, 9, "then");
    stage.remote(3..3, "!");
    assert_eq!(shown(&stage).1, "then");
    stage.press("F7");
    stage.shows("|now!");
}
