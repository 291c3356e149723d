//! Keys in the list of who may do what, and what they ask the server for.

use super::*;
use crate::app::question::Reply;
use crate::app::tests::stage::Stage;
use crate::app::{Condition, Event};

fn member(user: &str, role: Role) -> Member {
    Member {
        user: user.into(),
        name: user.to_uppercase(),
        login: Some(user.into()),
        role,
        until: None,
        is_own: user == "ada",
    }
}

fn standing() -> Standing {
    let link = Link {
        id: "1".into(),
        label: "class".into(),
        role: Role::Viewer,
        guests: false,
        members: 3,
        ends: None,
    };
    Standing {
        address: "http://x/d/1".into(),
        has_accounts: true,
        members: vec![member("ada", Role::Owner), member("bo", Role::Editor)],
        links: Some(vec![link]),
        done: None,
    }
}

fn tell(stage: &mut Stage, standing: Standing) {
    stage.asked.clear();
    stage.handle(Event::Answered(Reply::Sharing(Ok(standing))));
}

/// The list, open and filled.
fn opened() -> Stage {
    let mut stage = Stage::new("x.txt", "|one");
    stage.press("F8");
    assert_eq!(stage.asked, [Question::Sharing(Order::Look)]);
    tell(&mut stage, standing());
    stage
}

#[track_caller]
fn check(keys: &str, order: Order) {
    let mut stage = opened();
    stage.press(keys);
    assert_eq!(stage.asked, [Question::Sharing(order)], "{keys}");
    stage.shows("|one");
}

#[test]
fn each_key_leads_to_what_it_says() {
    let week = Some(Duration::from_secs(7 * 24 * 3_600));
    let bo = || "bo".to_owned();
    check("i c y Enter e", Order::Invite { login: "cy".into(), role: Role::Editor });
    check("Down Down r v", Order::ChangeRole { user: bo(), role: Role::Viewer });
    check("Down Down Enter o", Order::ChangeRole { user: bo(), role: Role::Owner });
    check("Down Down x y", Order::Remove { user: bo() });
    check("j j j Delete y", Order::EndLink { id: "1".into() });
    let role = Role::Viewer;
    check("l v Enter n", Order::MakeLink { role, lasts: week, guests: false });
    let role = Role::Editor;
    check("l e n e v e r Enter y", Order::MakeLink { role, lasts: None, guests: true });
}

#[test]
fn what_was_not_meant_leads_to_nothing() {
    for keys in ["Down Down x n", "Down Down x Esc", "x", "r", "i Enter", "l o Esc", "i c Esc"] {
        let mut stage = opened();
        stage.press(keys);
        assert!(stage.asked.is_empty(), "{keys}");
        assert!(stage.app.sharing().is_some(), "{keys}");
        stage.press("Esc Esc");
        assert!(stage.app.sharing().is_none(), "{keys}");
    }
    let mut stage = opened();
    stage.press("l v s o o n Enter");
    assert_eq!(stage.app.notice(), Some("soon is no stretch of time"));
    assert!(stage.app.prompt().is_some(), "and it can be mended");
}

#[test]
fn one_thing_is_done_at_a_time() {
    let mut stage = opened();
    stage.press("Down Down x y");
    stage.press("i c y Enter e");
    assert_eq!(stage.asked.len(), 1);
    let done = Some(Done::Said("BO is out".into()));
    tell(&mut stage, Standing { done, ..standing() });
    assert_eq!(stage.app.notice(), Some("BO is out"));
    stage.press("i c y Enter e");
    assert_eq!(stage.asked.len(), 1);
    stage.handle(Event::Answered(Reply::Sharing(Err("nobody is called cy".into()))));
    assert_eq!(stage.app.sharing().and_then(Sharing::remark), Some("nobody is called cy"));
}

#[test]
fn a_new_link_is_copied_and_can_be_copied_again() {
    let mut stage = opened();
    let link = || "http://x/d/1#secret".to_owned();
    let done = Some(Done::Made { id: "1".into(), link: link() });
    tell(&mut stage, Standing { done, ..standing() });
    assert_eq!(stage.copied, [link()]);
    stage.press("c");
    assert_eq!(stage.copied, [link(), link()]);
    stage.press("Up Up Up c");
    assert_eq!(stage.copied.last().map(String::as_str), Some("http://x/d/1"));
    stage.press("Down c");
    assert_eq!(stage.copied.len(), 3, "a person is no address");
}

#[test]
fn where_there_are_no_accounts_there_is_the_address() {
    let mut stage = opened();
    tell(&mut stage, Standing { address: "http://x/d/1".into(), ..Standing::default() });
    stage.press("Enter");
    assert_eq!(stage.copied, ["http://x/d/1"]);
    stage.press("i");
    assert!(stage.app.prompt().is_none());
    assert_eq!(stage.app.notice(), Some("a server without accounts has no members and no links"));
}

#[test]
fn without_the_server_it_is_said_where_that_is() {
    let mut stage = Stage::new("x.txt", "|one");
    stage.condition(Condition::Offline);
    stage.press("F8");
    assert!(stage.app.sharing().is_none() && stage.asked.is_empty());
    assert!(stage.app.notice().is_some_and(|it| it.contains("is not reached now")));
}
