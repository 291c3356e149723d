//! Submissions that are some time apart: what is typed meanwhile goes together.

use codesync_core::client::State;

use super::super::world::{World, submissions};
use super::ms;

const INTERVAL_MS: u64 = 100;

fn world(text: &str, clients: usize) -> World {
    World::gathering(text, clients, ms(INTERVAL_MS))
}

/// The numbers and the bytes of what client `i` has on its way.
fn under_way(world: &World, i: usize) -> Vec<(u64, u64, Vec<u8>)> {
    world.clients[i].up.iter().flat_map(|frame| submissions(frame)).collect()
}

/// Lets everything arrive that is on its way, in no time.
fn deliver(world: &mut World) {
    while (0..world.clients.len()).any(|i| world.deliver_up(i) || world.deliver_down(i)) {}
}

#[test]
fn a_first_key_goes_at_once_and_those_soon_after_it_go_together() {
    let mut world = world("", 2);
    for (at, key) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        world.edit(0, at, 0, key);
        deliver(&mut world);
        world.pass(ms(25));
        deliver(&mut world);
    }
    // The fourth pass was the hundredth millisecond, and "e" came after it.
    assert_eq!(world.text(1), "abcd");
    let status = world.replica(0).status();
    assert_eq!((status.state, status.unsaved_edits), (State::Sending, 1));
    world.settle();
    world.check();
    assert_eq!(world.server.log.len(), 3);
}

#[test]
fn who_types_more_slowly_than_that_waits_for_nothing() {
    let mut world = world("", 2);
    for n in 0..5 {
        world.edit(0, n, 0, "x");
        deliver(&mut world);
        assert_eq!(world.text(1).len(), n + 1);
        world.pass(ms(INTERVAL_MS));
    }
}

#[test]
fn while_nobody_is_there_to_see_them_keys_wait_longer() {
    let mut world = world("", 1);
    let commits = [0, 50, 100, 150, 200, 250].map(|_| {
        world.edit(0, 0, 0, "x");
        deliver(&mut world);
        world.pass(ms(50));
        deliver(&mut world);
        world.server.log.len()
    });
    assert_eq!(commits, [1, 1, 1, 1, 1, 2]);
}

#[test]
fn who_comes_has_what_waits_sent() {
    let mut world = world("", 2);
    world.close(1);
    deliver(&mut world);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    world.pass(ms(INTERVAL_MS));
    world.edit(0, 1, 0, "b");
    deliver(&mut world);
    assert_eq!(world.server.log.len(), 1, "nobody is there");
    world.restart(1);
    deliver(&mut world);
    assert_eq!((world.text(1), world.server.log.len()), ("ab".into(), 2));
}

#[test]
fn what_comes_to_nothing_before_it_is_sent_costs_no_number() {
    let mut world = world("text", 2);
    world.edit(0, 4, 0, "1");
    deliver(&mut world);
    world.edit(0, 5, 0, "2");
    world.edit(0, 5, 1, "");
    assert_eq!(world.replica(0).status().state, State::Synchronized);
    world.edit(0, 5, 0, "3");
    world.settle();
    world.check();
    assert_eq!((world.text(1), world.server.log.len()), ("text13".into(), 2));
}

#[test]
fn others_edits_find_their_place_between_keys_that_go_together() {
    let mut world = world("one two", 2);
    world.edit(0, 7, 0, "!");
    deliver(&mut world);
    world.edit(0, 0, 0, "a");
    world.edit(1, 3, 0, " and");
    deliver(&mut world);
    world.edit(0, 1, 0, "b");
    world.edit(0, 10, 0, "c");
    assert_eq!(under_way(&world, 0), []);
    world.settle();
    world.check();
    assert_eq!((world.text(1), world.server.log.len()), ("abone and ctwo!".into(), 3));
}

#[test]
fn what_was_sent_and_not_answered_is_never_added_to() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    world.pass(ms(INTERVAL_MS));
    world.edit(0, 1, 0, "b");
    let sent = under_way(&world, 0);
    assert_eq!(sent.len(), 1);
    // Whether it arrived is unknown, and the next socket is there within the interval.
    world.cut(0);
    deliver(&mut world);
    world.edit(0, 2, 0, "c");
    while under_way(&world, 0).is_empty() {
        assert!(world.deliver_up(0) || world.deliver_down(0) || world.wait(0));
    }
    assert_eq!(under_way(&world, 0), sent);
    world.settle();
    world.check();
    assert_eq!(world.text(1), "abc");
}

#[test]
fn keys_that_were_not_sent_survive_a_kill_and_go_once() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    for (at, key) in ["b", "c", "d"].into_iter().enumerate() {
        world.edit(0, at + 1, 0, key);
    }
    assert_eq!(under_way(&world, 0), []);
    world.restart(0);
    assert_eq!((world.text(0), world.replica(0).status().unsaved_edits), ("abcd".into(), 3));
    world.settle();
    world.check();
    assert_eq!((world.text(1), world.server.log.len()), ("abcd".into(), 2));
}

#[test]
fn a_paste_in_pieces_does_not_wait_between_them() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, &"0123456789é".repeat(30_000));
    let began = world.now;
    world.settle();
    world.check();
    assert!(world.server.log.len() > 5);
    // The last piece is one like any other.
    assert!(world.now - began <= ms(INTERVAL_MS), "{:?}", world.now - began);
}

#[test]
fn a_paste_that_becomes_too_much_for_one_submission_waits_no_longer() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    world.edit(0, 1, 0, "b");
    assert_eq!(under_way(&world, 0), []);
    world.edit(0, 2, 0, &"0123456789é".repeat(30_000));
    assert_eq!(under_way(&world, 0).len(), 1);
    world.settle();
    world.check();
}

#[test]
fn a_journal_that_is_begun_anew_in_between_brings_back_what_is_added_later() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    let word = "0123456789".repeat(10);
    for round in 0..1_500 {
        world.edit(0, 1, 0, &word);
        world.edit(0, 1, 100, "");
        world.edit(0, 1 + round, 0, "x");
        world.edit(1, 0, 0, if round % 500 == 0 { "y" } else { "" });
        deliver(&mut world);
    }
    assert!(world.clients[0].disk.len() < 200_000, "it was begun anew");
    assert_eq!(under_way(&world, 0), []);
    let text = world.text(0);
    world.restart(0);
    assert_eq!(world.text(0), text);
    world.settle();
    world.check();
    assert_eq!(world.text(1), format!("yyya{}", "x".repeat(1_500)));
}

#[test]
fn who_may_no_longer_write_keeps_what_was_not_sent() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    deliver(&mut world);
    world.edit(0, 1, 0, "b");
    world.edit(0, 2, 0, "c");
    world.set_writable(0, false);
    world.settle();
    assert_eq!(world.clients[0].conflicts, ["abc"]);
    assert_eq!((world.text(0), world.text(1)), ("a".into(), "a".into()));
}

#[test]
fn what_waits_is_sent_at_once_when_it_is_asked_for_or_the_document_is_closed() {
    for close in [false, true] {
        let mut world = world("", 2);
        world.edit(0, 0, 0, "a");
        deliver(&mut world);
        world.edit(0, 1, 0, "b");
        world.edit(0, 2, 0, "c");
        assert_eq!(under_way(&world, 0), []);
        match close {
            false => world.send_now(0),
            true => world.close(0),
        }
        assert_eq!(under_way(&world, 0).len(), 1);
        world.deliver_up(0);
        while world.deliver_down(1) {}
        assert_eq!(world.text(1), "abc");
    }
}

#[test]
fn what_is_asked_to_be_sent_behind_a_submission_under_way_goes_with_its_answer() {
    let mut world = world("", 2);
    world.edit(0, 0, 0, "a");
    world.edit(0, 1, 0, "b");
    world.send_now(0);
    deliver(&mut world);
    assert_eq!(world.text(1), "ab");
}
