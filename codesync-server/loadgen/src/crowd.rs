//! Many people typing at once, and what came of it.
//!
//! A run has four stages. All gather and wait until joining has gone quiet; all type, each by the
//! clock or as fast as the server answers; all wait until everybody has everything; then all leave.
//! What is measured is measured between the second stage's start and the third's end. Afterwards
//! the run is checked: a number is worth something only if every copy is right.

mod person;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use codesync_core::DocumentId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::Fleet;
use crate::machine;
use crate::rest;
use crate::sample::Sample;
use crate::tag;

/// How long gathering and settling may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// After the last has come, until the news of that has reached everybody.
const QUIET: Duration = Duration::from_millis(300);
/// Edits in one document, so that no run fills the memory.
pub(crate) const EDITS_MAX: usize = 400_000;

/// Who types what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many documents.
    pub documents: usize,
    /// How many people at each.
    pub people: usize,
    /// What each document starts with: ASCII.
    pub first_text: String,
    /// How fast.
    pub pace: Pace,
    /// For how long.
    pub typing: Duration,
    /// Where chance comes from.
    pub seed: u64,
}

/// How fast people type.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// So many edits a second, from all people at a document together, evenly by the clock.
    Together(f64),
    /// The next edit as soon as the one before is saved.
    AsFastAsSaved,
}

/// What came of a run that was right.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Edits made.
    pub edits: u64,
    /// Edits that reached another person.
    pub deliveries: u64,
    /// From the first edit until everybody had everything.
    pub wall: Duration,
    /// Processor time of the servers in that time.
    pub server_cpu: Option<Duration>,
    /// Processor time of the database in that time, if it is a server by itself.
    pub database_cpu: Option<Duration>,
    /// Processor time of the generator in that time.
    pub generator_cpu: Option<Duration>,
    /// The servers' memory at the end, in bytes.
    pub resident_bytes: Option<u64>,
    /// From an edit to its acknowledgement.
    pub acknowledged: Sample,
    /// From an edit to its being seen, by each other person.
    pub seen: Sample,
    /// Bytes that people sent and received.
    pub up: u64,
    /// See `up`.
    pub down: u64,
    /// Frames that people sent, and the bytes in them.
    pub frames: u64,
    /// See `frames`.
    pub payload: u64,
}

impl Outcome {
    /// Processor time of the server for each edit that reached another person, in microseconds.
    #[must_use]
    pub fn cpu_per_delivery_us(&self) -> Option<f64> {
        per(self.server_cpu, self.deliveries)
    }

    /// Processor time of the server for each edit, in microseconds.
    #[must_use]
    pub fn cpu_per_edit_us(&self) -> Option<f64> {
        per(self.server_cpu, self.edits)
    }

    /// Edits a second.
    #[must_use]
    pub fn edits_per_second(&self) -> f64 {
        self.edits as f64 / self.wall.as_secs_f64()
    }

    /// How much of its core the generator needed, of 100. Near 100 it measures itself.
    #[must_use]
    pub fn generator_percent(&self) -> Option<f64> {
        Some(self.generator_cpu?.as_secs_f64() / self.wall.as_secs_f64() * 100.0)
    }

    /// Mean bytes in a frame that people sent.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        (self.payload as f64 / self.frames.max(1) as f64).round() as usize
    }
}

fn per(time: Option<Duration>, count: u64) -> Option<f64> {
    (count > 0).then_some(time?.as_secs_f64() * 1e6 / count as f64)
}

/// What everybody does now.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    Gather,
    Type { from: Instant, until: Instant },
    Leave,
}

/// One person has come to the end of a stage.
pub(crate) struct Ready;

/// What was typed at one document, and when: the number of an edit is its place here.
#[derive(Debug, Default)]
pub(crate) struct Board {
    typed: Mutex<Typed>,
}

#[derive(Debug, Default)]
struct Typed {
    at: Vec<Instant>,
    typists: usize,
}

impl Board {
    fn typed(&self) -> MutexGuard<'_, Typed> {
        self.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next edit, made now; `None` if there were enough.
    pub(crate) fn next(&self) -> Option<u32> {
        let typed = &mut self.typed().at;
        let number = (typed.len() < EDITS_MAX).then_some(typed.len() as u32)?;
        typed.push(Instant::now());
        Some(number)
    }

    /// How long ago an edit was made.
    pub(crate) fn age(&self, number: u32) -> Option<Duration> {
        self.typed().at.get(number as usize).map(Instant::elapsed)
    }

    pub(crate) fn begin_typing(&self) {
        self.typed().typists += 1;
    }

    pub(crate) fn end_typing(&self) {
        self.typed().typists -= 1;
    }

    /// How many edits were made, once nobody makes any more.
    pub(crate) fn total(&self) -> Option<usize> {
        let typed = self.typed();
        (typed.typists == 0).then_some(typed.at.len())
    }
}

/// Runs a plan on a fleet, with the people spread evenly over its servers, and checks what came of it.
///
/// # Errors
///
/// If a copy is wrong, an edit is lost or doubled, or it does not come to an end.
pub async fn run(plan: &Plan, fleet: &Fleet) -> Result<Outcome> {
    let mut places: Vec<(DocumentId, Arc<Board>)> = Vec::new();
    for number in 0..plan.documents {
        let name = format!("run {number}");
        let document = rest::create(fleet.address(number), &name, &plan.first_text).await?;
        places.push((document, Arc::default()));
    }
    let mut stages = Stages::new();
    for (document, board) in &places {
        for number in 0..plan.people {
            board.begin_typing();
            let seat = person::Seat {
                address: fleet.address(number),
                document: *document,
                number,
                board: board.clone(),
                first_chars: plan.first_text.len(),
            };
            stages.spawn(seat.live(plan.clone(), stages.post()));
        }
    }
    let (mut outcome, people) = stages.run(plan.typing, fleet).await?;
    for person in &people {
        outcome.acknowledged.merge(&person.acknowledged);
        outcome.seen.merge(&person.seen);
        outcome.up += person.up;
        outcome.down += person.down;
        outcome.frames += person.frames;
        outcome.payload += person.payload;
    }
    for (document, board) in &places {
        let edits = board.total().context("somebody types on")?;
        let content = rest::content(fleet.address(0), *document).await?;
        tag::check_once(&content, edits as u32, plan.first_text.len())?;
        for address in fleet.addresses().skip(1) {
            let equal = rest::content(address, *document).await? == content;
            ensure!(equal, "the text at {address} is another one");
        }
        outcome.edits += edits as u64;
        for person in people.iter().filter(|person| person.document == *document) {
            let equal = person.text == content.as_str();
            ensure!(equal, "the copy of person {} is not the server's text", person.number);
        }
    }
    outcome.deliveries = outcome.edits * (plan.people as u64 - 1);
    let (edits, deliveries) = (outcome.edits as usize, outcome.deliveries as usize);
    ensure!(outcome.acknowledged.len() == edits, "not each edit was acknowledged once");
    ensure!(outcome.seen.len() == deliveries, "not each edit was seen once by each other person");
    Ok(outcome)
}

/// What leads people through the stages.
pub(crate) struct Stages<P> {
    stage: watch::Sender<Stage>,
    ready: (mpsc::UnboundedSender<Ready>, mpsc::UnboundedReceiver<Ready>),
    people: JoinSet<Result<P>>,
}

/// A person's end of it.
pub(crate) struct Post {
    pub(crate) stage: watch::Receiver<Stage>,
    ready: mpsc::UnboundedSender<Ready>,
}

impl Post {
    /// This person is through with the stage.
    pub(crate) fn ready(&self) {
        // Nobody counts any more when the run has failed.
        let _ = self.ready.send(Ready);
    }
}

impl<P: Send + 'static> Stages<P> {
    pub(crate) fn new() -> Self {
        Self {
            stage: watch::Sender::new(Stage::Gather),
            ready: mpsc::unbounded_channel(),
            people: JoinSet::new(),
        }
    }

    pub(crate) fn post(&self) -> Post {
        Post { stage: self.stage.subscribe(), ready: self.ready.0.clone() }
    }

    pub(crate) fn spawn(&mut self, person: impl Future<Output = Result<P>> + Send + 'static) {
        self.people.spawn(person);
    }

    /// Leads everybody through all stages; answers with what the typing took.
    pub(crate) async fn run(
        mut self,
        typing: Duration,
        fleet: &Fleet,
    ) -> Result<(Outcome, Vec<P>)> {
        let everybody = self.people.len();
        self.all_ready(everybody, PATIENCE).await.context("gathering")?;
        sleep(QUIET).await;
        let own = std::process::id();
        let database = fleet.database_cpu();
        let before = (fleet.cpu(), machine::cpu(own), Instant::now());
        self.stage.send_replace(Stage::Type { from: before.2, until: before.2 + typing });
        self.all_ready(everybody, typing + PATIENCE).await.context("typing")?;
        let outcome = Outcome {
            wall: before.2.elapsed(),
            server_cpu: since(fleet.cpu(), before.0),
            database_cpu: since(fleet.database_cpu(), database),
            generator_cpu: since(machine::cpu(own), before.1),
            resident_bytes: fleet.resident_bytes(),
            ..Outcome::default()
        };
        Ok((outcome, self.leave().await?))
    }

    /// Sends everybody home; answers with what they have in hand.
    pub(crate) async fn leave(mut self) -> Result<Vec<P>> {
        self.stage.send_replace(Stage::Leave);
        let mut people = Vec::new();
        while let Some(person) = self.people.join_next().await {
            people.push(person??);
        }
        Ok(people)
    }

    /// Waits until `count` more people are through with the stage.
    pub(crate) async fn all_ready(&mut self, count: usize, patience: Duration) -> Result<()> {
        let all = async {
            for _ in 0..count {
                tokio::select! {
                    ready = self.ready.1.recv() => ready.context("nobody is left")?,
                    Some(ended) = self.people.join_next() => {
                        ended??;
                        bail!("a person left early");
                    }
                };
            }
            Ok(())
        };
        timeout(patience, all).await.with_context(|| format!("not done after {patience:?}"))?
    }
}

fn since(after: Option<Duration>, before: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}
