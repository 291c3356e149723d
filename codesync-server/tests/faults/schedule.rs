//! What goes wrong, and when: all of it from one seed.

use std::fmt;

use codesync_loadgen::dice::Dice;

use crate::cluster::SERVERS;

/// Longest time between two faults.
const BETWEEN_MS: usize = 1600;
const PAUSE_MS: (usize, usize) = (100, 10_000);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    KillServer {
        server: usize,
        ms: u64,
    },
    PauseServer {
        server: usize,
        ms: u64,
    },
    DrainServer {
        server: usize,
    },
    KillRedis {
        ms: u64,
    },
    FlushRedis,
    PauseRedis {
        ms: u64,
    },
    /// Postgres ends, with or without a crash, with commits in flight.
    RestartPostgres {
        crash: bool,
        ms: u64,
    },
    FailObjects {
        ms: u64,
    },
    SlowObjects {
        ms: u64,
    },
    LoseMessages {
        ms: u64,
    },
    CutDatabase {
        server: usize,
    },
    TearDatabase {
        server: usize,
    },
    CutPerson {
        person: usize,
    },
    TearPerson {
        person: usize,
    },
    SlowPerson {
        person: usize,
        ms: u64,
    },
    KillPerson {
        person: usize,
    },
    /// The guest may only read for a while.
    Demote {
        ms: u64,
    },
}

/// What a fault is about; two about the same thing do not overlap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Victim {
    Server(usize),
    Redis,
    Postgres,
    Objects,
    Messages,
    Person(usize),
    Guest,
    Wire(usize),
}

impl Fault {
    pub(crate) fn victim(self) -> Victim {
        match self {
            Self::KillServer { server, .. }
            | Self::PauseServer { server, .. }
            | Self::DrainServer { server } => Victim::Server(server),
            Self::KillRedis { .. } | Self::FlushRedis | Self::PauseRedis { .. } => Victim::Redis,
            Self::RestartPostgres { .. } => Victim::Postgres,
            Self::FailObjects { .. } | Self::SlowObjects { .. } => Victim::Objects,
            Self::LoseMessages { .. } => Victim::Messages,
            Self::CutDatabase { server } | Self::TearDatabase { server } => Victim::Wire(server),
            Self::CutPerson { person }
            | Self::TearPerson { person }
            | Self::SlowPerson { person, .. }
            | Self::KillPerson { person } => Victim::Person(person),
            Self::Demote { .. } => Victim::Guest,
        }
    }

    fn ms(self) -> u64 {
        match self {
            Self::KillServer { ms, .. }
            | Self::PauseServer { ms, .. }
            | Self::KillRedis { ms }
            | Self::PauseRedis { ms }
            | Self::RestartPostgres { ms, .. }
            | Self::FailObjects { ms }
            | Self::SlowObjects { ms }
            | Self::LoseMessages { ms }
            | Self::SlowPerson { ms, .. }
            | Self::Demote { ms } => ms,
            Self::DrainServer { .. } => 2000,
            Self::FlushRedis
            | Self::CutDatabase { .. }
            | Self::TearDatabase { .. }
            | Self::CutPerson { .. }
            | Self::TearPerson { .. }
            | Self::KillPerson { .. } => 0,
        }
    }
}

/// Faults, each with its time in milliseconds, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Schedule(pub(crate) Vec<(u64, Fault)>);

impl Schedule {
    /// Every kind of fault comes early, in an order of its own for each seed; more follow by chance.
    pub(crate) fn of(seed: u64, ms: u64, people: usize) -> Self {
        let mut dice = Dice::new(seed, 0);
        let mut kinds: Vec<usize> = (0..KINDS).collect();
        for last in (1..KINDS).rev() {
            kinds.swap(last, dice.below(last + 1));
        }
        let (mut at, mut faults, mut busy) = (500, Vec::new(), Vec::<(Victim, u64)>::new());
        while at < ms {
            let kind = kinds.pop().unwrap_or_else(|| dice.below(KINDS));
            let fault = fault(kind, people, &mut dice);
            let victim = fault.victim();
            if busy.iter().any(|(met, until)| *met == victim && *until > at) {
                kinds.insert(0, kind);
            } else {
                faults.push((at, fault));
                busy.push((victim, at + fault.ms() + 500));
            }
            at += dice.below(BETWEEN_MS) as u64;
        }
        Self(faults)
    }
}

const KINDS: usize = 17;

fn fault(kind: usize, people: usize, dice: &mut Dice) -> Fault {
    let (server, person) = (dice.below(SERVERS), dice.below(people));
    let mut between = |(from, to): (usize, usize)| (from + dice.below(to - from + 1)) as u64;
    match kind {
        0 => Fault::KillServer { server, ms: between((0, 3000)) },
        1 => Fault::PauseServer { server, ms: between(PAUSE_MS) },
        2 => Fault::DrainServer { server },
        3 => Fault::KillRedis { ms: between((0, 5000)) },
        4 => Fault::FlushRedis,
        5 => Fault::PauseRedis { ms: between((100, 5000)) },
        6 => Fault::RestartPostgres { crash: between((0, 1)) == 0, ms: between((0, 3000)) },
        7 => Fault::FailObjects { ms: between((1000, 8000)) },
        8 => Fault::SlowObjects { ms: between((1000, 8000)) },
        9 => Fault::LoseMessages { ms: between((500, 6000)) },
        10 => Fault::CutDatabase { server },
        11 => Fault::TearDatabase { server },
        12 => Fault::CutPerson { person },
        13 => Fault::TearPerson { person },
        14 => Fault::SlowPerson { person, ms: between((500, 5000)) },
        15 => Fault::KillPerson { person },
        _ => Fault::Demote { ms: between((500, 4000)) },
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(ms, fault)| writeln!(f, "@{ms} {fault:?}"))
    }
}

#[test]
fn a_seed_gives_the_same_schedule_each_time_and_every_kind_comes() {
    let schedule = Schedule::of(7, 60_000, 10);
    assert_eq!(schedule, Schedule::of(7, 60_000, 10));
    assert_ne!(schedule, Schedule::of(8, 60_000, 10));
    let mut kinds: Vec<_> =
        schedule.0.iter().map(|(_, fault)| std::mem::discriminant(fault)).collect();
    let mut met = Vec::new();
    while let Some(kind) = kinds.pop() {
        if !met.contains(&kind) {
            met.push(kind);
        }
    }
    assert_eq!(met.len(), KINDS);
}
