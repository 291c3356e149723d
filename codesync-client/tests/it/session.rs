//! Sessions with a real server, a disk, and a wire that can be cut.

use std::fs;
use std::time::Duration;

use codesync_client::core::Selection;
use codesync_client::core::client::{Event, State};
use codesync_client::{DiskState, Outbox, SessionEvent};

use crate::proxy::Proxy;
use crate::stage::{Server, folder, insert, open, saved, session, state, text, until};

#[tokio::test]
async fn what_one_types_the_other_reads() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("hello").await;
    let mut ana = open(&server.url, "Ana", Some(outbox.path()), document).await;
    let mut bo = open(&server.url, "Bo", None, document).await;

    insert(&mut ana, document, 5, " world");
    saved(&mut ana, document).await;
    until(&mut bo, "Ana's words", |bo| text(bo, document) == "hello world").await;

    assert!(ana.undo(document).is_some());
    saved(&mut ana, document).await;
    until(&mut bo, "Ana's undo", |bo| text(bo, document) == "hello").await;
    assert_eq!(server.text(document).await, "hello");
}

#[tokio::test]
async fn what_others_type_is_on_the_disk_of_one_who_does_nothing() {
    let (data, folder) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("hello").await;
    let mut ana = open(&server.url, "Ana", None, document).await;
    let mut bo = open(&server.url, "Bo", Some(folder.path()), document).await;
    let outbox = Outbox::at(folder.path());

    insert(&mut ana, document, 5, " world");
    saved(&mut ana, document).await;
    until(&mut bo, "Ana's words on the disk", |_| {
        outbox.cached_text(document).as_deref() == Some("hello world")
    })
    .await;

    // However many more words come, all the time.
    let typing = async {
        for at in 11.. {
            insert(&mut ana, document, at, "!");
            saved(&mut ana, document).await;
        }
    };
    let on_disk = until(&mut bo, "more words on the disk", |_| {
        outbox.cached_text(document).is_some_and(|text| text.ends_with('!'))
    });
    tokio::select! {
        () = typing => {}
        () = on_disk => {}
    }
}

#[tokio::test]
async fn carets_and_names_of_others_are_seen() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let document = server.document("hello").await;
    let mut ana = open(&server.url, "Ana", None, document).await;
    ana.set_selections(document, vec![Selection::new(1, 3)]);
    let mut bo = open(&server.url, "Bo", None, document).await;
    let pump = async {
        loop {
            ana.next().await;
        }
    };
    tokio::select! {
        () = pump => {}
        () = until(&mut bo, "Ana's selection", |bo| {
            let replica = bo.document(document).expect("it is open");
            replica.peers().any(|p| p.name == "Ana" && p.selections == [Selection::new(1, 3)])
        }) => {}
    }
}

#[tokio::test]
async fn a_cut_wire_is_mended_by_itself_and_loses_nothing() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    let proxy = Proxy::start(&server.url).await;
    let mut ana = open(&proxy.url, "Ana", Some(outbox.path()), document).await;
    let mut expected = String::new();
    for round in 0..5 {
        for n in 0..20 {
            let word = format!("{round}-{n} ");
            insert(&mut ana, document, expected.len(), &word);
            expected.push_str(&word);
            if n == 7 {
                // In the middle of what is on its way.
                proxy.cut();
            }
        }
        until(&mut ana, "the cut", |ana| state(ana, document) == State::Waiting).await;
        assert_eq!(ana.flushed().await, Ok(()));
        proxy.mend();
        saved(&mut ana, document).await;
        assert_eq!(server.text(document).await, expected);
    }
}

#[tokio::test]
async fn who_is_told_that_the_network_is_back_does_not_wait() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    let proxy = Proxy::start(&server.url).await;
    let mut ana = open(&proxy.url, "Ana", None, document).await;
    proxy.cut();
    // Each attempt in vain makes the next wait longer.
    let wait = loop {
        let event = ana.next().await;
        if let SessionEvent::Core(Event::Offline { retry_in: Some(wait) }) = event {
            if wait > Duration::from_secs(5) {
                break wait;
            }
            ana.reconnect();
        }
    };
    proxy.mend();
    ana.reconnect();
    let online = until(&mut ana, "the server", |ana| state(ana, document) == State::Synchronized);
    tokio::time::timeout(wait, online).await.expect("it does not wait");
}

#[tokio::test]
async fn work_without_a_server_is_there_after_a_restart_and_sent_once() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("base\n").await;
    let proxy = Proxy::start(&server.url).await;
    let mut ana = open(&proxy.url, "Ana", Some(outbox.path()), document).await;
    proxy.cut();
    until(&mut ana, "the cut", |ana| state(ana, document) == State::Waiting).await;
    insert(&mut ana, document, 5, "offline\n");
    drop(ana);

    // The text and the unsent edit are there before any server is.
    let mut ana = session(&proxy.url, "Ana", Some(outbox.path()));
    ana.open(document).expect("it is not open yet");
    assert_eq!(text(&ana, document), "base\noffline\n");
    assert_eq!(ana.document(document).expect("it is open").status().unsaved_edits, 1);
    insert(&mut ana, document, 13, "again\n");
    proxy.mend();
    saved(&mut ana, document).await;
    assert_eq!(server.text(document).await, "base\noffline\nagain\n");
    drop(ana);

    let mut ana = open(&server.url, "Ana", Some(outbox.path()), document).await;
    saved(&mut ana, document).await;
    assert_eq!(server.text(document).await, "base\noffline\nagain\n");
}

#[tokio::test]
async fn two_editors_on_one_machine_are_two_clients() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    let mut first = open(&server.url, "Ana", Some(outbox.path()), document).await;
    let mut second = open(&server.url, "Ana", Some(outbox.path()), document).await;
    let client = |s: &codesync_client::Session| s.document(document).map(|r| r.client());
    assert_ne!(client(&first), client(&second));
    insert(&mut first, document, 0, "first ");
    insert(&mut second, document, 0, "second ");
    saved(&mut first, document).await;
    saved(&mut second, document).await;
    let words = server.text(document).await;
    assert!(words == "first second " || words == "second first ", "{words}");
}

#[tokio::test]
async fn one_editor_sends_what_two_that_ended_could_not() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    let proxy = Proxy::start(&server.url).await;
    let mut first = open(&proxy.url, "Ana", Some(outbox.path()), document).await;
    let mut second = open(&proxy.url, "Ana", Some(outbox.path()), document).await;
    proxy.cut();
    for (session, word) in [(&mut first, "first "), (&mut second, "second ")] {
        until(session, "the cut", |s| state(s, document) == State::Waiting).await;
        insert(session, document, 0, word);
    }
    drop((first, second));
    proxy.mend();
    let mut third = open(&proxy.url, "Ana", Some(outbox.path()), document).await;
    until(&mut third, "both words", |s| text(s, document).len() == 13).await;
    saved(&mut third, document).await;
    let words = server.text(document).await;
    assert!(words == "first second " || words == "second first ", "{words}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_and_editing_goes_on() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    // A file where the folder should be.
    let blocked = outbox.path().join("blocked");
    fs::write(&blocked, "").expect("there is room");
    let mut ana = open(&server.url, "Ana", Some(&blocked), document).await;
    assert!(matches!(ana.disk(), DiskState::NotKept { .. }), "{:?}", ana.disk());
    insert(&mut ana, document, 0, "typed");
    saved(&mut ana, document).await;
    assert_eq!(server.text(document).await, "typed");
}

#[tokio::test]
async fn text_that_cannot_be_brought_together_is_kept_in_a_file() {
    let (data, backup, outbox) = (folder(), folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let url = server.url.clone();
    let port = url.socket().port().expect("a port was chosen");
    let document = server.document("old\n").await;
    let mut ana = open(&url, "Ana", Some(outbox.path()), document).await;
    insert(&mut ana, document, 4, "one\n");
    saved(&mut ana, document).await;
    drop(ana);
    server.stop().await;
    copy_folder(data.path(), backup.path());

    let server = Server::start(data.path(), port).await;
    let mut ana = open(&url, "Ana", Some(outbox.path()), document).await;
    insert(&mut ana, document, 8, "two\n");
    saved(&mut ana, document).await;
    server.stop().await;

    // The server comes back as it was before the last edit was acknowledged.
    let _server = Server::start(backup.path(), port).await;
    let waiting = async {
        loop {
            if let SessionEvent::ConflictKept { path, .. } = ana.next().await {
                return path;
            }
        }
    };
    let path = tokio::time::timeout(std::time::Duration::from_secs(60), waiting)
        .await
        .expect("the conflict is noticed");
    assert_eq!(fs::read_to_string(path).expect("it is there"), "old\none\ntwo\n");
    until(&mut ana, "the server's text", |ana| text(ana, document) == "old\none\n").await;
    insert(&mut ana, document, 8, "three\n");
    saved(&mut ana, document).await;
}

fn copy_folder(source: &std::path::Path, target: &std::path::Path) {
    fs::create_dir_all(target).expect("there is room");
    for entry in fs::read_dir(source).expect("it is a folder") {
        let entry = entry.expect("it is readable");
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("there is room");
        }
    }
}

#[tokio::test]
async fn a_document_that_another_session_holds_is_known_to_be_open_elsewhere() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("text").await;
    let mut first = open(&server.url, "Ana", Some(outbox.path()), document).await;
    assert!(!first.is_open_elsewhere(document));
    first.flushed().await.expect("there is room");
    let mut second = session(&server.url, "Ana", Some(outbox.path()));
    second.open(document).expect("it is not open yet");
    assert!(second.is_open_elsewhere(document));
}
