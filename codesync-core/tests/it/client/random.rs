//! Two clients and a server, with everything that can happen to them in any order.

use std::time::Duration;

use proptest::prelude::*;

use super::world::World;

#[derive(Clone, Debug)]
enum Action {
    Edit { client: usize, at: usize, delete: usize, text: String },
    Undo { client: usize },
    SendNow { client: usize },
    Up { client: usize },
    Down { client: usize },
    Lose { client: usize },
    Double { client: usize },
    Cut { client: usize },
    Crash { client: usize, at: usize, outputs: usize },
    Restart { client: usize },
    Network { on: bool },
    Busy,
    Pass { ms: u64 },
}

fn action() -> impl Strategy<Value = Action> {
    let client = 0..3usize;
    let edit = (client.clone(), 0..12usize, 0..4usize, "[a-dé\n]{0,3}");
    prop_oneof![
        8 => edit.prop_map(|(client, at, delete, text)| Action::Edit { client, at, delete, text }),
        2 => client.clone().prop_map(|client| Action::Undo { client }),
        1 => client.clone().prop_map(|client| Action::SendNow { client }),
        8 => client.clone().prop_map(|client| Action::Up { client }),
        8 => client.clone().prop_map(|client| Action::Down { client }),
        1 => client.clone().prop_map(|client| Action::Lose { client }),
        1 => client.clone().prop_map(|client| Action::Double { client }),
        1 => client.clone().prop_map(|client| Action::Cut { client }),
        1 => (client.clone(), 0..12usize, 0..4usize)
            .prop_map(|(client, at, outputs)| Action::Crash { client, at, outputs }),
        1 => client.prop_map(|client| Action::Restart { client }),
        1 => any::<bool>().prop_map(|on| Action::Network { on }),
        1 => Just(Action::Busy),
        2 => (0..2_000u64).prop_map(|ms| Action::Pass { ms }),
    ]
}

/// None, or so long that much happens meanwhile.
fn submit_interval_ms() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1_000)]
}

fn play(actions: &[Action], submit_interval_ms: u64) {
    let mut world = World::gathering("a text", 3, Duration::from_millis(submit_interval_ms));
    for action in actions {
        match action {
            Action::Edit { client, at, delete, text } => world.edit(*client, *at, *delete, text),
            Action::Undo { client } => world.undo(*client),
            Action::SendNow { client } => world.send_now(*client),
            Action::Up { client } => drop(world.deliver_up(*client)),
            Action::Down { client } => drop(world.deliver_down(*client)),
            Action::Lose { client } => drop(world.clients[*client].down.pop_front()),
            Action::Double { client } => {
                let up = &mut world.clients[*client].up;
                up.extend(up.back().cloned());
            }
            Action::Cut { client } => world.cut(*client),
            Action::Crash { client, at, outputs } => {
                world.edit_and_crash(*client, *at, "crash", *outputs);
            }
            Action::Restart { client } => world.restart(*client),
            Action::Network { on } => world.network = *on,
            Action::Busy => {
                world
                    .server
                    .rejects
                    .push_back((codesync_core::protocol::RejectCode::Busy, Some(50)));
            }
            Action::Pass { ms } => world.pass(Duration::from_millis(*ms)),
        }
        for i in 0..world.clients.len() {
            assert_eq!(world.text(i), world.clients[i].shown, "what client {i} shows");
        }
    }
    world.network = true;
    for i in 0..world.clients.len() {
        // A frame may have been lost that nothing came after.
        world.cut(i);
    }
    world.settle();
    world.check();
    for client in &world.clients {
        assert!(client.conflicts.is_empty(), "nothing that happened is a conflict");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if crate::long_run() { 20_000 } else { 300 }))]

    #[test]
    fn whatever_happens_all_copies_become_equal_and_nothing_is_lost_or_doubled(
        actions in proptest::collection::vec(action(), 0..120),
        submit_interval_ms in submit_interval_ms(),
    ) {
        play(&actions, submit_interval_ms);
    }
}

/// The same must fail for each mistake that it is there to find.
#[cfg(feature = "seeded-bugs")]
#[test]
fn the_seeded_mistakes_of_clients_and_authority_are_found() {
    use codesync_core::bugs::{self, Bug};
    use proptest::test_runner::{Config, TestRunner};

    for bug in [
        Bug::TieReversed,
        Bug::CatchUpComposedInsertFirst,
        Bug::NoDedupe,
        Bug::SentOperationRebased,
        Bug::SentOperationExtended,
        Bug::SeqReusedAfterReconnect,
        Bug::BufferDroppedOnReconnect,
        Bug::GapSkipped,
        Bug::OwnEntryAppliedInCatchUp,
        Bug::SavedAfterSending,
    ] {
        let config = Config { cases: 5_000, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        );
        let actions = proptest::collection::vec(action(), 0..120);
        let found = runner.run(&(actions, submit_interval_ms()), |(actions, interval)| {
            bugs::with(bug, || play(&actions, interval));
            Ok(())
        });
        assert!(found.is_err(), "{bug:?} was not found");
    }
}
