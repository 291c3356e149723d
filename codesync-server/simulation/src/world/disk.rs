//! A client's disk: what was written is there after a crash only if it was made durable.

use std::collections::{BTreeMap, VecDeque};

use codesync_core::ClientId;

use crate::chance::Chance;

/// Work in the order in which the client wants it done, as the real driver's writer thread has it.
#[derive(Debug)]
pub(crate) enum Work {
    Connect { attempt: u64 },
    Disconnect,
    Send(Vec<u8>),
    Save(Write),
    Replace(Write),
}

/// Something for the journal of a document.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) document: usize,
    pub(crate) bytes: Vec<u8>,
    /// How many edits the user has made so far: they are durable with this.
    pub(crate) edits: usize,
}

/// The journal of one document.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) client: ClientId,
    pub(crate) bytes: Vec<u8>,
    pub(crate) edits: usize,
}

/// All journals, and what is on its way to them.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) journals: BTreeMap<usize, Journal>,
    queue: VecDeque<Work>,
    /// Written, and being made durable.
    writing: Vec<Work>,
    /// The next write takes so much longer.
    pub(crate) slow_ms: u64,
}

/// What the disk has to do now.
#[derive(Debug)]
pub(crate) enum Next {
    Nothing,
    /// Tell [`Disk::written`] after a while.
    Write,
    /// Everything before it is durable.
    Do(Work),
}

impl Disk {
    pub(crate) fn push(&mut self, work: Work) {
        self.queue.push_back(work);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.writing.is_empty()
    }

    pub(crate) fn next(&mut self) -> Next {
        if !self.writing.is_empty() {
            return Next::Nothing;
        }
        while let Some(write) = self.queue.pop_front_if(|it| it.write().is_some()) {
            self.writing.push(write);
        }
        if !self.writing.is_empty() {
            return Next::Write;
        }
        self.queue.pop_front().map_or(Next::Nothing, Next::Do)
    }

    /// What was being written is durable.
    pub(crate) fn written(&mut self) {
        for work in std::mem::take(&mut self.writing) {
            self.keep(work);
        }
    }

    fn keep(&mut self, work: Work) {
        let replaces = matches!(work, Work::Replace(_));
        let (Work::Save(write) | Work::Replace(write)) = work else { return };
        let Some(journal) = self.journals.get_mut(&write.document) else { return };
        if replaces {
            journal.bytes.clear();
        }
        journal.bytes.extend(write.bytes);
        journal.edits = write.edits;
    }

    /// The process ends. Of what was being written any beginning is there, cut within a record;
    /// of what waited, nothing.
    pub(crate) fn crash(&mut self, chance: &mut Chance) {
        self.queue.clear();
        let writing = std::mem::take(&mut self.writing);
        let whole = chance.below(writing.len() as u64 + 1) as usize;
        for (index, work) in writing.into_iter().enumerate() {
            if index < whole {
                self.keep(work);
            } else if let Work::Save(write) = work {
                let cut = chance.below(write.bytes.len() as u64) as usize;
                if let Some(journal) = self.journals.get_mut(&write.document) {
                    journal.bytes.extend(&write.bytes[..cut]);
                }
                return;
            } else {
                // A journal is replaced at once or not at all.
                return;
            }
        }
    }
}

impl Work {
    fn write(&self) -> Option<&Write> {
        match self {
            Self::Save(write) | Self::Replace(write) => Some(write),
            Self::Connect { .. } | Self::Disconnect | Self::Send(_) => None,
        }
    }
}
