//! When a copy and the server's cannot be brought together, or not now.

use codesync_core::client::{ConflictReason, Event, State, journal};
use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, codec};

use super::super::world::{CHANNEL, DOCUMENT, World, submissions};
use super::ms;

pub(super) fn reasons(world: &World, i: usize) -> Vec<ConflictReason> {
    let reason = |event: &Event| match event {
        Event::Conflict { reason, .. } => Some(*reason),
        _ => None,
    };
    world.clients[i].events.iter().filter_map(reason).collect()
}

#[test]
fn a_busy_server_gets_the_same_bytes_after_the_time_it_asked_for() {
    let mut world = World::new("abc", 1);
    world.server.rejects.push_back((RejectCode::Busy, Some(700)));
    world.edit(0, 3, 0, "x");
    let first = submissions(&world.clients[0].up[0]);
    world.edit(0, 4, 0, "y");
    while world.deliver_up(0) || world.deliver_down(0) {}
    world.pass(ms(699));
    assert!(world.clients[0].up.is_empty());
    world.pass(ms(1));
    assert_eq!(submissions(&world.clients[0].up[0]), first);
    world.settle();
    world.check();
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn a_server_that_does_not_know_the_channel_is_joined_again_with_the_same_bytes() {
    let mut world = World::new("abc", 2);
    world.server.rejects.push_back((RejectCode::UnknownChannel, None));
    world.edit(0, 3, 0, "x");
    world.settle();
    world.check();
    assert_eq!(world.text(1), "abcx");
    assert!(world.clients[0].conflicts.is_empty());
}

#[test]
fn work_that_is_rejected_for_good_becomes_a_copy_and_editing_goes_on() {
    let mut world = World::new("abc", 2);
    world.server.rejects.push_back((RejectCode::DocumentTooLarge, None));
    world.edit(0, 3, 0, "x");
    world.edit(0, 4, 0, "y");
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::Rejected(RejectCode::DocumentTooLarge)]);
    assert_eq!(world.clients[0].conflicts, ["abcxy"]);
    world.check();
    world.edit(0, 0, 0, "on and ");
    world.settle();
    world.check();
    assert_eq!(world.text(1), "on and abc");
}

#[test]
fn until_the_servers_text_is_here_the_old_one_is_shown_and_kept() {
    let mut world = World::new("abc", 1);
    world.server.rejects.push_back((RejectCode::MalformedOperation, None));
    world.edit(0, 3, 0, "x");
    while world.clients[0].conflicts.is_empty() {
        assert!(world.deliver_up(0) || world.deliver_down(0));
    }
    assert_eq!(world.replica(0).status().state, State::Loading);
    assert_eq!(world.text(0), "abcx");
    world.edit(0, 0, 0, "not taken");
    assert_eq!(world.text(0), "abcx");
    let kept = journal::replay(&world.clients[0].disk).unwrap();
    assert_eq!(
        (kept.replica.text().to_string(), kept.replica.status().unsaved_edits),
        ("abcx".into(), 1)
    );
    world.settle();
    world.check();
}

#[test]
fn copies_that_differ_are_noticed_and_the_users_text_is_handed_over() {
    let mut world = World::new("abc", 2);
    world.edit(1, 0, 3, "abc");
    world.settle();
    world.server.lies = true;
    world.server.checkpoint(0);
    world.server.lies = false;
    world.edit(0, 3, 0, "unsaved");
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::Mismatch]);
    assert_eq!(world.clients[0].conflicts, ["abcunsaved"]);
    assert_eq!(world.server.differences, [codesync_core::Revision::new(1)]);
    world.check();
    world.cut(0);
    world.settle();
    assert_eq!(world.server.differences.len(), 1, "it is told once");
}

#[test]
fn a_difference_is_told_by_the_next_socket_if_this_one_breaks() {
    let mut world = World::new("abc", 1);
    world.server.lies = true;
    world.server.checkpoint(0);
    world.server.lies = false;
    world.edit(0, 3, 0, "unsaved");
    while world.clients[0].conflicts.is_empty() {
        assert!(world.deliver_up(0) || world.deliver_down(0));
    }
    world.cut(0);
    world.settle();
    assert_eq!(world.server.differences, [codesync_core::Revision::ZERO]);
    world.check();
}

#[test]
fn a_server_that_went_back_to_before_the_difference_gives_its_text_all_the_same() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    world.settle();
    world.server.lies = true;
    world.server.checkpoint(0);
    world.server.lies = false;
    world.edit(0, 3, 0, "unsaved");
    while world.clients[0].conflicts.is_empty() {
        assert!(world.deliver_up(0) || world.deliver_down(0));
    }
    world.cut(0);
    world.server.restore_backup("abc", 0);
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::Mismatch]);
    assert!(world.server.differences.is_empty());
    assert_eq!(world.text(0), "abc");
    world.check();
}

#[test]
fn a_server_that_keeps_lying_does_not_fill_the_disk_with_copies() {
    let mut world = World::new("abc", 1);
    world.server.lies = true;
    world.server.checkpoint(0);
    let end = world.now + ms(60_000);
    while world.now < end {
        while world.deliver_up(0) || world.deliver_down(0) {}
        world.pass(ms(10));
    }
    let copies = world.clients[0].conflicts.len();
    assert!((2..40).contains(&copies), "{copies} copies in a minute");
}

#[test]
fn a_server_restored_from_an_older_backup_is_noticed() {
    let mut world = World::new("abc", 2);
    for round in 0..4 {
        world.edit(0, 3 + round, 0, "x");
        world.settle();
    }
    world.network = false;
    world.cut(0);
    world.cut(1);
    world.edit(1, 0, 0, "unsaved ");
    world.server.restore_backup("abc", 2);
    world.network = true;
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::ServerBehind]);
    assert!(world.server.differences.is_empty(), "a backup is no mistake");
    assert_eq!(world.clients[0].conflicts, ["abcxxxx"]);
    assert_eq!(world.clients[1].conflicts, ["unsaved abcxxxx"]);
    world.check();
    assert_eq!(world.text(0), "abcxx");
    world.edit(0, 0, 0, "on ");
    world.settle();
    world.check();
}

#[test]
fn a_journal_that_is_used_twice_is_noticed() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    let old = world.clients[0].disk.clone();
    world.settle();
    world.edit(0, 4, 0, "y");
    world.settle();
    world.clients[0].disk = old;
    world.restart(0);
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::JournalReused]);
    assert_eq!(world.clients[0].conflicts, ["abcx"]);
    world.check();
}

#[test]
fn an_operation_that_does_not_fit_is_not_applied() {
    let mut world = World::new("abc", 1);
    let applied = ServerMessage::Applied {
        channel: CHANNEL,
        revision: codesync_core::Revision::new(1),
        author: codesync_core::Author::new(9),
        operation: codesync_core::Operation::replace(900, 800..900, "").encode().into(),
    };
    world.clients[0].down.push_back(codec::encode_server(&applied));
    world.settle();
    assert_eq!(reasons(&world, 0), [ConflictReason::Unfitting]);
    assert_eq!(world.server.differences, [codesync_core::Revision::ZERO]);
    world.check();
}

#[test]
fn a_document_that_ends_keeps_its_text_and_hands_over_what_waits() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    let (code, message) = (RejectCode::DocumentDeleted, "deleted".into());
    let ended = ServerDocument::Ended { channel: CHANNEL, code, message };
    world.clients[0].down.push_back(codec::encode_server(&ServerMessage::Document(ended)));
    world.deliver_down(0);
    assert_eq!(reasons(&world, 0), [ConflictReason::Ended(code)]);
    let refused = Event::Refused { document: DOCUMENT, code, message: "deleted".into() };
    assert!(world.clients[0].events.contains(&refused));
    assert_eq!(world.replica(0).status().state, State::Ended);
    assert_eq!(world.text(0), "abcx");
    world.cut(0);
    assert_eq!(world.replica(0).status().state, State::Ended);
}

#[test]
fn a_frame_that_cannot_be_read_costs_the_socket_and_nothing_else() {
    let mut world = World::new("abc", 1);
    world.edit(0, 3, 0, "x");
    let now = world.now;
    assert!(world.clients[0].connection.handle_frame(now, &[0xff; 9]).is_err());
    assert!(!world.clients[0].connection.is_online());
    world.pass(ms(0));
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcx");
}
