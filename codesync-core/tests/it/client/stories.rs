//! What happens to a client, one story at a time.

mod gathering;
mod journal;
mod login;
mod permission;
mod presence;
mod trouble;

use std::time::Duration;

use codesync_core::client::{Cause, EditError, Event, OpenDocument, State};
use codesync_core::protocol::{RejectCode, ServerMessage, ServerSession, codec};
use codesync_core::{DocumentId, Encoding, TextEdit};

use super::world::{DOCUMENT, World, submissions};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn two_people_see_each_others_words() {
    let mut world = World::new("hello", 2);
    world.edit(0, 5, 0, ", world");
    world.edit(1, 0, 1, "J");
    world.settle();
    world.check();
    assert_eq!(world.text(0), "Jello, world");
}

#[test]
fn what_is_typed_while_an_operation_is_in_flight_goes_as_one() {
    let mut world = World::new("", 1);
    for (at, key) in ["a", "b", "c", "d"].into_iter().enumerate() {
        world.edit(0, at, 0, key);
    }
    let status = world.replica(0).status();
    assert_eq!((status.state, status.unsaved_edits), (State::Sending, 4));
    world.settle();
    world.check();
    assert_eq!(world.server.log.len(), 2);
    assert_eq!(world.replica(0).status().state, State::Synchronized);
}

#[test]
fn what_is_typed_offline_arrives_when_there_is_a_socket_again() {
    let mut world = World::new("abc", 2);
    world.network = false;
    world.cut(0);
    assert_eq!(world.replica(0).status().state, State::Waiting);
    world.edit(0, 3, 0, "0");
    world.edit(0, 4, 0, "0");
    world.edit(1, 3, 0, "1");
    world.settle();
    assert_eq!((world.text(0), world.text(1)), ("abc00".into(), "abc1".into()));
    world.network = true;
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abc001");
}

#[test]
fn after_a_lost_acknowledgement_the_client_learns_that_its_edit_was_committed() {
    let mut world = World::new("abc", 2);
    world.edit(0, 3, 0, "x");
    world.edit(0, 4, 0, "y");
    world.edit(1, 0, 0, "1");
    world.deliver_up(0);
    world.deliver_up(1);
    world.cut(0);
    world.settle();
    world.check();
    assert_eq!(world.text(1), "1abcxy");
    assert_eq!(world.server.log.len(), 3);
}

#[test]
fn a_submission_that_was_lost_is_sent_again_to_the_byte() {
    let mut world = World::new("abc", 2);
    world.edit(0, 3, 0, "x");
    let first = submissions(&world.clients[0].up[0]);
    world.cut(0);
    world.edit(1, 0, 0, "in front of it");
    world.settle_but(0);
    while world.clients[0].up.iter().all(|frame| submissions(frame).is_empty()) {
        assert!(world.deliver_up(0) || world.deliver_down(0) || world.wait(0));
    }
    let again = world.clients[0].up.iter().flat_map(|frame| submissions(frame)).collect::<Vec<_>>();
    assert_eq!(again, first);
    world.settle();
    world.check();
    assert_eq!(world.text(0), "in front of itabcx");
}

#[test]
fn frames_that_come_twice_are_taken_once() {
    let mut world = World::new("", 2);
    world.edit(0, 0, 0, "a");
    world.edit(1, 0, 0, "b");
    for _ in 0..40 {
        for i in 0..2 {
            let client = &mut world.clients[i];
            client.up.extend(client.up.back().cloned());
            client.down.extend(client.down.back().cloned());
            world.deliver_up(i);
            world.deliver_down(i);
            world.deliver_down(i);
        }
    }
    world.settle();
    world.check();
    assert_eq!(world.server.log.len(), 2);
}

#[test]
fn a_gap_in_the_news_is_noticed_and_filled() {
    let mut world = World::new("", 2);
    world.edit(0, 0, 0, "a");
    while world.deliver_up(0) {}
    assert!(world.clients[1].down.pop_front().is_some());
    world.settle();
    world.edit(0, 1, 0, "b");
    world.settle();
    world.check();
    assert_eq!(world.text(1), "ab");
    assert!(world.clients[1].conflicts.is_empty());
}

#[test]
fn undo_takes_back_own_edits_only() {
    let mut world = World::new("", 2);
    world.edit(0, 0, 0, "mine");
    world.settle();
    world.edit(1, 4, 0, " theirs");
    world.settle();
    world.undo(0);
    let undone = |event: &Event| matches!(event, Event::Changed { cause: Cause::Undo, .. });
    assert!(world.clients[0].events.iter().any(undone));
    world.settle();
    world.check();
    assert_eq!(world.text(1), " theirs");
    let now = world.now;
    assert!(world.clients[0].connection.redo(now, DOCUMENT).is_some());
    assert!(world.clients[0].connection.redo(now, DOCUMENT).is_none());
    assert_eq!(world.text(0), "mine theirs");
}

#[test]
fn a_paste_too_large_for_one_submission_goes_in_pieces() {
    let mut world = World::new("before after", 2);
    let pasted = "0123456789é".repeat(30_000);
    world.edit(0, 7, 0, &pasted);
    world.edit(1, 0, 6, "BEFORE");
    assert_eq!(world.replica(0).status().unsaved_edits, 1);
    world.settle();
    world.check();
    assert_eq!(world.text(1), format!("BEFORE {pasted}after"));
    assert!(world.server.log.len() > 5);
}

#[test]
fn edits_that_cannot_be_made_leave_the_text_alone() {
    let mut world = World::new("abc", 1);
    let edit = |range, text: &str| [TextEdit { range, text: text.into() }];
    let connection = &mut world.clients[0].connection;
    let unknown = DocumentId::from_bytes([9; 16]);
    let now = world.now;
    let mut check = |document, edit: &[TextEdit]| {
        connection.edit(now, document, edit, Encoding::Scalar).unwrap_err()
    };
    assert_eq!(check(unknown, &edit(0..0, "x")), EditError::NotOpen { document: unknown });
    assert!(matches!(check(DOCUMENT, &edit(2..4, "x")), EditError::Edit(_)));
    let bytes_max = 10 * 1024 * 1024;
    let most = "x".repeat(bytes_max as usize - 3);
    assert_eq!(
        check(DOCUMENT, &edit(0..0, &format!("{most}y"))),
        EditError::DocumentTooLarge { bytes: bytes_max + 1, bytes_max }
    );
    world.edit(0, 0, 0, &most);
    assert_eq!(world.replica(0).text().len_bytes() as u64, bytes_max);
    world.edit(0, 0, 1, "y");
    assert_eq!(world.replica(0).text().char_at(0), Some('y'));
}

#[test]
fn carriage_returns_never_reach_the_document() {
    let mut world = World::new("", 1);
    let edit = [TextEdit { range: 0..0, text: "a\r\nb\rc".into() }];
    let now = world.now;
    world.clients[0].connection.edit(now, DOCUMENT, &edit, Encoding::Utf16).unwrap();
    world.settle();
    assert_eq!(world.server.document.text(), &"a\nb\nc");
}

#[test]
fn a_server_that_asks_to_reconnect_later_is_given_that_time() {
    let mut world = World::new("abc", 1);
    let reconnect = ServerMessage::Session(ServerSession::Reconnect { after_ms: 5_000 });
    world.clients[0].down.push_back(codec::encode_server(&reconnect));
    world.deliver_down(0);
    assert_eq!(world.clients[0].connection.poll_timeout(), Some(world.now + ms(5_000)));
    let retry_in = Some(ms(5_000));
    assert_eq!(
        world.clients[0].events.iter().find(|event| matches!(event, Event::Offline { .. })),
        Some(&Event::Offline { retry_in })
    );
    world.pass(ms(4_999));
    assert!(!world.clients[0].connection.is_online());
    world.pass(ms(1));
    world.settle();
    assert!(world.clients[0].connection.is_online());
}

#[test]
fn a_silent_server_is_left_after_half_a_minute() {
    let mut world = World::new("abc", 1);
    world.pass(ms(20_000));
    let pinged = world.clients[0].up.pop_front();
    assert!(pinged.is_some(), "a ping, which the network swallows");
    world.pass(ms(9_999));
    assert!(world.clients[0].connection.is_online());
    world.pass(ms(1));
    assert!(!world.clients[0].connection.is_online());
    world.settle();
    assert!(world.clients[0].connection.is_online());
    world.pass(ms(20_000));
    world.settle();
    world.pass(ms(10_000));
    assert!(world.clients[0].connection.is_online(), "the pong was heard");
}

#[test]
fn a_submission_without_an_answer_is_asked_after() {
    let mut world = World::new("abc", 1);
    world.edit(0, 0, 0, "x");
    world.clients[0].up.clear();
    world.pass(ms(15_000));
    world.settle();
    world.check();
    assert!(world.clients[0].connection.is_online(), "on the same socket");
}

#[test]
fn a_server_that_turns_us_away_is_not_asked_again() {
    let mut world = World::new("abc", 1);
    let (code, message) = (RejectCode::VersionUnsupported, "too old".into());
    let fault = ServerMessage::Session(ServerSession::Fault { code, message });
    world.clients[0].down.push_back(codec::encode_server(&fault));
    world.deliver_down(0);
    assert_eq!(world.clients[0].connection.poll_timeout(), None);
    assert!(world.clients[0].events.contains(&Event::Offline { retry_in: None }));
    world.edit(0, 3, 0, "d");
    let now = world.now;
    world.clients[0].connection.reconnect(now);
    world.pass(ms(0));
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcd");
}

#[test]
fn copies_are_compared_again_and_again_and_found_equal() {
    let mut world = World::new("", 2);
    for round in 0..600 {
        world.edit(0, round % 7, round % 2, "ab");
        world.edit(1, round % 5, round % 3, "cde");
        // Often something is pending while the fingerprint arrives.
        for i in 0..2 {
            world.deliver_up(i);
            world.deliver_down(i);
            world.deliver_down(i);
        }
    }
    world.settle();
    world.check();
    assert!(world.server.document.head().get() > 512);
    assert!(world.clients.iter().all(|client| client.conflicts.is_empty()));
}

#[test]
fn a_document_that_is_closed_and_opened_again_at_once_is_joined_once() {
    let mut world = World::new("abc", 1);
    let (now, client) = (world.now, world.replica(0).client());
    let connection = &mut world.clients[0].connection;
    for _ in 0..3 {
        connection.close(now, DOCUMENT);
        connection.open(now, OpenDocument { document: DOCUMENT, client });
    }
    world.pass(ms(0));
    world.settle();
    world.check();
    world.edit(0, 3, 0, "d");
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcd");
}
