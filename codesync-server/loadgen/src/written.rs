//! Documents with a long past, written straight into the log as servers would have.
//!
//! What people need minutes for is there at once, and exactly as long as wanted. Everything that is
//! read afterwards goes through a server.

use anyhow::Result;
use codesync_core::{ClientId, DocumentId, Operation, Revision, Seq, Text};
use codesync_server::oplog::{Append, Entry, Epoch, OpLog, Registration};

use crate::dice::Dice;

/// Edits in one append.
const APPEND_EDITS: usize = 500;
/// Of so many letters one is typed somewhere else.
const JUMP: usize = 16;
/// Beyond this length every second edit takes a letter away.
const GROWTH_MAX: usize = 20_000;

/// Makes the same edits for each seed: letters typed on, in a new place now and then.
pub struct Author {
    text: Text,
    first_len: usize,
    caret: usize,
    dice: Dice,
}

impl Author {
    /// One who works on this text.
    #[must_use]
    pub fn new(text: &str, seed: u64) -> Self {
        let text = Text::from(text);
        Self { first_len: text.len(), text, caret: 0, dice: Dice::new(seed, 0) }
    }

    /// The text as it is now; the clone is cheap.
    #[must_use]
    pub fn text(&self) -> Text {
        self.text.clone()
    }

    fn edit(&mut self) -> Result<Operation> {
        let len = self.text.len();
        if self.dice.below(JUMP) == 0 {
            self.caret = self.dice.below(len + 1);
        }
        let takes_away = len > self.first_len + GROWTH_MAX && self.caret > 0;
        let operation = if takes_away {
            self.caret -= 1;
            Operation::replace(len, self.caret..self.caret + 1, "")
        } else {
            self.caret += 1;
            let letter = char::from(b'a' + self.dice.below(26) as u8);
            Operation::replace(len, self.caret - 1..self.caret - 1, letter.encode_utf8(&mut [0; 4]))
        };
        self.text.apply(&operation)?;
        Ok(operation)
    }
}

/// The log of one document, as a client of it that has just come.
pub struct Pen<'a> {
    log: &'a dyn OpLog,
    document: DocumentId,
    author: codesync_core::Author,
    head: Revision,
    seq: Seq,
}

impl<'a> Pen<'a> {
    /// Takes part in a document that nobody else writes into.
    ///
    /// # Errors
    ///
    /// If the log does not answer.
    pub async fn take(log: &'a dyn OpLog, document: DocumentId) -> Result<Self> {
        let registration = Registration::local(document, ClientId::from_bytes([7; 16]));
        let record = log.register(registration).await?;
        let head = log.heads(&[document]).await?.first().map_or(Revision::ZERO, |it| it.revision);
        Ok(Self { log, document, author: record.author, head, seq: record.last_seq })
    }

    /// The newest revision.
    #[must_use]
    pub fn head(&self) -> Revision {
        self.head
    }

    /// Appends so many edits.
    ///
    /// # Errors
    ///
    /// If the log does not take them.
    pub async fn write(&mut self, author: &mut Author, edits: usize) -> Result<()> {
        let mut left = edits;
        while left > 0 {
            let batch = left.min(APPEND_EDITS);
            let (expected_head, mut entries) = (self.head, Vec::with_capacity(batch));
            for _ in 0..batch {
                let operation = author.edit()?;
                (self.head, self.seq) = (self.head.next(), self.seq.next());
                entries.push(Entry {
                    revision: self.head,
                    author: self.author,
                    seq: self.seq,
                    operation: operation.encode().into(),
                    base_length: operation.base_len(),
                });
            }
            let heads = self.log.heads(&[self.document]).await?;
            let append = Append {
                document: self.document,
                epoch: Epoch::FIRST,
                access: heads.first().map(|head| head.access).unwrap_or_default(),
                expected_head,
                entries,
                text_bytes: author.text.len_bytes() as u64,
            };
            self.log.append(append).await?;
            left -= batch;
        }
        Ok(())
    }
}
