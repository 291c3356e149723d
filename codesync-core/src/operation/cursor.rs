//! Walking over an operation run by run, in pieces of any length.

use super::{Operation, Run, split_at_char};

/// What receives the runs of a walk: a builder, or nothing when a leg is not wanted.
pub(crate) trait Walk {
    fn retain_run(&mut self, chars: u32);
    /// `chars` is the number of chars in `text`.
    fn insert_run(&mut self, text: &str, chars: u32);
    fn delete_run(&mut self, chars: u32);
}

/// The leg that nobody asked for.
pub(crate) struct Discard;

impl Walk for Discard {
    #[inline]
    fn retain_run(&mut self, _chars: u32) {}
    #[inline]
    fn insert_run(&mut self, _text: &str, _chars: u32) {}
    #[inline]
    fn delete_run(&mut self, _chars: u32) {}
}

/// What stands next under a cursor: lengths in chars, never 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Head {
    Retain(u32),
    Insert(u32),
    Delete(u32),
    /// Nothing but the implied last retain, of this length or of none.
    Tail(u32),
}

/// A place within an operation.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    runs: std::slice::Iter<'a, Run>,
    head: Head,
    /// Bytes of the insertion under the cursor that are left.
    head_bytes: u32,
    /// Inserted text from the insertion under the cursor, or after the last one, to the end.
    inserted: &'a str,
    /// Chars of the base from the cursor to the end.
    base_left: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(operation: &'a Operation) -> Self {
        let mut cursor = Self {
            runs: operation.runs.iter(),
            head: Head::Tail(0),
            head_bytes: 0,
            inserted: &operation.inserted,
            base_left: operation.base_len,
        };
        cursor.load();
        cursor
    }

    #[inline]
    fn load(&mut self) {
        self.head = match self.runs.next() {
            Some(Run::Retain(n)) => Head::Retain(*n),
            Some(Run::Delete(n)) => Head::Delete(*n),
            Some(Run::Insert { chars, bytes }) => {
                self.head_bytes = *bytes;
                Head::Insert(*chars)
            }
            None => Head::Tail(self.base_left),
        };
    }

    #[inline]
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Steps over `n` chars of the retain, delete or tail under the cursor.
    #[inline]
    pub(crate) fn skip_base(&mut self, n: u32) {
        self.base_left -= n;
        match &mut self.head {
            Head::Retain(left) | Head::Delete(left) => {
                *left -= n;
                if *left == 0 {
                    self.load();
                }
            }
            Head::Tail(left) => *left -= n,
            Head::Insert(_) => unreachable!("an insertion covers nothing of the base"),
        }
    }

    /// Takes the next `n` chars of the insertion under the cursor.
    #[inline]
    pub(crate) fn take_inserted(&mut self, n: u32) -> &'a str {
        let Head::Insert(left) = &mut self.head else {
            unreachable!("only an insertion has text");
        };
        *left -= n;
        if *left == 0 {
            let (text, rest) = self.inserted.split_at(self.head_bytes as usize);
            self.inserted = rest;
            self.load();
            return text;
        }
        let (text, rest) = split_at_char(self.inserted, n as usize);
        self.head_bytes -= u32::try_from(text.len()).expect("a part is no longer than the whole");
        self.inserted = rest;
        text
    }
}
