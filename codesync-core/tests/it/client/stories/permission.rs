//! What somebody may do changes while he is at it.

use codesync_core::client::{ConflictReason, EditError, Event, State, journal};
use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, codec};
use codesync_core::{Encoding, TextEdit};

use super::trouble::reasons;
use crate::client::world::{CHANNEL, DOCUMENT, World};

const READ_ONLY: ConflictReason = ConflictReason::Rejected(RejectCode::ReadOnly);

/// Client 0 may no longer write, and knows it; all else that is under way stays there.
fn demote(world: &mut World) {
    world.set_writable(0, false);
    while world.replica(0).is_editable() {
        assert!(world.deliver_down(0));
    }
}

#[track_caller]
fn check_read_only(world: &mut World, text: &str) {
    world.check();
    assert_eq!((world.text(0), world.replica(0).status().state), (text.into(), State::ReadOnly));
    let edit = TextEdit { range: 0..0, text: "x".into() };
    let now = world.now;
    let edited = world.clients[0].connection.edit(now, DOCUMENT, &[edit], Encoding::Scalar);
    assert_eq!(edited, Err(EditError::ReadOnly));
}

#[test]
fn who_may_only_read_sees_others_write_and_may_write_again_later() {
    let mut world = World::new("abc", 2);
    world.edit(0, 3, 0, "d");
    world.settle();
    demote(&mut world);
    world.undo(0);
    world.edit(1, 0, 0, "1");
    world.settle();
    check_read_only(&mut world, "1abcd");
    world.set_writable(0, true);
    world.settle();
    assert_eq!(world.replica(0).status().state, State::Synchronized);
    world.edit(0, 5, 0, "e");
    world.undo(0);
    world.undo(0);
    world.settle();
    world.check();
    assert_eq!(world.text(1), "1abc");
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn an_edit_that_reached_the_log_before_the_change_stays_and_needs_no_copy() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    world.deliver_up(0);
    let acked = world.clients[0].down.pop_back().expect("the acknowledgement is on its way");
    demote(&mut world);
    assert_eq!(world.replica(0).status().unsaved_edits, 1, "it waits for the answer");
    world.clients[0].down.push_back(acked);
    world.settle();
    check_read_only(&mut world, "abcx");
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn an_edit_that_came_too_late_becomes_a_copy_with_all_that_follows_it() {
    let mut world = World::new("abc", 2);
    world.edit(0, 3, 0, "x");
    world.edit(0, 4, 0, "y");
    world.server.set_writable(0, false);
    world.edit(1, 0, 0, "1");
    world.settle_but(0);
    world.settle();
    assert_eq!(reasons(&world, 0), [READ_ONLY]);
    assert_eq!(world.clients[0].conflicts, ["1abcxy"]);
    check_read_only(&mut world, "1abc");
}

#[test]
fn what_was_typed_behind_a_committed_edit_becomes_a_copy() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    world.edit(0, 4, 0, "y");
    world.deliver_up(0);
    world.set_writable(0, false);
    world.settle();
    assert_eq!(reasons(&world, 0), [READ_ONLY]);
    assert_eq!(world.clients[0].conflicts, ["abcxy"]);
    check_read_only(&mut world, "abcx");
}

#[test]
fn an_edit_whose_fate_is_open_is_neither_copied_nor_lost() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    world.edit(0, 4, 0, "y");
    demote(&mut world);
    world.set_writable(0, true);
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcxy");
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn what_was_typed_offline_by_one_who_may_no_longer_write_becomes_a_copy() {
    let mut world = World::new("abc", 1);
    world.network = false;
    world.cut(0);
    world.edit(0, 3, 0, "x");
    world.server.set_writable(0, false);
    world.network = true;
    world.settle();
    assert_eq!(reasons(&world, 0), [READ_ONLY]);
    assert_eq!(world.clients[0].conflicts, ["abcx"]);
    check_read_only(&mut world, "abc");
}

#[test]
fn what_was_given_up_is_never_taken_for_what_is_typed_later() {
    let mut world = World::new("abc", 1);
    let before = world.replica(0).client();
    world.edit(0, 3, 0, "x");
    world.server.set_writable(0, false);
    world.settle();
    world.set_writable(0, true);
    world.settle();
    assert_eq!(world.clients[0].conflicts, ["abcx"]);
    // The first edit may still be on its way through another server, as number one of this client.
    let after = world.replica(0).client();
    assert_ne!(after, before);
    world.edit(0, 0, 0, "y");
    world.settle();
    world.check();
    world.restart(0);
    world.settle();
    assert_eq!((world.replica(0).client(), world.text(0)), (after, "yabc".into()));
}

#[test]
fn others_see_one_person_who_became_another_client() {
    let mut world = World::new("abc", 2);
    let authors = |world: &World| world.replica(1).peers().map(|it| it.author).collect::<Vec<_>>();
    let before = authors(&world);
    world.edit(0, 3, 0, "x");
    world.server.set_writable(0, false);
    world.settle();
    assert_eq!(world.clients[0].conflicts, ["abcx"]);
    let after = authors(&world);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(after, before);
    assert_eq!(world.replica(0).peers().count(), 1);
}

#[test]
fn one_who_is_killed_before_his_text_has_come_finds_what_he_gave_up_again() {
    let mut world = World::new("abc", 1);
    let before = world.replica(0).client();
    world.edit(0, 3, 0, "x");
    world.server.set_writable(0, false);
    while world.clients[0].conflicts.is_empty() {
        assert!(world.deliver_up(0) || world.deliver_down(0));
    }
    assert_ne!(world.replica(0).client(), before);
    world.restart(0);
    assert_eq!((world.replica(0).client(), world.text(0)), (before, "abcx".into()));
    world.settle();
    assert_eq!(world.clients[0].conflicts, ["abcx", "abcx"]);
    check_read_only(&mut world, "abc");
    let after = world.replica(0).client();
    assert_ne!(after, before);
    world.restart(0);
    assert_eq!(world.replica(0).client(), after);
}

#[test]
fn undo_takes_nothing_back_that_was_done_as_another_client() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "d");
    world.settle();
    world.edit(0, 4, 0, "x");
    world.server.set_writable(0, false);
    world.settle();
    world.set_writable(0, true);
    world.settle();
    assert!(!world.replica(0).can_undo());
    world.edit(0, 0, 0, "y");
    world.undo(0);
    world.undo(0);
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcd");
}

#[test]
fn a_journal_of_another_person_is_handed_over_and_the_document_opened_as_ones_own() {
    for edit in ["", "x"] {
        let mut world = World::new("abc", 1);
        let before = world.replica(0).client();
        world.network = false;
        world.cut(0);
        world.edit(0, 3, 0, edit);
        world.server.taken.insert(before);
        world.network = true;
        world.settle();
        world.check();
        let copies = if edit.is_empty() { vec![] } else { vec!["abcx".to_owned()] };
        assert_eq!(world.clients[0].conflicts, copies);
        assert_ne!(world.replica(0).client(), before);
        world.edit(0, 0, 0, "mine: ");
        world.settle();
        world.check();
        assert_eq!(world.text(0), "mine: abc");
    }
}

#[test]
fn a_lost_acknowledgement_is_found_by_one_who_may_no_longer_write() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    world.deliver_up(0);
    world.server.set_writable(0, false);
    world.cut(0);
    world.settle();
    check_read_only(&mut world, "abcx");
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn the_role_is_remembered_without_the_server() {
    let mut world = World::new("abc", 1);
    for writable in [false, true] {
        world.set_writable(0, writable);
        world.settle();
        world.network = false;
        world.restart(0);
        let state = if writable { State::Waiting } else { State::ReadOnly };
        assert_eq!(world.replica(0).status().state, state);
        let restored = journal::replay(&world.clients[0].disk).unwrap().replica;
        assert_eq!(restored.is_editable(), writable);
        world.network = true;
        world.settle();
    }
}

#[test]
fn who_may_not_even_read_any_longer_keeps_his_text() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    let (code, message) = (RejectCode::AccessWithdrawn, "no longer".into());
    let ended = ServerDocument::Ended { channel: CHANNEL, code, message };
    world.clients[0].down.push_back(codec::encode_server(&ServerMessage::Document(ended)));
    world.deliver_down(0);
    assert_eq!(reasons(&world, 0), [ConflictReason::Ended(code)]);
    assert_eq!(world.clients[0].conflicts, ["abcx"]);
    let refused = Event::Refused { document: DOCUMENT, code, message: "no longer".into() };
    assert!(world.clients[0].events.contains(&refused));
    assert_eq!((world.replica(0).status().state, world.text(0)), (State::Ended, "abcx".into()));
    let kept = journal::replay(&world.clients[0].disk).unwrap().replica;
    assert_eq!(kept.status().unsaved_edits, 1, "should he be let in again");
}
