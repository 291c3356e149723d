//! What those who have a document open get, however slow they are and wherever they come from.

use codesync_core::document::Document;
use codesync_core::protocol::CloseCode;
use codesync_core::{ClientId, Revision, Selection};
use codesync_server::document::{Join, Output, SubscriberId};
use codesync_server::oplog::Registration;
use codesync_server::oplog::memory::MemoryLog;

use super::bench::{Bench, DOCUMENT, empty_log, local, ms};

/// A document of which only a recent snapshot is in memory, and a log of all its `entries`.
fn with_long_log(log: &MemoryLog, entries: u64) -> Document {
    let mut bench = Bench::open(log);
    let writer = bench.join(100, Some(0));
    for seq in 1..=entries {
        bench.submit(writer, seq, 0, seq as usize - 1, "w");
    }
    Document::new(Revision::new(entries), bench.state.text())
}

#[test]
fn who_was_away_since_before_the_window_is_caught_up_from_the_log() {
    let log = empty_log();
    let document = with_long_log(&log, 50);
    let mut bench = Bench::open_at(&log, document);
    let ada = bench.join(1, Some(10));
    assert_eq!(bench.read_older, 1);
    assert_eq!(bench.news(ada), ["joined 50, seq 0", "caught up 10 to 50", "checkpoint 50"]);
    // What he wrote on the text of then is carried over everything since.
    bench.submit(ada, 1, 20, 20, "ada ");
    assert_eq!(bench.read_older, 2);
    assert_eq!(bench.news(ada), ["acked 1 at 51"]);
    assert!(bench.text().contains("ada "));
    assert_eq!(bench.text().len(), 54);
}

#[test]
fn a_returning_author_gets_his_last_commit_as_an_acknowledgement_in_its_place() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.submit(bob, 1, 0, 0, "1");
    bench.submit(ada, 1, 0, 0, "2");
    bench.submit(bob, 2, 0, 1, "3");
    bench.state.handle_leave(bench.now, ada);
    let ada = bench.join(1, Some(0));
    let news = bench.news(ada);
    let expected =
        ["joined 3, seq 1", "caught up 0 to 1", "acked 1 at 2", "caught up 2 to 3", "checkpoint 3"];
    assert_eq!(news[..5], expected);
}

#[test]
fn a_checkpoint_comes_after_a_join_and_every_256_revisions() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, None), bench.join(2, Some(0)));
    assert_eq!(bench.news(ada)[..2], ["joined 0, seq 0", "checkpoint 0"]);
    for seq in 1..=300 {
        bench.submit(bob, seq, 0, seq as usize - 1, "x");
    }
    let news = bench.news(ada);
    let at = news.iter().position(|it| it == "checkpoint 256").expect("a checkpoint");
    assert_eq!(news[at - 1], "applied 256 by 2");
    let own = bench.news(bob);
    let at = own.iter().position(|it| it == "checkpoint 256").expect("a checkpoint");
    assert_eq!(own[at - 1], "acked 256 at 256");
    let late = bench.join(3, None);
    assert_eq!(bench.news(late)[..3], ["joined 300, seq 0", "text 300", "checkpoint 300"]);
}

/// Fills the credit of everybody who does not take what he gets.
fn flood(bench: &mut Bench<'_>, writer: SubscriberId, from: u64, edits: u64) {
    for seq in from..from + edits {
        let base_len = bench.state.text().len();
        bench.submit(writer, seq, 0, base_len, &"x".repeat(30_000));
        bench.state.handle_room(bench.now, writer);
        bench.drain();
    }
}

#[test]
fn a_slow_reader_falls_behind_without_memory_and_is_caught_up_at_once() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (slow, writer) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.news(slow);
    flood(&mut bench, writer, 1, 40);
    assert_eq!(bench.starved, [slow], "asked once for room");
    let news = bench.news(slow);
    assert!(news.len() < 12, "credit bounds what waits: {news:?}");
    bench.state.handle_select(bench.now, writer, bench.state.head(), vec![Selection::caret(1)]);
    bench.wait(ms(1000));
    assert_eq!(bench.news(slow), [] as [&str; 0], "presence is left out first");

    bench.state.handle_room(bench.now, slow);
    bench.drain();
    for _ in 0..20 {
        bench.state.handle_room(bench.now, slow);
        bench.drain();
    }
    let caught_up = bench.news(slow);
    assert_eq!(caught_up.last().map(String::as_str), Some("moved 2"), "{caught_up:?}");
    let to_head =
        |it: &String| it.ends_with("to 40") || it == "applied 40 by 2" || it == "checkpoint 40";
    assert!(caught_up.iter().any(to_head), "{caught_up:?}");
}

#[test]
fn who_takes_nothing_for_fifteen_seconds_is_closed_with_a_code_of_its_own() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (slow, writer) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    flood(&mut bench, writer, 1, 20);
    bench.wait(ms(14_900));
    assert_eq!(bench.closed, []);
    bench.wait(ms(200));
    assert_eq!(bench.closed, [(slow, CloseCode::TooSlow)]);
    assert_eq!(bench.state.subscriber_count(), 1);
}

#[test]
fn in_a_crowd_edits_are_gathered_before_they_are_appended() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let people: Vec<_> = (1..=60).map(|number| bench.join(number, Some(0))).collect();
    bench.wait(ms(1000));
    let (writer, reader) = (people[0], people[1]);
    bench.news(writer);
    bench.news(reader);
    bench.submit(writer, 1, 0, 0, "a");
    assert_eq!(bench.news(writer), ["acked 1 at 1"], "the first waits for nobody");
    assert_eq!(bench.news(reader), ["applied 1 by 1"]);
    for seq in 2..=5 {
        bench.submit(writer, seq, 0, seq as usize - 1, "b");
    }
    assert_eq!(bench.state.head(), Revision::new(1));
    bench.wait(ms(25));
    let acked: Vec<_> = (2..=5).map(|seq| format!("acked {seq} at {seq}")).collect();
    assert_eq!(bench.news(writer), acked);
    let gathered: Vec<_> = (2..=5).map(|revision| format!("applied {revision} by 1")).collect();
    assert_eq!(bench.news(reader), gathered);
}

#[test]
fn a_crowd_that_has_handed_in_all_its_edits_waits_for_nothing() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let people: Vec<_> = (1..=5).map(|number| bench.join(number, Some(0))).collect();
    bench.wait(ms(1000));
    bench.submit(people[0], 1, 0, 0, "a");
    assert_eq!(bench.state.head(), Revision::new(1));
    for (index, person) in people.iter().enumerate() {
        assert_eq!(bench.state.head(), Revision::new(1), "{index} edits wait");
        // Each is made for revision 1.
        let (seq, since) = if index == 0 { (2, 0) } else { (1, 1) };
        bench.submit(*person, seq, since, 1, "b");
    }
    assert_eq!(bench.state.head(), Revision::new(6));
}

#[test]
fn presence_is_told_ten_times_a_second_at_most() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.submit(ada, 1, 0, 0, "some text");
    bench.wait(ms(1000));
    bench.news(bob);
    let head = bench.state.head();
    for step in 0..100 {
        bench.state.handle_select(bench.now, ada, head, vec![Selection::caret(step % 9)]);
        bench.drain();
        bench.wait(ms(10));
    }
    let told = bench.news(bob).iter().filter(|it| *it == "moved 1").count();
    assert!((9..=11).contains(&told), "{told}");
}

#[test]
fn a_snapshot_is_written_every_five_seconds_at_most_and_only_of_something_new() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.wait(ms(60_000));
    assert_eq!(bench.snapshots, []);
    for seq in 1..=100 {
        bench.submit(ada, seq, 0, seq as usize - 1, "x");
        bench.wait(ms(100));
        if let Some(revision) = bench.snapshots.last().copied().filter(|_| bench.state.is_busy()) {
            bench.state.handle_snapshot(bench.now, Some(revision));
            bench.drain();
        }
    }
    bench.wait(ms(60_000));
    assert_eq!(bench.snapshots.len(), 3, "{:?}", bench.snapshots);
    assert_eq!(bench.snapshots.last(), Some(&Revision::new(100)));
}

#[test]
fn a_row_read_before_the_last_commit_does_not_make_a_returning_client_forgotten() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.state.handle_leave(bench.now, ada);
    let again = SubscriberId::new(99);
    let client = ClientId::from_bytes([1; 16]);
    bench.state.handle_join(again, local(client, Some(0)));
    let mut asked = std::iter::from_fn(|| bench.state.poll_output());
    assert!(asked.any(|it| matches!(it, Output::Register { .. })), "a row is asked for");
    let row = log.register_now(&Registration::local(DOCUMENT, client));
    bench.append();
    bench.state.handle_registered(bench.now, again, row);
    bench.drain();
    assert_eq!(bench.news(again)[..2], ["joined 1, seq 1", "acked 1 at 1"]);
}

#[test]
fn of_two_joins_of_one_client_the_later_stands_in_whatever_order_the_log_answers() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let client = ClientId::from_bytes([1; 16]);
    let (dead, alive) = (SubscriberId::new(1), SubscriberId::new(2));
    for subscriber in [dead, alive] {
        bench.state.handle_join(subscriber, local(client, None));
        let asked = bench.state.poll_output();
        assert!(matches!(asked, Some(Output::Register { .. })), "{asked:?}");
    }
    for subscriber in [alive, dead] {
        bench.state.handle_registered(
            bench.now,
            subscriber,
            log.register_now(&Registration::local(DOCUMENT, client)),
        );
        bench.drain();
    }
    assert_eq!(bench.news(dead), ["refused: 203"]);
    let news = bench.news(alive);
    assert_eq!(news[0], "joined 0, seq 0");
    assert!(!news.contains(&"ended: 203".to_owned()), "{news:?}");
    assert_eq!(bench.state.subscriber_count(), 1);
}

#[test]
fn a_join_by_an_older_socket_that_was_held_up_does_not_end_the_one_by_the_newer() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let client = ClientId::from_bytes([1; 16]);
    let (alive, late) = (SubscriberId::new(1), SubscriberId::new(2));
    for (subscriber, socket) in [(alive, 8), (late, 7)] {
        bench.state.handle_join(subscriber, Join { socket, ..local(client, None) });
        bench.drain();
    }
    assert_eq!(bench.news(late), ["refused: 203"]);
    assert_eq!(bench.news(alive)[0], "joined 0, seq 0");
    assert_eq!(bench.state.subscriber_count(), 1);
}
