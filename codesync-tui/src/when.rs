//! Moments and stretches of time, as people read and write them.

use std::time::Duration;

use crate::sanitize;

/// What is no stretch of time.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no stretch of time")]
pub(crate) struct NotAStretch(String);

/// "2026-11-22 21:00" of an RFC 3339 moment in UTC, which is what the server sends.
pub(crate) fn minute(moment: &str) -> String {
    let moment = sanitize::one_line(moment);
    moment.get(..16).unwrap_or(&moment).replace('T', " ")
}

/// "2026-11-22" of an RFC 3339 moment.
pub(crate) fn day(moment: &str) -> String {
    let moment = sanitize::one_line(moment);
    moment.get(..10).unwrap_or(&moment).to_owned()
}

/// A stretch of time such as `30m`, `12h`, `7d` or `2w`; `never` is none.
pub(crate) fn stretch(text: &str) -> Result<Option<Duration>, NotAStretch> {
    let wrong = || NotAStretch(sanitize::one_line(text));
    if text == "never" {
        return Ok(None);
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let seconds = count.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(Some(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: Option<u64>) {
        assert_eq!(stretch(text).expect("a stretch"), seconds.map(Duration::from_secs), "{text}");
    }

    #[test]
    fn stretches_are_a_number_and_a_unit() {
        check("90s", Some(90));
        check("30m", Some(1_800));
        check("7d", Some(604_800));
        check("2w", Some(1_209_600));
        check("never", None);
        for wrong in ["", "7", "d", "-1d", "0d", "1y", "7 d", "99999999999999999w", "7é"] {
            assert!(stretch(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_cut_to_what_people_read() {
        assert_eq!(minute("2026-11-22T21:00:31.5Z"), "2026-11-22 21:00");
        assert_eq!(minute("odd"), "odd");
        assert_eq!(day("2026-11-22T21:00:31.5Z"), "2026-11-22");
    }
}
