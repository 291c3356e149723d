//! [`Session`]: the driver that gives the core's `Connection` a clock, a socket and a disk.
//!
//! ```text
//!            edit, undo, …                 next().await
//!   user ────────▶ Connection ◀──────────────────────── socket task ◀── server
//!                      │ outputs, in their order                ▲
//!                      ▼                                        │
//!                 outbox thread ── write, fsync, then frames ───┘
//! ```
//!
//! No call of the user waits for the disk or the network, but for [`Session::open`], which reads
//! the journal.

mod tokens;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, mpsc as blocking};
use std::thread;
use std::time::{Duration, Instant};

use codesync_core::client::journal::Replayed;
use codesync_core::client::{self, Connection, ConnectionConfig, EditError, Output, Replica};
use codesync_core::limits::SUBMIT_INTERVAL_MS;
use codesync_core::{AccessToken, ClientId, DocumentId, Encoding, Selection, TextEdit};
use tokio::sync::{mpsc, watch};

use self::tokens::{Tokens, Wish, answer};
use crate::login::{TokenError, TokenSource};
use crate::outbox::{self, ConflictCopy, Outlets, Progress, Work};
use crate::socket::{self, Call, Command, News, What, Wire};
use crate::{Outbox, ServerUrl};

/// How to reach a server, and as whom.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The server.
    pub server: ServerUrl,
    /// What others call this person.
    pub name: String,
    /// Proof of who it is, where the server wants one.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// Where unsent work is kept. `None` keeps it in memory only.
    pub outbox: Option<Outbox>,
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Something happened to a document or to the connection.
    Core(client::Event),
    /// Whether everything typed here is on this disk: see [`Session::disk`].
    Disk(DiskState),
    /// Text that could not be brought into a document was written to a file.
    ConflictKept {
        /// The document it was typed into.
        document: DocumentId,
        /// The file.
        path: PathBuf,
    },
    /// Text that could not be brought into a document could not be written to a file either.
    ConflictNotKept {
        /// The document it was typed into.
        document: DocumentId,
        /// The text.
        text: String,
        /// Why there is no file.
        reason: String,
    },
    /// An earlier run left a file that could not be taken up as it was; it is still there.
    SetAside {
        /// The document.
        document: DocumentId,
        /// The file.
        path: PathBuf,
    },
}

/// Whether what was typed here is on this machine's disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DiskState {
    /// All of it.
    Kept,
    /// All but the last moments, which are on their way.
    Writing,
    /// Not all, and the reason. Typing goes on in memory, and the disk is tried again.
    NotKept {
        /// The folder and what the system said.
        reason: String,
    },
}

/// Why a document could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is open in this session already.
    #[error("document {document} is open already")]
    Open {
        /// The document.
        document: DocumentId,
    },
}

/// How long what the server told is kept back from the disk, for company.
const TOLD_MAX: Duration = Duration::from_secs(1);
/// How many records of it.
const TOLD_COUNT_MAX: usize = 1_024;
/// How long it may be unknown here that the disk has all, while the server does not answer.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// What led to outputs of the core.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    /// The person, or the time.
    Here,
    Server,
}

/// A person's connection to one server, with any number of documents open.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use codesync_client::{Outbox, Session, SessionConfig, SessionEvent};
/// use codesync_core::{Encoding, TextEdit};
///
/// let server: codesync_client::ServerUrl = "http://localhost:3000".parse()?;
/// let document = "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11".parse()?;
/// let mut session = Session::start(SessionConfig {
///     outbox: Outbox::usual(&server),
///     server,
///     name: "Ana".into(),
///     tokens: None,
/// });
/// session.open(document)?;
/// session.edit(document, &[TextEdit { range: 0..0, text: "hello".into() }], Encoding::Scalar)?;
/// loop {
///     if let SessionEvent::Core(event) = session.next().await {
///         println!("{event:?}");
///     }
/// }
/// # }
/// ```
///
/// Must be created inside a Tokio runtime. Dropping it brings what was typed to the disk first.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    tokens: Option<Tokens>,
    started: Instant,
    outbox: Option<Outbox>,
    config: SessionConfig,
    documents: BTreeMap<DocumentId, Opened>,
    events: VecDeque<SessionEvent>,
    work: Option<blocking::Sender<Vec<Work>>>,
    /// What the server alone told, not handed over yet, and since when.
    told: Vec<Work>,
    told_since: Option<Instant>,
    writer: Option<thread::JoinHandle<()>>,
    /// Batches handed to the outbox thread so far.
    handed_over: u64,
    progress: watch::Receiver<Progress>,
    disk: DiskState,
    /// Since when [`DiskState::Writing`] is what is known, or was last looked at.
    writing_since: Option<Instant>,
    conflicts: mpsc::UnboundedReceiver<ConflictCopy>,
    news: mpsc::Receiver<News>,
    /// Number of the newest attempt to connect.
    attempt: u64,
    /// Whether news of that attempt are still wanted.
    is_wanted: bool,
    last_failure: Option<String>,
}

#[derive(Debug)]
struct Opened {
    client: ClientId,
    /// Why this document has no journal.
    unkept: Option<String>,
    /// Whether other processes held journals of it when it was opened.
    is_open_elsewhere: bool,
}

/// Sixteen bytes from the operating system.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

impl Session {
    /// Starts the driver; it connects once a document is open.
    ///
    /// # Panics
    /// Outside of a Tokio runtime, or when the system gives no thread.
    #[must_use]
    pub fn start(config: SessionConfig) -> Self {
        let (news_out, news) = mpsc::channel(socket::NEWS_MAX);
        let wire = Wire::start(config.server.clone(), news_out);

        let (work, work_in) = blocking::channel();
        let (progress_out, progress) = watch::channel(Progress::default());
        let (conflicts_out, conflicts) = mpsc::unbounded_channel();
        let outlets = Outlets { wire, progress: progress_out, conflicts: conflicts_out };
        let writer = thread::Builder::new()
            .name("codesync-outbox".into())
            .spawn(move || outbox::run(&work_in, outlets))
            .expect("the system has a thread to spare");

        let connection = Connection::new(ConnectionConfig {
            name: config.name.clone(),
            seed: u64::from_le_bytes(random_bytes()),
            token: None,
            submit_interval: Duration::from_millis(SUBMIT_INTERVAL_MS),
        });
        Self {
            tokens: config.tokens.clone().map(Tokens::of),
            connection,
            started: Instant::now(),
            outbox: config.outbox.clone(),
            config,
            documents: BTreeMap::new(),
            events: VecDeque::new(),
            work: Some(work),
            told: Vec::new(),
            told_since: None,
            writer: Some(writer),
            handed_over: 0,
            progress,
            disk: DiskState::Kept,
            writing_since: None,
            conflicts,
            news,
            attempt: 0,
            is_wanted: false,
            last_failure: None,
        }
    }

    /// Opens a document. Its text is there at once when this machine has a journal of it, and
    /// arrives with an event otherwise.
    ///
    /// Reads the journal, so it waits for the disk. When the disk refuses, the document is opened
    /// all the same, and [`Session::disk`] says that nothing is kept.
    ///
    /// # Errors
    /// [`OpenError::Open`] when it is open already.
    pub fn open(&mut self, document: DocumentId) -> Result<(), OpenError> {
        if self.documents.contains_key(&document) {
            return Err(OpenError::Open { document });
        }
        let fresh = ClientId::from_bytes(random_bytes());
        let mut opened = Opened { client: fresh, unkept: None, is_open_elsewhere: false };
        let now = self.now();
        let mut replayed = None;
        match self.outbox.as_ref().map(|outbox| outbox.open(document, fresh)) {
            Some(Ok(found)) => {
                opened.client = found.slot.client();
                opened.is_open_elsewhere = found.is_open_elsewhere;
                replayed = found.journal;
                for path in found.set_aside {
                    self.events.push_back(SessionEvent::SetAside { document, path });
                }
                self.hand_over(vec![Work::Attach(document, Box::new(found.slot))]);
                self.deliver(document, found.strays);
            }
            Some(Err(error)) => opened.unkept = Some(error.to_string()),
            None => opened.unkept = Some("there is no folder for it".into()),
        }
        match replayed {
            Some(replayed) => self
                .connection
                .open_restored(now, document, replayed)
                .expect("the outbox looked whose journal it is"),
            None => {
                let client = opened.client;
                self.connection.open(now, client::OpenDocument { document, client });
            }
        }
        self.documents.insert(document, opened);
        self.drain();
        self.note_disk();
        Ok(())
    }

    /// Closes a document. What is unsent stays in the outbox for the next time.
    pub fn close(&mut self, document: DocumentId) {
        if self.documents.remove(&document).is_some() {
            self.connection.close(self.now(), document);
            self.drain();
            self.hand_over(vec![Work::Detach(document)]);
        }
    }

    /// Replaces ranges of a document's text; see the core's `Connection::edit`.
    ///
    /// # Errors
    /// [`EditError`] when a range is not in the text or the document takes no edits.
    pub fn edit(
        &mut self,
        document: DocumentId,
        edits: &[TextEdit],
        encoding: Encoding,
    ) -> Result<(), EditError> {
        let now = self.now();
        let edited = self.connection.edit(now, document, edits, encoding);
        self.drain();
        edited
    }

    /// Takes back this person's last group of edits. `None` when there is nothing to take back.
    pub fn undo(&mut self, document: DocumentId) -> Option<Vec<TextEdit>> {
        let now = self.now();
        let edits = self.connection.undo(now, document);
        self.drain();
        edits
    }

    /// Brings back what the last undo took. `None` when there is nothing to bring back.
    pub fn redo(&mut self, document: DocumentId) -> Option<Vec<TextEdit>> {
        let now = self.now();
        let edits = self.connection.redo(now, document);
        self.drain();
        edits
    }

    /// Ends the present group of edits: the next edit is undone on its own.
    pub fn break_undo_group(&mut self, document: DocumentId) {
        self.connection.break_undo_group(document);
        self.drain();
    }

    /// Tells the others where this person's carets are.
    pub fn set_selections(&mut self, document: DocumentId, selections: Vec<Selection>) {
        let now = self.now();
        self.connection.set_selections(now, document, selections);
        self.drain();
    }

    /// Sends now what waits for more to be typed. A first key leaves at once by itself, and what
    /// follows it goes together, at most ten times a second.
    pub fn send_now(&mut self) {
        let now = self.now();
        self.connection.send_now(now);
        self.drain();
    }

    /// Tries to reach the server now instead of when the wait is over: the network is back.
    pub fn reconnect(&mut self) {
        let now = self.now();
        self.connection.reconnect(now);
        self.drain();
    }

    /// A document as it is seen here.
    #[must_use]
    pub fn document(&self, document: DocumentId) -> Option<&Replica> {
        self.connection.document(document)
    }

    /// Whether other processes of this machine had the document open when it was opened here. Their
    /// copies are theirs alone: without the server, this session has no text then.
    #[must_use]
    pub fn is_open_elsewhere(&self, document: DocumentId) -> bool {
        self.documents.get(&document).is_some_and(|opened| opened.is_open_elsewhere)
    }

    /// Whether what was typed here is on this disk, as far as it is known: that all is there is
    /// noticed with the server's answer, and without one within a second of [`Session::next`].
    #[must_use]
    pub fn disk(&self) -> &DiskState {
        &self.disk
    }

    /// Whether the person has to log in before anything more is sent: see [`Session::log_in`].
    #[must_use]
    pub fn is_login_needed(&self) -> bool {
        self.connection.is_login_needed()
    }

    /// Goes on as somebody who has logged in: what waits is sent.
    pub fn log_in(&mut self, tokens: Arc<dyn TokenSource>) {
        self.config.tokens = Some(tokens.clone());
        let tokens = self.tokens.insert(Tokens::of(tokens));
        tokens.ask(Wish::Another);
    }

    /// Why the last attempt to reach the server failed, until one succeeds. Comes from outside:
    /// make it harmless before showing it.
    #[must_use]
    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    /// The next event, if one is there already.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// The next event. Meanwhile it takes in frames, keeps the timers and reconnects.
    ///
    /// Cancel-safe: nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> SessionEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let timeout = self.connection.poll_timeout().map(|at| self.started + at);
            let told = self.told_since.map(|since| since + TOLD_MAX);
            let look = self.writing_since.map(|since| since + LOOK_MAX);
            let deadline = timeout.into_iter().chain(told).chain(look).min();
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => {
                    self.handle_news(news);
                    // Frames that arrived together are taken in together.
                    for _ in 0..socket::NEWS_MAX {
                        let Ok(news) = self.news.try_recv() else { break };
                        self.handle_news(news);
                    }
                }
                Ok(()) = self.progress.changed() => self.note_disk(),
                Some(copy) = self.conflicts.recv() => self.handle_conflict(copy),
                told = answer(&mut self.tokens) => self.handle_token(told),
                () = sleep_until(deadline) => {
                    if told.is_some_and(|told| told <= Instant::now()) {
                        self.hand_over_told();
                    }
                    if look.is_some_and(|look| look <= Instant::now()) {
                        self.writing_since = None;
                        self.note_disk();
                    }
                    let now = self.now();
                    self.connection.handle_timeout(now);
                    self.drain();
                }
            }
        }
    }

    /// Waits until everything known so far is on the disk, or the disk has refused.
    ///
    /// # Errors
    /// The reason of [`DiskState::NotKept`].
    pub async fn flushed(&mut self) -> Result<(), String> {
        self.hand_over_told();
        self.hand_over(vec![Work::Tell]);
        loop {
            self.note_disk();
            match &self.disk {
                DiskState::Kept => return Ok(()),
                DiskState::NotKept { reason } => return Err(reason.clone()),
                DiskState::Writing => {}
            }
            if self.progress.changed().await.is_err() {
                return Err("the outbox thread has ended".into());
            }
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn handle_news(&mut self, news: News) {
        if news.attempt != self.attempt || !self.is_wanted {
            return;
        }
        let now = self.now();
        match news.what {
            What::Connected => {
                self.last_failure = None;
                self.connection.handle_connected(now);
            }
            What::Frame(bytes) => {
                if let Err(error) = self.connection.handle_frame(now, &bytes) {
                    // A server that sends nonsense is left; what is unsent goes to the next one.
                    self.last_failure = Some(format!("the server sent a broken frame: {error}"));
                    self.hand_over(vec![Work::Socket(Command::Call(Call::Disconnect))]);
                    self.is_wanted = false;
                    self.connection.handle_disconnected(now);
                }
            }
            What::Disconnected(reason) => {
                self.last_failure = Some(reason);
                self.is_wanted = false;
                self.connection.handle_disconnected(now);
            }
        }
        self.drain_from(Source::Server);
        // What is on the disk while a server is reached is not told by itself.
        self.note_disk();
    }

    fn handle_conflict(&mut self, copy: ConflictCopy) {
        let ConflictCopy { document, text, path } = copy;
        self.events.push_back(match path {
            Ok(path) => SessionEvent::ConflictKept { document, path },
            Err(error) => {
                SessionEvent::ConflictNotKept { document, text, reason: error.to_string() }
            }
        });
    }

    /// [`Session::drain_from`], after something that was done here.
    fn drain(&mut self) {
        self.drain_from(Source::Here);
    }

    /// Takes all outputs of the core, in their order, to where they go.
    fn drain_from(&mut self, source: Source) {
        let mut batch = Vec::new();
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Connect => match &mut self.tokens {
                    // The answer leads to the socket.
                    Some(tokens) => tokens.ask(Wish::ToConnect),
                    None => batch.push(self.dial()),
                },
                Output::Disconnect => {
                    self.is_wanted = false;
                    if let Some(tokens) = &mut self.tokens {
                        tokens.is_not_connecting();
                    }
                    batch.push(Work::Socket(Command::Call(Call::Disconnect)));
                }
                Output::Send(frame) => batch.push(Work::Socket(Command::Send(frame))),
                Output::Save { document, record } => {
                    batch.push(Work::Save(document, record));
                }
                Output::Compact { document, records } => {
                    batch.push(Work::Replace(document, records));
                }
                Output::Event(event) => {
                    if let client::Event::Conflict { document, text, .. } = &event {
                        batch.push(self.conflict_work(*document, text.clone()));
                    }
                    if !self.tokens.as_mut().is_some_and(|tokens| tokens.see_to(&event)) {
                        self.events.push_back(SessionEvent::Core(event));
                    }
                }
            }
        }
        // What the server alone told can be told again: it goes with what is done here next.
        let is_told = |work: &Work| matches!(work, Work::Save(..) | Work::Replace(..));
        if source == Source::Server && batch.iter().all(is_told) {
            if !batch.is_empty() {
                self.told_since.get_or_insert_with(Instant::now);
            }
            self.told.append(&mut batch);
            // However often there is more of it.
            let is_late = self.told_since.is_some_and(|since| since.elapsed() >= TOLD_MAX);
            if is_late || self.told.len() >= TOLD_COUNT_MAX {
                self.hand_over_told();
            }
        }
        self.hand_over(batch);
    }

    fn dial(&mut self) -> Work {
        self.attempt += 1;
        self.is_wanted = true;
        Work::Socket(Command::Call(Call::Connect))
    }

    /// There is a token, or there is none.
    fn handle_token(&mut self, (wish, answer): (Wish, Result<AccessToken, TokenError>)) {
        let now = self.now();
        match answer {
            Ok(token) => {
                self.connection.set_token(now, Some(token));
                if wish == Wish::ToConnect {
                    let dial = self.dial();
                    self.hand_over(vec![dial]);
                }
            }
            Err(TokenError::LoginNeeded { reason }) => {
                self.connection.handle_login_needed(now, &reason);
            }
            Err(TokenError::Unavailable { reason }) => {
                self.last_failure = Some(reason);
                if wish == Wish::ToConnect {
                    self.connection.handle_disconnected(now);
                }
            }
        }
        self.drain();
    }

    fn conflict_work(&self, document: DocumentId, text: String) -> Work {
        let folder = match &self.outbox {
            Some(outbox) => outbox.document_folder(document),
            None => std::env::temp_dir().join("codesync").join(document.to_string()),
        };
        Work::Conflict { document, folder, text }
    }

    fn hand_over_told(&mut self) {
        let told = std::mem::take(&mut self.told);
        self.hand_over(told);
    }

    /// Hands these over to the outbox thread, behind what was kept back.
    fn hand_over(&mut self, mut batch: Vec<Work>) {
        if batch.is_empty() {
            return;
        }
        self.told_since = None;
        if !self.told.is_empty() {
            batch.splice(0..0, self.told.drain(..));
        }
        // The first attempt after a Connect has its number from here on.
        if let Some(work) = &self.work {
            self.handed_over += 1;
            work.send(batch).expect("the outbox thread lives as long as its channel");
        }
        self.note_disk();
    }

    fn note_disk(&mut self) {
        let progress = self.progress.borrow_and_update().clone();
        let without = self.documents.values().find_map(|opened| opened.unkept.clone());
        let disk = match progress.failure.or(without) {
            Some(reason) => DiskState::NotKept { reason },
            None if progress.batches < self.handed_over => DiskState::Writing,
            None => DiskState::Kept,
        };
        self.writing_since = match disk {
            DiskState::Writing => self.writing_since.or_else(|| Some(Instant::now())),
            _ => None,
        };
        if disk != self.disk {
            self.disk = disk.clone();
            self.events.push_back(SessionEvent::Disk(disk));
        }
    }

    /// Sends the unsent work of clients that are no more, each over a connection of its own.
    fn deliver(&mut self, document: DocumentId, strays: Vec<(outbox::Slot, Replayed)>) {
        for (slot, replayed) in strays {
            let mut courier = Self::start(SessionConfig { outbox: None, ..self.config.clone() });
            let client = slot.client();
            let opened = Opened { client, unkept: None, is_open_elsewhere: false };
            courier.documents.insert(document, opened);
            courier.hand_over(vec![Work::Attach(document, Box::new(slot))]);
            let now = courier.now();
            courier
                .connection
                .open_restored(now, document, replayed)
                .expect("the outbox looked whose journal it is");
            courier.drain();
            tokio::spawn(courier.carry(document));
        }
    }

    /// Runs until everything of this document is saved on the server, or cannot be. The journal stays, holding
    /// nothing unsent, and is cleared away when the document is next opened.
    async fn carry(mut self, document: DocumentId) {
        let is_waiting = |replica: &Replica| {
            let status = replica.status();
            status.unsaved_edits > 0 && status.state != client::State::Ended
        };
        while self.document(document).is_some_and(is_waiting) {
            self.next().await;
        }
        let _ = self.flushed().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.hand_over_told();
        self.work = None;
        if let Some(writer) = self.writer.take() {
            // What the thread panicked with was printed there; here only its end matters.
            let _ = writer.join();
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
