//! Two texts as hunks of lines, and as a unified diff.

use std::fmt::Write as _;

use codesync_core::text::{LineChange, diff_lines};

/// Lines of context around a hunk of a unified diff.
const CONTEXT: usize = 3;

/// Lines that changed, with what they were and what they became.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hunk {
    /// Where the lines that go begin in the text before, from 0 on.
    pub before: usize,
    /// Where the lines that come begin in the text after, from 0 on.
    pub after: usize,
    /// Without their line feeds.
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// What changed from one text to another, line by line.
#[must_use]
pub fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let (old, new) = (lines(before), lines(after));
    let own = |lines: &[&str]| {
        lines.iter().map(|line| line.strip_suffix('\n').unwrap_or(line).to_owned()).collect()
    };
    let hunk = |change: LineChange| Hunk {
        before: change.before.start,
        after: change.after.start,
        removed: own(&old[change.before]),
        added: own(&new[change.after]),
    };
    diff_lines(before, after).into_iter().map(hunk).collect()
}

/// The same as a unified diff (as POSIX `diff -u` writes it), empty if nothing changed. The labels
/// name the two texts in its head.
#[must_use]
pub fn unified(before: &str, after: &str, labels: (&str, &str)) -> String {
    let (old, new) = (lines(before), lines(after));
    let mut out = String::new();
    for changes in together(diff_lines(before, after)) {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { continue };
        if out.is_empty() {
            let _ = write!(out, "--- {}\n+++ {}\n", labels.0, labels.1);
        }
        let above = first.before.start.min(CONTEXT);
        let below = (old.len() - last.before.end).min(CONTEXT);
        let from = first.before.start - above..last.before.end + below;
        let to = first.after.start - above..last.after.end + below;
        let _ = writeln!(out, "@@ -{} +{} @@", range(&from), range(&to));
        let mut at = from.start;
        for change in &changes {
            write_lines(&mut out, ' ', &old[at..change.before.start]);
            write_lines(&mut out, '-', &old[change.before.clone()]);
            write_lines(&mut out, '+', &new[change.after.clone()]);
            at = change.before.end;
        }
        write_lines(&mut out, ' ', &old[at..from.end]);
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Changes so near to each other that their contexts touch make one hunk.
fn together(changes: Vec<LineChange>) -> Vec<Vec<LineChange>> {
    let mut hunks: Vec<Vec<LineChange>> = Vec::new();
    for change in changes {
        match hunks.last_mut() {
            Some(hunk)
                if hunk
                    .last()
                    .is_some_and(|last| change.before.start - last.before.end <= 2 * CONTEXT) =>
            {
                hunk.push(change);
            }
            _ => hunks.push(vec![change]),
        }
    }
    hunks
}

/// Lines are counted from 1 here; an empty range names the line before it.
fn range(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn write_lines(out: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        out.push(mark);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        assert_eq!(unified(before, after, ("a", "b")), expected);
    }

    #[test]
    fn a_unified_diff_is_what_diff_u_writes() {
        check("a\n", "a\n", "");
        check("", "a\n", "--- a\n+++ b\n@@ -0,0 +1 @@\n+a\n");
        check("a\nb\n", "", "--- a\n+++ b\n@@ -1,2 +0,0 @@\n-a\n-b\n");
        let (before, after) = ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
        let expected = "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        check(before, after, expected);
        let end = "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n";
        check("a\n", "a", end);
    }

    #[test]
    fn changes_whose_contexts_touch_are_one_hunk() {
        let before: String = (0..20).map(|n| format!("{n}\n")).collect();
        let near = before.replace("\n3\n", "\nthree\n").replace("\n9\n", "\nnine\n");
        let far = near.replace("\n18\n", "\n");
        assert_eq!(unified(&before, &near, ("a", "b")).matches("@@ -").count(), 1);
        assert_eq!(unified(&before, &far, ("a", "b")).matches("@@ -").count(), 2);
    }

    #[test]
    fn hunks_hold_the_lines_that_go_and_come() {
        let hunk = Hunk { before: 1, after: 1, removed: vec!["b".into()], added: vec![] };
        assert_eq!(hunks("a\nb\nc", "a\nc"), [hunk]);
    }
}
