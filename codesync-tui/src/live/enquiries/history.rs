//! Questions about the past: what people did, who wrote each line, what others did meanwhile.

use std::ops::Range;

use codesync_client::{BlameRun, RestError};
use codesync_core::text::{LineChange, diff_lines};
use codesync_core::{LineEnding, Revision, Text};

use super::{Desk, Own, apart};
use crate::app::{Hand, Missed, Named, Writer, Written};
use crate::past::{self, Told, called};
use crate::{sanitize, when};

/// Groups of one call.
const PAGE: u32 = 100;
/// Pages that are read to find out what others did meanwhile.
const MISSED_PAGES_MAX: usize = 5;
/// Columns of a name.
const NAME_COLUMNS_MAX: usize = 24;

impl Desk {
    pub(super) async fn timeline(&self, mut told: Told) -> Result<(Told, Vec<Named>), RestError> {
        let is_first = told.groups.is_empty();
        let page = self.rest.timeline(self.document, Some(PAGE), told.next.take()).await?;
        told.add(page);
        let versions = match is_first {
            true => past::named(&self.rest, self.document).await?,
            false => Vec::new(),
        };
        let named = |version: codesync_client::Version| {
            Some(Named { revision: version.revision, name: version.name? })
        };
        Ok((told, versions.into_iter().filter_map(named).collect()))
    }

    pub(super) async fn writers(&self, text: Text) -> Result<Written, RestError> {
        let blame = self.rest.blame(self.document, None).await?;
        let content = self.rest.content_at(self.document, Some(blame.revision)).await?;
        let own = self.own().await?;
        let writers = blame.runs.iter().map(|run| writer(run, &own)).collect();
        let lines = blame.runs.iter().map(|run| run.lines).collect();
        let runs = apart(move || {
            let then = LineEnding::normalize(&content.text).into_owned();
            carried(lines, &diff_lines(&then, &text.to_string()))
        })
        .await;
        Ok(Written { writers, runs })
    }

    pub(super) async fn since(&self, from: Revision) -> Result<Missed, RestError> {
        let own = self.own().await?;
        let mut told = Told::default();
        for _ in 0..MISSED_PAGES_MAX {
            let page = self.rest.timeline(self.document, Some(PAGE), told.next.take()).await?;
            told.add(page);
            let is_all = told.groups.last().is_none_or(|oldest| oldest.first_revision <= from);
            if is_all || told.next.is_none() {
                told.next = None;
                break;
            }
        }
        let mut missed = Missed { is_more: told.next.is_some(), ..Missed::default() };
        let meanwhile = told.groups.iter().take_while(|group| group.last_revision > from);
        for group in meanwhile.filter(|group| !own.wrote(&group.person)) {
            let before = group.first_revision.get().saturating_sub(1).max(from.get());
            missed.edits += group.last_revision.get() - before;
            let name = sanitize::shorten(called(&group.person), NAME_COLUMNS_MAX);
            if !missed.people.contains(&name) {
                missed.people.push(name);
            }
        }
        Ok(missed)
    }
}

fn writer(run: &BlameRun, own: &Own<'_>) -> Writer {
    Writer {
        who: sanitize::shorten(called(&run.person), NAME_COLUMNS_MAX),
        when: when::minute(&run.at),
        revision: run.revision,
        is_own: own.wrote(&run.person),
    }
}

/// Whose the lines are after these changes, which are this person's: nobody else's can be in the
/// text before the server has them.
///
/// `lines` says how many lines each writer has, one after the other.
fn carried(lines: Vec<u64>, changes: &[LineChange]) -> Vec<(usize, Hand)> {
    let mut starts = Vec::new();
    let mut line = 0;
    for (n, count) in (0_u32..).zip(lines) {
        starts.push((line, Hand::Writer(n)));
        line += usize::try_from(count).unwrap_or(usize::MAX - line);
    }
    // What follows the last line feed is no line that anybody wrote.
    starts.push((line, Hand::Nobody));
    let mut runs: Vec<(usize, Hand)> = Vec::new();
    let mut push = |line: usize, hand: Hand| {
        if runs.last().is_some_and(|(last, _)| *last == line) {
            runs.pop();
        }
        if runs.last().is_none_or(|(_, before)| *before != hand) {
            runs.push((line, hand));
        }
    };
    // The lines that stayed, then those that came.
    let (mut before, mut after) = (0, 0);
    for change in changes {
        stretch(&starts, before..change.before.start, after, &mut push);
        if !change.after.is_empty() {
            push(change.after.start, Hand::Own);
        }
        (before, after) = (change.before.end, change.after.end);
    }
    stretch(&starts, before..line + 1, after, &mut push);
    runs
}

/// Whose some lines are that stayed, and stand at `after` now.
fn stretch(
    starts: &[(usize, Hand)],
    lines: Range<usize>,
    after: usize,
    push: &mut impl FnMut(usize, Hand),
) {
    if lines.is_empty() {
        return;
    }
    let first = starts.partition_point(|(line, _)| *line <= lines.start);
    push(after, first.checked_sub(1).map_or(Hand::Nobody, |n| starts[n].1));
    let inside = starts.iter().filter(|(line, _)| lines.start < *line && lines.contains(line));
    for (line, hand) in inside {
        push(after + (line - lines.start), *hand);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[u64], before: &str, after: &str, expected: &[(usize, Hand)]) {
        assert_eq!(carried(lines.to_vec(), &diff_lines(before, after)), expected);
    }

    const A: Hand = Hand::Writer(0);
    const B: Hand = Hand::Writer(1);
    const OWN: Hand = Hand::Own;
    const NONE: Hand = Hand::Nobody;

    #[test]
    fn lines_that_are_not_sent_yet_are_ones_own_and_the_rest_moves_along() {
        let before = "a\nb\nc\n";
        check(&[2, 1], before, before, &[(0, A), (2, B), (3, NONE)]);
        check(&[2, 1], before, "x\na\nb\nc\n", &[(0, OWN), (1, A), (3, B), (4, NONE)]);
        check(&[2, 1], before, "a\nB\nc\n", &[(0, A), (1, OWN), (2, B), (3, NONE)]);
        check(&[2, 1], before, "c\n", &[(0, B), (1, NONE)]);
        check(&[2, 1], before, "a\nb\nc\nd\n", &[(0, A), (2, B), (3, OWN), (4, NONE)]);
        check(&[], "", "a\n", &[(0, OWN), (1, NONE)]);
    }
}
