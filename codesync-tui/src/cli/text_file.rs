//! Files with text, as commands read and write them: what cannot be is one clear sentence, and a
//! file is replaced as a whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Failure;

/// Largest text that is read, in bytes. The server may take less and says so.
pub(crate) const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a text from a file, or from standard input for `-`.
pub(crate) fn read(path: &str) -> Result<String, Failure> {
    if path == "-" {
        return read_from(io::stdin().lock(), "standard input");
    }
    read_path(Path::new(path))
}

/// Reads a text from a file.
pub(crate) fn read_path(path: &Path) -> Result<String, Failure> {
    let called = path.display().to_string();
    let file = open(path).map_err(|error| unusable(path, &error))?;
    read_from(file, &called)
}

/// Reads a text from wherever it comes.
pub(crate) fn read_from(source: impl Read, called: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    source
        .take(TEXT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format!("{called}: {error}")))?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(Failure::new(format!("{called} has more than {TEXT_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(format!("{called} is not UTF-8 text (byte {at})"))
            .help("convert it first, for example with iconv -t UTF-8")
    })
}

/// Opens what is a file, and neither a folder nor something that never ends.
fn open(path: &Path) -> io::Result<File> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    File::open(path)
}

/// Why a path cannot be used, in a sentence.
pub(crate) fn unusable(path: &Path, error: &io::Error) -> Failure {
    let called = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("there is no file {called}")),
        io::ErrorKind::IsADirectory => {
            Failure::new(format!("{called} is a directory, and a document is one file"))
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(format!("{called} may not be read or written by you"))
        }
        _ => Failure::new(format!("{called}: {error}")),
    }
}

/// Writes a whole text to a file that a person named. A file that is marked read-only stays.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    may_be_written(path)?;
    replace(path, text.as_bytes()).map_err(|error| unusable(path, &error))
}

/// Whether a file may be replaced, or a new one be made.
pub(crate) fn may_be_written(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            Err(unusable(path, &io::ErrorKind::IsADirectory.into()))
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            Err(Failure::new(format!("{} is read-only", path.display()))
                .kept("it is as it was")
                .help("chmod u+w makes it writable"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// Replaces a file as a whole, or not at all. It keeps its mode, and a link stays a link.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = followed(path);
    let fresh = beside(&target);
    let written = write_beside(&fresh, &target, bytes).and_then(|()| rename(&fresh, &target));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written
}

/// Writes what will take a file's place, under another name, durably.
pub(crate) fn write_beside(fresh: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(fresh)?;
    if let Ok(metadata) = fs::metadata(target) {
        keep_mode(&file, &metadata)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file into the place of another, durably.
pub(crate) fn rename(fresh: &Path, target: &Path) -> io::Result<()> {
    fs::rename(fresh, target)?;
    // Other systems keep names durable by themselves, and refuse to open a folder.
    let folder = target.parent().filter(|_| cfg!(unix));
    let folder = folder.map(|it| if it.as_os_str().is_empty() { Path::new(".") } else { it });
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn keep_mode(file: &File, metadata: &Metadata) -> io::Result<()> {
    file.set_permissions(metadata.permissions())
}

/// Where a symbolic link leads; any other path as it is.
pub(crate) fn followed(path: &Path) -> PathBuf {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
        }
        _ => path.to_owned(),
    }
}

/// The name of a file in the making. Hidden, so that nobody's listing shows it.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.codesync", std::process::id()))
}

/// Creates a folder and its parents, readable by nobody else on this machine.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
