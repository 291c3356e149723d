//! One person who types his part of a script while others type theirs.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use codesync_client::{Link, Outbox, Session, SessionConfig, SessionEvent};
use codesync_core::client::{Event, Replica, State};
use codesync_core::{DocumentId, Encoding, Revision, TextEdit};
use codesync_loadgen::tag;
use futures_util::FutureExt;
use tokio::time::{Instant, timeout_at};

use crate::progress::Progress;
use crate::script::{Script, Step};

/// Only a failing test ever takes so long.
const ARRIVAL_MAX: Duration = Duration::from_secs(60);
/// How far from the last place a character is looked for first.
const NEAR: usize = 64;
/// How many transactions people type ahead of the server, by turns: from who looks up after each
/// word to who does not.
const AHEAD_MAX: [usize; 4] = [2, 6, 16, 64];
/// Transactions in each such turn.
const AHEAD_TRANSACTIONS: usize = 300;

/// What a person says of himself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Report {
    /// So many of his steps are on his disk.
    Kept(usize),
    /// This transaction of his is in the text at that revision.
    Committed(usize, Revision),
}

pub(crate) struct Player<'a> {
    agent: usize,
    session: Session,
    document: DocumentId,
    script: &'a Script,
    progress: &'a Progress,
    report: fn(Report),
    has_outbox: bool,
    is_offline: bool,
    /// The characters of the live text, as edits and events tell it.
    text: Vec<u32>,
    is_live: Vec<bool>,
    /// Whether a character was ever there: none comes twice.
    was_live: Vec<bool>,
    place: usize,
    /// Own steps made so far, in this life and before, and those of them that are on the disk.
    steps: usize,
    kept: usize,
    /// Edits made so far, as the replica counts them.
    edits: usize,
    /// Own transactions that are not committed, and how many edits were made with them.
    open: VecDeque<(usize, usize)>,
}

impl<'a> Player<'a> {
    /// Somebody who begins to open the document. Without an outbox his work is in memory only.
    pub(crate) fn open(
        link: &Link,
        agent: usize,
        script: &'a Script,
        progress: &'a Progress,
        outbox: Option<Outbox>,
        report: fn(Report),
    ) -> Self {
        let has_outbox = outbox.is_some();
        let mut session = Session::start(SessionConfig {
            server: link.server.clone(),
            name: format!("Person {agent}"),
            tokens: None,
            outbox,
        });
        session.open(link.document).expect("it is not open yet");
        Self {
            agent,
            session,
            document: link.document,
            script,
            progress,
            report,
            has_outbox,
            is_offline: false,
            text: Vec::new(),
            is_live: vec![false; script.len()],
            was_live: vec![false; script.len()],
            place: 0,
            steps: 0,
            kept: 0,
            edits: 0,
            open: VecDeque::new(),
        }
    }

    /// Waits for the text, unless it is on this disk, and finds out what of his is done: so many
    /// `kept` steps at least.
    pub(crate) async fn arrive(mut self, kept: usize) -> Result<Self> {
        let deadline = Instant::now() + ARRIVAL_MAX;
        while self.replica().status().state == State::Loading {
            let event = timeout_at(deadline, self.session.next()).await;
            event.context("the text does not come")?;
        }
        while self.session.poll_event().is_some() {}
        let text = self.replica().text().to_string();
        self.edits = self.replica().status().unsaved_edits;
        for char in text.chars() {
            let char = tag::number_of(char).context("only numbered characters are typed")?;
            self.text.push(char);
            self.is_live[char as usize] = true;
            self.was_live[char as usize] = true;
        }
        // An insertion that is on the disk is in the text: nothing is taken in from others, who
        // might delete it, and nothing deleted before it was said to be kept.
        let own: Vec<&Step> = self.script.steps_of(self.agent).collect();
        let is_there = |step: &&Step| match step {
            Step::Insert(chars) => chars.clone().any(|char| self.is_live[char as usize]),
            Step::Delete(_) => false,
        };
        let done = own.iter().rposition(is_there).map_or(0, |last| last + 1).max(kept);
        self.script.check(&text, own[..done].iter().copied())?;
        (self.steps, self.kept) = (done, done);
        Ok(self)
    }

    /// Types everything that is this person's and not done yet, each as soon as he knows what its
    /// author knew, and stays until everybody's is here. The text at the end.
    pub(crate) async fn play(mut self) -> Result<String> {
        let (script, agent, done) = (self.script, self.agent, self.steps);
        let own = script.transactions().iter().enumerate().filter(|(_, it)| it.agent == agent);
        let mut begin = 0;
        for (number, transaction) in own {
            let first = begin;
            begin += transaction.steps.len();
            if begin <= done {
                // Of an earlier life; perhaps the server does not have it yet.
                if !self.progress.is_committed(number) {
                    self.open.push_back((number, self.edits));
                }
                continue;
            }
            self.until_known(&script.others(transaction)).await?;
            for step in transaction.steps.iter().skip(done.saturating_sub(first)) {
                self.act(step).await?;
            }
            self.open.push_back((number, self.edits));
            self.look_up(AHEAD_MAX[number / AHEAD_TRANSACTIONS % AHEAD_MAX.len()]).await?;
        }
        self.keep().await?;
        let all: Vec<usize> = (0..script.transactions().len()).collect();
        self.until_known(&all).await?;
        let text = self.replica().text().to_string();
        let followed: String = self.text.iter().map(|&char| tag::char_of(char)).collect();
        ensure!(followed == text, "the events do not lead to the text");
        Ok(text)
    }

    /// How many own steps are made, and how many edits wait for the server.
    pub(crate) fn standing(&self) -> (usize, usize) {
        (self.steps, self.replica().status().unsaved_edits)
    }

    fn replica(&self) -> &Replica {
        self.session.document(self.document).expect("it is never closed")
    }

    fn knows(&self, transactions: &[usize]) -> bool {
        self.progress.are_in(transactions, self.replica().revision())
    }

    /// Takes part until these are in the text.
    async fn until_known(&mut self, transactions: &[usize]) -> Result<()> {
        if !self.knows(transactions) {
            self.keep().await?;
            self.until(|player| player.knows(transactions)).await?;
        }
        Ok(())
    }

    /// Lets leave and arrive what can now, and waits while more than so much waits for the server.
    /// Who has an outbox does so when so much is not kept.
    async fn look_up(&mut self, ahead: usize) -> Result<()> {
        if self.has_outbox && self.steps - self.kept < ahead {
            return Ok(());
        }
        self.keep().await?;
        tokio::task::yield_now().await;
        while let Some(event) = self.session.next().now_or_never() {
            self.take(event)?;
        }
        self.until(|player| player.open.len() <= ahead).await
    }

    /// Takes part until this is so. Who waits has typed what he had to.
    async fn until(&mut self, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        self.session.send_now();
        loop {
            let news = self.progress.news();
            self.take_in()?;
            if is_so(self) {
                return Ok(());
            }
            tokio::select! {
                () = news => {}
                event = self.session.next() => self.take(event)?,
            }
        }
    }

    /// Waits until everything typed so far is on the disk, if there is one, and says so.
    async fn keep(&mut self) -> Result<()> {
        if self.has_outbox && self.kept < self.steps {
            self.session.flushed().await.map_err(anyhow::Error::msg)?;
            self.kept = self.steps;
            (self.report)(Report::Kept(self.kept));
        }
        Ok(())
    }

    /// Takes in what has happened, and says what is committed.
    fn take_in(&mut self) -> Result<()> {
        while let Some(event) = self.session.poll_event() {
            self.take(event)?;
        }
        if self.is_offline && self.progress.is_served() {
            // A session of hours is typed in seconds: nobody waits as long as people do.
            self.session.reconnect();
        }
        let status = self.replica().status();
        let saved = self.edits - status.unsaved_edits;
        while let Some((number, _)) = self.open.pop_front_if(|(_, edits)| *edits <= saved) {
            if self.progress.note(number, status.saved) {
                (self.report)(Report::Committed(number, status.saved));
            }
        }
        Ok(())
    }

    fn take(&mut self, event: SessionEvent) -> Result<()> {
        let SessionEvent::Core(event) = event else { return Ok(()) };
        match event {
            Event::Changed { edits, .. } => self.follow(edits)?,
            Event::Online => self.is_offline = false,
            Event::Offline { .. } => self.is_offline = true,
            Event::Conflict { reason, .. } => bail!("person {}: {reason}", self.agent),
            Event::Refused { message, .. } => bail!("person {}: {message}", self.agent),
            Event::Opened { .. } => bail!("person {}: the text came anew", self.agent),
            Event::LoginNeeded { message, .. } => bail!("person {}: {message}", self.agent),
            Event::TokenExpiring { .. }
            | Event::Status { .. }
            | Event::Peers { .. }
            | Event::Renamed { .. } => {}
        }
        Ok(())
    }

    async fn act(&mut self, step: &Step) -> Result<()> {
        let edits = match step {
            Step::Insert(chars) => {
                let mut before = self.script.before(chars.start);
                let left = before.find(|&char| self.is_live[char as usize]);
                let at = left.map_or(0, |left| self.find(left) + 1);
                let text = chars.clone().map(tag::char_of).collect();
                self.place = at;
                vec![TextEdit { range: at..at, text }]
            }
            Step::Delete(chars) => {
                // See `arrive`.
                self.keep().await?;
                self.deletion(chars)
            }
        };
        // Others may have deleted it all before.
        if !edits.is_empty() {
            self.session.edit(self.document, &edits, Encoding::Scalar)?;
            self.edits += 1;
        }
        self.steps += 1;
        self.follow(edits)
    }

    fn deletion(&mut self, chars: &[u32]) -> Vec<TextEdit> {
        let mut edits: Vec<TextEdit> = Vec::new();
        for &char in chars {
            if !self.is_live[char as usize] {
                continue;
            }
            let at = self.find(char);
            match edits.last_mut() {
                Some(edit) if edit.range.end == at => edit.range.end += 1,
                _ => edits.push(TextEdit { range: at..at + 1, text: String::new() }),
            }
        }
        edits
    }

    /// Does to the characters what edits do to the text. They are about the text before, in order.
    fn follow(&mut self, edits: Vec<TextEdit>) -> Result<()> {
        for TextEdit { range, text } in edits.into_iter().rev() {
            let chars = text.chars().map(|char| tag::number_of(char).expect("a numbered one"));
            let chars: Vec<u32> = chars.collect();
            for &char in &chars {
                self.is_live[char as usize] = true;
                let before = std::mem::replace(&mut self.was_live[char as usize], true);
                ensure!(!before, "character {char} came twice");
            }
            for char in self.text.splice(range, chars) {
                self.is_live[char as usize] = false;
            }
        }
        Ok(())
    }

    /// Where a live character is: probably near the last one.
    fn find(&mut self, char: u32) -> usize {
        let start = self.place.saturating_sub(NEAR).min(self.text.len());
        let end = (self.place + NEAR).min(self.text.len());
        let near = self.text[start..end].iter().position(|&it| it == char).map(|at| start + at);
        let found = near.or_else(|| self.text.iter().position(|&it| it == char));
        self.place = found.expect("what is live is in the text");
        self.place
    }
}
