//! Sockets: two ordered streams of frames, each of which may end anywhere.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use codesync_core::limits::FRAME_BYTES_MAX;
use codesync_core::protocol::CloseCode;
use codesync_server::document::SubscriberId;
use codesync_server::ws::SocketLimits;
use codesync_server::ws::session::{Output, Session};

use super::{MS, Micros, SECOND, World, micros, say};
use crate::chance::Chance;
use crate::coverage::Met;

/// Bytes that are on their way to a client before the server has to wait.
const WINDOW_BYTES: usize = 128 * 1024;

/// One connection between a client and a server.
pub(crate) struct Socket {
    client: usize,
    life: u64,
    attempt: u64,
    server: usize,
    boot: u64,
    chance: Chance,
    session: Session,
    /// The documents joined here.
    pub(crate) documents: BTreeMap<SubscriberId, usize>,
    outbox: VecDeque<Item>,
    /// Who wants to know when everything was taken.
    rooms: Vec<(usize, SubscriberId)>,
    writing: bool,
    bytes_in_flight: usize,
    up: Stream,
    down: Stream,
    /// Nothing arrives any more, and nobody says so.
    dead: bool,
    client_gone: bool,
    server_gone: bool,
}

/// One direction.
#[derive(Clone, Copy, Debug)]
struct Stream {
    /// When the last frame arrives.
    last: Micros,
    /// What would arrive later does not.
    cut: Micros,
}

impl Stream {
    const OPEN: Self = Self { last: 0, cut: Micros::MAX };
}

/// What a server has for a socket, as in the real outbox.
#[derive(Debug)]
pub(crate) enum Item {
    Messages(Bytes),
    Ping,
    Detached(SubscriberId),
    Trespassed,
    Close(CloseCode),
}

/// What arrives at a client.
#[derive(Clone, Debug)]
enum News {
    Connected,
    Frame(Bytes),
    Ping,
    Disconnected,
}

impl Socket {
    pub(crate) fn due(&self) -> Option<Micros> {
        if self.server_gone { None } else { self.session.poll_timeout().map(micros) }
    }
}

impl World {
    pub(super) fn open_sockets(&self) -> impl Iterator<Item = usize> {
        (0..self.sockets.len()).filter(|number| !self.sockets[*number].server_gone)
    }

    /// A client asks for a socket.
    pub(super) fn connect(&mut self, client: usize, attempt: u64) {
        let life = self.clients[client].life;
        let thing = [4, client as u64, life, attempt];
        let mut chance = self.chance(&thing);
        let server = chance.below(self.servers.len() as u64) as usize;
        let way = self.latency(&mut chance);
        if !self.clients[client].online {
            if chance.per_mille(900) {
                self.after(way, move |world| world.failed_to_connect(client, life, attempt));
            }
            return;
        }
        say!(self, "client {client} connects to server {server}");
        self.after(way, move |world| {
            let back = world.latency(&mut chance);
            if !world.servers[server].is_up {
                world.after(back, move |world| world.failed_to_connect(client, life, attempt));
                return;
            }
            let number = world.sockets.len();
            let boot = world.servers[server].boot;
            let session = Session::new(world.now(), SocketLimits::default());
            world.sockets.push(Socket {
                client,
                life,
                attempt,
                server,
                boot,
                chance,
                session,
                documents: BTreeMap::new(),
                outbox: VecDeque::new(),
                rooms: Vec::new(),
                writing: false,
                bytes_in_flight: 0,
                up: Stream::OPEN,
                down: Stream::OPEN,
                dead: false,
                client_gone: false,
                server_gone: false,
            });
            world.send_down(number, back, News::Connected);
        });
    }

    fn failed_to_connect(&mut self, client: usize, life: u64, attempt: u64) {
        let it = &mut self.clients[client];
        if it.life == life && it.attempt == attempt && it.is_wanted {
            it.is_wanted = false;
            self.with_client(client, |connection, now| connection.handle_disconnected(now));
        }
    }

    fn latency(&self, chance: &mut Chance) -> Micros {
        let usual = self.rates.latency_ms * MS;
        let rarely = if !self.calm && chance.per_mille(20) { chance.below(400 * MS) } else { 0 };
        usual / 2 + chance.below(usual + 1) + rarely
    }

    /// A client sends a frame.
    pub(super) fn send_up(&mut self, number: usize, frame: Vec<u8>) {
        let mut chance = self.sockets[number].chance.clone();
        let latency = self.latency(&mut chance);
        // A hello is left alone: without it, or with two, a socket is only closed again.
        let is_hello = self.sockets[number].up.last == 0;
        let times = if is_hello { 1 } else { self.times(&mut chance) };
        let socket = &mut self.sockets[number];
        socket.chance = chance;
        socket.up.last = socket.up.last.max(self.now + latency);
        let arrives = socket.up.last;
        let frame = Bytes::from(frame);
        for _ in 0..times {
            let frame = frame.clone();
            self.at(arrives, move |world| world.arrive_up(number, &frame));
        }
    }

    /// How often a frame arrives: once, if the wire is a good one.
    fn times(&mut self, chance: &mut Chance) -> u64 {
        let (lost, doubled) = (
            chance.per_mille(self.rates.frames_dropped),
            chance.per_mille(self.rates.frames_doubled),
        );
        match (lost, doubled) {
            _ if self.calm => 1,
            (true, _) => {
                self.coverage.met(Met::FrameLost);
                0
            }
            (false, true) => {
                self.coverage.met(Met::FrameDoubled);
                2
            }
            (false, false) => 1,
        }
    }

    fn arrive_up(&mut self, number: usize, frame: &[u8]) {
        let socket = &self.sockets[number];
        if self.now <= socket.up.cut && !socket.dead {
            self.with_session(number, |session, now| session.handle_frame(now, frame));
        }
    }

    /// Does something with a server's end of a socket, and then what it asks for.
    pub(super) fn with_session(&mut self, number: usize, act: impl FnOnce(&mut Session, Duration)) {
        let now = self.now();
        let socket = &mut self.sockets[number];
        if socket.server_gone {
            return;
        }
        act(&mut socket.session, now);
        self.drain_session(number);
    }

    pub(super) fn drain_session(&mut self, number: usize) {
        while let Some(output) = self.sockets[number].session.poll_output() {
            let server = self.sockets[number].server;
            match output {
                Output::Send(message) => self.put(number, Item::Messages(message.into())),
                Output::Ping => self.put(number, Item::Ping),
                Output::Close(code) => self.put(number, Item::Close(code)),
                Output::Authenticate { token } => self.authenticate(number, token),
                Output::Open { document, join } => self.open_at_server(number, document, join),
                Output::Submit { subscriber, submission } => {
                    self.submit(number, subscriber, submission);
                }
                Output::Select { subscriber, revision, selections } => {
                    if let Some(document) = self.sockets[number].documents.get(&subscriber) {
                        self.with_document(server, *document, |state, now| {
                            state.handle_select(now, subscriber, revision, selections);
                        });
                    }
                }
                Output::Leave { subscriber } => {
                    if let Some(document) = self.sockets[number].documents.remove(&subscriber) {
                        self.leave(server, document, subscriber);
                    }
                }
            }
        }
    }

    /// A server has something for a socket.
    pub(super) fn put(&mut self, number: usize, item: Item) {
        if !self.sockets[number].server_gone {
            self.sockets[number].outbox.push_back(item);
            self.write_soon(number);
        }
    }

    /// A document wants to know when a socket has taken everything.
    pub(super) fn await_room(&mut self, number: usize, document: usize, subscriber: SubscriberId) {
        self.sockets[number].rooms.push((document, subscriber));
        self.write_soon(number);
    }

    fn write_soon(&mut self, number: usize) {
        let socket = &mut self.sockets[number];
        if socket.writing || socket.server_gone || socket.bytes_in_flight >= WINDOW_BYTES {
            return;
        }
        socket.writing = true;
        let delay = socket.chance.below(MS);
        self.after(delay, move |world| world.write(number));
    }

    fn write(&mut self, number: usize) {
        let mut chance = self.sockets[number].chance.clone();
        let latency = self.latency(&mut chance);
        let socket = &mut self.sockets[number];
        socket.chance = chance;
        socket.writing = false;
        if socket.server_gone {
            return;
        }
        if socket.outbox.is_empty() {
            let server = socket.server;
            for (document, subscriber) in std::mem::take(&mut socket.rooms) {
                self.with_document(server, document, |state, now| {
                    state.handle_room(now, subscriber)
                });
            }
            return;
        }
        let (server, client) = (socket.server, socket.client);
        let mut frame = Vec::new();
        let mut closed = None;
        while let Some(item) = socket.outbox.pop_front() {
            match item {
                Item::Messages(messages) if frame.len() + messages.len() > FRAME_BYTES_MAX => {
                    socket.outbox.push_front(Item::Messages(messages));
                    break;
                }
                Item::Messages(messages) => frame.extend_from_slice(&messages),
                Item::Ping if frame.is_empty() => {
                    self.send_down(number, latency, News::Ping);
                    return self.write_soon(number);
                }
                Item::Ping => {
                    socket.outbox.push_front(Item::Ping);
                    break;
                }
                Item::Detached(subscriber) => {
                    socket.documents.remove(&subscriber);
                    socket.session.handle_detached(subscriber);
                }
                Item::Trespassed => {
                    self.coverage.met(Met::Trespass);
                    socket.session.handle_trespass();
                }
                Item::Close(code) => {
                    closed = Some(code);
                    break;
                }
            }
        }
        if !frame.is_empty() {
            self.sockets[number].bytes_in_flight += frame.len();
            self.send_down(number, latency, News::Frame(frame.into()));
        }
        if let Some(code) = closed {
            say!(self, "server {server} closes a socket of client {client}: {code}");
            self.send_down(number, latency, News::Disconnected);
            self.close_at_server(number);
        }
        self.write_soon(number);
    }

    fn send_down(&mut self, number: usize, latency: Micros, news: News) {
        let socket = &mut self.sockets[number];
        let mut chance = socket.chance.clone();
        socket.down.last = socket.down.last.max(self.now + latency);
        let arrives = socket.down.last;
        let times = match &news {
            News::Frame(_) => self.times(&mut chance),
            News::Connected | News::Ping | News::Disconnected => 1,
        };
        self.sockets[number].chance = chance;
        if times == 0
            && let News::Frame(frame) = &news
        {
            self.sockets[number].bytes_in_flight -= frame.len();
        }
        for time in 0..times {
            let news = news.clone();
            self.at(arrives, move |world| world.arrive_down(number, news, time == 0));
        }
    }

    fn arrive_down(&mut self, number: usize, news: News, counts: bool) {
        let socket = &self.sockets[number];
        if self.now > socket.down.cut || socket.dead {
            return;
        }
        let client = socket.client;
        let it = &self.clients[client];
        if it.life == socket.life && it.stalled_until > self.now {
            let until = it.stalled_until;
            return self.at(until, move |world| world.arrive_down(number, news, counts));
        }
        if counts && let News::Frame(frame) = &news {
            self.sockets[number].bytes_in_flight -= frame.len();
            self.write_soon(number);
        }
        let socket = &self.sockets[number];
        let it = &mut self.clients[client];
        let current = it.life == socket.life && it.attempt == socket.attempt && it.is_wanted;
        match news {
            News::Connected if current => {
                say!(self, "client {client} is connected");
                it.socket = Some(number);
                self.with_client(client, |connection, now| connection.handle_connected(now));
            }
            // Too late: nobody waits for this socket any more.
            News::Connected => self.close_at_client(number),
            News::Frame(frame) if current => {
                say!(self, "client {client} reads {} bytes", frame.len());
                let mut broken = None;
                self.with_client(client, |connection, now| {
                    broken = connection.handle_frame(now, &frame).err();
                });
                if let Some(error) = broken {
                    say!(self, "client {client} gives up its socket: {error}");
                }
            }
            News::Ping => {
                // Answered by the WebSocket itself.
                let way = self.rates.latency_ms * MS;
                self.after(way, move |world| {
                    if !world.sockets[number].dead && !world.sockets[number].client_gone {
                        world.with_session(number, |session, now| session.handle_alive(now));
                    }
                });
            }
            News::Disconnected if current => {
                say!(self, "client {client} is disconnected");
                it.is_wanted = false;
                it.socket = None;
                self.sockets[number].client_gone = true;
                self.with_client(client, |connection, now| connection.handle_disconnected(now));
            }
            News::Frame(_) | News::Disconnected => {}
        }
    }

    /// The client's end is closed; what was sent before still arrives.
    pub(super) fn close_at_client(&mut self, number: usize) {
        let mut chance = self.sockets[number].chance.clone();
        let latency = self.latency(&mut chance);
        let socket = &mut self.sockets[number];
        socket.chance = chance;
        if std::mem::replace(&mut socket.client_gone, true) {
            return;
        }
        socket.up.last = socket.up.last.max(self.now + latency);
        let arrives = socket.up.last;
        self.at(arrives, move |world| {
            let socket = &world.sockets[number];
            if world.now <= socket.up.cut && !socket.dead {
                world.close_at_server(number);
            }
        });
    }

    /// The server's end is closed.
    pub(super) fn close_at_server(&mut self, number: usize) {
        let socket = &mut self.sockets[number];
        if std::mem::replace(&mut socket.server_gone, true) {
            return;
        }
        socket.outbox.clear();
        let server = socket.server;
        for (subscriber, document) in std::mem::take(&mut socket.documents) {
            self.leave(server, document, subscriber);
        }
    }

    /// The wire of a client breaks: what is under way is lost from here on.
    pub(super) fn cut(&mut self, client: usize) {
        let Some(number) = self.clients[client].socket else { return };
        let now = self.now;
        let socket = &mut self.sockets[number];
        (socket.up.cut, socket.down.cut) = (now, now);
        self.coverage.met(Met::SocketCut);
        let socket = &mut self.sockets[number];
        // Each side hears of it in its own time, the server perhaps only by silence.
        let heard = socket.chance.below(200 * MS);
        let noticed = socket.chance.per_mille(750).then(|| socket.chance.below(2 * SECOND));
        socket.down.last = socket.down.last.max(now + heard);
        self.after(heard, move |world| {
            world.sockets[number].down.cut = Micros::MAX;
            world.arrive_down(number, News::Disconnected, false);
            world.sockets[number].down.cut = 0;
        });
        if let Some(noticed) = noticed {
            self.after(noticed, move |world| world.close_at_server(number));
        }
    }

    pub(super) fn hang(&mut self, client: usize) {
        if let Some(number) = self.clients[client].socket {
            self.sockets[number].dead = true;
            self.coverage.met(Met::SocketHung);
        }
    }

    /// A server's process ends: of what it sent last, some still arrives.
    pub(super) fn break_sockets(&mut self, server: usize) {
        let now = self.now;
        let numbers: Vec<_> = self.open_sockets().collect();
        for number in numbers {
            let socket = &mut self.sockets[number];
            if socket.server != server {
                continue;
            }
            socket.server_gone = true;
            socket.outbox.clear();
            socket.documents.clear();
            let last = socket.down.last.max(now);
            let cut = now + socket.chance.below(last - now + 1);
            socket.down.cut = cut;
            self.at(last + MS, move |world| {
                world.sockets[number].down.cut = Micros::MAX;
                world.arrive_down(number, News::Disconnected, false);
            });
        }
    }

    pub(super) fn farewell(&mut self, server: usize) {
        let numbers: Vec<_> = self.open_sockets().collect();
        for number in numbers {
            if self.sockets[number].server == server {
                let after = Duration::from_millis(self.sockets[number].chance.below(2000));
                self.with_session(number, |session, now| session.handle_farewell(now, after));
            }
        }
    }

    /// Which server and start a socket belongs to, and whose it is.
    pub(super) fn ends_of(&self, number: usize) -> (usize, u64, usize) {
        let socket = &self.sockets[number];
        (socket.server, socket.boot, socket.client)
    }

    pub(super) fn session(&mut self, number: usize) -> &mut Session {
        &mut self.sockets[number].session
    }

    /// Whether nothing comes through any more, whoever has heard of it.
    pub(super) fn is_dead(&self, number: usize) -> bool {
        let socket = &self.sockets[number];
        let is_cut = [socket.up, socket.down].iter().any(|stream| stream.cut != Micros::MAX);
        socket.dead || is_cut || socket.server_gone
    }

    pub(super) fn is_gone(&self, number: usize) -> bool {
        self.sockets[number].server_gone
    }
}
