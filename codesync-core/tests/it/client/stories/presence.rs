//! Where people are.

use codesync_core::Selection;

use super::super::world::{World, announcements};
use super::ms;

/// What client `i` sends about its selections until all is quiet.
fn announced(world: &mut World, i: usize) -> Vec<Vec<Selection>> {
    let mut all = Vec::new();
    loop {
        all.extend(world.clients[i].up.iter().flat_map(|frame| announcements(frame)));
        if !(world.deliver_up(i) | world.deliver_down(i)) {
            return all;
        }
    }
}

fn seen(world: &World, by: usize) -> Vec<Vec<Selection>> {
    world.replica(by).peers().map(|peer| peer.selections).collect()
}

#[test]
fn a_caret_that_follows_what_is_typed_goes_without_saying() {
    let mut world = World::new("a text", 2);
    world.select(0, 2);
    assert_eq!(announced(&mut world, 0), [[Selection::caret(2)]]);
    for key in 0..5 {
        world.pass(ms(200));
        world.edit(0, 2 + key, 0, "x");
        world.select(0, 3 + key);
        assert!(announced(&mut world, 0).is_empty(), "key {key}");
    }
    world.settle();
    assert_eq!(seen(&world, 1), [[Selection::caret(7)]]);
}

#[test]
fn a_caret_is_announced_ten_times_a_second_and_the_last_place_counts() {
    let mut world = World::new("a text", 2);
    let mut sent = 0;
    for step in 0..100 {
        world.select(0, step % 6);
        sent += announced(&mut world, 0).len();
        world.pass(ms(10));
    }
    assert_eq!(sent, 10);
    world.select(0, 5);
    world.pass(ms(100));
    world.settle();
    assert_eq!(seen(&world, 1), [[Selection::caret(5)]]);
}

#[test]
fn others_carets_are_shown_in_the_text_with_what_is_not_sent_yet() {
    let mut world = World::new("a text", 2);
    world.select(0, 6);
    world.settle();
    world.edit(1, 0, 0, "123");
    world.edit(1, 0, 0, "456");
    assert_eq!(seen(&world, 1), [[Selection::caret(12)]]);
}

#[test]
fn people_who_leave_are_gone_and_those_who_come_back_are_seen_again() {
    let mut world = World::new("a text", 2);
    world.select(0, 3);
    world.settle();
    world.network = false;
    world.cut(0);
    world.settle();
    assert!(seen(&world, 1).is_empty());
    assert!(seen(&world, 0).is_empty(), "nobody is heard of without a server");
    world.network = true;
    world.settle();
    world.pass(ms(100));
    world.settle();
    assert_eq!(seen(&world, 1), [[Selection::caret(3)]]);
}

#[test]
fn news_about_an_older_text_is_carried_forward() {
    let mut world = World::new("a text", 2);
    world.select(0, 6);
    // The announcement is on its way while the other types in front of it.
    world.edit(1, 0, 0, "123");
    world.deliver_up(1);
    world.settle();
    assert_eq!(seen(&world, 1), [[Selection::caret(9)]]);
    assert_eq!(world.replica(0).selections(), [Selection::caret(9)]);
}
