//! What a file and a document do next, and how two texts of one base come together. No file and no
//! server here.

use codesync_core::text::diff;
use codesync_core::{Encoding, Operation, Text, transform_new};

use super::memory::Base;

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Nothing: both have the same.
    Rest,
    /// The file has what the document lacks.
    Send,
    /// The document has what the file lacks.
    Write,
    /// The document has come to a later revision with the same text.
    Advance,
}

/// What a file goes first for: what it holds has nobody else, while the document waits patiently.
pub(super) fn step(base: &Base, file: &str, remote: Option<&Base>) -> Step {
    match remote.filter(|remote| remote.revision > base.revision) {
        _ if file != base.text => Step::Send,
        None => Step::Rest,
        Some(remote) if remote.text == base.text => Step::Advance,
        Some(_) => Step::Write,
    }
}

/// `theirs` with what leads from `base` to `ours` besides. All three have line feeds only.
pub(super) fn merge(base: &str, ours: &str, theirs: &str) -> String {
    if base == theirs {
        return ours.to_owned();
    }
    let before = Text::from(base);
    let to = |after: &str| {
        Operation::from_edits(&before, &diff(base, after), Encoding::Scalar)
            .expect("a diff is about the text it was made of")
    };
    transform_new(&to(ours), &to(theirs))
        .and_then(|ours| ours.apply_to(theirs))
        .expect("both begin at the same text")
}

#[cfg(test)]
mod tests {
    use codesync_core::Revision;

    use super::*;

    fn base(revision: u64, text: &str) -> Base {
        Base { revision: Revision::new(revision), text: text.to_owned() }
    }

    #[test]
    fn a_file_that_changed_is_sent_before_anything_is_written_over_it() {
        let before = base(3, "a\n");
        assert_eq!(step(&before, "a\n", None), Step::Rest);
        assert_eq!(step(&before, "b\n", None), Step::Send);
        assert_eq!(step(&before, "b\n", Some(&base(4, "c\n"))), Step::Send);
        assert_eq!(step(&before, "a\n", Some(&base(4, "c\n"))), Step::Write);
        assert_eq!(step(&before, "a\n", Some(&base(4, "a\n"))), Step::Advance);
    }

    #[test]
    fn what_is_older_than_the_base_changes_nothing() {
        assert_eq!(step(&base(3, "a\n"), "a\n", Some(&base(2, "old\n"))), Step::Rest);
        assert_eq!(step(&base(3, "a\n"), "a\n", Some(&base(3, "a\n"))), Step::Rest);
    }

    #[test]
    fn two_texts_of_one_base_come_together() {
        let base = "one\ntwo\nthree\n";
        assert_eq!(merge(base, "ONE\ntwo\nthree\n", "one\ntwo\nTHREE\n"), "ONE\ntwo\nTHREE\n");
        assert_eq!(merge(base, base, "other\n"), "other\n");
        assert_eq!(merge(base, "other\n", base), "other\n");
        assert_eq!(merge("a\n", "a\nb\n", ""), "b\n", "what was typed outlives what is deleted");
    }
}
