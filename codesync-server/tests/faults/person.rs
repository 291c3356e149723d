//! A person who types: the core's own client on a real socket, behind a wire of his own.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use codesync_core::client::{Event, State};
use codesync_core::{AccessToken, DocumentId, TextEdit};
use codesync_loadgen::client::Client;
use codesync_loadgen::dice::Dice;
use codesync_loadgen::tag;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::record::Record;

/// Edits that one person may make in a run: so many tags are his.
const TAGS_EACH: u32 = 60_000;
/// One edit of so many deletes.
const DELETES: usize = 8;
const IDLE: Duration = Duration::from_millis(200);

/// Who comes, and where to.
pub(crate) struct Arrival {
    pub(crate) number: u64,
    pub(crate) seed: u64,
    pub(crate) address: SocketAddr,
    pub(crate) document: DocumentId,
    pub(crate) token: AccessToken,
    /// Longest time between two edits.
    pub(crate) pause_ms: usize,
    /// His rights come and go, and with them what he typed.
    pub(crate) is_guest: bool,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Type(bool),
    TypeOnce,
    Restart,
    End,
}

/// How he stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct View {
    pub(crate) is_saved: bool,
    pub(crate) revision: u64,
    pub(crate) acked: usize,
    pub(crate) typed: usize,
}

pub(crate) struct Person {
    pub(crate) view: watch::Receiver<View>,
    orders: mpsc::UnboundedSender<Order>,
    life: JoinHandle<Result<Record>>,
}

impl Person {
    pub(crate) fn start(arrival: Arrival) -> Self {
        let (orders, heard) = mpsc::unbounded_channel();
        let (shown, view) = watch::channel(View::default());
        Self { view, orders, life: tokio::spawn(Life::of(arrival, shown).live(heard)) }
    }

    pub(crate) fn set_typing(&self, typing: bool) {
        self.order(Order::Type(typing));
    }

    pub(crate) fn type_once(&self) {
        self.order(Order::TypeOnce);
    }

    /// He ends as a killed process does, and starts again on his journal.
    pub(crate) fn restart(&self) {
        self.order(Order::Restart);
    }

    /// His end, and what he has to say.
    pub(crate) async fn end(self) -> Result<Record> {
        self.order(Order::End);
        self.life.await.context("he has panicked")?
    }

    fn order(&self, order: Order) {
        // One who has failed listens no more; his end tells why.
        let _ = self.orders.send(order);
    }
}

struct Life {
    arrival: Arrival,
    client: Client,
    record: Record,
    dice: Dice,
    view: watch::Sender<View>,
    typed: u32,
    away_since: Option<Instant>,
}

impl Life {
    fn of(arrival: Arrival, view: watch::Sender<View>) -> Self {
        let Arrival { number, address, document, .. } = arrival;
        let mut client = Client::open_as(address, document, number, Some(arrival.token.clone()));
        client.keep_frames();
        Self {
            client,
            record: Record::new(number, Client::id(number)),
            dice: Dice::new(arrival.seed, number),
            view,
            typed: 0,
            away_since: None,
            arrival,
        }
    }

    async fn live(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Result<Record> {
        let (mut typing, mut due) = (false, Instant::now());
        loop {
            self.take_in();
            if typing && Instant::now() >= due {
                self.edit()?;
                let pause = self.dice.below(self.arrival.pause_ms);
                due = Instant::now() + Duration::from_millis(pause as u64);
                self.take_in();
            }
            let until = if typing { due } else { Instant::now() + IDLE };
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Type(wanted)) => typing = wanted,
                    Some(Order::TypeOnce) => self.insert()?,
                    Some(Order::Restart) => self.client.restart()?,
                    Some(Order::End) | None => break,
                },
                () = self.client.step(until) => {}
            }
        }
        self.take_in();
        self.record.end = self.client.text().to_string();
        Ok(self.record)
    }

    /// Takes down what has happened.
    fn take_in(&mut self) {
        for frame in self.client.take_frames() {
            self.record.frame(&frame);
        }
        while let Some(event) = self.client.take_event() {
            match event {
                Event::Conflict { text, reason, .. } => {
                    if !self.arrival.is_guest {
                        self.record.errors.push(format!("a conflict: {reason}"));
                    }
                    self.record.set_aside.push(text);
                }
                Event::Refused { message, .. } | Event::LoginNeeded { message, .. } => {
                    self.record.errors.push(message);
                }
                Event::Offline { .. } => {
                    self.away_since.get_or_insert_with(Instant::now);
                }
                Event::Online => {
                    if let Some(since) = self.away_since.take() {
                        self.record.away_max = self.record.away_max.max(since.elapsed());
                    }
                }
                _ => {}
            }
        }
        let status = self.client.replica().status();
        let typed = self.typed as usize;
        let view = View {
            is_saved: self.client.is_saved(),
            revision: status.saved.get(),
            acked: typed.saturating_sub(status.unsaved_edits),
            typed,
        };
        self.view.send_if_modified(|shown| std::mem::replace(shown, view) != view);
    }

    fn may_edit(&self) -> bool {
        let state = self.client.replica().status().state;
        !matches!(state, State::Loading | State::ReadOnly | State::Ended)
    }

    fn edit(&mut self) -> Result<()> {
        let length = self.client.replica().text().len();
        if length == 0 || self.dice.below(DELETES) > 0 || !self.may_edit() {
            return self.insert();
        }
        let place = self.dice.below(length);
        let met = self.client.replica().text().char_at(place).context("within the text")?;
        let is_own = self.record.typed.contains(&met);
        // What he typed himself stays, so that it is always known what became of it.
        if !is_own {
            self.client.edit(&[TextEdit { range: place..place + 1, text: String::new() }])?;
            self.record.deleted.insert(met);
        }
        Ok(())
    }

    fn insert(&mut self) -> Result<()> {
        if !self.may_edit() || self.typed == TAGS_EACH {
            return Ok(());
        }
        let number = u32::try_from(self.arrival.number)? * TAGS_EACH + self.typed;
        let place = self.dice.below(self.client.replica().text().len() + 1);
        let tag = tag::char_of(number);
        self.client.edit(&[TextEdit { range: place..place, text: tag.to_string() }])?;
        self.record.typed.insert(tag);
        self.typed += 1;
        Ok(())
    }
}
