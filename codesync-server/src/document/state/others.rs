//! The people at other servers, as those tell of them: seen by the people here, and no more.
//!
//! Nothing of it is on the way of an edit, and nothing of it is trusted with one.

use std::time::Duration;

use codesync_core::document::CatchUp;
use codesync_core::{Author, Bias, Revision, Selection, selection};

use super::{DocumentState, PRESENCE_REVISIONS_MAX};
use crate::bus::{self, Origin, Person};
use crate::document::Output;
use crate::document::presence::Meeting;

impl DocumentState {
    /// Another server says who is there.
    pub fn handle_presence(&mut self, now: Duration, origin: Origin, presence: &bus::Presence) {
        match presence {
            bus::Presence::Here(people) => {
                for person in people {
                    self.meet(now, origin, person);
                }
            }
            bus::Presence::Everyone(authors) => {
                for (author, departed) in self.presence.everyone(now, origin, authors) {
                    self.tell_departed(author, &departed);
                }
            }
            bus::Presence::Who => self.presence.answer(now, origin),
        }
        self.tell_presence(now);
    }

    fn meet(&mut self, now: Duration, origin: Origin, person: &Person) {
        match self.presence.meet(now, origin, person) {
            Meeting::OfNoConcern => return,
            Meeting::Known => {}
            Meeting::New(arrived) => self.tell_all(&arrived),
        }
        let Person { author, revision, selections, .. } = person;
        if let Some((revision, selections)) = self.bring_forward(*revision, selections.clone()) {
            self.presence.moved_to(*author, revision, selections);
        }
    }

    /// Forgets the people of servers that have been silent for too long.
    pub(super) fn presence_timeout(&mut self, now: Duration) {
        for (author, departed) in self.presence.silent(now) {
            self.tell_departed(author, &departed);
        }
        self.tell_presence(now);
    }

    /// Tells the people here who moved, and the other servers who is here, if it is time.
    pub(super) fn tell_presence(&mut self, now: Duration) {
        for messages in self.presence.take(now) {
            self.tell_all(&messages);
        }
        let said = self.presence.said(now);
        self.outputs.extend(said.into_iter().map(Output::Presence));
    }

    /// Selections in the text at `revision`, as selections in the text at head. What is ahead of
    /// us stays as it is, and what comes from long ago is not worth the work.
    pub(super) fn bring_forward(
        &self,
        revision: Revision,
        selections: Vec<Selection>,
    ) -> Option<(Revision, Vec<Selection>)> {
        let head = self.head();
        let Some(behind) = head.since(revision) else { return Some((revision, selections)) };
        if behind > PRESENCE_REVISIONS_MAX {
            return None;
        }
        let steps = self.document.catch_up(revision, Author::ZERO).ok()?;
        let selections = steps.iter().fold(selections, |selections, step| match step {
            CatchUp::Range { operation, .. } => selection::map(&selections, operation, Bias::Left),
            CatchUp::Own { .. } => selections,
        });
        let len = self.document.text().len();
        Some((head, selections.into_iter().map(|selection| selection.clamp(len)).collect()))
    }
}
