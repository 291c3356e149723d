//! From a seed to a plan.
//!
//! Each seed has its own mix: of the things that can go wrong, about half are left out, and the
//! others come often or seldom. (Groce et al., "Swarm testing", ISSTA 2012: a run in which
//! everything happens a little finds less than runs in which a few things happen a lot.)

use crate::chance::Chance;
use crate::plan::{Action, Plan, Setup};

pub(crate) const SERVERS: u64 = 2;
/// Chars of a large insertion in a run with several: about 88 KB, more than a submission holds.
const HEAVY: u64 = 22_000;

/// The plan of a seed.
pub(crate) fn plan(seed: u64) -> Plan {
    let mut chance = Chance::of(seed, &[1]);
    let clients = chance.between(5, 7);
    let documents = if chance.per_mille(250) { 2 } else { 1 };
    let mut rate =
        |often: u64, most: u64| if chance.per_mille(often) { chance.below(most) } else { 0 };
    let frames_doubled = rate(250, 150);
    let frames_dropped = rate(250, 100);
    let (hints_lost, hints_doubled) = (rate(600, 1001), rate(500, 400));
    let hints_late_ms = rate(600, 400);
    let latency_ms = *chance.pick(&[1, 5, 20, 60]);
    let fsync_ms = *chance.pick(&[1, 4, 15, 40]);
    let log_ms = *chance.pick(&[1, 3, 10, 40]);
    let token_ms = if chance.per_mille(250) { *chance.pick(&[2_000, 8_000, 60_000]) } else { 0 };
    let setup = Setup::World {
        clients,
        documents,
        latency_ms,
        fsync_ms,
        log_ms,
        frames_doubled,
        frames_dropped,
        hints_lost,
        hints_doubled,
        hints_late_ms,
        token_ms,
    };
    let mut script = Script::new(clients, documents, chance);
    script.write();
    Plan { seed, setup, actions: script.actions }
}

type Make = fn(&mut Script) -> Action;

struct Script {
    clients: u64,
    documents: u64,
    chance: Chance,
    at_ms: u64,
    actions: Vec<(u64, Action)>,
    /// Whoever did something often does the next thing too.
    last_client: u64,
    /// Whether texts become so large that readers fall behind, and people so slow.
    is_heavy: bool,
    /// How many large insertions may still come: they cost most of a run's time.
    pastes: u64,
}

impl Script {
    fn new(clients: u64, documents: u64, mut chance: Chance) -> Self {
        let is_heavy = chance.per_mille(30);
        let pastes = if is_heavy { 6 } else { chance.below(16).saturating_sub(14) };
        Self {
            clients,
            documents,
            chance,
            at_ms: 0,
            actions: Vec::new(),
            last_client: 0,
            is_heavy,
            pastes,
        }
    }

    fn write(&mut self) {
        for client in 0..self.clients {
            for document in 0..self.documents {
                if client < 2 || self.chance.per_mille(700) {
                    self.actions.push((self.at_ms, Action::Open { client, document }));
                    self.at_ms += self.chance.below(30);
                }
            }
        }
        let verbs = self.verbs();
        let total: u64 = verbs.iter().map(|(weight, _)| weight).sum();
        // Now and then long enough for a checkpoint on the way.
        let is_long = self.chance.per_mille(25);
        let actions =
            if is_long { self.chance.between(1000, 1600) } else { self.chance.between(100, 500) };
        for _ in 0..actions {
            self.at_ms += self.pause();
            let mut at = self.chance.below(total);
            let verb = verbs.iter().find(|(weight, _)| {
                let found = at < *weight;
                at = at.saturating_sub(*weight);
                found
            });
            let action = verb.expect("the weights add up").1(self);
            self.actions.push((self.at_ms, action));
            self.follow_up(action);
        }
        self.actions.sort_by_key(|(at, _)| *at);
    }

    /// What can happen in this plan, and how often.
    fn verbs(&mut self) -> Vec<(u64, Make)> {
        let mut verbs: Vec<(u64, Make)> = vec![
            (60, Self::typing),
            (25, Self::replacing),
            (20, |it| Action::Undo { client: it.client(), document: it.document() }),
            (8, |it| Action::Redo { client: it.client(), document: it.document() }),
        ];
        let seldom: [(u64, Make); 25] = [
            (20, Self::deleting),
            (10, Self::many_places),
            (6, Self::pasting),
            (4, |it| Action::BreakGroup { client: it.client(), document: it.document() }),
            (10, Self::selecting),
            (8, |it| Action::Open { client: it.client(), document: it.document() }),
            (6, |it| Action::Close { client: it.client(), document: it.document() }),
            (10, |it| Action::Cut { client: it.client() }),
            (3, |it| Action::Hang { client: it.client() }),
            (10, |it| Action::Offline { client: it.client() }),
            (6, Self::stalling),
            (6, |it| Action::SlowDisk { client: it.client(), ms: it.span(800) }),
            (10, |it| Action::Kill { client: it.client(), luck: it.chance.below(1000) }),
            (5, |it| Action::KillServer { server: it.server(), luck: it.chance.below(1000) }),
            (2, |it| Action::Drain { server: it.server() }),
            (4, |it| Action::Unload { server: it.server(), document: it.document() }),
            (8, |it| Action::Snapshot { server: it.server(), document: it.document() }),
            (4, |it| Action::Prune { document: it.document(), keep: it.chance.below(3) }),
            (2, |it| Action::Damage { document: it.document() }),
            (12, Self::log_answers),
            (3, |it| Action::LogDown { ms: it.span(3000) }),
            (3, |it| Action::LogSlow { ms: it.span(3000), by_ms: it.span(400) }),
            (12, Self::permitting),
            (4, |it| Action::EndLogin { client: it.client() }),
            (10, Self::writing),
        ];
        if self.is_heavy {
            verbs.extend([(20, Self::pasting as Make), (20, Self::stalling)]);
        }
        for (weight, make) in seldom {
            if self.chance.per_mille(550) {
                let times = *self.chance.pick(&[1, 1, 2, 4]);
                verbs.push((weight * times, make));
            }
        }
        verbs
    }

    /// What is broken is usually mended after a while; large insertions come together, and
    /// somebody cannot take them.
    fn follow_up(&mut self, action: Action) {
        if let Action::Edit { client, document, insert: HEAVY, .. } = action {
            let ms = self.chance.between(10_000, 28_000);
            let slow = (client + 1) % self.clients;
            self.actions.push((self.at_ms, Action::Stall { client: slow, ms }));
            for number in 1..=std::mem::take(&mut self.pastes) {
                let client = (client + number * 2) % self.clients;
                let paste = Action::Edit { client, document, place: 0, delete: 0, insert: HEAVY };
                self.actions.push((self.at_ms + number * 300, paste));
            }
        }
        let later = self.at_ms + self.span(5000);
        let mended = match action {
            Action::Kill { client, .. } => Action::Restart { client },
            Action::Offline { client } => Action::Online { client },
            Action::KillServer { server, .. } => Action::StartServer { server },
            Action::Permit { document, client, role: 0..2, .. } => {
                Action::Permit { document, client, role: 2, ms: 0 }
            }
            _ => return,
        };
        self.actions.push((later, mended));
    }

    fn pause(&mut self) -> u64 {
        match self.chance.below(10) {
            0..5 => self.chance.below(15),
            5..9 => self.chance.below(250),
            _ => self.chance.below(2500),
        }
    }

    /// A time that is short more often than long.
    fn span(&mut self, ms_max: u64) -> u64 {
        let most = self.chance.between(1, ms_max);
        self.chance.between(1, most)
    }

    fn client(&mut self) -> u64 {
        if self.chance.per_mille(500) {
            self.last_client = self.chance.below(self.clients);
        }
        self.last_client
    }

    fn document(&mut self) -> u64 {
        self.chance.below(self.documents)
    }

    fn server(&mut self) -> u64 {
        self.chance.below(SERVERS)
    }

    /// Often the same few places, so that people meet.
    fn place(&mut self) -> u64 {
        match self.chance.below(10) {
            0..4 => 1000,
            4..7 => *self.chance.pick(&[0, 500, 999]),
            _ => self.chance.below(1000),
        }
    }

    fn typing(&mut self) -> Action {
        let insert = if self.chance.per_mille(700) { 1 } else { self.chance.between(2, 8) };
        let (client, document) = (self.client(), self.document());
        Action::Edit { client, document, place: self.place(), delete: 0, insert }
    }

    fn deleting(&mut self) -> Action {
        let delete = self.chance.between(1, 5);
        let (client, document) = (self.client(), self.document());
        Action::Edit { client, document, place: self.place(), delete, insert: 0 }
    }

    fn replacing(&mut self) -> Action {
        let (delete, insert) = (self.chance.between(1, 6), self.chance.between(1, 3));
        let (client, document) = (self.client(), self.document());
        Action::Edit { client, document, place: self.place(), delete, insert }
    }

    fn pasting(&mut self) -> Action {
        if self.pastes == 0 {
            return self.typing();
        }
        self.pastes -= 1;
        let insert = if self.is_heavy { HEAVY } else { self.chance.between(2_000, 24_000) };
        let (client, document) = (self.client(), self.document());
        Action::Edit { client, document, place: self.place(), delete: 0, insert }
    }

    fn stalling(&mut self) -> Action {
        let ms = if self.is_heavy { self.chance.between(1, 40_000) } else { self.span(4000) };
        Action::Stall { client: self.client(), ms }
    }

    fn many_places(&mut self) -> Action {
        let (client, document) = (self.client(), self.document());
        let places = self.chance.between(2, 6);
        Action::EditMany { client, document, places, luck: self.chance.below(1 << 32) }
    }

    fn selecting(&mut self) -> Action {
        let (client, document) = (self.client(), self.document());
        let count = self.chance.between(0, 3);
        Action::Select { client, document, count, luck: self.chance.below(1 << 32) }
    }

    fn permitting(&mut self) -> Action {
        let role = *self.chance.pick(&[0, 1, 1, 2]);
        let ms = if self.chance.per_mille(200) { self.span(6000) } else { 0 };
        Action::Permit { document: self.document(), client: self.client(), role, ms }
    }

    fn writing(&mut self) -> Action {
        let (server, document) = (self.server(), self.document());
        let behind = *self.chance.pick(&[0, 0, 1, 5, 40]);
        let again_ms = if self.chance.per_mille(500) { self.span(3000) } else { 0 };
        Action::Write { server, document, behind, again_ms }
    }

    fn log_answers(&mut self) -> Action {
        let (server, answer) = (self.server(), self.chance.below(5));
        Action::LogAnswers { server, answer, count: self.chance.between(1, 3) }
    }
}
