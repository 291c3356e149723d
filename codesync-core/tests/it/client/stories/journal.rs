//! What a journal brings back.

use std::time::Duration;

use codesync_core::client::journal::{ReplayError, replay};
use codesync_core::client::{Connection, ConnectionConfig, Output};
use codesync_core::limits::SUBMIT_ALONE_FACTOR;
use serde_json::json;

use super::super::world::{World, submissions};
use crate::protocol::golden::{bytes_of, compare, hex, read};

/// A client with an edit in flight, others' edits and a buffer, and the journal of it.
fn lively(restless: bool) -> World {
    let mut world = World::new("a text", 2);
    for round in 0..6 {
        world.edit(0, round, 0, "x");
        world.edit(0, round + 1, 1, "yz");
        world.edit(1, 2, 1, "1");
        world.deliver_up(1);
        if restless && round % 2 == 1 {
            world.deliver_up(0);
        }
        while world.deliver_down(0) {}
    }
    world
}

#[test]
fn a_killed_client_goes_on_with_its_text_and_its_unsent_work() {
    let mut world = lively(true);
    let (text, status) = (world.text(0), world.replica(0).status());
    assert!(status.unsaved_edits > 2);
    world.restart(0);
    assert_eq!(world.text(0), text);
    assert_eq!(world.replica(0).status().unsaved_edits, status.unsaved_edits);
    world.settle();
    world.check();
}

#[test]
fn the_submission_in_flight_is_restored_to_the_byte() {
    let mut world = lively(false);
    let sent: Vec<_> = world.clients[0].up.iter().flat_map(|frame| submissions(frame)).collect();
    assert_eq!(sent.len(), 1, "one operation is in flight");
    world.restart(0);
    while world.clients[0].up.iter().all(|frame| submissions(frame).is_empty()) {
        assert!(world.deliver_up(0) || world.deliver_down(0) || world.wait(0));
    }
    let again: Vec<_> = world.clients[0].up.iter().flat_map(|frame| submissions(frame)).collect();
    assert_eq!(again, sent);
}

#[test]
fn a_kill_after_any_output_loses_nothing_that_was_saved_and_doubles_nothing() {
    for outputs in 0..6 {
        let mut world = lively(true);
        world.edit_and_crash(0, 3, "K", outputs);
        let kept = world.text(0).contains('K');
        // The first output is the record; whatever comes later depends on it.
        assert_eq!(kept, outputs >= 1, "killed after {outputs} outputs");
        world.settle();
        world.check();
        assert_eq!(world.text(1).matches('K').count(), usize::from(kept));
        assert!(world.clients[0].conflicts.is_empty());
    }
}

#[test]
fn a_journal_cut_off_anywhere_is_a_shorter_journal() {
    let world = lively(true);
    let disk = &world.clients[0].disk;
    let whole = replay(disk).unwrap();
    assert_eq!((whole.valid_bytes, whole.torn_bytes), (disk.len(), 0));
    let mut lengths = Vec::new();
    for cut in 0..disk.len() {
        match replay(&disk[..cut]) {
            Ok(replayed) => {
                assert_eq!(replayed.valid_bytes + replayed.torn_bytes, cut);
                lengths.push(replayed.valid_bytes);
            }
            Err(error) => assert_eq!(error, ReplayError::Empty, "cut at {cut}"),
        }
    }
    lengths.dedup();
    assert!(lengths.len() > 12, "one length for each record");
}

#[test]
fn a_tail_of_zeros_is_torn() {
    let world = lively(true);
    let mut disk = world.clients[0].disk.clone();
    disk.extend([0; 4096]);
    assert_eq!(replay(&disk).unwrap().torn_bytes, 4096);
}

#[test]
fn damage_before_the_end_is_an_error_and_never_another_text() {
    let world = lively(true);
    let disk = &world.clients[0].disk;
    let whole = replay(disk).unwrap().replica.text().to_string();
    let last_record =
        (0..disk.len()).rev().find(|cut| replay(&disk[..*cut]).unwrap().torn_bytes == 0);
    for at in 0..last_record.unwrap() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = disk.clone();
            damaged[at] ^= flip;
            match replay(&damaged) {
                Err(ReplayError::Damaged { offset }) => assert!(offset <= at),
                Err(other) => panic!("byte {at}: {other}"),
                Ok(replayed) => assert_eq!(replayed.replica.text().to_string(), whole, "byte {at}"),
            }
        }
    }
}

#[test]
fn a_journal_is_rewritten_before_it_grows_out_of_bounds() {
    let mut world = World::new("", 1);
    let mut longest = 0;
    for round in 0..8_000 {
        world.edit(0, round % 50, round % 3, "word");
        world.settle();
        longest = longest.max(world.clients[0].disk.len());
    }
    world.check();
    let text = world.text(0).len();
    assert!(longest < 3 * (text + 64 * 1024), "{longest} bytes for a text of {text}");
    assert!(longest > 64 * 1024, "and not before it is worth it");
}

#[test]
fn a_journal_is_rewritten_with_everything_that_waits() {
    let mut world = World::new("abc", 1);
    world.network = false;
    world.cut(0);
    let word = "0123456789".repeat(10);
    for round in 0..1_500 {
        world.edit(0, round % 4, 0, &word);
        world.edit(0, round % 4, 100, "");
        world.edit(0, round % 4, 0, "x");
    }
    assert!(world.clients[0].disk.len() < 100_000, "it was rewritten");
    let text = world.text(0);
    world.restart(0);
    assert_eq!((world.text(0), world.replica(0).status().unsaved_edits), (text, 4_500));
    world.network = true;
    world.settle();
    world.check();
}

/// Keys of which some went together, and of which some wait.
fn gathered() -> World {
    // Nobody else is there, so they are a tenth of a second apart.
    let interval = Duration::from_millis(100) / SUBMIT_ALONE_FACTOR;
    let mut world = World::gathering("a text", 1, interval);
    for round in 0..6 {
        world.edit(0, round, 0, "x");
        world.edit(0, round + 1, 1, "yz");
        world.pass(Duration::from_millis(45));
        while world.deliver_up(0) || world.deliver_down(0) {}
    }
    world
}

#[test]
fn a_journal_that_an_earlier_build_wrote_is_still_read() {
    let worlds = [
        ("edits, acknowledgements and others' operations", lively(true)),
        ("edits that were sent together", gathered()),
    ];
    let vectors = worlds.map(|(name, world)| {
        json!({
            "name": name,
            "hex": hex(&world.clients[0].disk),
            "text": world.text(0),
            "revision": world.replica(0).revision(),
            "unsaved_edits": world.replica(0).status().unsaved_edits,
        })
    });
    let mut written = compare("journal.json", vectors.into());
    written.extend(read("journal-1.json"));
    for vector in written {
        let replica = replay(&bytes_of(&vector)).unwrap().replica;
        assert_eq!(json!(replica.text().to_string()), vector["text"]);
        assert_eq!(json!(replica.revision()), vector["revision"]);
        assert_eq!(json!(replica.status().unsaved_edits), vector["unsaved_edits"]);
    }
}

#[test]
fn a_journal_of_an_earlier_format_is_begun_anew_before_anything_follows_it() {
    for vector in read("journal-1.json") {
        let replayed = replay(&bytes_of(&vector)).unwrap();
        assert!(replayed.is_outdated);
        let mut connection = Connection::new(ConnectionConfig::default());
        connection.open_restored(Duration::ZERO, replayed.replica.document(), replayed).unwrap();
        let outputs: Vec<_> = std::iter::from_fn(|| connection.poll_output()).collect();
        let anew = outputs.iter().find_map(|output| match output {
            Output::Compact { records, .. } => Some(records),
            _ => None,
        });
        let replayed = replay(anew.unwrap()).unwrap();
        assert!(!replayed.is_outdated);
        assert_eq!(json!(replayed.replica.text().to_string()), vector["text"]);
        assert_eq!(json!(replayed.replica.status().unsaved_edits), vector["unsaved_edits"]);
    }
}
