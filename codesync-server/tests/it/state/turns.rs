//! Three servers that write into one document: they take turns, and need not race.

use codesync_core::document::Document;
use codesync_core::{Revision, Text};
use codesync_server::bus::{Hint, Origin};
use codesync_server::document::SubscriberId;
use codesync_server::oplog::AppendError;
use codesync_server::oplog::memory::MemoryLog;

use super::bench::{Bench, DOCUMENT, empty_log, ms};

const SERVERS: u8 = 3;
/// What an append takes here, in milliseconds.
const APPEND_MS: u64 = 3;
/// What the bus takes.
const NEWS_MS: u64 = 1;

/// A server with one person, who types on once he is answered and has thought.
struct Desk<'a> {
    origin: Origin,
    bench: Bench<'a>,
    person: SubscriberId,
    seq: u64,
    saved: u64,
    /// Where the last edit stands: the next one's base is counted from there.
    last_revision: u64,
    /// When he types on.
    types_at: u64,
    append_ends: Option<u64>,
    appends: u64,
    conflicts: u64,
}

impl<'a> Desk<'a> {
    fn new(log: &'a MemoryLog, number: u8) -> Self {
        let origin = Origin::new(u64::from(number));
        let mut bench = Bench::open_as(origin, log, Document::new(Revision::ZERO, Text::new()));
        let person = bench.join(number, Some(0));
        bench.automatic = false;
        Self {
            origin,
            bench,
            person,
            seq: 0,
            saved: 0,
            last_revision: 0,
            types_at: 0,
            append_ends: None,
            appends: 0,
            conflicts: 0,
        }
    }

    /// A millisecond passes.
    fn live(&mut self, now: u64, thinks: &mut impl FnMut() -> u64) {
        self.bench.wait(ms(1));
        if self.seq == self.saved && self.types_at <= now {
            self.seq += 1;
            let since = self.bench.state.head().get() - self.last_revision;
            let length = self.bench.state.text().len();
            self.bench.submit(self.person, self.seq, since, length, "x");
        }
        if self.append_ends.is_none() && !self.bench.appends.is_empty() {
            self.append_ends = Some(now + APPEND_MS);
        }
        if self.append_ends.is_some_and(|end| end <= now) {
            self.append_ends = None;
            self.appends += 1;
            let append = self.bench.appends.front().expect("it is under way").clone();
            let answer = self.bench.log.append_now(append);
            self.conflicts += u64::from(matches!(answer, Err(AppendError::Conflict { .. })));
            self.bench.answer_append(answer);
        }
        while !self.bench.reads.is_empty() {
            self.bench.read();
        }
        while let Some(users) = self.bench.asked.pop_front() {
            let table = self.bench.log.access_now(DOCUMENT, &users);
            self.bench.state.handle_access(self.bench.now, table);
            self.bench.drain();
        }
        for news in self.bench.news(self.person) {
            if let Some((_, revision)) = news.rsplit_once(" at ") {
                self.saved += 1;
                self.types_at = now + thinks();
                self.last_revision = revision.parse().expect("a revision");
            } else if news.starts_with("rejected") {
                // Asked to wait: it is sent again.
                self.seq = self.saved;
            }
        }
    }
}

/// What came of a while of typing.
struct Typed {
    /// How many edits each has saved.
    saved: Vec<u64>,
    appends: u64,
    /// How many appends lost a race.
    conflicts: u64,
}

/// Lets them type for a while, and think for at most `thought_max_ms` before each edit.
fn type_for(milliseconds: u64, thought_max_ms: u64, bus_works: bool) -> Typed {
    // Knuth's MMIX generator.
    let mut random = 1_u64;
    let mut thinks = || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % (thought_max_ms + 1)
    };
    let log = empty_log();
    let mut desks: Vec<_> = (1..=SERVERS).map(|number| Desk::new(&log, number)).collect();
    let mut news = Vec::new();
    for now in 0..milliseconds {
        for desk in &mut desks {
            desk.live(now, &mut thinks);
            let origin = desk.origin;
            let committed = desk.bench.committed.drain(..);
            let hints = committed.map(|entries| Hint::Committed { origin, entries });
            let wishes = std::mem::take(&mut desk.bench.wishes);
            let hints = hints.chain((0..wishes).map(|_| Hint::Wish(origin)));
            news.extend(hints.filter(|_| bus_works).map(|hint| (now + NEWS_MS, origin, hint)));
        }
        for (_, origin, hint) in news.extract_if(.., |(at, ..)| *at <= now) {
            // Everybody hears everything, and passes over his own entries.
            let own = |desk: &Desk<'_>| desk.origin == origin && !matches!(hint, Hint::Wish(_));
            for desk in desks.iter_mut().filter(|desk| !own(desk)) {
                let (state, now) = (&mut desk.bench.state, desk.bench.now);
                match &hint {
                    Hint::Committed { entries, .. } => state.handle_hint(now, origin, entries),
                    _ => state.handle_wish(now, origin),
                }
                desk.bench.drain();
            }
        }
    }
    assert!(desks.iter().all(|desk| desk.bench.failed.is_none()));
    let head = log.heads_now(&[DOCUMENT])[0].revision.get();
    let saved: Vec<u64> = desks.iter().map(|desk| desk.saved).collect();
    assert!(saved.iter().sum::<u64>() <= head);
    let appends = desks.iter().map(|desk| desk.appends).sum();
    Typed { saved, appends, conflicts: desks.iter().map(|desk| desk.conflicts).sum() }
}

#[test]
fn servers_that_write_at_once_take_turns_and_lose_few_races() {
    let Typed { saved, appends, conflicts } = type_for(3000, 0, true);
    let all: u64 = saved.iter().sum();
    assert!(conflicts * 50 < appends, "{conflicts} races lost for {saved:?}");
    assert!(saved.iter().all(|own| own * 4 > all), "somebody was kept from his turn: {saved:?}");
    // A turn is an append and its news.
    assert!(all * (APPEND_MS + NEWS_MS + 2) > 3000 * 8 / 10, "only {saved:?}");
}

#[test]
fn servers_that_write_now_and_then_lose_few_races_either() {
    for thought_max_ms in [10, 30, 100, 300] {
        let Typed { saved, appends, conflicts } = type_for(20_000, thought_max_ms, true);
        assert!(
            conflicts * 20 < appends,
            "{conflicts} of {appends} races lost at {thought_max_ms} ms, for {saved:?}"
        );
    }
}

#[test]
fn without_news_they_race_as_ever_and_nobody_waits() {
    let Typed { saved, conflicts, .. } = type_for(3000, 0, false);
    assert!(conflicts > 0);
    // The winner is not kept back by others of whom nothing is heard.
    assert!(saved.iter().sum::<u64>() * (APPEND_MS + 2) > 3000 * 8 / 10, "{saved:?}");
}
