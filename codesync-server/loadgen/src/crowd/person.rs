//! One of the people in a crowd.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use codesync_core::client::Event;
use codesync_core::{DocumentId, Text, TextEdit};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Board, PATIENCE, Pace, Plan, Post, Stage};
use crate::client::Client;
use crate::dice::Dice;
use crate::sample::Sample;
use crate::tag;

/// How often somebody who has everything looks whether the others are through.
const LOOK: Duration = Duration::from_millis(5);
/// Most people type on where they are; one edit of so many is somewhere else.
const JUMP: usize = 16;

/// A person's place.
pub(super) struct Seat {
    pub(super) address: SocketAddr,
    pub(super) document: DocumentId,
    pub(super) number: usize,
    pub(super) board: Arc<Board>,
    pub(super) first_chars: usize,
}

/// What a person has measured, and has in hand at the end.
pub(super) struct Person {
    pub(super) document: DocumentId,
    pub(super) number: usize,
    pub(super) text: Text,
    pub(super) acknowledged: Sample,
    pub(super) seen: Sample,
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) frames: u64,
    pub(super) payload: u64,
}

/// A person at work.
struct Typist {
    client: Client,
    board: Arc<Board>,
    /// When the edits were made that are not acknowledged.
    unsaved: VecDeque<Instant>,
    acknowledged: Sample,
    seen: Sample,
    dice: Dice,
}

impl Seat {
    /// A whole life: comes, types, waits for the others, goes.
    pub(super) async fn live(self, plan: Plan, mut post: Post) -> Result<Person> {
        let number = self.number as u64 + 1;
        let mut typist = Typist {
            client: Client::open(self.address, self.document, number),
            board: self.board,
            unsaved: VecDeque::new(),
            acknowledged: Sample::default(),
            seen: Sample::default(),
            dice: Dice::new(plan.seed, number),
        };
        typist.client.until_saved(PATIENCE).await?;
        typist.client.place_caret(0);
        post.ready();
        let Stage::Type { from, until } = typist.until_called(&mut post.stage).await? else {
            bail!("called away before typing");
        };

        let traffic = typist.client.traffic();
        let (up, down, frames) = (traffic.up(), traffic.down(), traffic.frames());
        typist.work(&plan, self.number, from, until).await?;
        typist.board.end_typing();
        typist.settle(self.first_chars).await?;
        let traffic = typist.client.traffic();
        let person = Person {
            document: self.document,
            number: self.number,
            text: typist.client.text(),
            acknowledged: std::mem::take(&mut typist.acknowledged),
            seen: std::mem::take(&mut typist.seen),
            up: traffic.up() - up,
            down: traffic.down() - down,
            frames: traffic.frames().0 - frames.0,
            payload: traffic.frames().1 - frames.1,
        };
        post.ready();
        typist.until_called(&mut post.stage).await?;
        Ok(person)
    }
}

impl Typist {
    async fn work(
        &mut self,
        plan: &Plan,
        number: usize,
        from: Instant,
        until: Instant,
    ) -> Result<()> {
        let interval = match plan.pace {
            Pace::Together(edits) => Some(Duration::from_secs_f64(plan.people as f64 / edits)),
            Pace::AsFastAsSaved => None,
        };
        let offset = |interval: Duration| interval.mul_f64(number as f64 / plan.people as f64);
        let mut due = from + interval.map_or(Duration::ZERO, offset);
        loop {
            self.note()?;
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            let wait = match interval {
                Some(_) => due,
                None if self.client.is_saved() => now,
                None => until,
            };
            if wait <= now {
                if !self.edit()? {
                    return Ok(());
                }
                due += interval.unwrap_or_default();
            }
            // Everything typed at once leaves at once, also when there is no time to wait.
            let next = if interval.is_some() { due } else { until };
            self.client.step(next.max(now).min(until)).await;
        }
    }

    /// Makes one edit. False if there were enough.
    fn edit(&mut self) -> Result<bool> {
        let Some(number) = self.board.next() else { return Ok(false) };
        let replica = self.client.replica();
        let caret = replica.selections().first().map_or(0, |selection| selection.head);
        let jumps = self.dice.below(JUMP) == 0;
        let place = if jumps { self.dice.below(replica.text().len() + 1) } else { caret };
        let text = tag::char_of(number).to_string();
        self.unsaved.push_back(Instant::now());
        // The caret goes along, here and for everybody else.
        self.client.edit(&[TextEdit { range: place..place, text }])?;
        Ok(true)
    }

    /// Notes what has arrived: others' edits, and acknowledgements of own ones.
    fn note(&mut self) -> Result<()> {
        while let Some(event) = self.client.next_event()? {
            let Event::Changed { edits, .. } = event else { continue };
            for tag in edits.iter().flat_map(|edit| edit.text.chars()).filter_map(tag::number_of) {
                if let Some(age) = self.board.age(tag) {
                    self.seen.add(age);
                }
            }
        }
        let unsaved = self.client.replica().status().unsaved_edits;
        while self.unsaved.len() > unsaved {
            if let Some(at) = self.unsaved.pop_front() {
                self.acknowledged.add(at.elapsed());
            }
        }
        Ok(())
    }

    /// Waits until this copy has everybody's edits.
    async fn settle(&mut self, first_chars: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.note()?;
            let has = self.client.replica().text().len() - first_chars;
            if self.client.is_saved() && self.board.total() == Some(has) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "some edits never came: only {has} are here");
            self.client.step((Instant::now() + LOOK).min(deadline)).await;
        }
    }

    /// Goes on living until the next stage.
    async fn until_called(&mut self, stage: &mut watch::Receiver<Stage>) -> Result<Stage> {
        let far = Instant::now() + 10 * PATIENCE;
        loop {
            tokio::select! {
                biased;
                changed = stage.changed() => {
                    changed?;
                    return Ok(*stage.borrow_and_update());
                }
                () = self.client.step(far) => self.note()?,
            }
        }
    }
}
