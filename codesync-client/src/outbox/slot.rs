//! One client's journal file, held under a lock: append, compact, set aside, remove.
//!
//! ```text
//! <client>.lock      held by the process that edits as this client
//! <client>.journal   records, the newest last; the tail may be torn
//! <client>.unkept    the same file while the disk refuses to take more (see `Slot::flush`)
//! ```
//!
//! The bytes are the core's; nothing here looks into them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use codesync_core::ClientId;

/// The journal of one client of one document. Dropping it gives up the lock.
#[derive(Debug)]
pub(crate) struct Slot {
    client: ClientId,
    folder: PathBuf,
    /// The lock lives as long as this handle.
    _lock: File,
    file: Option<File>,
    /// So many bytes of the file are known to be on the disk.
    kept_bytes: u64,
    /// Whether the file ends with these and what was written behind them, and its cursor stands there.
    is_at_end: bool,
    /// Bytes that are to follow them, oldest first.
    backlog: Vec<u8>,
    /// So many of the backlog the system has taken.
    written_bytes: usize,
    /// Whether `backlog` replaces the file instead of following it.
    replaces: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// The file, if there is one, holds all that left this process.
    Sound,
    /// The disk refused, and the file has been set aside: nobody will take up its client again, so
    /// what is not on the disk may be sent all the same.
    SetAside,
    /// The disk refused even to set the file aside. Nothing may be sent.
    Stuck,
}

/// What may be done after a flush.
#[derive(Debug)]
pub(crate) enum Flushed {
    /// Everything is on the disk.
    Kept,
    /// The disk refused, but sending is safe.
    NotKept(io::Error),
    /// The disk refused, and sending would risk that a later run reuses a number.
    Stuck(io::Error),
}

impl Slot {
    /// Takes the lock of a client and finds its journal.
    ///
    /// `Ok(None)` when another process holds the lock.
    pub(crate) fn lock(folder: &Path, client: ClientId) -> io::Result<Option<Self>> {
        let path = lock_path(folder, client);
        let lock = loop {
            let lock = private().create(true).write(true).truncate(false).open(&path)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Whoever cleared up may have deleted the file between our opening and locking it.
            if is_still_there(&lock, &path)? {
                break lock;
            }
        };
        Ok(Some(Self {
            client,
            folder: folder.to_owned(),
            _lock: lock,
            file: None,
            kept_bytes: 0,
            is_at_end: false,
            backlog: Vec::new(),
            written_bytes: 0,
            replaces: false,
            state: State::Sound,
        }))
    }

    pub(crate) fn client(&self) -> ClientId {
        self.client
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn journal_path(&self) -> PathBuf {
        self.path("journal")
    }

    /// Reads the journal; `None` when there is none.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.journal_path()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says how much of the journal is sound; what follows is cut off before the next is written.
    pub(crate) fn set_kept(&mut self, bytes: u64) {
        self.kept_bytes = bytes;
    }

    /// Adds a record behind the last. Durable after [`Slot::flush`].
    pub(crate) fn append(&mut self, record: &[u8]) {
        self.backlog.extend_from_slice(record);
    }

    /// Puts these records in place of all before. Durable after [`Slot::flush`].
    pub(crate) fn replace(&mut self, records: Vec<u8>) {
        self.backlog = records;
        self.written_bytes = 0;
        self.replaces = true;
    }

    /// Hands what was appended to the system: it outlives this process from here on, and the machine
    /// after [`Slot::flush`], which also does what cannot be done here.
    pub(crate) fn write(&mut self) {
        if self.state == State::Sound
            && !self.replaces
            && !self.is_written()
            && self.write_backlog().is_err()
        {
            // The flush opens it anew, asks again, and tells.
            self.file = None;
        }
    }

    /// Whether the system has everything.
    pub(crate) fn is_written(&self) -> bool {
        self.written_bytes == self.backlog.len() && !self.replaces
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.backlog.is_empty() && !self.replaces
    }

    /// Brings everything that was appended or replaced to the disk.
    ///
    /// When the disk refuses, the bytes stay in memory for the next try, and the file is renamed:
    /// a journal that lacks records of edits that were sent must not be taken up again, because a
    /// later run would give their numbers to other edits.
    pub(crate) fn flush(&mut self) -> Flushed {
        let written = if self.replaces { self.write_anew() } else { self.write_behind() };
        let error = match written {
            Ok(()) => return Flushed::Kept,
            Err(error) => error,
        };
        self.file = None;
        self.is_at_end = false;
        if self.state != State::SetAside {
            let aside = fs::rename(self.journal_path(), self.path("unkept"));
            self.state = match aside {
                Ok(()) => State::SetAside,
                Err(absent) if absent.kind() == io::ErrorKind::NotFound => State::SetAside,
                Err(_) => State::Stuck,
            };
        }
        match self.state {
            State::Stuck => Flushed::Stuck(error),
            State::Sound | State::SetAside => Flushed::NotKept(error),
        }
    }

    fn write_behind(&mut self) -> io::Result<()> {
        if self.backlog.is_empty() {
            return Ok(());
        }
        let is_new = self.kept_bytes == 0 && self.state == State::Sound;
        if let Err(error) = self.write_backlog()?.sync_data() {
            // Nobody knows what of it the disk has, and the system may say no word more.
            self.written_bytes = 0;
            return Err(error);
        }
        if self.state == State::SetAside {
            fs::rename(self.path("unkept"), self.journal_path())?;
        }
        if is_new || self.state == State::SetAside {
            sync_folder(&self.folder)?;
        }
        self.state = State::Sound;
        self.kept_bytes += self.backlog.len() as u64;
        self.backlog.clear();
        self.written_bytes = 0;
        Ok(())
    }

    /// Puts the backlog behind what is kept, as far as it is not there yet.
    fn write_backlog(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            let path = match self.state {
                State::SetAside => self.path("unkept"),
                State::Sound | State::Stuck => self.journal_path(),
            };
            let file = private().create(true).write(true).truncate(false).open(path)?;
            self.file = Some(file);
        }
        let file = self.file.as_mut().expect("it was opened above");
        if !std::mem::take(&mut self.is_at_end) {
            // Cuts off a torn tail, and what an earlier failed try has left.
            let end = self.kept_bytes + self.written_bytes as u64;
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
        }
        file.write_all(&self.backlog[self.written_bytes..])?;
        self.written_bytes = self.backlog.len();
        self.is_at_end = true;
        Ok(file)
    }

    fn write_anew(&mut self) -> io::Result<()> {
        let fresh = self.path("new");
        let mut file = private().create(true).write(true).truncate(true).open(&fresh)?;
        let written = file.write_all(&self.backlog).and_then(|()| file.sync_all());
        if let Err(error) = written {
            let _ = fs::remove_file(&fresh);
            return Err(error);
        }
        fs::rename(&fresh, self.journal_path())?;
        sync_folder(&self.folder)?;
        if self.state == State::SetAside {
            let _ = fs::remove_file(self.path("unkept"));
        }
        self.state = State::Sound;
        self.kept_bytes = self.backlog.len() as u64;
        self.file = Some(file);
        self.is_at_end = true;
        self.backlog.clear();
        self.written_bytes = 0;
        self.replaces = false;
        Ok(())
    }

    /// Renames a journal that cannot be read, so that nobody trips over it again.
    pub(crate) fn set_damaged_aside(self) -> io::Result<PathBuf> {
        let aside = self.path("damaged");
        fs::rename(self.journal_path(), &aside)?;
        let _ = fs::remove_file(lock_path(&self.folder, self.client));
        Ok(aside)
    }

    /// Deletes journal and lock: this client will never be seen again.
    pub(crate) fn remove(self) -> io::Result<()> {
        for path in [self.journal_path(), self.path("unkept"), self.path("new")] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        // The journal goes first: whoever opened the lock before it is gone finds no journal.
        fs::remove_file(lock_path(&self.folder, self.client))
    }

    pub(crate) fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.client))
    }
}

/// Whether an open file is the one that its name leads to.
#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// An open file cannot be deleted here.
#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

fn lock_path(folder: &Path, client: ClientId) -> PathBuf {
    folder.join(format!("{client}.lock"))
}

/// Options for files that nobody else on this machine may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Creates a folder and its parents, readable by nobody else on this machine.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Makes a rename or a new file in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Other systems keep names durable by themselves, and refuse to open a folder.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Writes a whole file so that a crash leaves either the old or the new one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = private().create(true).write(true).truncate(true).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(folder: &Path) -> Slot {
        Slot::lock(folder, ClientId::from_bytes([7; 16])).expect("it works").expect("it is free")
    }

    fn content(folder: &Path) -> Vec<u8> {
        slot(folder).read().expect("it is readable").unwrap_or_default()
    }

    #[test]
    fn records_stand_in_the_file_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        assert_eq!(held.read().expect("it works"), None);
        held.append(b"one ");
        held.append(b"two ");
        assert!(matches!(held.flush(), Flushed::Kept));
        held.append(b"three");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"one two three");
    }

    #[test]
    fn a_replacement_takes_the_place_of_all_before_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        held.append(b"old");
        assert!(matches!(held.flush(), Flushed::Kept));
        held.append(b"never seen");
        held.replace(b"new ".to_vec());
        held.append(b"later");
        assert!(matches!(held.flush(), Flushed::Kept));
        held.append(b" last");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"new later last");
    }

    #[test]
    fn a_torn_tail_is_cut_before_the_next_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        held.append(b"whole torn");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        let mut held = slot(folder.path());
        held.set_kept(6);
        held.append(b"next");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"whole next");
    }

    #[test]
    fn a_second_holder_is_turned_away_until_the_first_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = slot(folder.path());
        let client = held.client();
        assert!(Slot::lock(folder.path(), client).expect("it works").is_none());
        drop(held);
        assert!(Slot::lock(folder.path(), client).expect("it works").is_some());
    }

    #[test]
    fn what_was_written_is_there_without_a_flush_and_in_front_of_what_follows() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        held.append(b"one ");
        held.write();
        assert!(held.is_written() && !held.is_flushed());
        held.append(b"two ");
        held.write();
        assert_eq!(held.read().expect("it works"), Some(b"one two ".to_vec()));
        held.append(b"three");
        assert!(matches!(held.flush(), Flushed::Kept));
        assert_eq!(held.read().expect("it works"), Some(b"one two three".to_vec()));
        held.append(b" lost");
        held.write();
        held.replace(b"new".to_vec());
        assert!(!held.is_written());
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_written_before_the_disk_was_full_stays_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        held.append(b"before ");
        assert!(matches!(held.flush(), Flushed::Kept));
        held.append(b"written ");
        held.write();
        held.file = Some(OpenOptions::new().write(true).open("/dev/full").expect("it exists"));
        held.append(b"during ");
        held.write();
        assert!(!held.is_written());
        assert_eq!(held.read().expect("it works"), Some(b"before written ".to_vec()));
        assert!(matches!(held.flush(), Flushed::Kept), "there is room on the real disk");
        held.append(b"after");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"before written during after");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_full_disk_refused_is_kept_once_there_is_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = slot(folder.path());
        held.append(b"before ");
        assert!(matches!(held.flush(), Flushed::Kept));
        // A device that is always full stands in for the disk.
        held.file = Some(OpenOptions::new().write(true).open("/dev/full").expect("it exists"));
        held.append(b"during ");
        assert!(matches!(held.flush(), Flushed::NotKept(_)));
        assert!(!held.journal_path().exists(), "nobody may take this client up again");
        held.append(b"after");
        assert!(matches!(held.flush(), Flushed::Kept));
        drop(held);
        assert_eq!(content(folder.path()), b"before during after");
    }
}
