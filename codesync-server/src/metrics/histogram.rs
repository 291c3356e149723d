//! A histogram of atomic numbers.
//!
//! The crate's own takes a lock for every value; this one is on the way of every edit. Buckets
//! are read one after the other, so that a value seen in one may be missing in the next: the sum
//! of what was read is told as the count, and no reader finds a histogram at odds with itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

use super::STORE_SECONDS;

/// Sums are kept in millionths, as a whole number that can be added to in one step.
const SUM_UNITS: f64 = 1e6;

/// How often values were in which range. Clones are the same histogram.
#[derive(Clone, Debug)]
pub(super) struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [f64],
    /// One for each bound, and one for what is beyond them.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new(&STORE_SECONDS)
    }
}

impl Histogram {
    /// Values up to each of these bounds, which must ascend.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        assert!(bounds.is_sorted(), "bounds ascend");
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { bounds, buckets, sum: AtomicU64::new(0) }))
    }

    pub(super) fn observe(&self, value: f64) {
        let index = self.0.bounds.partition_point(|bound| *bound < value);
        self.0.buckets[index].fetch_add(1, Relaxed);
        self.0.sum.fetch_add((value * SUM_UNITS) as u64, Relaxed);
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let bounds = self.0.bounds.iter().copied().chain([f64::INFINITY]);
        let counts = self.0.buckets.iter().map(|bucket| bucket.load(Relaxed));
        let buckets: Vec<_> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = self.0.sum.load(Relaxed) as f64 / SUM_UNITS;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_up_to_its_bound_and_no_further() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 3.0] {
            histogram.observe(value);
        }
        let counts: Vec<_> = histogram.0.buckets.iter().map(|it| it.load(Relaxed)).collect();
        assert_eq!(counts, [2, 1, 1]);
        assert_eq!(histogram.0.sum.load(Relaxed), 6_000_000);
    }
}
