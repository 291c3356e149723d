//! The segments that were read last: a page after the other comes out of the same one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::oplog::Recorded;
use crate::snapshots::SegmentKey;

/// Unpacked segments that are kept; each holds a megabyte of operations at most.
const SEGMENTS_MAX: usize = 8;

/// Unpacked segments, the one used last in front.
#[derive(Debug, Default)]
pub(super) struct Cache {
    segments: Mutex<VecDeque<(SegmentKey, Arc<Vec<Recorded>>)>>,
}

impl Cache {
    fn segments(&self) -> MutexGuard<'_, VecDeque<(SegmentKey, Arc<Vec<Recorded>>)>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: &SegmentKey) -> Option<Arc<Vec<Recorded>>> {
        let mut segments = self.segments();
        let found = segments.iter().position(|(known, _)| known == key)?;
        let segment = segments.remove(found)?;
        let entries = segment.1.clone();
        segments.push_front(segment);
        Some(entries)
    }

    pub(super) fn put(&self, key: SegmentKey, entries: Arc<Vec<Recorded>>) {
        let mut segments = self.segments();
        segments.retain(|(known, _)| *known != key);
        segments.push_front((key, entries));
        segments.truncate(SEGMENTS_MAX);
    }
}
