//! One person at one document: the core's `Connection` on a real socket, with its journal in memory.
//!
//! The driver is as small as the core's contract allows: do one thing, drain what the connection
//! asks for, wait for the next thing. It has no task of its own; whoever wants the person to live
//! keeps calling [`Client::step`], so that hundreds of them fit into one thread.

mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use codesync_core::client::{
    Connection, ConnectionConfig, Event, OpenDocument, Output, Replica, State, journal,
};
use codesync_core::{AccessToken, ClientId, DocumentId, Encoding, Selection, Text, TextEdit};
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};

pub use wire::Traffic;
pub(crate) use wire::Wire;

/// Frames that are taken in before the caller has its turn again.
const FRAMES_AT_ONCE: usize = 64;

/// One person at one document.
pub struct Client {
    address: SocketAddr,
    document: DocumentId,
    config: ConnectionConfig,
    connection: Connection,
    link: Link,
    /// Whether the network is switched off for this person.
    apart: bool,
    journal: Vec<u8>,
    events: VecDeque<Event>,
    /// What came from the server, if somebody wants to see it.
    frames: Option<Vec<Bytes>>,
    began: Instant,
    traffic: Arc<Traffic>,
}

enum Link {
    Down,
    Dialling(BoxFuture<'static, Option<Wire>>),
    Up(Box<Wire>),
}

impl Client {
    /// A person who begins to open a document. `number` tells people apart.
    #[must_use]
    pub fn open(address: SocketAddr, document: DocumentId, number: u64) -> Self {
        Self::open_as(address, document, number, None)
    }

    /// A person who shows a token.
    #[must_use]
    pub fn open_as(
        address: SocketAddr,
        document: DocumentId,
        number: u64,
        token: Option<AccessToken>,
    ) -> Self {
        let name = format!("Person {number}");
        // As often as the server can: it is the server's limits that are looked for.
        let submit_interval = Duration::ZERO;
        let config = ConnectionConfig { name, seed: number, token, submit_interval };
        let mut this = Self {
            address,
            document,
            connection: Connection::new(config.clone()),
            config,
            link: Link::Down,
            apart: false,
            journal: Vec::new(),
            events: VecDeque::new(),
            frames: None,
            began: Instant::now(),
            traffic: Arc::default(),
        };
        let open = OpenDocument { document, client: Self::id(number) };
        this.connection.open(this.now(), open);
        this.perform();
        this
    }

    /// As whom the server knows the person of this number.
    #[must_use]
    pub fn id(number: u64) -> ClientId {
        let mut client = [0; 16];
        client[..8].copy_from_slice(&number.to_le_bytes());
        client[8..].copy_from_slice(&(!number).to_le_bytes());
        ClientId::from_bytes(client)
    }

    /// Keeps every frame of the server from now on; [take](Self::take_frames) them after each step.
    pub fn keep_frames(&mut self) {
        self.frames = Some(Vec::new());
    }

    /// The frames since they were taken last, if they are [kept](Self::keep_frames).
    pub fn take_frames(&mut self) -> Vec<Bytes> {
        self.frames.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The next thing that happened, whatever it is.
    pub fn take_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The document as this person has it.
    #[must_use]
    pub fn replica(&self) -> &Replica {
        self.connection.document(self.document).expect("a client never closes its document")
    }

    /// Whether the text is there and the server has everything that was typed.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        let status = self.replica().status();
        status.state == State::Synchronized && status.unsaved_edits == 0
    }

    /// What went through this person's sockets so far.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The next thing that happened, in order. Take them all after each step.
    ///
    /// # Errors
    ///
    /// If the server turned the person away or the copies differ: no run is worth anything then.
    pub fn next_event(&mut self) -> Result<Option<Event>> {
        match self.take_event() {
            Some(Event::Conflict { reason, .. }) => bail!("{}: {reason}", self.config.name),
            Some(Event::Refused { message, .. }) => bail!("{}: {message}", self.config.name),
            event => Ok(event),
        }
    }

    /// Makes an edit, counted in chars.
    ///
    /// # Errors
    ///
    /// If the core does not take it.
    pub fn edit(&mut self, edits: &[TextEdit]) -> Result<()> {
        self.connection
            .edit(self.now(), self.document, edits, Encoding::Scalar)
            .with_context(|| format!("{} cannot edit", self.config.name))?;
        self.perform();
        Ok(())
    }

    /// Puts the caret somewhere, in chars.
    pub fn place_caret(&mut self, offset: usize) {
        self.connection.set_selections(self.now(), self.document, vec![Selection::caret(offset)]);
        self.perform();
    }

    /// Lives on until something happens, or until `until`. May be dropped unfinished.
    pub async fn step(&mut self, until: Instant) {
        let due = self.connection.poll_timeout().map(|due| self.began + due);
        let deadline = due.map_or(until, |due| due.min(until));
        match &mut self.link {
            Link::Down => sleep_until(deadline).await,
            Link::Dialling(dialling) => {
                if let Ok(dialled) = timeout_at(deadline, dialling).await {
                    let now = self.now();
                    match dialled {
                        Some(wire) => {
                            self.link = Link::Up(wire.into());
                            self.connection.handle_connected(now);
                        }
                        None => {
                            self.link = Link::Down;
                            self.connection.handle_disconnected(now);
                        }
                    }
                }
            }
            Link::Up(wire) => {
                if let Ok(frame) = timeout_at(deadline, wire.next()).await {
                    self.received(frame);
                    self.receive_at_hand().await;
                }
            }
        }
        if self.connection.poll_timeout().is_some_and(|due| due <= self.now()) {
            self.connection.handle_timeout(self.now());
        }
        self.perform();
    }

    /// Lives on until the text is there and saved.
    ///
    /// # Errors
    ///
    /// If that takes longer than `patience`, or the server turns the person away.
    pub async fn until_saved(&mut self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            while self.next_event()?.is_some() {}
            if self.is_saved() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("{}: not saved within {patience:?}", self.config.name);
            }
            self.step(deadline).await;
        }
    }

    /// Takes the network away: what is typed waits.
    pub fn leave_network(&mut self) {
        self.apart = true;
        self.cut();
    }

    /// Gives the network back, and says so.
    pub fn return_to_network(&mut self) {
        self.apart = false;
        self.reconnect();
    }

    /// Breaks the socket, with what is on its way.
    pub fn cut(&mut self) {
        if !matches!(self.link, Link::Down) {
            self.link = Link::Down;
            self.connection.handle_disconnected(self.now());
        }
        self.perform();
    }

    /// Tries to connect now, if nothing is connected: the server is there again.
    pub fn reconnect(&mut self) {
        self.connection.reconnect(self.now());
        self.perform();
    }

    /// Ends as a killed process does and starts again on the journal.
    ///
    /// # Errors
    ///
    /// If the journal cannot be replayed, or leads to another text.
    pub fn restart(&mut self) -> Result<()> {
        let text = self.replica().text().clone();
        self.link = Link::Down;
        self.events.clear();
        self.began = Instant::now();
        self.connection = Connection::new(self.config.clone());
        let replayed = journal::replay(&self.journal)?;
        self.journal.truncate(replayed.valid_bytes);
        self.connection.open_restored(self.now(), self.document, replayed)?;
        self.perform();
        if *self.replica().text() != text {
            bail!("{}: the journal leads to another text", self.config.name);
        }
        Ok(())
    }

    /// The text, for comparing.
    #[must_use]
    pub fn text(&self) -> Text {
        self.replica().text().clone()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn received(&mut self, frame: Option<Bytes>) {
        let now = self.now();
        match frame {
            // A frame that breaks the protocol ends the socket; the connection has asked for that.
            Some(frame) => {
                if let Some(frames) = &mut self.frames {
                    frames.push(frame.clone());
                }
                let _ = self.connection.handle_frame(now, &frame);
            }
            None => {
                self.link = Link::Down;
                self.connection.handle_disconnected(now);
            }
        }
    }

    async fn receive_at_hand(&mut self) {
        for _ in 1..FRAMES_AT_ONCE {
            self.perform();
            let Link::Up(wire) = &mut self.link else { return };
            match wire.next_at_hand().await {
                Poll::Ready(frame) => self.received(frame),
                Poll::Pending => return,
            }
        }
    }

    fn perform(&mut self) {
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Connect if self.apart => self.connection.handle_disconnected(self.now()),
                Output::Connect => {
                    let dial = Wire::dial(self.address, self.traffic.clone());
                    self.link = Link::Dialling(Box::pin(async move { dial.await.ok() }));
                }
                Output::Disconnect => self.link = Link::Down,
                Output::Save { record, .. } => self.journal.extend_from_slice(&record),
                Output::Compact { records, .. } => self.journal = records,
                Output::Send(frame) => {
                    if let Link::Up(wire) = &mut self.link {
                        wire.push(frame);
                    }
                }
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }
}
