//! The outbox thread: makes records durable, then lets frames leave.
//!
//! ```text
//! session ── batch of outputs ──▶ this thread ── write, fsync ──▶ disk
//!                                      └──────── afterwards ────▶ socket
//! ```
//!
//! Whatever waits when the thread comes round is taken together: one write and one fsync for each
//! journal, then the frames in their order. So a frame never overtakes a record that stood before it.
//!
//! A record without a frame behind it is written at once, and outlives this process from then on.
//! Its fsync waits a moment for that of the next frame: keys that are sent together are synced
//! together.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use codesync_core::DocumentId;
use tokio::sync::{mpsc, watch};

use super::slot::{Flushed, Slot, create_folder, private, write_whole};
use crate::socket::{Command, Wire};

/// How often a disk that refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long a record may be written before it is synced: what a power cut takes is this and what one
/// sync takes. Longer than editors gather keys before they send them.
const SYNC_MAX: Duration = Duration::from_millis(400);
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
    /// Say how far it is, whatever else would.
    Tell,
}

/// How far the thread is. Who waits for it is woken, unless the server will do so by its answer (as
/// far as that is known: to a word about where somebody is there is none).
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
    pub(crate) wire: Wire,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) conflicts: mpsc::UnboundedSender<ConflictCopy>,
}

struct Writer {
    outlets: Outlets,
    slots: BTreeMap<DocumentId, Slot>,
    /// Frames that may not leave yet, because a journal is stuck.
    held: Vec<Command>,
    batches: u64,
    /// When everything is to be flushed, whatever else happens.
    flush_at: Option<Instant>,
}

/// Runs until the session is gone and everything it handed over is done.
pub(crate) fn run(work: &Receiver<Vec<Work>>, outlets: Outlets) {
    let mut writer = Writer::new(outlets);
    loop {
        let received = match writer.flush_at {
            Some(at) => work.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => work.recv().map_err(RecvTimeoutError::from),
        };
        let first = match received {
            Ok(batch) => Some(batch),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
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
    writer.flush_at = Some(Instant::now());
    writer.run(Vec::new());
}

impl Writer {
    fn new(outlets: Outlets) -> Self {
        Self { outlets, slots: BTreeMap::new(), held: Vec::new(), batches: 0, flush_at: None }
    }

    fn has_records(&self) -> bool {
        self.slots.values().any(|slot| !slot.is_flushed())
    }

    fn run(&mut self, batches: Vec<Vec<Work>>) {
        self.batches += batches.len() as u64;
        let mut works: Vec<Work> = batches.into_iter().flatten().collect();
        // A conflict copy is on the disk before the record that lets go of its text.
        works.retain(|work| match work {
            Work::Conflict { document, folder, text } => {
                self.keep_conflict(*document, folder, text);
                false
            }
            _ => true,
        });
        let (mut is_asked, mut failure, mut is_stuck) = (false, None, false);
        for work in works {
            match work {
                Work::Attach(document, slot) => {
                    self.slots.insert(document, *slot);
                }
                Work::Detach(document) => {
                    // Here and not later: it may be attached again behind this.
                    if let Some(mut slot) = self.slots.remove(&document) {
                        is_stuck |= flush(&mut slot, &mut failure);
                    }
                }
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
                Work::Tell => is_asked = true,
                Work::Conflict { .. } => {}
            }
        }

        self.slots.values_mut().for_each(Slot::write);
        let now = Instant::now();
        let is_due = is_asked || failure.is_some() || self.flush_at.is_some_and(|at| at <= now);
        let has_records = self.has_records();
        let may_wait = !is_due && self.held.is_empty();
        if has_records && may_wait && self.slots.values().all(Slot::is_written) {
            self.flush_at.get_or_insert(now + SYNC_MAX);
            return;
        }

        for slot in self.slots.values_mut().filter(|slot| !slot.is_flushed()) {
            is_stuck |= flush(slot, &mut failure);
        }
        // Before a frame leaves, for its answer lets the session look.
        let progress = Progress { batches: self.batches, failure };
        let before = self.outlets.progress.borrow().clone();
        self.outlets.progress.send_if_modified(|present| {
            present.clone_from(&progress);
            false
        });
        let mut is_sent = false;
        if !is_stuck {
            for command in self.held.drain(..) {
                is_sent |= self.outlets.wire.obey(command);
            }
        }
        let is_behind = !self.held.is_empty() || self.has_records();
        self.flush_at = is_behind.then(|| Instant::now() + RETRY);
        let is_answered = has_records && is_sent && before.failure == progress.failure;
        if is_asked || before != progress && !is_answered {
            self.outlets.progress.send_modify(|_| ());
        }
    }

    fn keep_conflict(&self, document: DocumentId, folder: &Path, text: &str) {
        let path = write_conflict(folder, text);
        let copy = ConflictCopy { document, text: text.to_owned(), path };
        // Nobody listens any more only when the session is gone; the file is there all the same.
        let _ = self.outlets.conflicts.send(copy);
    }
}

/// Flushes a journal, says what went wrong, and whether nothing may be sent.
fn flush(slot: &mut Slot, failure: &mut Option<String>) -> bool {
    let (error, is_stuck) = match slot.flush() {
        Flushed::Kept => return false,
        Flushed::NotKept(error) => (error, false),
        Flushed::Stuck(error) => (error, true),
    };
    *failure = Some(format!("{}: {error}", slot.folder().display()));
    is_stuck
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

#[cfg(test)]
mod tests {
    use std::fs;

    use codesync_core::ClientId;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;

    struct Stage {
        writer: Writer,
        frames: mpsc::UnboundedReceiver<Vec<u8>>,
        progress: watch::Receiver<Progress>,
        conflicts: mpsc::UnboundedReceiver<ConflictCopy>,
        folder: PathBuf,
        _root: tempfile::TempDir,
    }

    const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
    const CLIENT: ClientId = ClientId::from_bytes([2; 16]);

    /// A writer that has one document's journal in a folder of its own.
    fn stage() -> Stage {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("document");
        create_folder(&folder).expect("there is room");
        let slot = Slot::lock(&folder, CLIENT).expect("it works").expect("it is free");
        let (frames_out, frames) = mpsc::unbounded_channel();
        let sink = futures_util::sink::unfold(frames_out, async |frames, message: Message| {
            frames.send(message.into_data().to_vec()).expect("the stage is still there");
            Ok(frames)
        });
        let (progress_out, progress) = watch::channel(Progress::default());
        let (conflicts_out, conflicts) = mpsc::unbounded_channel();
        let outlets = Outlets {
            wire: Wire::into(Box::pin(sink)),
            progress: progress_out,
            conflicts: conflicts_out,
        };
        let mut writer = Writer::new(outlets);
        writer.run(vec![vec![Work::Attach(DOCUMENT, Box::new(slot))]]);
        Stage { writer, frames, progress, conflicts, folder, _root: root }
    }

    impl Stage {
        fn journal(&self) -> Vec<u8> {
            fs::read(self.folder.join(format!("{CLIENT}.journal"))).unwrap_or_default()
        }

        fn sent(&mut self) -> Vec<Vec<u8>> {
            let mut frames = Vec::new();
            while let Ok(frame) = self.frames.try_recv() {
                frames.push(frame);
            }
            frames
        }
    }

    fn save(record: &[u8]) -> Work {
        Work::Save(DOCUMENT, record.to_vec())
    }

    fn send(frame: &[u8]) -> Work {
        Work::Socket(Command::Send(frame.to_vec()))
    }

    #[test]
    fn batches_that_wait_together_are_written_and_sent_in_their_order() {
        let mut stage = stage();
        stage.writer.run(vec![vec![save(b"1"), send(b"a")], vec![save(b"2"), send(b"b")]]);
        assert_eq!(stage.journal(), b"12");
        assert_eq!(stage.sent(), [b"a", b"b"]);
        assert_eq!(*stage.progress.borrow(), Progress { batches: 3, failure: None });
    }

    #[test]
    fn a_record_without_a_frame_is_written_at_once_and_synced_a_moment_later() {
        let mut stage = stage();
        stage.writer.run(vec![vec![save(b"1")]]);
        stage.writer.run(vec![vec![save(b"2")]]);
        assert_eq!(stage.journal(), b"12", "a kill takes nothing");
        assert_eq!(stage.progress.borrow().batches, 1, "but a power cut might");
        let due = stage.writer.flush_at.expect("it is to be synced");
        assert!(due <= Instant::now() + SYNC_MAX);
        stage.writer.flush_at = Some(Instant::now());
        stage.writer.run(Vec::new());
        assert_eq!(stage.journal(), b"12");
        assert_eq!(stage.progress.borrow().batches, 3);
        assert_eq!(stage.writer.flush_at, None);
    }

    #[test]
    fn a_frame_brings_all_records_before_it_to_the_disk() {
        let mut stage = stage();
        stage.writer.run(vec![vec![save(b"1")]]);
        stage.writer.run(vec![vec![send(b"a")]]);
        assert_eq!(stage.sent(), [b"a"]);
        assert_eq!(*stage.progress.borrow(), Progress { batches: 3, failure: None });
        assert_eq!(stage.writer.flush_at, None);
    }

    #[test]
    fn a_document_that_is_closed_and_opened_again_in_one_go_loses_no_record() {
        let mut stage = stage();
        let other = ClientId::from_bytes([3; 16]);
        let slot = Slot::lock(&stage.folder, other).expect("it works").expect("it is free");
        let again = vec![Work::Detach(DOCUMENT), Work::Attach(DOCUMENT, Box::new(slot))];
        stage.writer.run(vec![vec![save(b"1"), send(b"a")], again]);
        stage.writer.run(vec![vec![save(b"2"), send(b"b")]]);
        assert_eq!(stage.journal(), b"1");
        let second = fs::read(stage.folder.join(format!("{other}.journal")));
        assert_eq!(second.expect("it is there"), b"2");
        assert_eq!(stage.sent(), [b"a", b"b"]);
    }

    #[test]
    fn no_frame_leaves_before_the_record_that_stands_before_it_is_on_the_disk() {
        let mut stage = stage();
        // A file where the folder was: nothing can be written, and nothing renamed either.
        let elsewhere = stage.folder.with_extension("away");
        fs::rename(&stage.folder, &elsewhere).expect("it may be moved");
        fs::write(&stage.folder, "").expect("there is room");
        stage.writer.run(vec![vec![save(b"1"), send(b"a")]]);
        stage.writer.run(vec![vec![send(b"b")]]);
        assert_eq!(stage.sent(), Vec::<Vec<u8>>::new());
        assert!(stage.progress.borrow().failure.is_some());

        fs::remove_file(&stage.folder).expect("it is ours");
        fs::rename(&elsewhere, &stage.folder).expect("it may be moved back");
        stage.writer.run(Vec::new());
        assert_eq!(stage.journal(), b"1");
        assert_eq!(stage.sent(), [b"a", b"b"]);
        assert_eq!(stage.progress.borrow().failure, None);
    }

    #[test]
    fn a_journal_that_lacks_records_is_not_left_for_a_later_run() {
        let mut stage = stage();
        stage.writer.run(vec![vec![save(b"1")]]);
        // A folder where the fresh file is to be written: the disk refuses just this.
        let blocked = stage.folder.join(format!("{CLIENT}.new"));
        fs::create_dir(&blocked).expect("there is room");
        stage.writer.run(vec![vec![Work::Replace(DOCUMENT, b"2".to_vec()), send(b"a")]]);
        assert_eq!(stage.sent(), [b"a"], "the server is the safest place now");
        assert_eq!(stage.journal(), b"");
        fs::remove_dir(&blocked).expect("it is ours");
        stage.writer.run(vec![vec![save(b"3")]]);
        assert_eq!(stage.journal(), b"23");
    }

    #[test]
    fn whoever_waits_is_woken_unless_the_server_will_answer() {
        let mut stage = stage();
        stage.progress.mark_unchanged();
        let woken = |stage: &mut Stage, batch| {
            stage.writer.run(vec![batch]);
            let is_woken = stage.progress.has_changed().expect("the writer is there");
            stage.progress.mark_unchanged();
            is_woken
        };
        assert!(!woken(&mut stage, vec![save(b"1"), send(b"a")]), "an answer to it will come");
        assert_eq!(stage.progress.borrow().batches, 2, "who looks sees it");
        assert!(woken(&mut stage, vec![save(b"2"), Work::Tell]));
        assert!(woken(&mut stage, vec![send(b"somebody moved")]), "to which there is no answer");
        assert!(woken(&mut stage, vec![save(b"3"), send(b"b"), Work::Tell]));
    }

    #[test]
    fn a_conflict_copy_is_on_the_disk_before_the_record_that_lets_go_of_its_text() {
        let mut stage = stage();
        let folder = stage.folder.clone();
        let conflict = |text: &str| Work::Conflict {
            document: DOCUMENT,
            folder: folder.clone(),
            text: text.into(),
        };
        stage.writer.run(vec![vec![save(b"gone"), conflict("mine"), conflict("mine too")]]);
        for (n, text) in [(1, "mine"), (2, "mine too")] {
            let copy = stage.conflicts.try_recv().expect("it is told");
            let path = copy.path.expect("it was written");
            assert_eq!(path, stage.folder.join(format!("conflict-{n}.txt")));
            assert_eq!(fs::read_to_string(path).expect("it is there"), text);
        }
    }
}
