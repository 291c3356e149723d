//! Whole texts that are taken out, in the audit log.
//!
//! Who downloads a text is written down before he gets it. A program that looks every second whether
//! a text has changed would fill the log with one sentence: who takes the same document out again, at
//! the same place and within the hour, is on the record already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use codesync_core::{DocumentId, Revision};

use crate::db::Database;
use crate::db::audit::{Action, Actor, Note};
use crate::http::error::ApiError;

/// How long one row speaks for the exports after it.
const SPEAKS: Duration = Duration::from_secs(60 * 60);
/// Exports that are remembered at once. Beyond it each one is written down.
const REMEMBERED_MAX: usize = 16_384;

type Export = (Actor, DocumentId);

/// Exports that are on the record. A clone is another handle on the same ones.
#[derive(Clone, Debug, Default)]
pub struct Exports {
    until: Arc<Mutex<HashMap<Export, Instant>>>,
}

impl Exports {
    /// Writes an export down. Without it nothing is to be given out.
    pub(crate) async fn note(
        &self,
        database: &Database,
        by: Actor,
        document: DocumentId,
        revision: Revision,
    ) -> Result<(), ApiError> {
        let export = (by, document);
        if self.is_known(&export, Instant::now()) {
            return Ok(());
        }
        let (action, detail) = (Action::Exported, format!("revision {revision}"));
        let Ok(()) =
            database.change(Note { action, by: export.0.clone(), document, detail }).await?;
        self.remember(export, Instant::now());
        Ok(())
    }

    fn is_known(&self, export: &Export, now: Instant) -> bool {
        self.until().get(export).is_some_and(|until| now < *until)
    }

    fn remember(&self, export: Export, now: Instant) {
        let mut until = self.until();
        if until.len() >= REMEMBERED_MAX {
            until.retain(|_, until| now < *until);
        }
        if until.len() < REMEMBERED_MAX {
            until.insert(export, now + SPEAKS);
        }
    }

    fn until(&self) -> MutexGuard<'_, HashMap<Export, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);

    fn export(user: u128, address: &str, document: DocumentId) -> Export {
        let user = Some(UserId::from_bytes(user.to_be_bytes()));
        (Actor { user, address: address.to_owned() }, document)
    }

    #[test]
    fn a_row_speaks_for_one_person_document_and_place_for_an_hour() {
        let (exports, now) = (Exports::default(), Instant::now());
        let first = export(1, "10.0.0.1", DOCUMENT);
        assert!(!exports.is_known(&first, now));
        exports.remember(first.clone(), now);
        assert!(exports.is_known(&first, now + SPEAKS - Duration::from_secs(1)));
        assert!(!exports.is_known(&first, now + SPEAKS));
        let other = DocumentId::from_bytes([2; 16]);
        for export in [
            export(2, "10.0.0.1", DOCUMENT),
            export(1, "10.0.0.2", DOCUMENT),
            export(1, "10.0.0.1", other),
        ] {
            assert!(!exports.is_known(&export, now), "{export:?}");
        }
    }

    #[test]
    fn a_flood_of_exports_takes_no_more_room_than_there_is() {
        let (exports, now) = (Exports::default(), Instant::now());
        for number in 0..REMEMBERED_MAX as u128 + 10 {
            exports.remember(export(number, "10.0.0.1", DOCUMENT), now);
        }
        assert_eq!(exports.until().len(), REMEMBERED_MAX);
        let last = export(0, "10.0.0.2", DOCUMENT);
        assert!(!exports.is_known(&last, now));
        exports.remember(last.clone(), now + SPEAKS);
        assert!(exports.is_known(&last, now + SPEAKS), "those before have had their hour");
        assert_eq!(exports.until().len(), 1);
    }
}
