//! How well a few typed letters fit a line of a list.

/// Longest query that is looked at, in characters.
const QUERY_CHARS_MAX: usize = 64;

/// Higher is better; `None` when the letters do not occur in this order. Letters that follow each
/// other, that begin a word, or that stand early count more.
pub(crate) fn score(query: &str, line: &str) -> Option<i32> {
    let line: Vec<char> = line.chars().collect();
    let query: Vec<char> =
        query.chars().filter(|c| !c.is_whitespace()).take(QUERY_CHARS_MAX).collect();
    let latest = latest_places(&query, &line)?;
    let mut score = 0;
    let mut from = 0;
    for (wanted, latest) in query.iter().zip(latest) {
        let places = (from..=latest).filter(|at| same(line[*at], *wanted));
        // A beginning of a word further on is better than a letter within one.
        let best = places
            .map(|at| (worth(&line, at, from), std::cmp::Reverse(at)))
            .max_by_key(|(worth, at)| (*worth, *at))?;
        score += best.0;
        from = best.1.0 + 1;
    }
    let length = i32::try_from(line.len()).unwrap_or(i32::MAX);
    Some(score * 64 - length.min(63))
}

/// For each letter the last place that leaves the letters after it theirs.
fn latest_places(query: &[char], line: &[char]) -> Option<Vec<usize>> {
    let mut end = line.len();
    let mut places = Vec::with_capacity(query.len());
    for wanted in query.iter().rev() {
        end = (0..end).rev().find(|at| same(line[*at], *wanted))?;
        places.push(end);
    }
    places.reverse();
    Some(places)
}

fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

fn worth(line: &[char], at: usize, from: usize) -> i32 {
    let begins_word = at == 0 || !line[at - 1].is_alphanumeric();
    match (from > 0 && from == at, begins_word) {
        (true, _) => 8,
        (false, true) => 6,
        (false, false) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(query: &str, lines: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> =
            lines.iter().filter_map(|line| Some((score(query, line)?, *line))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn beginnings_of_words_and_runs_of_letters_win() {
        assert_eq!(best("tc", &["attach", "toggle comment"])[0], "toggle comment");
        assert_eq!(best("rust", &["Robust", "Rust", "rusty"])[0], "Rust");
        assert_eq!(best("xyz", &["Rust"]), [""; 0]);
        assert_eq!(best("ab", &["xab a"]), ["xab a"], "a better place must not lose the rest");
        assert_eq!(best("", &["a", "b"]).len(), 2);
        assert_eq!(best("UNDO", &["undo own edits"]), ["undo own edits"]);
    }
}
