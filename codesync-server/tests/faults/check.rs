//! The laws of the design, judged from the log, from what people were told, and from their texts.
//!
//! Pure: everything that it needs is handed in. I8 is a matter of time and is judged where time
//! passes; I10 needs the snapshots and is judged by `codesync-server verify`. That both are found
//! when they are broken is shown in `scenarios`.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use codesync_core::{Author, Component, Operation, OperationLimits, Revision, Seq, Text};

use crate::record::{Record, Tag, Told};
use crate::truth::{Logged, Truth};

/// A law that did not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) law: &'static str,
    detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.detail)
    }
}

/// All that a run left behind.
pub(crate) struct Evidence {
    pub(crate) truth: Truth,
    /// The log as it was read while the run went on.
    pub(crate) early: Vec<Logged>,
    pub(crate) records: Vec<Record>,
    /// When somebody could certainly not write, in milliseconds since 1970, and his number.
    pub(crate) denied: Vec<(u64, Range<i64>)>,
}

/// Every law that did not hold.
pub(crate) fn check(evidence: &Evidence) -> Vec<Violation> {
    let Evidence { truth, early, records, denied } = evidence;
    let mut found = Found::default();
    found.numbers(truth);
    for entry in early {
        let now = at(&truth.log, entry.revision);
        found.hold("I6 unchanged", now == Some(entry), || format!("{entry:?} became {now:?}"));
    }
    let Some(fold) = Fold::of(&truth.log, &mut found) else { return found.0 };
    for record in records {
        found.told(record, truth, &fold);
        found.meant(record, truth, &fold);
        let end = fold.texts.last().is_some_and(|text| *text == record.end.as_str());
        found.hold("I7 equal", end, || format!("person {} ends with another text", record.number));
    }
    found.tags(truth, records, &fold);
    for (number, span) in denied {
        let record = records.iter().find(|it| it.number == *number);
        let own = record.map(|it| authors(it, truth)).unwrap_or_default();
        let late =
            truth.log.iter().find(|it| own.contains(&it.author) && span.contains(&it.committed_at));
        found.hold("I14 allowed", late.is_none(), || {
            format!("person {number} could not write in {span:?}, but there is {late:?}")
        });
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn hold(&mut self, law: &'static str, holds: bool, detail: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Violation { law, detail: detail() });
        }
    }

    /// Revisions and submissions are numbered without a gap, and the dedupe rows say so.
    fn numbers(&mut self, truth: &Truth) {
        let mut last: BTreeMap<Author, (Seq, Revision)> = BTreeMap::new();
        let mut head = Revision::ZERO;
        for entry in &truth.log {
            let Logged { revision, author, seq, .. } = *entry;
            self.hold("I1 revisions", revision == head.next(), || {
                format!("{revision} after {head}")
            });
            head = revision;
            let (before, _) = last.insert(author, (seq, revision)).unwrap_or_default();
            self.hold("I3 once", seq > before, || format!("author {author}: {seq} after {before}"));
            self.hold("I5 order", seq <= before.next(), || {
                format!("author {author}: {seq} after {before}")
            });
        }
        self.hold("I1 revisions", head == truth.head, || {
            format!("the log ends at {head}, its head is {}", truth.head)
        });
        for row in &truth.clients {
            let in_log = last.get(&row.author).copied().unwrap_or_default();
            self.hold("I13 dedupe", in_log == (row.last_seq, row.last_revision), || {
                format!("{row:?}, the log has {in_log:?}")
            });
        }
    }

    /// What a person was told is what the log has.
    fn told(&mut self, record: &Record, truth: &Truth, fold: &Fold) {
        let (number, own) = (record.number, authors(record, truth));
        for told in &record.told {
            match told {
                Told::Acked { seq, revision } => {
                    let entry = at(&truth.log, *revision);
                    let is_own = entry.is_some_and(|it| own.contains(&it.author) && it.seq == *seq);
                    self.hold("I2 durable", is_own, || {
                        format!("person {number} was acknowledged {seq} at {revision}: {entry:?}")
                    });
                }
                Told::Applied { revision, author, operation } => {
                    let entry = at(&truth.log, *revision);
                    let same =
                        entry.is_some_and(|it| it.author == *author && it.operation == *operation);
                    self.hold("I4 committed", same, || {
                        format!("person {number} was told of {revision} by {author}: {entry:?}")
                    });
                }
                Told::Led { from, to, operation } => {
                    self.hold("I7 equal", fold.leads(*from, *to, operation), || {
                        format!("person {number} was led from {from} to another {to}")
                    });
                }
                Told::Joined { head, last_seq, last_revision, .. } => {
                    let known = *last_seq == Seq::ZERO
                        || at(&truth.log, *last_revision)
                            .is_some_and(|it| own.contains(&it.author) && it.seq == *last_seq);
                    self.hold("I13 dedupe", known, || {
                        format!("person {number} was told of {last_seq} at {last_revision}")
                    });
                    self.hold("I4 committed", *head <= truth.head, || {
                        format!("person {number} joined at {head}")
                    });
                }
            }
        }
    }

    /// A person's entries insert and delete only what he did.
    fn meant(&mut self, record: &Record, truth: &Truth, fold: &Fold) {
        let (number, own) = (record.number, authors(record, truth));
        for (entry, done) in truth.log.iter().zip(&fold.done) {
            if own.contains(&entry.author) {
                let strange = done.inserted.iter().find(|tag| !record.typed.contains(tag));
                self.hold("I9 text", strange.is_none(), || {
                    format!("{} inserts {strange:?}, person {number} did not", entry.revision)
                });
                let strange = done.deleted.iter().find(|tag| !record.deleted.contains(tag));
                self.hold("I9 text", strange.is_none(), || {
                    format!("{} deletes {strange:?}, person {number} did not", entry.revision)
                });
            }
        }
    }

    /// What was typed was committed once, or handed back to who typed it.
    fn tags(&mut self, truth: &Truth, records: &[Record], fold: &Fold) {
        let mut counts: BTreeMap<Tag, u32> = BTreeMap::new();
        for tag in fold.done.iter().flat_map(|done| &done.inserted) {
            *counts.entry(*tag).or_default() += 1;
        }
        for (tag, count) in &counts {
            self.hold("I3 once", *count == 1, || format!("{tag:?} was inserted {count} times"));
        }
        let deleted: BTreeSet<_> = fold.done.iter().flat_map(|done| &done.deleted).collect();
        let end = fold.texts.last().map(ToString::to_string).unwrap_or_default();
        let end: BTreeSet<char> = end.chars().collect();
        for record in records {
            for tag in &record.typed {
                let kept = record.set_aside.iter().any(|text| text.contains(*tag));
                self.hold("I9 text", kept || counts.contains_key(tag), || {
                    format!(
                        "{tag:?} of person {} is lost; the head is {}",
                        record.number, truth.head
                    )
                });
                let is_there =
                    !counts.contains_key(tag) || deleted.contains(tag) || end.contains(tag);
                self.hold("I9 text", is_there, || {
                    format!("{tag:?} of person {} is gone, and nobody deleted it", record.number)
                });
            }
        }
    }
}

fn at(log: &[Logged], revision: Revision) -> Option<&Logged> {
    let index = log.binary_search_by_key(&revision, |entry| entry.revision).ok()?;
    log.get(index)
}

/// As whom a person wrote: after a conflict he goes on as another client.
fn authors(record: &Record, truth: &Truth) -> BTreeSet<Author> {
    let first = truth.clients.iter().find(|row| row.client == record.client);
    let joined = record.told.iter().filter_map(|told| match told {
        Told::Joined { author, .. } => Some(*author),
        _ => None,
    });
    first.map(|row| row.author).into_iter().chain(joined).collect()
}

/// The log, played from its first entry on.
struct Fold {
    /// The text at each revision.
    texts: Vec<Text>,
    done: Vec<Done>,
}

/// The tags that an entry inserts and deletes.
struct Done {
    inserted: Vec<Tag>,
    deleted: Vec<Tag>,
}

impl Fold {
    fn of(log: &[Logged], found: &mut Found) -> Option<Self> {
        let mut fold = Self { texts: vec![Text::new()], done: Vec::new() };
        for entry in log {
            let before = fold.texts.last()?;
            let decoded = decode(&entry.operation, before);
            found.hold("I9 text", decoded.is_some(), || format!("{entry:?} does not fit"));
            let operation = decoded?;
            let mut text = before.clone();
            text.apply(&operation).ok()?;
            let inserted = operation.inserted_text().chars().collect();
            fold.done.push(Done { inserted, deleted: deleted(&operation, before) });
            fold.texts.push(text);
        }
        Some(fold)
    }

    fn text(&self, revision: Revision) -> Option<&Text> {
        self.texts.get(usize::try_from(revision.get()).ok()?)
    }

    fn leads(&self, from: Revision, to: Revision, operation: &[u8]) -> bool {
        let led = || {
            let mut text = self.text(from)?.clone();
            text.apply(&decode(operation, &text)?).ok()?;
            Some(text == *self.text(to)?)
        };
        led() == Some(true)
    }
}

fn decode(bytes: &[u8], before: &Text) -> Option<Operation> {
    Operation::decode(bytes, before.len(), &OperationLimits::REPRESENTABLE).ok()
}

fn deleted(operation: &Operation, before: &Text) -> Vec<Tag> {
    let (mut at, mut deleted) = (0, Vec::new());
    for component in operation.components() {
        match component {
            Component::Retain(n) => at += n,
            Component::Insert(_) => {}
            Component::Delete(n) => {
                deleted.extend(before.slice(at..at + n).chars());
                at += n;
            }
        }
    }
    deleted
}
