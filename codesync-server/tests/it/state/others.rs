//! People in one document at two servers: they see each other, and nothing else depends on it.

use codesync_core::{Author, Peers, Revision, Selection};
use codesync_server::bus::{Origin, Person, Presence};
use codesync_server::document::SubscriberId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{Entry, ReadLimit};

use super::bench::{Bench, DOCUMENT, empty_log, ms};

const LEFT: Origin = Origin::new(1);
const RIGHT: Origin = Origin::new(2);
const ADA: Author = Author::new(1);
const BOB: Author = Author::new(2);

/// Two servers, Ada at the left one and Bob at the right one, and the bus between them.
struct Pair<'a> {
    log: &'a MemoryLog,
    left: Bench<'a>,
    right: Bench<'a>,
    ada: SubscriberId,
    bob: SubscriberId,
    /// Whether the bus loses everything.
    silent: bool,
}

impl<'a> Pair<'a> {
    fn new(log: &'a MemoryLog) -> Self {
        let (mut left, mut right) = (Bench::open(log), Bench::open(log));
        let (ada, bob) = (left.join(1, Some(0)), right.join(2, Some(0)));
        Self { log, left, right, ada, bob, silent: false }
    }

    /// Ada and Bob, who have met.
    fn acquainted(log: &'a MemoryLog) -> Self {
        let mut pair = Self::new(log);
        pair.wait(1000);
        assert_eq!(pair.seen_by_ada(), [BOB]);
        assert_eq!(pair.seen_by_bob(), [ADA]);
        pair
    }

    /// Time passes, a tenth of a second after the other.
    fn wait(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 100 {
            self.left.wait(ms(100));
            self.right.wait(ms(100));
            self.pass();
        }
    }

    /// The bus carries what was said.
    fn pass(&mut self) {
        let said = [
            (LEFT, std::mem::take(&mut self.left.said)),
            (RIGHT, std::mem::take(&mut self.right.said)),
        ];
        for (origin, said) in said {
            let hears = if origin == LEFT { &mut self.right } else { &mut self.left };
            for presence in said.iter().filter(|_| !self.silent) {
                hears.state.handle_presence(hears.now, origin, presence);
                hears.drain();
            }
        }
    }

    /// Tells a server what the log has.
    fn hint(log: &MemoryLog, bench: &mut Bench<'_>) {
        let page = log.read_now(DOCUMENT, bench.state.head(), ReadLimit::default());
        let entries: Vec<Entry> = page.expect("a page").entries;
        bench.state.handle_hint(bench.now, RIGHT, &entries);
        bench.drain();
    }

    fn seen_by_ada(&self) -> Vec<Author> {
        seen(&self.left, self.ada).iter().map(|(author, _)| author).collect()
    }

    fn seen_by_bob(&self) -> Vec<Author> {
        seen(&self.right, self.bob).iter().map(|(author, _)| author).collect()
    }
}

/// The people that somebody was told of, as his client keeps them.
fn seen(bench: &Bench<'_>, subscriber: SubscriberId) -> Peers {
    bench.seen.get(&subscriber).cloned().unwrap_or_default()
}

#[test]
fn people_at_two_servers_see_each_other_in_the_same_colours() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    let cy = pair.right.join(3, Some(0));
    pair.wait(200);
    let (ada_sees, cy_sees) = (seen(&pair.left, pair.ada), seen(&pair.right, cy));
    let bob = ada_sees.get(BOB).expect("seen");
    assert_eq!((bob.name.as_str(), bob.color), ("person 2", 1));
    assert_eq!(cy_sees.get(BOB), ada_sees.get(BOB));
    assert_eq!(cy_sees.get(ADA).expect("seen").name, "person 1");

    pair.left.state.handle_leave(pair.left.now, pair.ada);
    pair.left.drain();
    pair.wait(200);
    assert_eq!(pair.seen_by_bob(), [Author::new(3)]);
}

#[test]
fn a_caret_is_seen_where_it_stands_whichever_server_is_ahead() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    let place = |pair: &Pair<'_>| {
        let bob = pair.bob;
        let peers = seen(&pair.right, bob);
        let ada = peers.get(ADA).expect("seen");
        (ada.revision.get(), ada.selections.clone())
    };
    // Ada types; Bob's server has not heard of it, but of her caret.
    pair.left.submit(pair.ada, 1, 0, 0, "hello");
    let head = pair.left.state.head();
    pair.left.state.handle_select(pair.left.now, pair.ada, head, vec![Selection::new(4, 1)]);
    pair.left.drain();
    pair.wait(300);
    assert_eq!(place(&pair), (1, vec![Selection::new(4, 1)]), "ahead of the text");
    Pair::hint(pair.log, &mut pair.right);
    pair.right.submit(pair.bob, 1, 1, 5, "ab");
    pair.wait(300);
    // Bob typed two chars in front. Ada's server does not know of it when she moves again.
    let head = pair.left.state.head();
    pair.left.state.handle_select(pair.left.now, pair.ada, head, vec![Selection::caret(3)]);
    pair.left.drain();
    pair.wait(300);
    assert_eq!(place(&pair), (2, vec![Selection::caret(5)]), "carried over what Bob typed");
}

#[test]
fn the_people_of_a_server_that_dies_are_gone_after_ten_seconds() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    pair.wait(60_000);
    assert_eq!(pair.seen_by_bob(), [ADA], "a quiet server is no dead one");
    pair.silent = true;
    pair.wait(6_500);
    assert_eq!(pair.seen_by_bob(), [ADA]);
    pair.wait(4_000);
    assert_eq!((pair.seen_by_ada(), pair.seen_by_bob()), (vec![], vec![]));
    pair.silent = false;
    pair.wait(31_000);
    assert_eq!(pair.seen_by_bob(), [ADA], "it was only cut off");
    assert_eq!(pair.seen_by_ada(), [BOB]);
}

#[test]
fn who_was_missed_is_asked_after() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    pair.silent = true;
    let cy = pair.left.join(3, Some(0));
    pair.wait(300);
    assert_eq!(pair.seen_by_bob(), [ADA]);
    pair.silent = false;
    pair.wait(4_000);
    assert_eq!(pair.seen_by_bob(), [ADA, Author::new(3)]);

    pair.silent = true;
    pair.left.state.handle_leave(pair.left.now, cy);
    pair.left.drain();
    pair.wait(300);
    assert_eq!(pair.seen_by_bob(), [ADA, Author::new(3)]);
    pair.silent = false;
    pair.wait(4_000);
    assert_eq!(pair.seen_by_bob(), [ADA]);
}

#[test]
fn whoever_begins_to_listen_or_has_missed_something_asks() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    let mut third = Bench::open(&log);
    third.wait(ms(100));
    assert_eq!(third.said, [Presence::Who]);
    pair.left.said.clear();
    pair.left.state.handle_presence(pair.left.now, Origin::new(3), &Presence::Who);
    pair.left.drain();
    pair.left.wait(ms(100));
    let told =
        pair.left.said.iter().any(
            |it| matches!(it, Presence::Here(people) if people.iter().any(|it| it.author == ADA)),
        );
    assert!(told, "{:?}", pair.left.said);
    assert!(pair.left.said.contains(&Presence::Everyone(vec![ADA])), "{:?}", pair.left.said);

    pair.left.said.clear();
    pair.left.state.handle_hints_lost();
    pair.left.drain();
    pair.left.wait(ms(100));
    assert!(pair.left.said.contains(&Presence::Who));
}

#[test]
fn whoever_moves_to_another_server_was_never_gone() {
    let log = empty_log();
    let mut pair = Pair::acquainted(&log);
    let cy = pair.right.join(3, Some(0));
    pair.wait(1000);
    pair.right.news(cy);
    // Her socket at the left server is dead, and nobody has noticed yet.
    pair.right.join(1, Some(0));
    pair.wait(1000);
    assert!(pair.seen_by_bob().contains(&ADA));
    pair.left.state.handle_leave(pair.left.now, pair.ada);
    pair.left.drain();
    pair.wait(5000);
    assert!(pair.seen_by_bob().contains(&ADA));
    assert!(!pair.right.news(cy).contains(&"departed 1".to_owned()));
    let dee = pair.left.join(4, Some(0));
    pair.wait(100);
    let names: Vec<_> = seen(&pair.left, dee).iter().map(|(author, _)| author.get()).collect();
    assert_eq!(names, [1, 2, 3], "all are at the other server");
}

#[test]
fn other_servers_are_told_ten_times_a_second_at_most() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.submit(ada, 1, 0, 0, "some text");
    bench.wait(ms(1000));
    bench.said.clear();
    let head = bench.state.head();
    for step in 0..100 {
        bench.state.handle_select(bench.now, ada, head, vec![Selection::caret(step % 9)]);
        bench.drain();
        bench.wait(ms(10));
    }
    assert!((9..=11).contains(&bench.said.len()), "{}", bench.said.len());
    bench.said.clear();
    bench.wait(ms(27_000));
    assert_eq!(bench.said, [], "alone and quiet, it says nothing");
}

#[test]
fn a_crowd_is_told_in_messages_that_are_not_too_long() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    for number in 1..=100 {
        bench.join(number, Some(0));
    }
    bench.wait(ms(200));
    let lengths: Vec<_> = bench
        .said
        .iter()
        .filter_map(|it| if let Presence::Here(people) = it { Some(people.len()) } else { None })
        .collect();
    assert_eq!(lengths.iter().sum::<usize>(), 100);
    assert!(lengths.iter().all(|length| *length <= 32), "{lengths:?}");
}

#[test]
fn whatever_other_servers_say_an_edit_goes_its_way() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    for server in 0..70 {
        let people = (0..1000).map(|number| Person {
            author: Author::new(number + 1),
            name: "somebody".to_owned(),
            color: 200,
            selections: vec![Selection::new(usize::MAX, 7); 3],
            revision: Revision::new(u64::from(number) * 7),
        });
        let people = Presence::Here(people.collect());
        for presence in [Presence::Who, people, Presence::Everyone(vec![ADA, BOB])] {
            bench.state.handle_presence(bench.now, Origin::new(server), &presence);
        }
    }
    bench.drain();
    assert_eq!((bench.appends.len(), bench.text()), (1, String::new()));
    bench.append();
    assert_eq!(bench.text(), "a");
    assert!(bench.news(ada).contains(&"acked 1 at 1".to_owned()));
    bench.wait(ms(60_000));
    let cy = bench.join(3, Some(0));
    let left: Vec<_> = seen(&bench, cy).iter().map(|(author, _)| author).collect();
    assert_eq!(left, [ADA], "all the others were silent for too long");
}
