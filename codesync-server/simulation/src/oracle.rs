//! What must hold, and what was true: the invariants of the design, checked as things happen.
//!
//! The oracle hears of every append that the log took, every submission that a server read, every
//! message that a server gave out, every snapshot. It keeps its own copy of each document at each
//! revision. What people meant by their edits it judges by [`tags`].

mod access;
pub(crate) mod tags;

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::fmt;
use std::time::Duration;

use codesync_core::document::Submission;
use codesync_core::limits::CHECKPOINT_REVISIONS;
use codesync_core::protocol::{ServerDocument, ServerMessage, codec};
use codesync_core::{Author, ClientId, Component, Operation, OperationLimits, Revision, Seq, Text};
use codesync_server::access::{Rights, Role};
use codesync_server::oplog::{ClientRecord, Entry};

use self::access::Permissions;
use self::tags::{Tag, tags_in};
use crate::coverage::{Coverage, Met};
use crate::world::client_number;

/// A law that did not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    /// Its short name: `I3 once`.
    pub(crate) law: &'static str,
    pub(crate) detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}: {}", self.law, self.detail.replace("\n", " ")))
    }
}

pub(crate) type Check = Result<(), Violation>;

pub(crate) fn broken(law: &'static str, detail: impl fmt::Display) -> Violation {
    Violation { law, detail: detail.to_string() }
}

/// Fails with a law's name unless a condition holds.
macro_rules! hold {
    ($law:literal, $condition:expr, $($detail:tt)+) => {
        if !$condition {
            return Err($crate::oracle::broken($law, format!($($detail)+)));
        }
    };
}
pub(crate) use hold;

/// One document as it truly is.
#[derive(Debug)]
pub(crate) struct Truth {
    entries: Vec<Entry>,
    /// The text at each revision.
    texts: Vec<Text>,
    clients: BTreeMap<Author, ClientId>,
    /// The last commit of each author.
    last: BTreeMap<Author, (Seq, Revision)>,
    /// What was handed in, as it came first. A number means one thing for ever, whether what it was
    /// used for was committed or given up.
    submissions: BTreeMap<(ClientId, Seq), Submission>,
    /// As which client each tag was first committed.
    origins: BTreeMap<Tag, ClientId>,
    /// How often each tag stands in the text, and the revision that last inserted it.
    present: BTreeMap<Tag, (u32, Revision)>,
    /// Tags that stood twice at some time: two people deleted one char, and both took that back.
    doubled: BTreeSet<Tag>,
    pub(crate) permissions: Permissions,
}

impl Truth {
    /// An empty document that all clients may write.
    pub(crate) fn new(clients: usize) -> Self {
        let mut permissions = Permissions::default();
        for client in 0..clients {
            permissions.set(client, Some(Rights::lasting(Role::Editor)), Duration::ZERO);
        }
        Self {
            permissions,
            entries: Vec::new(),
            texts: vec![Text::new()],
            clients: BTreeMap::new(),
            last: BTreeMap::new(),
            submissions: BTreeMap::new(),
            origins: BTreeMap::new(),
            present: BTreeMap::new(),
            doubled: BTreeSet::new(),
        }
    }

    pub(crate) fn head(&self) -> Revision {
        Revision::new(self.entries.len() as u64)
    }

    pub(crate) fn text(&self) -> &Text {
        self.texts.last().expect("there is a text at revision zero")
    }

    pub(crate) fn text_at(&self, revision: Revision) -> Option<&Text> {
        self.texts.get(usize::try_from(revision.get()).ok()?)
    }

    fn entry(&self, revision: Revision) -> Option<&Entry> {
        self.entries.get(usize::try_from(revision.get().checked_sub(1)?).ok()?)
    }

    /// The log gave a client its row.
    pub(crate) fn registered(&mut self, client: ClientId, record: ClientRecord) -> Check {
        let (seq, revision) = self.last_of(record.author);
        hold!(
            "I13 dedupe",
            (record.last_seq, record.last_revision) == (seq, revision),
            "the log says that author {} stands at {} (revision {}), but he is at {seq} ({revision})",
            record.author,
            record.last_seq,
            record.last_revision
        );
        self.clients.insert(record.author, client);
        Ok(())
    }

    /// Whether a client that is at this revision has a commit after it.
    pub(crate) fn has_commit_of(&self, client: ClientId, after: Revision) -> bool {
        let mut last = self.last.iter();
        last.any(|(author, last)| self.clients.get(author) == Some(&client) && last.1 > after)
    }

    fn last_of(&self, author: Author) -> (Seq, Revision) {
        self.last.get(&author).copied().unwrap_or_default()
    }

    /// A server read a submission.
    pub(crate) fn submitted(
        &mut self,
        client: ClientId,
        submission: &Submission,
        coverage: &mut Coverage,
    ) -> Check {
        let first = self.submissions.entry((client, submission.seq));
        if matches!(first, btree_map::Entry::Occupied(_)) {
            coverage.met(Met::SentAgain);
        }
        let first = first.or_insert_with(|| submission.clone());
        hold!(
            "in flight unchanged",
            first == submission,
            "client {client} sent {} as {submission:?} after {first:?}",
            submission.seq
        );
        Ok(())
    }

    /// The log took an entry.
    pub(crate) fn appended(&mut self, entry: &Entry, now: Duration) -> Check {
        let Entry { revision, author, seq, .. } = *entry;
        if let Some(client) = self.clients.get(&author) {
            self.permissions.committed(client_number(*client), now)?;
        }
        let expected = self.head().next();
        hold!(
            "I1 revisions",
            revision == expected,
            "{revision} was appended after {}",
            self.head()
        );
        let (last_seq, last_revision) = self.last_of(author);
        hold!("I3 once", seq > last_seq, "submission {seq} of author {author} twice");
        hold!("I5 order", seq == last_seq.next(), "{seq} of author {author} after {last_seq}");

        let before = self.text().clone();
        let fits = entry.base_length == before.len();
        hold!("I9 text", fits, "entry {revision} is made for another text");
        let operation = decode(&entry.operation, before.len());
        let operation =
            operation.map_err(|error| broken("I9 text", format!("entry {revision}: {error}")))?;
        self.check_meaning(entry, &operation, &before, last_revision)?;

        let mut text = before.clone();
        text.apply(&operation).expect("the lengths were compared");
        for tag in deleted_tags(&operation, &before) {
            let count = self.present.get_mut(&tag).expect("what is deleted was there");
            count.0 -= 1;
        }
        let client = self.clients.get(&author).copied();
        for tag in tags_in(operation.inserted_text()) {
            if let Some(client) = client {
                self.origins.entry(tag).or_insert(client);
            }
            let count = self.present.entry(tag).or_insert((0, revision));
            *count = (count.0 + 1, revision);
            if count.0 > 1 {
                self.doubled.insert(tag);
            }
        }
        self.last.insert(author, (seq, revision));
        self.entries.push(entry.clone());
        self.texts.push(text);
        Ok(())
    }

    /// How often a char stands in the text; `None` if it never was in it.
    pub(crate) fn count(&self, tag: Tag) -> Option<u32> {
        Some(self.present.get(&tag)?.0)
    }

    /// As which client a char was first committed, if it was.
    pub(crate) fn origin(&self, tag: Tag) -> Option<ClientId> {
        self.origins.get(&tag).copied()
    }

    /// Whether an entry is what its author handed in, carried to the head: it inserts the same
    /// text, and deletes of what he deleted that which is still there.
    fn check_meaning(
        &self,
        entry: &Entry,
        operation: &Operation,
        before: &Text,
        last_revision: Revision,
    ) -> Check {
        let Entry { revision, author, seq, .. } = *entry;
        let id = self.clients.get(&author).map(|client| (*client, seq));
        let sent = id.and_then(|id| self.submissions.get(&id));
        let sent = sent.ok_or_else(|| {
            broken("I9 text", format!("nobody handed in {seq} of author {author}"))
        })?;
        let base = last_revision.checked_add(sent.since).unwrap_or(Revision::new(u64::MAX));
        let base_text = self.text_at(base).ok_or_else(|| {
            broken("I9 text", format!("entry {revision} was made for revision {base}"))
        })?;
        let meant = decode(&sent.operation, base_text.len())
            .map_err(|error| broken("I9 text", format!("entry {revision} as sent: {error}")))?;
        hold!(
            "I9 text",
            meant.inserted_text() == operation.inserted_text(),
            "entry {revision} inserts another text than its author did"
        );
        let meant: BTreeSet<_> = deleted_tags(&meant, base_text).into_iter().collect();
        let deleted: BTreeSet<_> = deleted_tags(operation, before).into_iter().collect();
        for tag in &deleted {
            hold!(
                "I9 text",
                meant.contains(tag),
                "entry {revision} deletes {tag}, its author did not"
            );
        }
        for tag in &meant {
            let (count, inserted_at) = self.present.get(tag).copied().unwrap_or_default();
            let as_it_was = count == 1 && inserted_at <= base && !self.doubled.contains(tag);
            hold!(
                "I9 text",
                !as_it_was || deleted.contains(tag),
                "entry {revision} leaves {tag}, which its author deleted"
            );
        }
        Ok(())
    }

    /// A server gives messages to a client.
    pub(crate) fn delivered(
        &self,
        client: ClientId,
        messages: &[u8],
        coverage: &mut Coverage,
    ) -> Check {
        let messages = codec::decode_server(messages).map_err(|error| broken("protocol", error))?;
        for message in messages {
            match message.map_err(|error| broken("protocol", error))? {
                ServerMessage::Applied { revision, author, operation, .. } => {
                    let entry = self.entry(revision);
                    hold!(
                        "I4 committed",
                        entry.is_some_and(|it| it.author == author && it.operation == *operation),
                        "{client} is told of {revision} by {author}, the log has {entry:?}"
                    );
                }
                ServerMessage::Acked { seq, revision, .. } => {
                    let entry = self.entry(revision);
                    let own = entry.is_some_and(|it| {
                        it.seq == seq && self.clients.get(&it.author) == Some(&client)
                    });
                    hold!(
                        "I2 durable",
                        own,
                        "{client} is acknowledged {seq} at {revision}, where the log has {entry:?}"
                    );
                }
                ServerMessage::Document(message) => {
                    self.delivered_document(client, message, coverage)?;
                }
                ServerMessage::Session(_) | ServerMessage::Presence(_) => {}
            }
        }
        Ok(())
    }

    fn delivered_document(
        &self,
        client: ClientId,
        message: ServerDocument<'_>,
        coverage: &mut Coverage,
    ) -> Check {
        match message {
            ServerDocument::CaughtUp { from, to, operation, .. } => {
                if to.since(from).is_some_and(|revisions| revisions > 1) {
                    coverage.met(Met::ComposedCatchUp);
                }
                let (Some(before), Some(after)) = (self.text_at(from), self.text_at(to)) else {
                    return Err(broken("I4 committed", format!("{client} is led to {to}")));
                };
                let operation = decode(&operation, before.len())
                    .map_err(|error| broken("I7 equal", format!("{from} to {to}: {error}")))?;
                let mut text = before.clone();
                text.apply(&operation).expect("it was read over this length");
                hold!("I7 equal", text == *after, "{client} is led from {from} to another {to}");
            }
            ServerDocument::Checkpoint { revision, hash, .. } => {
                if revision.get() > 0 && revision.get() % CHECKPOINT_REVISIONS == 0 {
                    coverage.met(Met::CheckpointOnTheWay);
                }
                let text = self.text_at(revision);
                let text = text
                    .ok_or_else(|| broken("I4 committed", format!("a checkpoint at {revision}")))?;
                hold!("I7 equal", text.hash() == hash, "the server has another text at {revision}");
            }
            ServerDocument::Joined { head, last_seq, last_revision, .. } => {
                hold!("I4 committed", head <= self.head(), "{client} joins at {head}");
                let known = last_seq == Seq::ZERO
                    || self.entry(last_revision).is_some_and(|it| {
                        it.seq == last_seq && self.clients.get(&it.author) == Some(&client)
                    });
                hold!("I13 dedupe", known, "{client} is told of {last_seq} at {last_revision}");
            }
            ServerDocument::Rejected { .. } => coverage.met(Met::Rejected),
            _ => {}
        }
        Ok(())
    }

    /// A program was told that what it handed in led to this revision.
    pub(crate) fn written(&self, client: ClientId, revision: Revision) -> Check {
        let entry = self.entry(revision);
        let own = entry.is_some_and(|it| self.clients.get(&it.author) == Some(&client));
        hold!("I2 durable", own, "{client} is told of {revision}, where the log has {entry:?}");
        Ok(())
    }

    /// A snapshot is kept.
    pub(crate) fn kept(&self, revision: Revision, text: &str) -> Check {
        let truth = self.text_at(revision);
        hold!(
            "I10 snapshot",
            truth.is_some_and(|truth| *truth == *text),
            "the snapshot of {revision} is not what the log leads to"
        );
        Ok(())
    }

    /// The log is what it was when each entry was appended.
    pub(crate) fn unchanged(&self, entries: &[Entry]) -> Check {
        hold!("I6 history", self.entries == entries, "the log is not what was appended to it");
        Ok(())
    }
}

fn decode(bytes: &[u8], base_len: usize) -> Result<Operation, codesync_core::OperationDecodeError> {
    Operation::decode(bytes, base_len, &OperationLimits::REPRESENTABLE)
}

/// The tags that an operation deletes from the text it is made for.
pub(crate) fn deleted_tags(operation: &Operation, before: &Text) -> Vec<Tag> {
    let (mut at, mut deleted) = (0, Vec::new());
    for component in operation.components() {
        match component {
            Component::Retain(n) => at += n,
            Component::Insert(_) => {}
            Component::Delete(n) => {
                deleted.extend(tags_in(&before.slice(at..at + n)));
                at += n;
            }
        }
    }
    deleted
}
