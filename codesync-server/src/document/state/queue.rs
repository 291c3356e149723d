//! Edits on their way into the log: what waits, what flies, and what the moment is for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::document::Submission;
use codesync_core::{Author, Entry, History, Operation, Revision, Seq};

use crate::document::SubscriberId;
use crate::ids::UserId;
use crate::oplog;

/// Edits on their way into the log.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) waiting: VecDeque<Waiting>,
    /// Edits that wait for entries from before the window.
    pub(super) parked: BTreeMap<SubscriberId, Waiting>,
    pub(super) phase: Phase,
    /// When the last append that succeeded began.
    pub(super) appended_at: Option<Duration>,
    /// Lost races in a row.
    pub(super) attempts: u32,
    random: Random,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) subscriber: SubscriberId,
    pub(super) user: UserId,
    pub(super) author: Author,
    pub(super) work: Work,
    /// When it came.
    pub(super) since: Duration,
    /// What its subscriber had been given when it came.
    pub(super) received_at: Revision,
    /// Entries from before the window, if the edit is made for a text from there.
    pub(super) older: Option<History>,
    pub(super) older_attempts: u32,
}

#[derive(Debug)]
pub(super) enum Work {
    /// Of a client that has joined.
    Submission(Submission),
    /// Of somebody who says nothing else; appended alone and as a whole.
    Whole { base: Revision, operation: Operation, exact: bool },
}

impl Work {
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }

    /// The number of its first entry.
    pub(super) fn seq(&self) -> Seq {
        match self {
            Self::Submission(submission) => submission.seq,
            Self::Whole { .. } => Seq::ZERO.next(),
        }
    }
}

#[derive(Debug)]
pub(super) enum Phase {
    Idle,
    /// In a crowd: more is about to come for the same append.
    Gathering {
        until: Duration,
    },
    /// Another server that writes into the document has its turn.
    AwaitingTurn {
        until: Duration,
    },
    /// An append is in flight.
    Appending {
        began: Duration,
        flying: Vec<Waiting>,
        entries: Vec<Entry>,
        /// The same as the log keeps them.
        stored: Vec<oplog::Entry>,
    },
    /// The log is being read, to find out who won or how it ended.
    Resolving,
    /// Waiting a moment before the next try, so that two servers do not race in step.
    BackingOff {
        until: Duration,
    },
}

impl Committer {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            parked: BTreeMap::new(),
            phase: Phase::Idle,
            appended_at: None,
            attempts: 0,
            random: Random(seed),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.phase, Phase::Idle) || !self.waiting.is_empty() || !self.parked.is_empty()
    }

    /// Whether an append may begin, if there is something to append.
    pub(super) fn may_begin(&self) -> bool {
        match self.phase {
            Phase::Idle | Phase::Gathering { .. } | Phase::AwaitingTurn { .. } => true,
            Phase::Appending { .. } | Phase::Resolving | Phase::BackingOff { .. } => false,
        }
    }

    pub(super) fn is_appending(&self) -> bool {
        matches!(self.phase, Phase::Appending { .. })
    }

    pub(super) fn due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Gathering { until }
            | Phase::AwaitingTurn { until }
            | Phase::BackingOff { until } => Some(until),
            Phase::Idle | Phase::Appending { .. } | Phase::Resolving => None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.parked.clear();
        self.phase = Phase::Idle;
    }

    pub(super) fn holds_edit_of(&self, author: Author) -> bool {
        self.edits().any(|edit| edit.author == author)
    }

    /// Whose edits are here.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        self.edits().map(|edit| edit.user)
    }

    fn edits(&self) -> impl Iterator<Item = &Waiting> {
        let flying = match &self.phase {
            Phase::Appending { flying, .. } => flying.as_slice(),
            _ => &[],
        };
        self.waiting.iter().chain(self.parked.values()).chain(flying)
    }

    /// A wait between half of `ms_max` and all of it.
    pub(super) fn jitter_ms(&mut self, ms_max: u32) -> u32 {
        let half = u64::from(ms_max / 2);
        let extra = self.random.next() % half.max(1);
        u32::try_from(half + extra).unwrap_or(ms_max)
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): jitter needs no more.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
