//! Revisions grouped by person and time, from the newest back.
//!
//! Where one person's revisions follow each other without a long pause, they are one group: what
//! somebody did in one go. Another person, or a pause, begins another group. Where groups begin
//! does not depend on where a page begins.

use codesync_core::Revision;

use crate::history::change::Counts;

/// Longest pause within a group: five minutes.
pub const PAUSE_MS_MAX: i64 = 5 * 60 * 1000;

/// One revision as the timeline sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moment<P> {
    pub revision: Revision,
    pub person: P,
    /// Milliseconds since 1970.
    pub at: i64,
    pub counts: Counts,
}

/// What one person did in one go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group<P> {
    pub person: P,
    pub first: Revision,
    pub last: Revision,
    /// When its first revision was committed, in milliseconds since 1970.
    pub from: i64,
    /// When its last one was.
    pub to: i64,
    pub counts: Counts,
}

/// Takes revisions from the newest back and gives groups.
#[derive(Debug)]
pub struct Timeline<P> {
    open: Option<Group<P>>,
}

impl<P> Default for Timeline<P> {
    fn default() -> Self {
        Self { open: None }
    }
}

impl<P: PartialEq> Timeline<P> {
    /// Takes the revision before those taken so far. The group that this ends, if it does.
    pub fn push(&mut self, moment: Moment<P>) -> Option<Group<P>> {
        let Moment { revision, person, at, counts } = moment;
        if let Some(open) = &mut self.open
            && open.person == person
            && open.from.saturating_sub(at) <= PAUSE_MS_MAX
        {
            open.first = revision;
            open.from = at;
            open.counts += counts;
            return None;
        }
        let group = Group { person, first: revision, last: revision, from: at, to: at, counts };
        self.open.replace(group)
    }

    /// The group that is open still, when there is nothing more to take.
    #[must_use]
    pub fn finish(self) -> Option<Group<P>> {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Revisions from 1 on, as person and minute; groups as person, first and last revision.
    #[track_caller]
    fn check(revisions: &[(char, i64)], expected: &[(char, u64, u64)]) {
        let mut timeline = Timeline::default();
        let mut groups = Vec::new();
        for (index, (person, minute)) in revisions.iter().enumerate().rev() {
            let counts = Counts { inserted: 2, deleted: 1 };
            let (revision, at) = (Revision::new(index as u64 + 1), minute * 60_000);
            groups.extend(timeline.push(Moment { revision, person: *person, at, counts }));
        }
        groups.extend(timeline.finish());
        let met: Vec<_> =
            groups.iter().map(|it| (it.person, it.first.get(), it.last.get())).collect();
        assert_eq!(met, expected);
        for group in groups {
            let revisions = group.last.get() - group.first.get() + 1;
            assert_eq!(group.counts, Counts { inserted: 2 * revisions, deleted: revisions });
        }
    }

    #[test]
    fn one_person_in_one_go_is_one_group() {
        check(&[], &[]);
        check(&[('a', 0), ('a', 1), ('a', 6)], &[('a', 1, 3)]);
    }

    #[test]
    fn another_person_or_a_pause_begins_another() {
        check(&[('a', 0), ('b', 0), ('a', 0)], &[('a', 3, 3), ('b', 2, 2), ('a', 1, 1)]);
        check(&[('a', 0), ('a', 5), ('a', 11)], &[('a', 3, 3), ('a', 1, 2)]);
    }

    #[test]
    fn a_clock_that_went_back_makes_no_pause() {
        check(&[('a', 60), ('a', 0), ('a', 1)], &[('a', 1, 3)]);
    }
}
