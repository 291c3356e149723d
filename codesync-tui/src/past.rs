//! A document's past, as pages of the server become lists.

use codesync_client::{Author, Rest, RestError, Timeline, TimelineGroup, Version};
use codesync_core::DocumentId;

/// Versions of one call.
const PAGE: u32 = 100;
/// Versions that are looked through.
const VERSIONS_MAX: usize = 1_000;

/// What the server has told of a timeline so far, the newest first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Told {
    pub(crate) groups: Vec<TimelineGroup>,
    /// Whether the last group goes on on the next page.
    pub(crate) goes_on: bool,
    /// The cursor of the next page, if there is one.
    pub(crate) next: Option<String>,
}

impl Told {
    /// Adds the next page. A group that the pages cut in two becomes one.
    pub(crate) fn add(&mut self, page: Timeline) {
        let mut more = page.groups.into_iter();
        if self.goes_on
            && let (Some(last), Some(rest)) = (self.groups.last_mut(), more.next())
        {
            last.first_revision = rest.first_revision;
            last.from = rest.from;
            last.inserted_chars += rest.inserted_chars;
            last.deleted_chars += rest.deleted_chars;
        }
        self.groups.extend(more);
        self.goes_on = page.goes_on;
        self.next = page.next;
    }
}

/// The versions that people have named, the newest first.
pub(crate) async fn named(rest: &Rest, document: DocumentId) -> Result<Vec<Version>, RestError> {
    let mut versions = Vec::new();
    let mut cursor = None;
    while versions.len() < VERSIONS_MAX {
        let page = rest.versions(document, Some(PAGE), cursor).await?;
        versions.extend(page.versions.into_iter().filter(|version| version.name.is_some()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(versions)
}

/// What to call whoever wrote.
pub(crate) fn called(person: &Author) -> &str {
    match (person.name.as_deref(), person.kind.as_str()) {
        (Some(name), _) => name,
        (None, "server") => "imported",
        (None, _) => "somebody here",
    }
}
