//! Kill -9 of the server, and of people, in the middle of the work.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::{DocumentId, Text, TextEdit};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Setting;
use crate::client::Client;
use crate::crowd::Board;
use crate::dice::Dice;
use crate::report::{Cell, Table};
use crate::rest;
use crate::sample::Sample;
use crate::tag;

const DOCUMENTS: usize = 2;
/// People at each document.
const PEOPLE: usize = 4;
/// Longest time between two edits of one person, in microseconds.
const PAUSE_US: usize = 8_000;
/// Longest time from everybody's being at work to the kill, in microseconds.
const MOMENT_US: usize = 60_000;
/// At one kill of so many a person is killed, too.
const TOO: usize = 2;
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(5);

const COLUMNS: &[&str] = &[
    "kills",
    "people killed",
    "clients",
    "edits",
    "acknowledged before a kill",
    "until served p50 ms",
    "until served p95 ms",
];

/// What everybody is told.
#[derive(Clone, Copy, Debug)]
struct Order {
    /// How often the server was started.
    start: u64,
    /// Who is killed, if anybody.
    victim: Option<usize>,
    /// Whether people still type.
    typing: bool,
}

/// Kills the server so many times.
///
/// # Errors
///
/// If an edit is lost or doubled, or the copies are not equal afterwards.
pub async fn run(setting: &Setting, kills: u64) -> Result<Table> {
    let mut server = setting.server().await?;
    ensure!(server.is_own(), "a server that was started elsewhere is not killed");
    let mut dice = Dice::new(setting.seed, 0);
    let orders = watch::Sender::new(Order { start: 0, victim: None, typing: true });
    let (served, mut servings) = mpsc::unbounded_channel();
    let mut people = JoinSet::new();
    let mut places = Vec::new();
    for number in 0..DOCUMENTS * PEOPLE {
        if number % PEOPLE == 0 {
            let document = rest::create(server.address(), "kill", "").await?;
            places.push((document, Arc::new(Board::default())));
        }
        let (document, board) = places.last().context("there is a document")?.clone();
        board.begin_typing();
        let client = Client::open(server.address(), document, number as u64 + 1);
        let (orders, served) = (orders.subscribe(), served.clone());
        let dice = Dice::new(setting.seed, number as u64 + 1);
        people.spawn(Person { number, document, client, board, orders, served, dice }.live());
    }

    let (mut waits, mut victims, mut saved) = (Sample::default(), 0_u64, 0_usize);
    for start in 0..=kills {
        let began = Instant::now();
        saved = all_served(start, &mut servings, &mut people)
            .await
            .with_context(|| format!("after kill {start}"))?
            .max(saved);
        if start > 0 {
            waits.add(began.elapsed());
        }
        if start == kills {
            break;
        }
        sleep(Duration::from_micros(dice.below(MOMENT_US) as u64)).await;
        server.kill().await.with_context(|| format!("kill {}", start + 1))?;
        server.restart().await?;
        let victim = (dice.below(TOO) == 0).then(|| dice.below(DOCUMENTS * PEOPLE));
        victims += u64::from(victim.is_some());
        orders.send_replace(Order { start: start + 1, victim, typing: true });
    }
    orders.send_modify(|order| (order.typing, order.victim) = (false, None));
    let mut copies: Vec<(usize, DocumentId, Text)> = Vec::new();
    while let Some(ended) = people.join_next().await {
        copies.push(ended??);
    }

    let mut edits = 0;
    for (document, board) in &places {
        let text = rest::content(server.address(), *document).await?;
        let total = board.total().context("somebody types on")?;
        tag::check_once(&text, total as u32, 0)?;
        edits += total;
        for (number, _, copy) in copies.iter().filter(|copy| copy.1 == *document) {
            ensure!(*copy == text.as_str(), "the copy of person {number} is not the server's text");
        }
    }
    let mut table = Table::new("Kill -9: the server dies under load and comes back", COLUMNS);
    table.row(vec![
        kills.into(),
        victims.into(),
        (DOCUMENTS * PEOPLE).into(),
        edits.into(),
        saved.into(),
        Cell::figure(waits.percentile_ms(50.0), 1),
        Cell::figure(waits.percentile_ms(95.0), 1),
    ]);
    table.note(
        "Checked: all copies equal each other and the server's text; every edit is in it once, \
         those that were acknowledged before a kill among them.",
    );
    table.note("People who are killed start again from their journal.");
    Ok(table)
}

/// Waits until everybody has had an acknowledgement from this start of the server; answers how
/// many edits are saved in all.
async fn all_served(
    start: u64,
    servings: &mut mpsc::UnboundedReceiver<(u64, usize)>,
    people: &mut JoinSet<Result<(usize, DocumentId, Text)>>,
) -> Result<usize> {
    let all = async {
        let (mut count, mut saved) = (0, 0);
        while count < DOCUMENTS * PEOPLE {
            tokio::select! {
                Some((by, own)) = servings.recv() => if by == start {
                    count += 1;
                    saved += own;
                },
                Some(ended) = people.join_next() => {
                    ended??;
                    anyhow::bail!("a person left early");
                }
            }
        }
        Ok(saved)
    };
    timeout(PATIENCE, all).await.context("not everybody is served")?
}

struct Person {
    number: usize,
    document: DocumentId,
    client: Client,
    board: Arc<Board>,
    orders: watch::Receiver<Order>,
    /// Told once for each start of the server, with how many edits are saved.
    served: mpsc::UnboundedSender<(u64, usize)>,
    dice: Dice,
}

impl Person {
    async fn live(mut self) -> Result<(usize, DocumentId, Text)> {
        self.client.until_saved(PATIENCE).await?;
        let mut order = *self.orders.borrow_and_update();
        let (mut typed, mut told, mut due) = (0, None, Instant::now());
        // What had been typed when this start of the server was heard of.
        let mut since = 0;
        while order.typing {
            while self.client.next_event()?.is_some() {}
            let unsaved = self.client.replica().status().unsaved_edits;
            if told != Some(order.start) && typed - unsaved > since {
                told = Some(order.start);
                // Nobody listens any more when the run has failed.
                let _ = self.served.send((order.start, typed - unsaved));
            }
            if Instant::now() >= due {
                typed += usize::from(self.edit()?);
                due = Instant::now() + Duration::from_micros(self.dice.below(PAUSE_US) as u64);
            }
            tokio::select! {
                biased;
                changed = self.orders.changed() => {
                    changed?;
                    order = *self.orders.borrow_and_update();
                    since = typed - self.client.replica().status().unsaved_edits;
                    if order.victim == Some(self.number) {
                        self.client.restart()?;
                    }
                    self.client.reconnect();
                }
                () = self.client.step(due) => {}
            }
        }
        self.board.end_typing();
        let deadline = Instant::now() + PATIENCE;
        loop {
            while self.client.next_event()?.is_some() {}
            let has = self.client.replica().text().len();
            if self.client.is_saved() && self.board.total() == Some(has) {
                return Ok((self.number, self.document, self.client.text()));
            }
            ensure!(Instant::now() < deadline, "some edits never came: {has} are here");
            self.client.step(Instant::now() + LOOK).await;
        }
    }

    fn edit(&mut self) -> Result<bool> {
        let Some(number) = self.board.next() else { return Ok(false) };
        let place = self.dice.below(self.client.replica().text().len() + 1);
        let text = tag::char_of(number).to_string();
        self.client.edit(&[TextEdit { range: place..place, text }])?;
        Ok(true)
    }
}
