//! A server that wants to know who somebody is.

use codesync_core::client::{Event, State};
use codesync_core::protocol::{RejectCode, ServerMessage, ServerSession, codec};

use super::ms;
use crate::client::world::World;

/// The server ends the socket of client 0 for this reason.
fn refuse(world: &mut World, code: RejectCode) {
    let fault = ServerSession::Fault { code, message: code.sentence().into() };
    let frame = codec::encode_server(&ServerMessage::Session(fault));
    world.clients[0].down.push_back(frame);
    world.deliver_down(0);
}

fn login_needed(code: RejectCode) -> Event {
    Event::LoginNeeded { code, message: code.sentence().into() }
}

fn shown(world: &World) -> Vec<&str> {
    world.server.tokens.iter().map(|token| token.as_deref().unwrap_or("nothing")).collect()
}

/// How long tokens still lived when others were asked for.
fn asked(world: &World) -> Vec<u128> {
    let events = world.clients[0].events.iter();
    events
        .filter_map(|event| match event {
            Event::TokenExpiring { left } => Some(left.as_millis()),
            _ => None,
        })
        .collect()
}

#[test]
fn without_a_login_typing_goes_on_and_another_token_brings_it_to_the_server() {
    for code in [RejectCode::NotAuthenticated, RejectCode::SessionEnded] {
        let mut world = World::new("abc", 1);
        world.edit(0, 3, 0, "d");
        refuse(&mut world, code);
        assert!(world.clients[0].events.contains(&login_needed(code)));
        assert!(world.clients[0].events.contains(&Event::Offline { retry_in: None }));
        assert_eq!(world.clients[0].connection.poll_timeout(), None, "nothing is tried in vain");
        world.edit(0, 4, 0, "e");
        let status = world.replica(0).status();
        assert_eq!((status.state, status.unsaved_edits), (State::Waiting, 2));
        world.set_token(0, "Ana's");
        world.settle();
        world.check();
        assert_eq!((world.text(0), shown(&world)), ("abcde".into(), vec!["nothing", "Ana's"]));
    }
}

#[test]
fn a_token_that_was_refused_is_not_shown_again_by_itself() {
    let mut world = World::new("abc", 1);
    world.set_token(0, "old");
    world.settle();
    refuse(&mut world, RejectCode::NotAuthenticated);
    world.set_token(0, "old");
    world.pass(ms(60_000));
    assert!(!world.clients[0].connection.is_online());
    assert_eq!(shown(&world), ["nothing", "old"]);
    let now = world.now;
    world.clients[0].connection.reconnect(now);
    world.pass(ms(0));
    world.settle();
    assert!(world.clients[0].connection.is_online(), "the user asked for it");
    assert_eq!(shown(&world), ["nothing", "old", "old"]);
}

#[test]
fn another_token_is_asked_for_in_time_and_shown_on_the_living_socket() {
    let mut world = World::new("abc", 1);
    world.server.token_life_ms = Some(20_000);
    world.set_token(0, "first");
    world.settle();
    world.pass(ms(15_999));
    world.settle();
    assert!(asked(&world).is_empty());
    world.pass(ms(1));
    world.settle();
    assert_eq!(asked(&world), [4_000]);
    world.pass(ms(100));
    assert_eq!(asked(&world).len(), 1, "once");
    world.set_token(0, "second");
    world.settle();
    assert_eq!(shown(&world), ["nothing", "first", "second"]);
    world.pass(ms(16_000));
    world.settle();
    assert_eq!(asked(&world), [4_000, 4_000]);
    let offline = world.clients[0].events.iter().any(|it| matches!(it, Event::Offline { .. }));
    assert!(!offline, "the socket is the one that it was");
}

#[test]
fn a_long_life_is_renewed_a_minute_before_its_end() {
    let mut world = World::new("abc", 1);
    world.server.token_life_ms = Some(u64::MAX);
    world.set_token(0, "for ever");
    world.settle();
    assert_eq!(asked(&world), []);
    let due = world.now + ms(24 * 3_600_000 - 60_000);
    let now = &mut world.now;
    *now = due;
    world.clients[0].connection.handle_timeout(due);
    world.pass(ms(0));
    // It has been silent for so long that the socket is given up; nothing overflows.
    assert!(asked(&world).is_empty() && !world.clients[0].connection.is_online());
}

#[test]
fn a_token_that_comes_while_hello_is_under_way_is_not_forgotten() {
    let mut world = World::new("abc", 1);
    world.cut(0);
    while world.clients[0].up.is_empty() {
        assert!(world.wait(0));
    }
    world.set_token(0, "late");
    world.settle();
    assert_eq!(shown(&world), ["nothing", "nothing", "late"]);

    world.cut(0);
    while world.clients[0].up.is_empty() {
        assert!(world.wait(0));
    }
    world.set_token(0, "later");
    refuse(&mut world, RejectCode::NotAuthenticated);
    world.settle();
    assert!(!world.clients[0].events.contains(&login_needed(RejectCode::NotAuthenticated)));
    assert!(world.clients[0].connection.is_online(), "it came in time for the next socket");
    world.check();
}

#[test]
fn a_driver_without_a_token_says_so_in_place_of_connecting() {
    let mut world = World::new("abc", 1);
    world.cut(0);
    world.edit(0, 3, 0, "d");
    let now = world.now;
    world.clients[0].connection.handle_login_needed(now, "log in first");
    world.pass(ms(0));
    let (code, message) = (RejectCode::NotAuthenticated, "log in first".into());
    assert!(world.clients[0].events.contains(&Event::LoginNeeded { code, message }));
    assert!(world.clients[0].connection.is_login_needed());
    assert_eq!(world.clients[0].connection.poll_timeout(), None);
    world.set_token(0, "Ana's");
    world.settle();
    world.check();
    assert_eq!(world.text(0), "abcd");
}

#[test]
fn a_server_that_refuses_one_token_after_the_other_is_asked_ever_more_slowly() {
    let mut world = World::new("abc", 1);
    let mut waits = Vec::new();
    for round in 0..12 {
        refuse(&mut world, RejectCode::NotAuthenticated);
        let before = world.now;
        world.set_token(0, &format!("token {round}"));
        world.settle();
        while !world.clients[0].connection.is_online() {
            assert!(world.wait(0) || world.deliver_up(0) || world.deliver_down(0));
            world.settle();
        }
        waits.push((world.now - before).as_millis());
    }
    assert_eq!(waits[0], 0, "the first one at once: {waits:?}");
    assert!(waits.iter().sum::<u128>() > 10_000, "{waits:?}");
}
