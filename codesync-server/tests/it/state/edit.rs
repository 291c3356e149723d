//! Edits of those who have not joined: in the same queue as everybody else's.

use codesync_core::limits::HISTORY_REVISIONS_MAX;
use codesync_core::protocol::RejectCode;
use codesync_core::{ClientId, Operation, Revision};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::document::{Edit, EditRefusal, SubscriberId};
use codesync_server::ids::UserId;
use codesync_server::oplog::{AppendError, LogError};

use super::bench::{Bench, empty_log, ms};

const EDIT: SubscriberId = SubscriberId::new(900);
const AGAIN: SubscriberId = SubscriberId::new(901);

/// The edit of a program that knows the text at `base`.
fn edit(base: u64, operation: Operation) -> Edit {
    Edit {
        client: ClientId::from_bytes([99; 16]),
        user: UserId::LOCAL,
        access: AccessVersion::default(),
        rights: Rights { role: Role::Editor, until: None },
        person: "a program".to_owned(),
        base: Revision::new(base),
        operation,
        exact: false,
    }
}

impl Bench<'_> {
    fn hand_in(&mut self, id: SubscriberId, edit: Edit) {
        self.state.handle_edit(id, edit);
        self.drain();
    }

    /// What was answered since this was asked last.
    #[track_caller]
    fn answered(&mut self, expected: &[(SubscriberId, Result<u64, RejectCode>)]) {
        let short = |answer| match answer {
            Ok(revision) => Ok(Revision::get(revision)),
            Err(EditRefusal::Rejected { code, .. }) => Err(code),
            Err(EditRefusal::Moved { head }) => panic!("moved to {head}"),
        };
        let met: Vec<_> =
            std::mem::take(&mut self.edited).into_iter().map(|(id, it)| (id, short(it))).collect();
        assert_eq!(met, expected);
    }
}

#[test]
fn an_edit_is_answered_when_the_log_has_it_and_reaches_those_who_are_here() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, None);
    bench.news(ada);
    bench.automatic = false;
    bench.hand_in(EDIT, edit(0, Operation::replace(0, 0..0, "written")));
    bench.answered(&[]);
    assert!(bench.news(ada).is_empty());
    bench.append();
    bench.answered(&[(EDIT, Ok(1))]);
    assert_eq!(bench.news(ada), ["applied 1 by 2"]);
    assert_eq!(bench.text(), "written");
    assert_eq!(bench.state.subscriber_count(), 1, "nobody came in for it");
}

#[test]
fn an_edit_merges_with_what_was_typed_since_its_base() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, None);
    bench.submit(ada, 1, 0, 0, "typed ");
    bench.submit(ada, 2, 0, 6, "more ");
    bench.hand_in(EDIT, edit(1, Operation::replace(6, 6..6, "written")));
    bench.answered(&[(EDIT, Ok(3))]);
    assert_eq!(bench.text(), "more typed written");
}

#[test]
fn an_edit_that_is_handed_in_again_is_committed_once() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let written = edit(0, Operation::replace(0, 0..0, "once"));
    bench.automatic = false;
    bench.hand_in(EDIT, written.clone());
    bench.hand_in(AGAIN, written.clone());
    bench.append();
    bench.answered(&[(EDIT, Ok(1)), (AGAIN, Ok(1))]);
    bench.hand_in(AGAIN, written.clone());
    bench.answered(&[(AGAIN, Ok(1))]);

    let mut other = Bench::open(&log);
    other.hand_in(AGAIN, written);
    other.answered(&[(AGAIN, Ok(1))]);
    assert_eq!((bench.text(), other.text()), ("once".to_owned(), "once".to_owned()));
}

#[test]
fn a_lost_race_is_run_again_on_top_of_the_winner() {
    let log = empty_log();
    let (mut here, mut there) = (Bench::open(&log), Bench::open(&log));
    let bob = there.join(2, None);
    here.automatic = false;
    here.hand_in(EDIT, edit(0, Operation::replace(0, 0..0, "written")));
    there.submit(bob, 1, 0, 0, "typed");
    here.append();
    here.answered(&[]);
    here.read();
    here.wait(ms(100));
    here.append();
    here.answered(&[(EDIT, Ok(2))]);
    assert_eq!(here.text(), "writtentyped");
}

#[test]
fn an_append_of_unknown_outcome_is_found_in_the_log_or_done_again() {
    for was_written in [true, false] {
        let log = empty_log();
        let mut bench = Bench::open(&log);
        bench.automatic = false;
        bench.hand_in(EDIT, edit(0, Operation::replace(0, 0..0, "written")));
        if was_written {
            log.append_now(bench.appends[0].clone()).expect("written");
        }
        bench.answer_append(Err(AppendError::Unknown("cut".to_owned())));
        bench.read();
        bench.automatic = true;
        bench.wait(ms(200));
        bench.answered(&[(EDIT, Ok(1))]);
        assert_eq!(bench.text(), "written");
    }
}

#[test]
fn without_a_log_an_edit_is_refused_and_nothing_is_said_to_be_saved() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    bench.automatic = false;
    bench.hand_in(EDIT, edit(0, Operation::replace(0, 0..0, "written")));
    bench.answer_append(Err(AppendError::Log(LogError::Unavailable("down".to_owned()))));
    bench.answered(&[(EDIT, Err(RejectCode::Busy))]);
    assert_eq!(bench.text(), "");
    assert!(bench.state.is_idle());
}

#[test]
fn an_exact_edit_is_refused_once_the_document_has_moved_on() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, None);
    let exact = |base, operation| Edit { exact: true, ..edit(base, operation) };
    bench.hand_in(EDIT, exact(0, Operation::replace(0, 0..0, "first ")));
    bench.answered(&[(EDIT, Ok(1))]);
    bench.submit(ada, 1, 1, 6, "typed ");
    let client = ClientId::from_bytes([98; 16]);
    bench.hand_in(AGAIN, Edit { client, ..exact(1, Operation::replace(6, 0..0, "second ")) });
    let head = Revision::new(2);
    assert_eq!(bench.edited.pop(), Some((AGAIN, Err(EditRefusal::Moved { head }))));
    bench.hand_in(EDIT, exact(0, Operation::replace(0, 0..0, "first ")));
    bench.answered(&[(EDIT, Ok(1))]);
    assert_eq!(bench.text(), "typed first ");
}

#[test]
fn an_edit_of_a_revision_that_another_server_committed_waits_for_the_log() {
    let log = empty_log();
    let (mut here, mut there) = (Bench::open(&log), Bench::open(&log));
    let bob = there.join(2, None);
    there.submit(bob, 1, 0, 0, "typed");
    here.automatic = false;
    here.hand_in(EDIT, edit(1, Operation::replace(5, 5..5, " and written")));
    here.read();
    here.append();
    here.answered(&[(EDIT, Ok(2))]);
    assert_eq!(here.text(), "typed and written");
    here.automatic = true;
    let client = ClientId::from_bytes([98; 16]);
    here.hand_in(AGAIN, Edit { client, ..edit(7, Operation::identity(0)) });
    here.answered(&[(AGAIN, Err(RejectCode::FutureBase))]);
}

#[test]
fn a_large_edit_is_one_append_and_waits_its_turn() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, None), bench.join(2, None));
    let written = "a line of a large file\n".repeat(10_000);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "typed first\n");
    bench.hand_in(EDIT, edit(0, Operation::replace(0, 0..0, &written)));
    bench.submit(bob, 1, 0, 0, "typed last\n");
    bench.append();
    assert_eq!(bench.appends[0].entries.len(), 4);
    bench.append();
    bench.answered(&[(EDIT, Ok(5))]);
    assert_eq!(bench.appends[0].entries.len(), 1);
    bench.append();
    assert_eq!(bench.text(), format!("typed last\n{written}typed first\n"));
}

#[test]
fn whoever_may_only_read_hands_in_nothing() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let rights = Rights { role: Role::Viewer, until: None };
    bench.hand_in(EDIT, Edit { rights, ..edit(0, Operation::replace(0, 0..0, "x")) });
    bench.answered(&[(EDIT, Err(RejectCode::ReadOnly))]);
    assert_eq!(bench.text(), "");
}

#[test]
fn an_edit_from_before_the_window_reads_older_entries() {
    let log = empty_log();
    let count = HISTORY_REVISIONS_MAX + 10;
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, None);
    for n in 0..count {
        bench.submit(ada, n as u64 + 1, 0, n, "x");
    }
    bench.hand_in(EDIT, edit(3, Operation::replace(3, 3..3, "written")));
    bench.answered(&[(EDIT, Ok(count as u64 + 1))]);
    assert_eq!(bench.read_older, 1);
    assert!(bench.text().ends_with("xxxwritten"));
}
