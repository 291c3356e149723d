//! Measured times, and what is said of many.

use std::time::Duration;

/// Times, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<u32>);

impl Sample {
    /// One more. Anything above an hour counts as about an hour.
    pub fn add(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// Those of another, too.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The time in milliseconds below which so many of a hundred lie; `None` if there is none.
    #[must_use]
    pub fn percentile_ms(&self, percent: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        let last = sorted.len().checked_sub(1)?;
        let index = (percent / 100.0 * last as f64).round() as usize;
        let (_, at, _) = sorted.select_nth_unstable(index.min(last));
        Some(f64::from(*at) / 1000.0)
    }
}

impl FromIterator<Duration> for Sample {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut sample = Self::default();
        times.into_iter().for_each(|time| sample.add(time));
        sample
    }
}

/// The middle one of what several rounds gave; `None` if one of them gave nothing.
#[must_use]
pub fn median(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    match values.len() % 2 {
        1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle], values[middle + 1])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let sample: Sample = (0..=100).map(Duration::from_millis).collect();
        assert_eq!(sample.percentile_ms(50.0), Some(50.0));
        assert_eq!(sample.percentile_ms(95.0), Some(95.0));
        assert_eq!(sample.percentile_ms(100.0), Some(100.0));
        assert_eq!(Sample::default().percentile_ms(50.0), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([Some(3.0), Some(1.0), Some(2.0)]), Some(2.0));
        assert_eq!(median([Some(4.0), Some(1.0)]), Some(2.5));
        assert_eq!(median([Some(4.0), None]), None);
        assert_eq!(median([]), None);
    }
}
