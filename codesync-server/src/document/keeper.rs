//! When the server keeps a version by itself, without any IO.
//!
//! A version is kept when a document that was changed has been quiet for a while, and every ten
//! minutes while it does not come to rest. What was kept last is known by its revision: nothing is
//! kept twice, and nothing without a change.

use std::time::Duration;

use codesync_core::Revision;

/// How long nothing may change before the state counts as one that somebody wanted to reach.
pub(crate) const QUIET: Duration = Duration::from_secs(120);
/// Longest time without a version while edits keep coming.
pub(crate) const BUSY: Duration = Duration::from_secs(600);

/// When the next version is due.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// The head that was seen last, and since when it has been the head.
    head: Revision,
    changed_at: Duration,
    /// The revision that was kept last, and when the first change since then was made.
    kept: Revision,
    unkept_since: Duration,
    is_keeping: bool,
}

impl Keeper {
    /// What was there when the document was opened counts as kept.
    pub(crate) fn new(head: Revision) -> Self {
        let (changed_at, unkept_since) = (Duration::ZERO, Duration::ZERO);
        Self { head, changed_at, kept: head, unkept_since, is_keeping: false }
    }

    /// The document is at this head now.
    pub(crate) fn handle_head(&mut self, now: Duration, head: Revision) {
        if head <= self.head {
            return;
        }
        if self.head == self.kept {
            self.unkept_since = now;
        }
        (self.head, self.changed_at) = (head, now);
    }

    /// When a version is due, if one is.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.is_wanted().then(|| (self.changed_at + QUIET).min(self.unkept_since + BUSY))
    }

    /// Whether the version of the present head shall be kept now.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let is_due = self.due().is_some_and(|due| due <= now);
        self.is_keeping |= is_due;
        is_due
    }

    /// The document is closed: what was changed is kept without waiting.
    pub(crate) fn take_last(&mut self) -> bool {
        let is_wanted = self.is_wanted();
        self.is_keeping |= is_wanted;
        is_wanted
    }

    /// Keeping came to its end; the revision, if it worked. If not, it is tried again as if there
    /// had been a change just now.
    pub(crate) fn handle_kept(&mut self, now: Duration, kept: Option<Revision>) {
        self.is_keeping = false;
        self.unkept_since = now;
        match kept {
            Some(kept) => self.kept = self.kept.max(kept),
            None => self.changed_at = now,
        }
    }

    fn is_wanted(&self) -> bool {
        self.head > self.kept && !self.is_keeping
    }

    pub(crate) fn is_keeping(&self) -> bool {
        self.is_keeping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes at these seconds; when versions are kept, in seconds.
    #[track_caller]
    fn check(changes: &[u64], until: u64, expected: &[u64]) {
        let mut keeper = Keeper::new(Revision::ZERO);
        let (mut kept, mut head) = (Vec::new(), Revision::ZERO);
        for second in 0..until {
            let now = Duration::from_secs(second);
            if changes.contains(&second) {
                head = head.next();
                keeper.handle_head(now, head);
            }
            if keeper.take(now) {
                keeper.handle_kept(now, Some(head));
                kept.push(second);
            }
        }
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_document_that_comes_to_rest_is_kept_once() {
        check(&[], 2000, &[]);
        check(&[10, 11, 50], 2000, &[170]);
        check(&[10, 400], 2000, &[130, 520]);
    }

    #[test]
    fn a_busy_document_is_kept_every_ten_minutes() {
        let busy: Vec<_> = (1000..3000).collect();
        check(&busy, 4000, &[1600, 2201, 2802, 3119]);
    }

    #[test]
    fn what_could_not_be_kept_is_tried_again() {
        let mut keeper = Keeper::new(Revision::ZERO);
        let at = Duration::from_secs;
        keeper.handle_head(at(1), Revision::new(1));
        assert!(keeper.take(at(121)));
        assert!(!keeper.take(at(122)), "one at a time");
        keeper.handle_kept(at(130), None);
        assert_eq!(keeper.due(), Some(at(250)));
        assert!(keeper.take_last() && !keeper.take_last());
        keeper.handle_kept(at(131), Some(Revision::new(1)));
        assert_eq!((keeper.due(), keeper.take_last()), (None, false));
    }
}
