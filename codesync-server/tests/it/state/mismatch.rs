//! Clients that say their text differed.

use codesync_core::{ClientId, Revision};
use codesync_server::document::state::MISMATCH_INTERVAL;
use codesync_server::document::{Join, SubscriberId};

use super::bench::{Bench, empty_log, local, ms};

impl Bench<'_> {
    fn join_differing(&mut self, number: u8, at: u64) -> SubscriberId {
        let subscriber = SubscriberId::new(u64::from(number));
        let join = Join { text: true, ..local(ClientId::from_bytes([number; 16]), Some(at)) };
        self.state.handle_join(subscriber, join);
        self.drain();
        subscriber
    }
}

#[test]
fn a_difference_is_passed_on_once_a_minute_and_everybody_gets_the_text() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let writer = bench.join(9, None);
    bench.submit(writer, 1, 0, 0, "text");
    assert!(bench.mismatches.is_empty());
    for number in 1..4 {
        let told = bench.join_differing(number, 1);
        assert!(bench.news(told).contains(&"text 4".to_owned()));
    }
    assert_eq!(bench.mismatches, [Revision::new(1)]);
    bench.wait(MISMATCH_INTERVAL - ms(1));
    bench.join_differing(4, 0);
    assert_eq!(bench.mismatches.len(), 1);
    bench.wait(ms(1));
    bench.join_differing(5, 0);
    assert_eq!(bench.mismatches, [Revision::new(1), Revision::ZERO]);
}

#[test]
fn a_difference_at_a_revision_that_never_was_is_not_believed() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let liar = bench.join_differing(1, 1);
    assert_eq!(bench.news(liar), ["refused: 201"]);
    assert!(bench.mismatches.is_empty());
}
