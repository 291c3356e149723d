//! Who may do what, while it changes.

use codesync_core::protocol::RejectCode;
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::document::SubscriberId;
use codesync_server::document::state::DocumentState;
use codesync_server::ids::UserId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{AppendError, LogError};

use super::bench::{Bench, DOCUMENT, UNIX_START, empty_log, ms};

const ADA: UserId = UserId::from_bytes([0xa; 16]);
const BOB: UserId = UserId::from_bytes([0xb; 16]);

fn set(log: &MemoryLog, user: UserId, role: Option<Role>) -> AccessVersion {
    log.set_rights(DOCUMENT, user, role.map(Rights::lasting)).expect("a document")
}

/// A document of which Ada and Bob are editors.
fn shared_log() -> MemoryLog {
    let log = empty_log();
    set(&log, ADA, Some(Role::Editor));
    set(&log, BOB, Some(Role::Editor));
    log
}

/// Ada's and Bob's clients, both there, with nothing left to read.
fn two(bench: &mut Bench<'_>) -> (SubscriberId, SubscriberId) {
    let (ada, bob) = (bench.join_as(1, ADA, Some(0)), bench.join_as(2, BOB, Some(0)));
    bench.news(ada);
    bench.news(bob);
    (ada, bob)
}

impl Bench<'_> {
    fn hear(&mut self, version: AccessVersion) {
        self.state.handle_access_version(version);
        self.drain();
    }

    /// Answers what was asked for.
    fn tell_access(&mut self) {
        let users = self.asked.pop_front().expect("rights were asked for");
        let table = self.log.access_now(DOCUMENT, &users);
        self.state.handle_access(self.now, table);
        self.drain();
    }

    fn refuse_access(&mut self) {
        self.asked.pop_front().expect("rights were asked for");
        let error = LogError::Unavailable("a test".to_owned());
        self.state.handle_access(self.now, Err(error));
        self.drain();
    }
}

#[test]
fn an_edit_is_refused_although_nobody_said_that_its_author_may_no_longer_write() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    set(&log, ADA, Some(Role::Viewer));
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.news(ada), ["may read", "rejected 1: 312"]);
    bench.submit(bob, 1, 0, 0, "b");
    assert_eq!(bench.news(bob), ["acked 1 at 1"]);
    assert_eq!(
        (bench.news(ada), bench.text()),
        (vec!["applied 1 by 2".to_owned()], "b".to_owned())
    );
    assert_eq!(bench.trespasses, [], "he could not know");
}

#[test]
fn a_batch_goes_on_without_those_who_may_no_longer_write() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.automatic = false;
    bench.submit(bob, 1, 0, 0, "1");
    bench.submit(ada, 1, 0, 0, "a");
    bench.submit(bob, 2, 0, 1, "2");
    set(&log, ADA, None);
    bench.append();
    assert_eq!(bench.asked, [[ADA, BOB]], "nothing is in the log yet");
    assert!(bench.appends.is_empty(), "and nothing is tried before the answer");
    bench.tell_access();
    assert_eq!(bench.news(ada), ["ended: 206"]);
    bench.append();
    assert_eq!(bench.text(), "21");
    assert!(bench.news(bob).ends_with(&["acked 1 at 1".to_owned(), "acked 2 at 2".to_owned()]));
}

#[test]
fn a_hint_is_enough_to_be_told_the_role_both_ways() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.hear(set(&log, ADA, Some(Role::Viewer)));
    assert_eq!((bench.news(ada), bench.news(bob)), (vec!["may read".to_owned()], vec![]));
    bench.hear(set(&log, ADA, Some(Role::Owner)));
    assert_eq!(bench.news(ada), ["may write"]);
    bench.hear(set(&log, ADA, Some(Role::Editor)));
    assert_eq!(bench.news(ada), [] as [&str; 0], "what does not concern him he is not told");
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
}

#[test]
fn who_may_no_longer_read_is_let_go_and_the_others_see_him_leave() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.hear(set(&log, ADA, None));
    assert_eq!(
        (bench.news(ada), bench.news(bob)),
        (vec!["ended: 206".into()], vec!["departed 1".into()])
    );
    bench.submit(bob, 1, 0, 0, "secret");
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.news(ada), [] as [&str; 0]);
    assert_eq!(bench.state.subscriber_count(), 1);
}

#[test]
fn an_edit_that_reached_the_log_before_the_change_is_acknowledged_after_it() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    let append = bench.appends[0].clone();
    let answer = log.append_now(append);
    bench.hear(set(&log, ADA, Some(Role::Viewer)));
    bench.tell_access();
    assert_eq!(bench.news(ada), ["may read"]);
    bench.answer_append(answer);
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
}

#[test]
fn an_append_of_unknown_outcome_is_found_in_the_log_before_its_author_is_refused() {
    for is_done in [true, false] {
        let log = shared_log();
        let mut bench = Bench::open(&log);
        let (ada, _) = two(&mut bench);
        bench.automatic = false;
        bench.submit(ada, 1, 0, 0, "a");
        if is_done {
            log.append_now(bench.appends[0].clone()).expect("it is appended");
        }
        bench.hear(set(&log, ADA, Some(Role::Viewer)));
        bench.tell_access();
        bench.answer_append(Err(AppendError::Unknown("cut".to_owned())));
        assert_eq!(bench.news(ada), ["may read"], "nobody knows yet");
        bench.read();
        bench.wait(ms(1000));
        let expected = if is_done { "acked 1 at 1" } else { "rejected 1: 312" };
        assert_eq!(bench.news(ada), [expected]);
        assert!(bench.appends.is_empty());
    }
}

#[test]
fn the_edit_of_one_who_has_left_is_refused_like_any_other() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.automatic = false;
    bench.submit(bob, 1, 0, 0, "b");
    bench.submit(ada, 1, 0, 0, "a");
    bench.state.handle_leave(bench.now, ada);
    set(&log, ADA, Some(Role::Viewer));
    bench.append();
    assert_eq!(bench.asked, [[ADA, BOB]]);
    bench.tell_access();
    bench.append();
    assert_eq!((bench.text(), bench.appends.len()), ("b".to_owned(), 0));
}

#[test]
fn one_edit_on_its_way_is_forgiven_and_those_after_it_are_counted() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.hear(set(&log, ADA, Some(Role::Viewer)));
    for (seq, trespasses) in [(1, 0), (1, 1), (2, 2)] {
        bench.submit(ada, seq, 0, 0, "a");
        assert_eq!(bench.trespasses.len(), trespasses);
    }
    bench.state.handle_leave(bench.now, bob);
    bench.hear(set(&log, BOB, Some(Role::Viewer)));
    let bob = bench.join_as(2, BOB, Some(0));
    bench.submit(bob, 1, 0, 0, "b");
    assert_eq!(bench.trespasses, [ada, ada, bob], "he was told when he joined");
    assert_eq!(bench.text(), "");
}

#[test]
fn a_viewer_is_told_again_of_what_he_committed_as_an_editor() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    bench.submit(ada, 1, 0, 0, "a");
    bench.hear(set(&log, ADA, Some(Role::Viewer)));
    bench.news(ada);
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!((bench.news(ada), bench.trespasses.len()), (vec!["acked 1 at 1".to_owned()], 0));
}

#[test]
fn nobody_is_let_in_with_rights_of_another_state() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    two(&mut bench);
    bench.automatic = false;
    set(&log, UserId::LOCAL, Some(Role::Viewer));
    let late = bench.join_as(3, UserId::LOCAL, Some(0));
    assert_eq!(bench.news(late), [] as [&str; 0]);
    assert_eq!(bench.asked, [[UserId::LOCAL, ADA, BOB]]);
    // While that is under way, one more change and one more join.
    set(&log, BOB, None);
    let later = bench.join_as(4, ADA, Some(0));
    bench.tell_access();
    assert_eq!(bench.news(late)[0], "joined 0, seq 0");
    assert_eq!(bench.news(later)[0], "joined 0, seq 0");
    assert_eq!(bench.state.subscriber_count(), 3);
    assert!(bench.asked.is_empty());
}

#[test]
fn who_loses_his_rights_on_the_way_in_is_not_told_that_there_is_a_document() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    two(&mut bench);
    bench.automatic = false;
    set(&log, BOB, Some(Role::Viewer));
    let late = bench.join_as(3, ADA, Some(0));
    set(&log, ADA, None);
    bench.tell_access();
    assert_eq!(bench.news(late), ["refused: 200"]);
}

#[test]
fn a_right_through_a_link_ends_with_the_link() {
    let log = shared_log();
    let end = UNIX_START + ms(60_000);
    let until = Some(i64::try_from(end.as_millis()).expect("it fits"));
    let through_link = Rights { role: Role::Editor, until };
    log.set_rights(DOCUMENT, ADA, Some(through_link)).expect("a document");
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.submit(ada, 1, 0, 0, "a");
    bench.wait(ms(59_999));
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
    // Whoever was made a member meanwhile has a right that lasts.
    bench.automatic = false;
    bench.wait(ms(1));
    bench.submit(ada, 2, 0, 1, "b");
    assert_eq!((bench.asked.len(), bench.appends.len()), (1, 0));
    bench.tell_access();
    assert_eq!(bench.news(ada), ["ended: 206"]);
    bench.submit(bob, 1, 0, 0, "c");
    bench.append();
    assert_eq!(bench.text(), "ca");
    assert_eq!(bench.state.poll_timeout().filter(|due| *due <= bench.now), None);

    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    bench.automatic = false;
    bench.wait(ms(60_000));
    set(&log, ADA, Some(Role::Editor));
    bench.tell_access();
    assert_eq!(bench.news(ada), [] as [&str; 0], "he was made a member in time");
}

#[test]
fn while_nobody_can_say_who_may_write_nothing_is_appended() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = two(&mut bench);
    bench.automatic = false;
    bench.hear(set(&log, BOB, Some(Role::Viewer)));
    bench.submit(ada, 1, 0, 0, "a");
    bench.refuse_access();
    assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!((bench.appends.len(), bench.asked.len()), (0, 0));
    bench.wait(ms(1000));
    bench.tell_access();
    bench.append();
    assert_eq!(
        (bench.news(ada), bench.news(bob)[0].as_str()),
        (vec!["acked 1 at 1".into()], "may read")
    );
}

#[test]
fn a_wrong_word_of_a_newer_state_costs_two_questions_and_nothing_else() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    bench.automatic = false;
    bench.hear(AccessVersion::new(u64::MAX));
    bench.hear(AccessVersion::new(u64::MAX));
    bench.tell_access();
    bench.tell_access();
    assert!(bench.asked.is_empty());
    bench.submit(ada, 1, 0, 0, "a");
    bench.append();
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
}

#[test]
fn permissions_that_change_with_every_append_make_the_client_wait() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    for _ in 0..=8 {
        set(&log, BOB, Some(Role::Editor));
        bench.append();
        bench.tell_access();
    }
    assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
    assert!(bench.appends.is_empty());
}

#[test]
fn the_rights_of_those_who_have_gone_are_forgotten() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let size = |state: &DocumentState| format!("{state:?}").len();
    let mut longest = 0;
    for number in 0..2_000_u32 {
        let mut user = [7; 16];
        user[..4].copy_from_slice(&number.to_be_bytes());
        let user = UserId::from_bytes(user);
        set(&log, user, Some(Role::Viewer));
        let somebody = bench.join_as(1, user, Some(0));
        bench.state.handle_leave(bench.now, somebody);
        bench.drain();
        if number == 200 {
            longest = size(&bench.state);
        }
    }
    assert!(size(&bench.state) < 2 * longest);
}

#[test]
fn a_client_id_belongs_to_the_user_who_came_first_with_it() {
    let log = shared_log();
    let mut bench = Bench::open(&log);
    let (ada, _) = two(&mut bench);
    let thief = bench.join_as(1, BOB, Some(0));
    assert_eq!(bench.news(thief), [format!("refused: {}", RejectCode::ClientIdTaken.number())]);
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.news(ada), ["acked 1 at 1"], "he is as he was");
}
