//! The world of a run: clients, servers, one log, the wires between them, and virtual time.
//!
//! One thread, one queue of things to come. The clients are the core's `Connection`s, the servers
//! are made of `ws::session::Session` and `DocumentState`; both are what runs in production.
//! Everything around them (sockets, disks, the log's answers, the bus) is simulated here, each with
//! the freedom to be late, broken or gone that the real one has.

mod act;
mod client;
mod disk;
mod people;
mod program;
mod server;
mod settle;
mod store;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use codesync_core::{ClientId, DocumentId};
use codesync_server::ids::UserId;

use self::client::Client;
use self::program::Programs;
use self::server::Server;
use self::store::Store;
use self::wire::Socket;
use crate::chance::Chance;
use crate::coverage::{Coverage, Met};
use crate::oracle::tags::{Intents, Tags};
use crate::oracle::{Check, Truth, Violation, broken};
use crate::plan::{Plan, Setup};
use crate::script::SERVERS;

/// Things that may happen in one run; more of them is a loop.
const EVENTS_MAX: u64 = 1_000_000;
/// Things that may happen at one moment.
const EVENTS_AT_ONCE_MAX: u64 = 50_000;

/// Microseconds since the beginning.
pub(crate) type Micros = u64;

pub(crate) const MS: Micros = 1_000;
pub(crate) const SECOND: Micros = 1_000 * MS;

type Happening = Box<dyn FnOnce(&mut World)>;

pub(crate) struct World {
    seed: u64,
    rates: Rates,
    now: Micros,
    queue: BTreeMap<(Micros, u64), Happening>,
    order: u64,
    events: u64,
    clients: Vec<Client>,
    servers: Vec<Server>,
    sockets: Vec<Socket>,
    store: Store,
    truths: Vec<Truth>,
    intents: Vec<Intents>,
    tags: Tags,
    programs: Programs,
    /// Once no new faults are made.
    calm: bool,
    violation: Option<Violation>,
    /// Says what happens, if somebody wants to read it.
    pub(crate) trace: bool,
    /// Follows from everything that happened, in its order.
    pub(crate) fingerprint: u64,
    pub(crate) coverage: Coverage,
}

/// What the setup of a plan says.
#[derive(Clone, Copy, Debug)]
struct Rates {
    latency_ms: u64,
    fsync_ms: u64,
    log_ms: u64,
    frames_doubled: u64,
    frames_dropped: u64,
    hints_lost: u64,
    hints_doubled: u64,
    hints_late_ms: u64,
    /// How long tokens count; zero on servers without accounts.
    token_ms: u64,
}

/// Says what happens, where somebody reads it.
macro_rules! say {
    ($world:expr, $($detail:tt)+) => {
        if $world.trace {
            println!("{:>10.3} ms  {}", $world.now as f64 / 1000.0, format_args!($($detail)+));
        }
    };
}
use say;

/// The document with this number.
fn document_id(document: usize) -> DocumentId {
    let mut bytes = [0xd0; 16];
    bytes[15] = document as u8;
    DocumentId::from_bytes(bytes)
}

/// The number of this document.
fn document_number(id: DocumentId) -> usize {
    usize::from(id.to_bytes()[15])
}

/// The number of this client, as it stands in its id.
pub(crate) fn client_number(id: ClientId) -> usize {
    usize::from(id.to_bytes()[8])
}

/// The person who uses this client.
fn user_of(client: usize) -> UserId {
    UserId::from_bytes([client as u8 + 1; 16])
}

impl World {
    /// The world before a plan begins.
    pub(crate) fn new(plan: &Plan) -> Self {
        let Setup::World {
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
        } = plan.setup;
        let rates = Rates {
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
        let (clients, documents) = (clients.clamp(1, 64) as usize, documents.clamp(1, 64) as usize);
        let seed = plan.seed;
        let mut world = Self {
            seed,
            rates,
            now: 0,
            queue: BTreeMap::new(),
            order: 0,
            events: 0,
            clients: (0..clients).map(|number| Client::new(seed, number, documents)).collect(),
            servers: (0..SERVERS).map(|number| Server::new(seed, number)).collect(),
            sockets: Vec::new(),
            store: Store::new(seed, documents, clients),
            truths: (0..documents).map(|_| Truth::new(clients)).collect(),
            intents: (0..documents).map(|_| Intents::default()).collect(),
            tags: Tags::default(),
            programs: Programs::default(),
            calm: false,
            violation: None,
            trace: false,
            fingerprint: seed,
            coverage: Coverage::default(),
        };
        for client in 0..clients {
            world.start_client(client);
        }
        for server in 0..world.servers.len() {
            world.start_server(server);
        }
        for (ms, action) in plan.actions.iter().copied() {
            world.at(ms * MS, move |world| world.act(action));
        }
        world
    }

    /// Runs the plan to its end, and then until all is quiet; checks what must hold then.
    pub(crate) fn run(&mut self) -> Check {
        let end = self.queue.keys().next_back().map_or(0, |(at, _)| *at);
        self.run_until(end)?;
        self.settle()
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.now)
    }

    fn chance(&self, thing: &[u64]) -> Chance {
        Chance::of(self.seed, thing)
    }

    /// Something happens at a time, after everything else that happens then.
    fn at(&mut self, time: Micros, happening: impl FnOnce(&mut World) + 'static) {
        self.order += 1;
        self.queue.insert((time.max(self.now), self.order), Box::new(happening));
    }

    fn after(&mut self, delay: Micros, happening: impl FnOnce(&mut World) + 'static) {
        self.at(self.now + delay, happening);
    }

    /// Notes the first law that does not hold; the run ends with it.
    fn check(&mut self, check: Check) {
        if let Err(violation) = check
            && self.violation.is_none()
        {
            say!(self, "VIOLATION {violation}");
            self.violation = Some(violation);
        }
    }

    /// Lets happen what happens until `end`.
    fn run_until(&mut self, end: Micros) -> Check {
        let mut at_once = 0;
        loop {
            let next = self.queue.keys().next().map(|(at, _)| *at);
            let due = self.next_due();
            let Some(at) = next.into_iter().chain(due.map(|(at, _)| at)).min() else { break };
            if at > end {
                break;
            }
            at_once = if at > self.now { 0 } else { at_once + 1 };
            self.now = self.now.max(at);
            self.events += 1;
            if at_once > EVENTS_AT_ONCE_MAX || self.events > EVENTS_MAX {
                return Err(broken("quiet", "the same goes on and on"));
            }
            match due {
                Some((due_at, timer)) if next.is_none_or(|next| due_at <= next) => self.ring(timer),
                _ => {
                    let (_, happening) = self.queue.pop_first().expect("it was seen just now");
                    happening(self);
                }
            }
            self.fingerprint =
                Chance::of(self.fingerprint, &[self.now, self.coverage.times(Met::Commit)]).next();
            if let Some(violation) = self.violation.take() {
                return Err(violation);
            }
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// The timer of a state machine that rings first.
    fn next_due(&self) -> Option<(Micros, Timer)> {
        let clients = self.clients.iter().enumerate();
        let clients = clients.filter_map(|(number, it)| Some((it.due?, Timer::Client(number))));
        let documents = self.servers.iter().enumerate().flat_map(|(server, it)| {
            let due = it.due();
            due.map(move |(document, at)| (at, Timer::Document { server, document }))
        });
        let sockets = self
            .open_sockets()
            .filter_map(|number| Some((self.sockets[number].due()?, Timer::Socket(number))));
        clients.chain(documents).chain(sockets).min_by_key(|(at, _)| *at)
    }

    fn ring(&mut self, timer: Timer) {
        match timer {
            Timer::Client(client) => {
                self.clients[client].due = None;
                self.with_client(client, |connection, now| connection.handle_timeout(now));
            }
            Timer::Document { server, document } => {
                self.with_document(server, document, |state, now| state.handle_timeout(now));
            }
            Timer::Socket(socket) => {
                self.with_session(socket, |session, now| session.handle_timeout(now));
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Timer {
    Client(usize),
    Document { server: usize, document: usize },
    Socket(usize),
}

/// A time of a state machine, as ours: never before it.
fn micros(time: Duration) -> Micros {
    u64::try_from(time.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
}
