//! A rope, and what was typed last in front of it.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use ropey::Rope;

use super::typing::{self, Typing};

/// A rope that is changed once for a word or a line that is typed, not for each char.
///
/// Whoever reads sees the whole text, at the cost of changing the rope then. Where somebody reads
/// after each edit, as where each is drawn, edits go into the rope at once.
#[derive(Debug, Default)]
pub(super) struct Buffered {
    /// The text but for what was typed last.
    written: Rope,
    typing: Typing,
    /// Length in chars of all of it, which a rope counts anew each time it is asked.
    len: usize,
    /// The text with what was typed last, from when somebody first reads it.
    whole: OnceLock<Rope>,
    /// Whether somebody has read since the last edit.
    read: AtomicBool,
}

impl Buffered {
    /// Length in chars. Nothing is written for it.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Length in bytes. Nothing is written for it.
    pub(super) fn len_bytes(&self) -> usize {
        self.typing.len_bytes(&self.written)
    }

    /// The whole text, to be read.
    pub(super) fn whole(&self) -> &Rope {
        self.read.store(true, Ordering::Relaxed);
        if self.typing.is_empty() {
            return &self.written;
        }
        self.whole.get_or_init(|| {
            let mut whole = self.written.clone();
            self.typing.write(&mut whole);
            whole
        })
    }

    /// Changes the whole text.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Rope)) {
        self.write();
        change(&mut self.written);
        self.len = self.written.len_chars();
    }

    /// Puts what was typed last into the rope.
    fn write(&mut self) {
        if !self.typing.is_empty() {
            match self.whole.take() {
                Some(whole) => self.written = whole,
                None => self.typing.write(&mut self.written),
            }
            self.typing.clear();
        }
    }

    /// Replaces a range, offsets in chars; `chars` is the number of chars in `text`.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str, chars: usize) {
        self.len = self.len - range.len() + chars;
        if std::mem::take(self.read.get_mut()) {
            self.write();
            typing::replace(&mut self.written, range, text);
        } else {
            self.typing.replace(&mut self.written, range, text, chars);
        }
    }
}

impl From<Rope> for Buffered {
    fn from(written: Rope) -> Self {
        Self { len: written.len_chars(), written, ..Self::default() }
    }
}

impl Clone for Buffered {
    /// Nothing is in front of a clone, which shares the whole rope.
    fn clone(&self) -> Self {
        self.whole().clone().into()
    }
}

impl Eq for Buffered {}

impl PartialEq for Buffered {
    fn eq(&self, other: &Self) -> bool {
        self.whole() == other.whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_every_edit_and_a_clone_keeps_its_text() {
        let mut buffered = Buffered::from(Rope::from_str("ab"));
        let mut expected = "ab".to_owned();
        let mut clones = Vec::new();
        // Read after no edit, after each, and after some.
        for (step, read) in [false, false, true, true, false, true, false, false].iter().enumerate()
        {
            buffered.replace(1 + step..1 + step, "x", 1);
            expected.insert(1 + step, 'x');
            assert_eq!(buffered.len(), expected.len());
            if *read {
                assert_eq!(*buffered.whole(), expected);
                clones.push((buffered.clone(), expected.clone()));
            }
        }
        buffered.replace(0..4, "", 0);
        expected.replace_range(0..4, "");
        buffered.change(|rope| rope.insert(1, "y"));
        expected.insert(1, 'y');
        assert_eq!(buffered.len(), expected.len());
        assert_eq!(*buffered.whole(), expected);
        for (clone, expected) in clones {
            assert_eq!(*clone.whole(), expected);
        }
    }
}
