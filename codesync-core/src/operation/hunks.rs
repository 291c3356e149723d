//! The places that an operation changes, as kept: lengths only, all inserted text lies elsewhere.

use std::mem;

use smallvec::SmallVec;

/// One place of change: what is kept before it, what is inserted, and what is deleted behind that.
///
/// ```text
///   delete 2 · insert "x"   is two hunks:   =0 +0 -2,  =0 +1 -0
///   insert "x" · delete 2   is one hunk:    =0 +1 -2
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Hunk {
    /// Chars kept since the hunk before.
    pub(crate) retain: u32,
    /// Chars inserted into the gap that is reached then.
    pub(crate) chars: u32,
    /// Bytes of those chars.
    pub(crate) bytes: u32,
    /// Chars deleted behind that gap.
    pub(crate) delete: u32,
}

impl Hunk {
    /// How many components it stands for.
    pub(super) fn component_count(self) -> usize {
        usize::from(self.retain > 0) + usize::from(self.chars > 0) + usize::from(self.delete > 0)
    }

    pub(crate) fn insertion(chars: u32, bytes: u32) -> Self {
        Self { chars, bytes, ..Self::default() }
    }

    pub(crate) fn deletion(chars: u32) -> Self {
        Self { delete: chars, ..Self::default() }
    }

    /// Its insertion, which it has no more.
    pub(crate) fn take_insertion(&mut self) -> Self {
        Self::insertion(mem::take(&mut self.chars), mem::take(&mut self.bytes))
    }

    /// The first `chars` chars of its insertion, which it has no more; they are `bytes` long.
    pub(super) fn take_inserted(&mut self, chars: u32, bytes: u32) -> Self {
        self.chars -= chars;
        self.bytes -= bytes;
        Self::insertion(chars, bytes)
    }

    /// Takes in what `next`, which touches it, does in the same gap or to the chars behind.
    pub(super) fn take_over(&mut self, next: &mut Self) {
        if self.delete == 0 {
            self.chars += mem::take(&mut next.chars);
            self.bytes += mem::take(&mut next.bytes);
        }
        if next.chars == 0 {
            self.delete += mem::take(&mut next.delete);
        }
    }

    /// Whether nothing of it is left.
    pub(crate) fn is_empty(self) -> bool {
        self.retain | self.chars | self.delete == 0
    }
}

/// Hunks that fit without a heap allocation: a replacement has one.
const HUNKS_INLINE: usize = 1;

/// So few that they often are one in the end, and then need no room of their own.
const HUNKS_FEW: usize = 4;

/// The hunks of an operation.
pub(super) type Kept = SmallVec<[Hunk; HUNKS_INLINE]>;

/// What receives an operation from left to right: hunks in the making, or nothing, where one leg of
/// a transform is not wanted.
pub(crate) trait Leg {
    /// Keeps `chars` chars of the base.
    fn retain(&mut self, chars: u32);
    /// Does what `hunk` does, its retain included.
    fn push(&mut self, hunk: Hunk);
    /// Does what `hunks` do, which follow each other and the last one pushed.
    fn extend(&mut self, hunks: &[Hunk]);
}

/// Hunks in the making, in normal form from the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hunks {
    /// All of them, once there is room.
    done: Vec<Hunk>,
    /// The only one, which needs no room; empty before there is any, and once there is room.
    only: Hunk,
    /// Chars kept since the last hunk.
    retain: u32,
}

impl Hunks {
    /// Room for `most` hunks, which may turn out to be far fewer.
    pub(crate) fn with_room(most: usize) -> Self {
        let done = if most > HUNKS_FEW { Vec::with_capacity(most) } else { Vec::new() };
        Self { done, ..Self::default() }
    }

    /// What was made. The retain that reaches to the end is left out.
    pub(super) fn finish(mut self) -> Kept {
        if !self.only.is_empty() {
            return Kept::from_buf([self.only]);
        }
        match *self.done {
            [] => Kept::new(),
            [hunk] => Kept::from_buf([hunk]),
            _ => {
                if self.done.len() < self.done.capacity() / 2 {
                    self.done.shrink_to_fit();
                }
                Kept::from_vec(self.done)
            }
        }
    }

    /// Does in place of the last hunk what it and `hunk`, which touches it, do.
    #[cold]
    fn touch(&mut self, mut hunk: Hunk) {
        let last = self.done.last_mut().unwrap_or(&mut self.only);
        if !last.is_empty() {
            last.take_over(&mut hunk);
        }
        if !hunk.is_empty() {
            self.add(hunk);
        }
    }

    /// Adds a hunk for which there may be no room yet.
    #[cold]
    fn add(&mut self, hunk: Hunk) {
        if self.done.capacity() > 0 {
            self.done.push(hunk);
        } else if self.only.is_empty() {
            self.only = hunk;
        } else {
            self.done.extend([mem::take(&mut self.only), hunk]);
        }
    }
}

impl Leg for Hunks {
    #[inline]
    fn retain(&mut self, chars: u32) {
        self.retain += chars;
    }

    #[inline]
    fn push(&mut self, hunk: Hunk) {
        let retain = self.retain + hunk.retain;
        if hunk.chars | hunk.delete == 0 {
            self.retain = retain;
            return;
        }
        self.retain = 0;
        if retain == 0 {
            self.touch(Hunk { retain, ..hunk });
        } else if self.done.len() < self.done.capacity() {
            self.done.push(Hunk { retain, ..hunk });
        } else {
            self.add(Hunk { retain, ..hunk });
        }
    }

    #[inline]
    fn extend(&mut self, hunks: &[Hunk]) {
        if !hunks.is_empty() {
            self.done.extend((!self.only.is_empty()).then(|| mem::take(&mut self.only)));
            self.done.extend_from_slice(hunks);
        }
    }
}

/// The leg that nobody asked for.
pub(crate) struct Discard;

impl Leg for Discard {
    #[inline]
    fn retain(&mut self, _chars: u32) {}
    #[inline]
    fn push(&mut self, _hunk: Hunk) {}
    #[inline]
    fn extend(&mut self, _hunks: &[Hunk]) {}
}

/// The hunks of an operation that are still to come; the next may be taken in parts.
///
/// How much of it is behind is kept apart from what it keeps: a processor waits when four bytes of
/// sixteen have just been written, and all are read at once.
#[derive(Clone, Debug)]
pub(crate) struct Ahead<'a> {
    /// The next hunk: its retain goes first, then its insertion, then its deletion.
    next: Hunk,
    /// Chars of its retain that are behind.
    passed: u32,
    rest: std::slice::Iter<'a, Hunk>,
}

impl<'a> Ahead<'a> {
    pub(crate) fn new(hunks: &'a [Hunk]) -> Self {
        let mut ahead = Self { next: Hunk::default(), passed: 0, rest: hunks.iter() };
        ahead.advance();
        ahead
    }

    /// Whether all was taken.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.next.chars | self.next.delete == 0
    }

    /// What is left of the next hunk.
    #[inline]
    pub(crate) fn next(&self) -> Hunk {
        Hunk { retain: self.next.retain - self.passed, ..self.next }
    }

    /// Leaves `chars` chars behind that the next hunk keeps.
    #[inline]
    pub(crate) fn pass(&mut self, chars: u32) {
        self.passed += chars;
    }

    /// Leaves the next hunk for the one after it.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.next = self.rest.next().copied().unwrap_or_default();
        self.passed = 0;
    }

    /// Goes on with what is left of the next hunk, or with the one after it if that is nothing.
    pub(crate) fn go_on(&mut self, left: Hunk) {
        if left.is_empty() {
            self.advance();
        } else {
            (self.next, self.passed) = (left, 0);
        }
    }

    /// Does all that is left.
    pub(crate) fn finish(self, leg: &mut impl Leg) {
        leg.push(self.next());
        leg.extend(self.rest.as_slice());
    }
}
