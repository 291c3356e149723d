//! What each action of a plan does.

use codesync_core::{Selection, TextEdit};

use super::{MS, World, document_id, say};
use crate::chance::Chance;
use crate::coverage::Met;
use crate::plan::Action;

/// Longest pieces that one action types.
const INSERT_MAX: u64 = 30_000;

impl World {
    pub(super) fn act(&mut self, action: Action) {
        say!(self, "@ {action}");
        let who = |client: u64| (client % self.clients.len() as u64) as usize;
        let what = |document: u64| (document % self.truths.len() as u64) as usize;
        let which = |server: u64| (server % self.servers.len() as u64) as usize;
        match action {
            Action::Open { client, document } => self.open(who(client), what(document)),
            Action::Close { client, document } => self.close(who(client), what(document)),
            Action::Edit { client, document, place, delete, insert } => {
                let insert = insert.min(INSERT_MAX);
                self.edit_one(who(client), what(document), place, delete as usize, insert);
            }
            Action::EditMany { client, document, places, luck } => {
                self.edit_many(who(client), what(document), places, luck);
            }
            Action::Undo { client, document } => self.step_back(who(client), what(document), false),
            Action::Redo { client, document } => self.step_back(who(client), what(document), true),
            Action::BreakGroup { client, document } => {
                let id = document_id(what(document));
                self.with_client(who(client), |connection, _| connection.break_undo_group(id));
            }
            Action::Select { client, document, count, luck } => {
                self.select(who(client), what(document), count, luck);
            }
            Action::Cut { client } => self.cut(who(client)),
            Action::Hang { client } => self.hang(who(client)),
            Action::Offline { client } => {
                let client = who(client);
                self.clients[client].online = false;
                self.cut(client);
            }
            Action::Online { client } => self.come_online(who(client)),
            Action::Stall { client, ms } => {
                let client = who(client);
                let until = &mut self.clients[client].stalled_until;
                // Frames that wait for the end of a stall would be overtaken if it were put off.
                if *until <= self.now {
                    *until = self.now + ms * MS;
                }
            }
            Action::SlowDisk { client, ms } => {
                let client = who(client);
                self.clients[client].disk.slow_ms = ms;
            }
            Action::Kill { client, luck } => self.kill_client(who(client), luck),
            Action::Restart { client } => self.start_client(who(client)),
            Action::KillServer { server, .. } => self.kill_server(which(server)),
            Action::StartServer { server } => self.start_server(which(server)),
            Action::Drain { server } => self.farewell(which(server)),
            Action::Unload { server, document } => self.unload(which(server), what(document), 0),
            Action::Snapshot { server, document } => {
                self.with_document(which(server), what(document), |state, _| state.snapshot_now());
            }
            Action::Prune { document, keep } => self.store.prune(what(document), keep as usize),
            Action::Damage { document } => {
                if self.store.damage(what(document)) {
                    self.coverage.met(Met::SnapshotDamaged);
                }
            }
            Action::Permit { document, client, role, ms } => {
                self.permit(what(document), who(client), role, ms);
            }
            Action::EndLogin { client } => self.end_login(who(client)),
            Action::LogAnswers { server, answer, count } => {
                self.store.answer_next(which(server), answer, count);
            }
            Action::LogDown { ms } => self.store.down(self.now + ms * MS),
            Action::LogSlow { ms, by_ms } => self.store.slow(self.now + ms * MS, by_ms * MS),
            Action::Write { server, document, behind, again_ms } => {
                self.write_whole(which(server), what(document), behind, again_ms * MS);
            }
        }
    }

    pub(super) fn come_online(&mut self, client: usize) {
        if !std::mem::replace(&mut self.clients[client].online, true) {
            self.with_client(client, |connection, now| connection.reconnect(now));
        }
    }

    /// Replaces some chars at a place by as many new ones.
    pub(super) fn edit_one(
        &mut self,
        client: usize,
        document: usize,
        place: u64,
        delete: usize,
        insert: u64,
    ) {
        let Some(text) = self.text_of(client, document) else { return };
        let at = match place {
            0..1000 => (text.len() * place as usize).div_ceil(999).min(text.len()),
            _ => self.clients[client].carets[document].min(text.len()),
        };
        let end = (at + delete).min(text.len());
        let typed = self.tags.take(insert);
        self.clients[client].carets[document] = at + typed.chars().count();
        self.edit(client, document, &[TextEdit { range: at..end, text: typed }]);
    }

    /// Changes several places at once, with line endings of all kinds.
    fn edit_many(&mut self, client: usize, document: usize, places: u64, luck: u64) {
        let Some(text) = self.text_of(client, document) else { return };
        let mut chance = Chance::of(luck, &[places]);
        let (mut edits, mut at) = (Vec::new(), 0);
        for _ in 0..places.min(64) {
            let start = at + chance.below((text.len() - at) as u64 / 2 + 1) as usize;
            let end = (start + chance.below(4) as usize).min(text.len());
            let mut typed = self.tags.take(chance.below(3));
            let piece: &&str =
                chance.pick(&["", "", "\n", "\r\n", "\r", "e\u{301}", "👩\u{200d}🚀"]);
            typed.push_str(piece);
            edits.push(TextEdit { range: start..end, text: typed });
            at = end;
            if at == text.len() {
                break;
            }
        }
        self.edit(client, document, &edits);
    }

    fn select(&mut self, client: usize, document: usize, count: u64, luck: u64) {
        let Some(text) = self.text_of(client, document) else { return };
        let mut chance = Chance::of(luck, &[count]);
        let mut offset = || chance.below(text.len() as u64 + 1) as usize;
        let selections = (0..count.min(64)).map(|_| Selection::new(offset(), offset())).collect();
        self.with_client(client, |connection, now| {
            connection.set_selections(now, document_id(document), selections);
        });
    }
}
