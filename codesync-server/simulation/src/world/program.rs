//! Programs that hand in a text without ever joining.

use std::collections::BTreeMap;

use codesync_core::document::Submission;
use codesync_core::{ClientId, Operation, Revision, Seq};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::document::{Edit, EditRefusal, SubscriberId};

use super::{Micros, World, document_id, say, user_of};
use crate::coverage::Met;

/// Everything that was handed in.
#[derive(Default)]
pub(crate) struct Programs {
    count: u64,
    /// Of which document, by whom, and whether it was for the second time.
    handed_in: BTreeMap<(usize, SubscriberId), HandedIn>,
}

#[derive(Clone)]
struct HandedIn {
    document: usize,
    client: ClientId,
    again: bool,
}

impl World {
    /// A program inserts a word into the text of some revisions ago.
    pub(super) fn write_whole(
        &mut self,
        server: usize,
        document: usize,
        behind: u64,
        again_after: Micros,
    ) {
        self.programs.count += 1;
        let number = self.programs.count;
        // It acts for one of the people, and may do what he may.
        let person = number as usize % self.clients.len();
        let mut client = [0xee; 16];
        client[8] = person as u8;
        client[9..].copy_from_slice(&number.to_be_bytes()[1..]);
        let client = ClientId::from_bytes(client);
        let truth = &mut self.truths[document];
        let base = Revision::new(truth.head().get().saturating_sub(behind));
        let length = truth.text_at(base).expect("no later than the head").len();
        let at = length * (number % 4) as usize / 3;
        let operation = Operation::replace(length, at.min(length)..at.min(length), "written ");
        let (seq, since) = (Seq::new(1), base.get());
        let submission = Submission { seq, since, operation: operation.encode() };
        let check = truth.submitted(client, &submission, &mut self.coverage);
        self.check(check);
        let edit = Edit {
            client,
            user: user_of(person),
            access: AccessVersion::default(),
            rights: Rights::lasting(Role::Viewer),
            person: format!("program {number}"),
            base,
            operation,
            exact: false,
        };
        self.hand_in(server, document, edit.clone(), false);
        if again_after > 0 {
            let next = (server + 1) % self.servers.len();
            self.after(again_after, move |world| world.hand_in(next, document, edit, true));
        }
    }

    fn hand_in(&mut self, server: usize, document: usize, edit: Edit, again: bool) {
        if self.store.is_down(self.now) {
            return;
        }
        let table = self.store.log.access_now(document_id(document), &[edit.user]);
        let table = table.expect("the document was created with the world");
        let Some(rights) = table.rights.get(&edit.user).copied() else { return };
        let edit = Edit { access: table.version, rights, ..edit };
        let Some(id) = self.servers[server].next_subscriber(document) else { return };
        say!(self, "a program hands in document {document} at server {server}");
        let handed_in = HandedIn { document, client: edit.client, again };
        self.programs.handed_in.insert((server, id), handed_in);
        self.with_document(server, document, |state, _| state.handle_edit(id, edit));
    }

    /// A server has answered a program.
    pub(super) fn written_whole(
        &mut self,
        server: usize,
        id: SubscriberId,
        answer: Result<Revision, EditRefusal>,
    ) {
        let Some(HandedIn { document, client, again }) =
            self.programs.handed_in.remove(&(server, id))
        else {
            return;
        };
        let Ok(revision) = answer else { return };
        self.coverage.met(if again { Met::WrittenAgain } else { Met::WrittenWhole });
        let check = self.truths[document].written(client, revision);
        self.check(check);
    }
}
