//! Which of the versions that the server keeps by itself are let go again.
//!
//! The older a time is, the fewer of its versions are worth their room: all of the last hour, then
//! one an hour for a day, one a day for a month, one a week for a year, one in four weeks from then
//! on. Of each such span the newest stays. What a person has named is never let go.

use std::collections::BTreeSet;

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Up to which age one version in how long a time is kept, in milliseconds.
const SPANS: [(i64, i64); 4] =
    [(DAY, HOUR), (30 * DAY, DAY), (365 * DAY, 7 * DAY), (i64::MAX, 28 * DAY)];

/// The ones of `kept` that are let go, each given with the time at which it was kept, in
/// milliseconds since 1970.
pub(super) fn superfluous<T: Copy>(kept: &[(T, i64)], now: i64) -> Vec<T> {
    let mut newest_first: Vec<_> = kept.to_vec();
    newest_first.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let mut taken = BTreeSet::new();
    let mut superfluous = Vec::new();
    for (version, at) in newest_first {
        let age = now.saturating_sub(at);
        if age < HOUR {
            continue;
        }
        // Spans are counted on the calendar, not from now, so that a version that stays today does
        // not give way to its neighbour tomorrow.
        let span = SPANS.iter().find(|(until, _)| age < *until).map_or(28 * DAY, |(_, span)| *span);
        if !taken.insert((span, at.div_euclid(span))) {
            superfluous.push(version);
        }
    }
    superfluous
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hour_stays_and_older_times_thin_out() {
        let now = 1_000 * DAY + 90 * MINUTE;
        let ages =
            [5 * MINUTE, 15 * MINUTE, 55 * MINUTE, 2 * HOUR, 2 * HOUR + 5 * MINUTE, 40 * DAY];
        let kept: Vec<_> = ages.iter().map(|age| (*age, now - age)).collect();
        assert_eq!(superfluous(&kept, now), [2 * HOUR + 5 * MINUTE]);
    }

    #[test]
    fn a_busy_decade_leaves_few_versions_and_none_is_let_go_too_early() {
        let (mut kept, mut now): (Vec<(i64, i64)>, i64) = (Vec::new(), 20_000 * DAY);
        let end = now + 3 * 365 * DAY;
        while now < end {
            now += 6 * HOUR;
            kept.push((now, now));
            let gone = superfluous(&kept, now);
            kept.retain(|(version, _)| !gone.contains(version));
            assert_eq!(kept.last().map(|(_, at)| *at), Some(now), "the newest always stays");
        }
        // A day of six hours each, a month of days, a year of weeks, two years of months.
        assert!((90..140).contains(&kept.len()), "{}", kept.len());
        for pair in kept.windows(2) {
            let (age, gap) = (now - pair[0].1, pair[1].1 - pair[0].1);
            let (_, span) = SPANS.iter().find(|(until, _)| age < *until).expect("the last is open");
            assert!(
                gap <= 6 * HOUR || gap <= 2 * span,
                "a gap of {} days at {} days",
                gap / DAY,
                age / DAY
            );
        }
    }
}
