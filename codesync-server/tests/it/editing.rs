//! People who edit one document through the real server.

use std::time::Duration;

use codesync_core::Selection;
use codesync_core::client::Event;

use crate::support::editor::Editor;
use crate::support::{Dice, TestServer};

#[tokio::test]
async fn what_one_types_the_other_sees() {
    let server = TestServer::start().await;
    let id = server.create("shared", "one\n").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut bob = Editor::open(server.address, id, "Bob", 2).await;
    assert_eq!((ada.text(), bob.text()), ("one\n".to_owned(), "one\n".to_owned()));
    ada.append("two\n").await;
    bob.until_text("one\ntwo\n").await;
    bob.edit(0..3, "1").await;
    ada.until_text("1\ntwo\n").await;
    bob.until_saved().await;
    assert_eq!(server.content(id).await, "1\ntwo\n");
    server.stop().await;
}

#[tokio::test]
async fn edits_at_the_same_time_end_in_one_text() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("shared", "").await;
    let mut editors = Vec::new();
    for seed in 1..=4 {
        editors.push(Editor::open(server.address, id, "somebody", seed).await);
    }
    let mut dice = Dice::new(7);
    for round in 0..60 {
        for editor in &mut editors {
            let length = editor.replica().text().len() as u64;
            let start = dice.below(length + 1) as usize;
            let end = (start + dice.below(4) as usize).min(length as usize);
            editor.edit(start..end, ["a", "bc", "", "\n", "é🎉"][dice.below(5) as usize]).await;
        }
        let editor = &mut editors[round % 4];
        editor.run_for(Duration::from_millis(dice.below(4))).await;
    }
    loop {
        for editor in &mut editors {
            editor.until_saved().await;
            editor.run_for(Duration::from_millis(5)).await;
        }
        let head = editors.iter().map(|it| it.replica().revision()).max();
        if editors.iter().all(|it| it.is_saved() && Some(it.replica().revision()) == head) {
            break;
        }
    }
    let text = server.content(id).await;
    for editor in &editors {
        assert_eq!(editor.text(), text);
        let conflict = |event: &Event| matches!(event, Event::Conflict { .. });
        assert!(!editor.events.iter().any(conflict), "{:?}", editor.events);
    }
    server.stop().await;
}

#[tokio::test]
async fn who_was_away_gets_what_he_missed_and_his_own_work_arrives_once() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("shared", "start\n").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut bob = Editor::open(server.address, id, "Bob", 2).await;
    bob.append("bob was here\n").await;
    bob.cut();
    bob.append("and typed on\n").await;
    for number in 0..300 {
        ada.edit(0..0, &format!("{number}\n")).await;
        ada.until_saved().await;
    }
    bob.until("being back", |bob| bob.is_saved() && bob.replica().revision().get() > 300).await;
    let text = bob.text();
    assert_eq!(text.matches("bob was here\n").count(), 1);
    assert_eq!(text.matches("and typed on\n").count(), 1);
    ada.until_text(&text).await;
    server.stop().await;
}

#[tokio::test]
async fn a_restarted_server_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    let id = server.create("shared", "").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.append("before ").await;
    ada.until_saved().await;
    server.begin_stop();
    ada.until("the goodbye", |ada| !ada.connection.is_online()).await;
    ada.append("meanwhile ").await;
    server.stop().await;

    let server = TestServer::start_in(folder.path(), |_| {}).await;
    ada.redirect(server.address);
    ada.until_text("before meanwhile ").await;
    let bob = Editor::open(server.address, id, "Bob", 2).await;
    assert_eq!(bob.text(), "before meanwhile ");
    server.stop().await;
}

#[tokio::test]
async fn others_carets_and_names_are_seen_and_go_with_them() {
    let server = TestServer::start().await;
    let id = server.create("shared", "hello world\n").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut bob = Editor::open(server.address, id, "Bob \u{1b}[31m", 2).await;
    bob.select(vec![Selection::new(6, 11)]).await;
    bob.run_for(Duration::from_millis(200)).await;
    let sees_bob =
        |ada: &Editor| ada.replica().peers().any(|peer| peer.selections == [Selection::new(6, 11)]);
    ada.until("Bob's selection", sees_bob).await;
    let name = ada.replica().peers().next().expect("Bob").name.to_string();
    assert_eq!(name, "Bob [31m", "control characters stay out");
    bob.until("Ada", |bob| bob.replica().peers().count() == 1).await;
    drop(bob);
    ada.until("nobody else", |ada| ada.replica().peers().count() == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_large_document_is_joined_whole() {
    let server = TestServer::start().await;
    let text = "line €🎉\n".repeat(200_000);
    let id = server.create("large", &text).await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    assert_eq!(ada.text(), text);
    ada.append("end").await;
    ada.until_saved().await;
    assert_eq!(server.content(id).await, text + "end");
    server.stop().await;
}
