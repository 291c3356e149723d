//! Requests that depend on what a document is at: `If-Match`, `If-None-Match`, and the tags in them.
//!
//! The tag of a document is its revision in quotes, and it is a strong one: the same revision is the
//! same text, to the byte.

use axum::http::{HeaderMap, HeaderValue, header};
use codesync_core::Revision;

use crate::http::error::ApiError;
use crate::http::json::parse_revision;

/// The revision as an entity tag.
pub(crate) fn etag(revision: Revision) -> HeaderValue {
    HeaderValue::try_from(format!("\"{revision}\"")).expect("digits in quotes make a header")
}

/// What an `If-Match` header asks for (RFC 9110, section 13.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Condition {
    /// There is none, or any state will do.
    None,
    Exactly(Revision),
}

impl Condition {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self::None) };
        let is_alone = values.next().is_none();
        if is_alone && value == "*" {
            return Ok(Self::None);
        }
        let tag = value.to_str().ok().filter(|_| is_alone);
        let revision =
            tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')).and_then(parse_revision);
        let detail = "If-Match must be * or one tag that this server gave out, such as \"42\"";
        revision.map(Self::Exactly).ok_or_else(|| ApiError::InvalidQuery(detail.to_owned()))
    }

    pub(crate) fn is_exact(self) -> bool {
        matches!(self, Self::Exactly(_))
    }
}

/// Whether an `If-None-Match` header says that this tag is known (RFC 9110, section 13.1.2). Proxies
/// that compress an answer make its tag a weak one: that counts, too.
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> Result<bool, ApiError> {
    let values: Vec<_> = headers.get_all(header::IF_NONE_MATCH).iter().collect();
    if matches!(values[..], [value] if value == "*") {
        return Ok(true);
    }
    values.into_iter().try_fold(false, |known, value| {
        let tags = value.to_str().ok().and_then(tags);
        let detail = "If-None-Match must be * or tags in quotes with commas between them";
        let tags = tags.ok_or_else(|| ApiError::InvalidQuery(detail.to_owned()))?;
        Ok(known || tags.iter().any(|known| known.as_bytes() == tag.as_bytes()))
    })
}

/// The tags of a list (RFC 9110, section 8.8.3), at least one, without the mark of a weak one.
fn tags(list: &str) -> Option<Vec<&str>> {
    let is_blank = |char| matches!(char, ' ' | '\t');
    let (mut rest, mut tags) = (list, Vec::new());
    loop {
        // Places in a list may be empty (section 5.6.1.2).
        rest = rest.trim_start_matches(|char| is_blank(char) || char == ',');
        if rest.is_empty() {
            return Some(tags).filter(|tags| !tags.is_empty());
        }
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        let opaque = rest.strip_prefix('"')?;
        let end = opaque.find('"')?;
        if !opaque[..end].bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        tags.push(&rest[..end + 2]);
        rest = rest[end + 2..].trim_start_matches(is_blank);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_condition_is_a_star_or_one_strong_tag() {
        let condition = |values: &[&'static str]| Condition::of(&with("if-match", values)).ok();
        assert_eq!(condition(&[]), Some(Condition::None));
        assert_eq!(condition(&["*"]), Some(Condition::None));
        assert_eq!(condition(&["\"42\""]), Some(Condition::Exactly(Revision::new(42))));
        for value in ["42", "W/\"42\"", "\"42\", \"43\"", "\"042\"", "\"-1\"", "\"x\"", "\"", ""] {
            assert_eq!(condition(&[value]), None, "{value}");
        }
        assert_eq!(condition(&["*", "*"]), None);
        assert_eq!(condition(&["\"42\"", "\"42\""]), None);
    }

    #[track_caller]
    fn check(values: &[&'static str], known: Option<bool>) {
        let tag = etag(Revision::new(42));
        assert_eq!(is_known(&with("if-none-match", values), &tag).ok(), known, "{values:?}");
    }

    #[test]
    fn a_revision_is_known_by_any_tag_of_a_list() {
        check(&[], Some(false));
        check(&["*"], Some(true));
        check(&["\"42\""], Some(true));
        check(&["W/\"42\""], Some(true));
        check(&["\"4\", W/\"42\""], Some(true));
        check(&[", \"4\" ,,\"42\","], Some(true));
        check(&["\"4\"", "\"42\""], Some(true));
        check(&["\"4\""], Some(false));
        check(&["\"4,2\", \"\""], Some(false));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for value in ["", ",", "42", "\"42", "\"42\"\"42\"", "\"4 2\"", "w/\"42\"", "*, \"42\""] {
            check(&[value], None);
        }
        check(&["*", "*"], None);
        check(&["\"42\"", ""], None);
    }
}
