//! The outbox thread: makes records durable, then lets frames leave.
//!
//! ```text
//! session ── batch of outputs ──▶ this thread ── write, fsync ──▶ disk
//!                                      └──────── afterwards ────▶ socket task
//! ```
//!
//! Whatever waits when the thread comes round is taken together: one write and one fsync per
//! journal, then the frames in their order. So a frame never overtakes a record that stood before
//! it, and a fast typist costs no more fsyncs than the disk can do.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use codesync_core::DocumentId;
use tokio::sync::{mpsc, watch};

use super::slot::{Flushed, Slot, create_folder, private, write_whole};
use crate::socket::Command;

/// How often a disk that refused is tried again.
const RETRY_MS: u64 = 1_000;
/// Batches that are taken together at most.
const BATCHES_MAX: usize = 1_024;
/// Conflict copies of one document, before the next one is refused a name.
const CONFLICTS_MAX: u32 = 10_000;

/// One thing to be done, in order.
#[derive(Debug)]
pub(crate) enum Work {
    /// From now on this document's records go into this journal.
    Attach(DocumentId, Box<Slot>),
    /// No more records for this document; its lock is given up once all is on the disk.
    Detach(DocumentId),
    Save(DocumentId, Vec<u8>),
    Replace(DocumentId, Vec<u8>),
    /// Text that could not be brought into the document.
    Conflict {
        document: DocumentId,
        folder: PathBuf,
        text: String,
    },
    Socket(Command),
}

/// How far the thread is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Progress {
    /// So many batches are done with.
    pub(crate) batches: u64,
    /// Why something is not on the disk, while that is so.
    pub(crate) failure: Option<String>,
}

/// Where a conflict copy went, or why it could not be written.
#[derive(Debug)]
pub(crate) struct ConflictCopy {
    pub(crate) document: DocumentId,
    pub(crate) text: String,
    pub(crate) path: io::Result<PathBuf>,
}

/// The thread's ends towards the session and the socket.
pub(crate) struct Outlets {
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) conflicts: mpsc::UnboundedSender<ConflictCopy>,
}

struct Writer {
    outlets: Outlets,
    slots: BTreeMap<DocumentId, Slot>,
    /// Frames that may not leave yet, because a journal is stuck.
    held: Vec<Command>,
    batches: u64,
}

/// Runs until the session is gone and everything it handed over is done.
pub(crate) fn run(work: &Receiver<Vec<Work>>, outlets: Outlets) {
    let mut writer = Writer { outlets, slots: BTreeMap::new(), held: Vec::new(), batches: 0 };
    loop {
        let first = if writer.is_behind() {
            match work.recv_timeout(Duration::from_millis(RETRY_MS)) {
                Ok(batch) => Some(batch),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        } else {
            match work.recv() {
                Ok(batch) => Some(batch),
                Err(_) => break,
            }
        };
        let mut batches: Vec<Vec<Work>> = first.into_iter().collect();
        while batches.len() < BATCHES_MAX {
            match work.try_recv() {
                Ok(batch) => batches.push(batch),
                Err(_) => break,
            }
        }
        writer.run(batches);
    }
    // The session is gone: one last try for what the disk has refused.
    writer.run(Vec::new());
}

impl Writer {
    fn is_behind(&self) -> bool {
        !self.held.is_empty() || self.slots.values().any(|slot| !slot.is_flushed())
    }

    fn run(&mut self, batches: Vec<Vec<Work>>) {
        self.batches += batches.len() as u64;
        let mut leaving = Vec::new();
        let mut works: Vec<Work> = batches.into_iter().flatten().collect();
        // A conflict copy is on the disk before the record that lets go of its text.
        works.retain(|work| match work {
            Work::Conflict { document, folder, text } => {
                self.keep_conflict(*document, folder, text);
                false
            }
            _ => true,
        });
        for work in works {
            match work {
                Work::Attach(document, slot) => {
                    self.slots.insert(document, *slot);
                }
                Work::Detach(document) => leaving.push(document),
                Work::Save(document, record) => {
                    if let Some(slot) = self.slots.get_mut(&document) {
                        slot.append(&record);
                    }
                }
                Work::Replace(document, records) => {
                    if let Some(slot) = self.slots.get_mut(&document) {
                        slot.replace(records);
                    }
                }
                Work::Socket(command) => self.held.push(command),
                Work::Conflict { .. } => {}
            }
        }

        let mut failure = None;
        let mut is_stuck = false;
        for slot in self.slots.values_mut().filter(|slot| !slot.is_flushed()) {
            match slot.flush() {
                Flushed::Kept => {}
                Flushed::NotKept(error) => failure = Some(explain(slot.folder(), &error)),
                Flushed::Stuck(error) => {
                    failure = Some(explain(slot.folder(), &error));
                    is_stuck = true;
                }
            }
        }
        if !is_stuck {
            for command in self.held.drain(..) {
                // Without a socket task the session is going down, and the journal has it all.
                let _ = self.outlets.commands.send(command);
            }
        }
        for document in leaving {
            self.slots.remove(&document);
        }
        let progress = Progress { batches: self.batches, failure };
        self.outlets.progress.send_if_modified(|before| {
            let is_news = *before != progress;
            *before = progress;
            is_news
        });
    }

    fn keep_conflict(&self, document: DocumentId, folder: &Path, text: &str) {
        let path = write_conflict(folder, text);
        let copy = ConflictCopy { document, text: text.to_owned(), path };
        // Nobody listens any more only when the session is gone; the file is there all the same.
        let _ = self.outlets.conflicts.send(copy);
    }
}

fn explain(folder: &Path, error: &io::Error) -> String {
    format!("{}: {error}", folder.display())
}

/// Writes a text under the first free name `conflict-<n>.txt`.
pub(crate) fn write_conflict(folder: &Path, text: &str) -> io::Result<PathBuf> {
    create_folder(folder)?;
    for n in 1..=CONFLICTS_MAX {
        let path = folder.join(format!("conflict-{n}.txt"));
        match private().create_new(true).write(true).open(&path) {
            Ok(_) => {
                write_whole(&path, text.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{CONFLICTS_MAX} conflict copies are already there")))
}
