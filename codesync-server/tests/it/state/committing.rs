//! From a submission to the log and back: once, in order, and never before the log has it.

use codesync_core::Revision;
use codesync_core::protocol::RejectCode;
use codesync_server::oplog::{AppendError, LogError};

use super::bench::{Bench, empty_log, ms};

#[test]
fn nothing_is_acknowledged_before_the_log_has_it() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.news(ada);
    bench.news(bob);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!((bench.news(ada), bench.news(bob)), (vec![], vec![]));
    assert_eq!(bench.text(), "");
    bench.append();
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
    assert_eq!(bench.news(bob), ["applied 1 by 1"]);
    assert_eq!(bench.text(), "a");
}

#[test]
fn what_arrives_during_an_append_goes_as_one_batch() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let people: Vec<_> = (1..=6).map(|number| bench.join(number, Some(0))).collect();
    bench.automatic = false;
    for person in &people {
        bench.submit(*person, 1, 0, 0, "x");
    }
    assert_eq!(bench.appends.len(), 1);
    assert_eq!(bench.appends[0].entries.len(), 1, "an idle document does not wait");
    bench.append();
    assert!(bench.appends.is_empty(), "one of six people may still come");
    bench.wait(ms(12));
    assert_eq!(bench.appends[0].entries.len(), 5);
    bench.append();
    assert_eq!(bench.text(), "xxxxxx");
    let news = bench.news(people[2]);
    assert!(
        news.ends_with(
            &["applied 2 by 2", "acked 1 at 3", "applied 4 by 4"]
                .map(str::to_owned)
                .into_iter()
                .chain(["applied 5 by 5".to_owned(), "applied 6 by 6".to_owned()])
                .collect::<Vec<_>>()
        ),
        "{news:?}"
    );
}

#[test]
fn two_servers_on_one_log_end_in_one_text() {
    let log = empty_log();
    let (mut left, mut right) = (Bench::open(&log), Bench::open(&log));
    let (ada, bob) = (left.join(1, Some(0)), right.join(2, Some(0)));
    left.news(ada);
    right.news(bob);
    (left.automatic, right.automatic) = (false, false);
    left.submit(ada, 1, 0, 0, "a");
    right.submit(bob, 1, 0, 0, "b");
    left.append();
    right.append();
    assert_eq!(right.news(bob), [] as [&str; 0], "the race is lost, the edit is kept");
    right.read();
    assert_eq!(right.news(bob), ["applied 1 by 1"]);
    right.wait(ms(1000));
    right.append();
    assert_eq!(right.news(bob), ["acked 1 at 2"]);
    left.state.handle_head(Revision::new(2));
    left.drain();
    left.read();
    assert_eq!(left.news(ada), ["acked 1 at 1", "applied 2 by 2"]);
    assert_eq!((left.text(), right.text()), ("ba".to_owned(), "ba".to_owned()));
}

#[test]
fn an_append_of_unknown_outcome_is_resolved_by_the_log() {
    for written in [true, false] {
        let log = empty_log();
        let mut bench = Bench::open(&log);
        let ada = bench.join(1, Some(0));
        bench.news(ada);
        bench.automatic = false;
        bench.submit(ada, 1, 0, 0, "a");
        if written {
            log.append_now(bench.appends[0].clone()).expect("appended");
        }
        bench.answer_append(Err(AppendError::Unknown("cut off".to_owned())));
        bench.automatic = true;
        bench.drain();
        bench.read_all();
        bench.wait(ms(1000));
        assert_eq!(bench.news(ada), ["acked 1 at 1"], "written: {written}");
        assert_eq!(bench.text(), "a");
    }
}

impl Bench<'_> {
    fn read_all(&mut self) {
        while !self.reads.is_empty() {
            self.read();
        }
    }
}

#[test]
fn after_eight_lost_races_the_client_is_asked_to_wait() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    for _ in 0..8 {
        bench.answer_append(Err(AppendError::Conflict { head: Revision::new(1) }));
        bench.read_all();
        bench.wait(ms(2000));
        assert_eq!(bench.appends.len(), 1, "tried again");
        assert_eq!(bench.news(ada), [] as [&str; 0]);
    }
    bench.answer_append(Err(AppendError::Conflict { head: Revision::new(1) }));
    assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
}

#[test]
fn while_the_log_is_away_everybody_is_asked_to_come_again() {
    let log = empty_log();
    for error in [AppendError::Full, AppendError::Log(LogError::Unavailable("gone".to_owned()))] {
        let mut bench = Bench::open(&log);
        let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
        bench.news(ada);
        bench.news(bob);
        bench.automatic = false;
        bench.submit(ada, 1, 0, 0, "a");
        bench.submit(bob, 1, 0, 0, "b");
        bench.answer_append(Err(error));
        assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
        assert_eq!(bench.news(bob), ["rejected 1: 310, again"]);
        assert_eq!((bench.text(), bench.state.is_busy()), (String::new(), false));
    }
}

#[test]
fn a_document_that_was_started_anew_ends_for_everybody() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.answer_append(Err(AppendError::OldEpoch));
    assert_eq!(bench.news(ada), ["ended: 204"]);
    assert_eq!(bench.failed, Some(RejectCode::DocumentUnavailable));
    let late = bench.join(2, Some(0));
    assert_eq!(bench.news(late), ["refused: 204"]);
}

#[test]
fn a_submission_that_came_twice_is_committed_once() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.submit(ada, 1, 0, 0, "a");
    bench.append();
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.appends.len(), 0);
    assert_eq!(bench.news(ada)[0], "acked 1 at 1");
    assert_eq!((bench.text().as_str(), bench.state.head()), ("a", Revision::new(1)));
}

#[test]
fn an_edit_in_flight_when_its_author_reconnects_is_acknowledged_to_him() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let before = bench.join(1, Some(0));
    bench.automatic = false;
    bench.submit(before, 1, 0, 0, "a");
    bench.state.handle_leave(bench.now, before);
    let after = bench.join(1, Some(0));
    bench.submit(after, 1, 0, 0, "a");
    bench.append();
    let news = bench.news(after);
    assert_eq!(news.iter().filter(|it| *it == "acked 1 at 1").count(), 1, "{news:?}");
    assert_eq!((bench.text().as_str(), bench.appends.len()), ("a", 0));
}
