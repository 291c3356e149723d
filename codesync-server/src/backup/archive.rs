//! The file: a gzipped tar, so that it can be read without this program.
//!
//! | member | content |
//! |---|---|
//! | `format.json` | which format this is |
//! | `rows/{number}.{table}.{sha256}.jsonl` | a line with the names of columns, then a line for each row |
//! | `objects/{key}` | an object, whose key ends with its SHA-256 |
//! | `manifest.json` | counts, and a hash over the names of all members before it |
//!
//! Members come in the order in which they can be put back. None is longer than
//! [`MEMBER_BYTES_MAX`].

use std::io::{self, Read, Write};
use std::path::Path;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, Header};

use super::Summary;
use crate::snapshots::hex;

/// Bytes of one member.
pub const MEMBER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What is written; older ones are read too.
const VERSION: u32 = 1;
const NAME: &str = "codesync-backup";
const FIRST: &str = "format.json";
const LAST: &str = "manifest.json";

/// A part of the file.
#[derive(Clone, Debug)]
pub enum Member {
    Rows { table: String, lines: Bytes },
    Object { key: String, content: Bytes },
}

#[derive(Debug, Deserialize, Serialize)]
struct Format {
    format: String,
    version: u32,
}

#[derive(Debug, Deserialize, Serialize)]
struct Manifest {
    members: u64,
    /// Over the names of all members before this one, each with a line feed.
    sha256: String,
    rows: std::collections::BTreeMap<String, u64>,
    objects: u64,
}

/// A file is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("this is no backup: {0}")]
    Foreign(String),
    #[error("the backup has format {met}, newer than {VERSION}, which this program knows")]
    Newer { met: u32 },
    #[error("the backup is damaged at {member}: {detail}")]
    Damaged { member: String, detail: String },
    #[error("the end of the backup is missing")]
    Incomplete,
    /// Whoever was given the members wants no more of them.
    #[error("reading was given up")]
    GivenUp,
}

/// Writes members one after the other.
pub(super) struct ArchiveWriter<W: Write> {
    tar: Builder<GzEncoder<W>>,
    names: Sha256,
    members: u64,
}

impl<W: Write> ArchiveWriter<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        let tar = Builder::new(GzEncoder::new(out, Compression::fast()));
        let mut writer = Self { tar, names: Sha256::new(), members: 0 };
        let format = Format { format: NAME.to_owned(), version: VERSION };
        writer.put(FIRST, &serde_json::to_vec(&format)?)?;
        Ok(writer)
    }

    pub(super) fn append(&mut self, member: &Member) -> io::Result<()> {
        match member {
            Member::Rows { table, lines } => {
                let hash = hex(&Sha256::digest(lines));
                let name = format!("rows/{:06}.{table}.{hash}.jsonl", self.members);
                self.put(&name, lines)
            }
            Member::Object { key, content } => self.put(&format!("objects/{key}"), content),
        }
    }

    fn put(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let bytes = content.len() as u64;
        if bytes > MEMBER_BYTES_MAX {
            return Err(io::Error::other(format!("{name} has {bytes} bytes, too many for a part")));
        }
        let mut header = Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_cksum();
        self.tar.append(&header, content)?;
        note(&mut self.names, name);
        self.members += 1;
        Ok(())
    }

    /// Writes the end. What is given back has everything.
    pub(super) fn finish(mut self, summary: &Summary) -> io::Result<W> {
        let manifest = Manifest {
            members: self.members,
            sha256: hex(&self.names.clone().finalize()),
            rows: summary.rows.clone(),
            objects: summary.objects,
        };
        self.put(LAST, &serde_json::to_vec(&manifest)?)?;
        self.tar.into_inner()?.finish()
    }
}

fn note(names: &mut Sha256, name: &str) {
    names.update(name.as_bytes());
    names.update(b"\n");
}

/// Reads a file to its end, handing each member to `take` after its hash was compared.
///
/// What was taken is worth nothing before this has answered `Ok`: only then has the end been seen.
pub fn read(
    from: impl Read,
    mut take: impl FnMut(Member) -> Result<(), ReadError>,
) -> Result<Summary, ReadError> {
    let mut archive = Archive::new(GzDecoder::new(from));
    let (mut names, mut members, mut end) = (Sha256::new(), 0, None);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = std::str::from_utf8(&entry.path_bytes())
            .map_err(|error| ReadError::Foreign(error.to_string()))?
            .to_owned();
        if entry.size() > MEMBER_BYTES_MAX {
            return Err(damaged(&name, format!("it has {} bytes", entry.size())));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if end.is_some() {
            return Err(damaged(&name, "it comes after the end".to_owned()));
        }
        if members == 0 {
            check_format(&name, &content)?;
        } else if name == LAST {
            end = Some(check_end(&content, members, names.clone())?);
        } else {
            take(member(&name, content)?)?;
        }
        note(&mut names, &name);
        members += 1;
    }
    // To the very end: only there is the checksum of the compression.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    end.ok_or(ReadError::Incomplete)
}

fn check_format(name: &str, content: &[u8]) -> Result<(), ReadError> {
    let foreign = |detail: &str| ReadError::Foreign(detail.to_owned());
    if name != FIRST {
        return Err(foreign("it does not begin with its format"));
    }
    let format: Format = serde_json::from_slice(content).map_err(|it| foreign(&it.to_string()))?;
    if format.format != NAME {
        return Err(foreign("its format has another name"));
    }
    if format.version > VERSION {
        return Err(ReadError::Newer { met: format.version });
    }
    Ok(())
}

fn check_end(content: &[u8], members: u64, names: Sha256) -> Result<Summary, ReadError> {
    let manifest: Manifest =
        serde_json::from_slice(content).map_err(|error| damaged(LAST, error.to_string()))?;
    if (manifest.members, manifest.sha256) != (members, hex(&names.finalize())) {
        let detail = format!("it speaks of {} other parts than these {members}", manifest.members);
        return Err(damaged(LAST, detail));
    }
    Ok(Summary { rows: manifest.rows, objects: manifest.objects })
}

fn member(name: &str, content: Vec<u8>) -> Result<Member, ReadError> {
    let content = Bytes::from(content);
    let is_hash = |hash: &str| hex(&Sha256::digest(&content)) == hash;
    let wrong = || damaged(name, "its content is not what was written".to_owned());
    if let Some(key) = name.strip_prefix("objects/") {
        let hash = key.rsplit_once('-').map_or("", |(_, hash)| hash);
        let plain =
            Path::new(key).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        return if plain && is_hash(hash) {
            Ok(Member::Object { key: key.to_owned(), content })
        } else {
            Err(wrong())
        };
    }
    let parts = name.strip_prefix("rows/").map(|rest| rest.split('.').collect::<Vec<_>>());
    match parts.as_deref() {
        Some([_, table, hash, "jsonl"]) if is_hash(hash) => {
            Ok(Member::Rows { table: (*table).to_owned(), lines: content })
        }
        _ => Err(wrong()),
    }
}

fn damaged(member: &str, detail: String) -> ReadError {
    ReadError::Damaged { member: member.to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut archive = ArchiveWriter::new(Vec::new()).expect("memory takes everything");
        let lines = Bytes::from_static(b"[\"id\"]\n[1]\n[2]\n");
        archive.append(&Member::Rows { table: "users".to_owned(), lines }).expect("appended");
        let content = Bytes::from_static(b"text");
        let document = codesync_core::DocumentId::from_bytes([7; 16]);
        let (epoch, revision) = (crate::oplog::Epoch::FIRST, codesync_core::Revision::new(3));
        let key = crate::snapshots::SnapshotKey::of(document, epoch, revision, &content);
        archive.append(&Member::Object { key: key.to_string(), content }).expect("appended");
        let rows = [("users".to_owned(), 2)].into();
        archive.finish(&Summary { rows, objects: 1 }).expect("finished")
    }

    /// What is in a file: of each member its name and its content.
    fn check(file: &[u8]) -> Result<(Summary, Vec<(String, Bytes)>), ReadError> {
        let mut members = Vec::new();
        let summary = read(file, |member| {
            members.push(match member {
                Member::Rows { table, lines } => (table, lines),
                Member::Object { key, content } => (key, content),
            });
            Ok(())
        })?;
        Ok((summary, members))
    }

    #[test]
    fn what_was_written_is_read() {
        let (summary, members) = check(&written()).expect("sound");
        assert_eq!((summary.count("users"), summary.objects, members.len()), (2, 1, 2));
    }

    #[test]
    fn no_turned_bit_changes_what_is_read() {
        let file = written();
        let (summary, members) = check(&file).expect("sound");
        for index in 0..file.len() {
            let mut turned = file.clone();
            turned[index] ^= 1 << (index % 8);
            // Some bits say nothing: gzip's time, or which of two equal runs is repeated.
            if let Ok(met) = check(&turned) {
                assert_eq!(met, (summary.clone(), members.clone()), "byte {index}");
            }
        }
    }

    #[test]
    fn a_file_without_its_end_is_refused() {
        let file = written();
        for length in 0..file.len() {
            assert!(check(&file[..length]).is_err(), "{length} bytes of {}", file.len());
        }
    }

    #[test]
    fn something_else_is_no_backup() {
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = Header::new_ustar();
        header.set_path("README").expect("a name");
        header.set_size(2);
        header.set_cksum();
        tar.append(&header, &b"hi"[..]).expect("appended");
        let file = tar.into_inner().and_then(GzEncoder::finish).expect("finished");
        assert!(matches!(check(&file), Err(ReadError::Foreign(_))));
        assert!(check(b"no gzip").is_err());
    }
}
