//! One person who types his part of a script while others type theirs.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Result;
use codesync_core::client::Event;
use codesync_core::{DocumentId, Revision, TextEdit};
use codesync_loadgen::client::Client;
use codesync_loadgen::tag;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::script::{Script, Step, Transaction};

/// When nothing happens, something does before that.
const FAR: Duration = Duration::from_secs(3600);
/// Only a failing test ever takes so long.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);
/// How far from the last place a character is looked for first.
const NEAR: usize = 64;

/// What is committed, for those who have to wait for it.
pub(crate) struct Progress {
    /// For each transaction a revision that contains it, once there is one.
    committed: Mutex<Vec<Option<Revision>>>,
    news: Notify,
}

impl Progress {
    pub(crate) fn new(transactions: usize) -> Self {
        Self { committed: Mutex::new(vec![None; transactions]), news: Notify::new() }
    }

    fn committed(&self) -> MutexGuard<'_, Vec<Option<Revision>>> {
        self.committed.lock().expect("nobody panics with it")
    }

    /// Whether all of `transactions` are in the text at `revision`.
    fn are_in(&self, transactions: &[usize], revision: Revision) -> bool {
        let committed = self.committed();
        transactions.iter().all(|&number| committed[number].is_some_and(|at| at <= revision))
    }
}

pub(crate) struct Player<'a> {
    agent: usize,
    client: Client,
    script: &'a Script,
    progress: &'a Progress,
    /// The characters of the live text, as edits and events tell it.
    text: Vec<u32>,
    is_live: Vec<bool>,
    place: usize,
    /// Edits made so far.
    edits: usize,
    /// Own transactions that are not committed, and how many edits were made with them.
    open: VecDeque<(usize, usize)>,
}

impl<'a> Player<'a> {
    pub(crate) fn open(
        address: SocketAddr,
        document: DocumentId,
        agent: usize,
        script: &'a Script,
        progress: &'a Progress,
    ) -> Self {
        Self {
            agent,
            client: Client::open(address, document, agent as u64 + 1),
            script,
            progress,
            text: Vec::new(),
            is_live: vec![false; script.len()],
            place: 0,
            edits: 0,
            open: VecDeque::new(),
        }
    }

    /// Comes to the document, which is empty yet.
    pub(crate) async fn arrive(mut self) -> Result<Self> {
        self.client.until_saved(ARRIVAL_MAX).await?;
        Ok(self)
    }

    /// Types everything that is this person's, each as soon as he knows what its author knew, and
    /// stays until everybody's is here. The text at the end.
    pub(crate) async fn play(mut self) -> Result<String> {
        let (script, agent) = (self.script, self.agent);
        let own = script.transactions().iter().enumerate().filter(|(_, it)| it.agent == agent);
        for (number, transaction) in own {
            let others: Vec<usize> = transaction
                .parents
                .iter()
                .copied()
                .filter(|&parent| script.transactions()[parent].agent != agent)
                .collect();
            self.until_known(&others).await?;
            self.act(transaction)?;
            self.open.push_back((number, self.edits));
            // What can leave or arrive now does.
            self.client.step(Instant::now()).await;
            self.take_in()?;
        }
        let all: Vec<usize> = (0..script.transactions().len()).collect();
        self.until_known(&all).await?;
        let text = self.client.text().to_string();
        let followed: String = self.text.iter().map(|&char| tag::char_of(char)).collect();
        assert!(followed == text, "the events do not lead to the text");
        Ok(text)
    }

    async fn until_known(&mut self, transactions: &[usize]) -> Result<()> {
        loop {
            self.take_in()?;
            if self.progress.are_in(transactions, self.client.replica().revision()) {
                return Ok(());
            }
            tokio::select! {
                () = self.progress.news.notified() => {}
                () = self.client.step(Instant::now() + FAR) => {}
            }
        }
    }

    /// Follows what happened to the text, and says what is committed.
    fn take_in(&mut self) -> Result<()> {
        while let Some(event) = self.client.next_event()? {
            let Event::Changed { edits, .. } = event else { continue };
            self.follow(edits);
        }
        let status = self.client.replica().status();
        let saved = self.edits - status.unsaved_edits;
        let mut any = false;
        while let Some((number, _)) = self.open.pop_front_if(|(_, edits)| *edits <= saved) {
            self.progress.committed()[number] = Some(status.saved);
            any = true;
        }
        if any {
            self.progress.news.notify_waiters();
        }
        Ok(())
    }

    fn act(&mut self, transaction: &Transaction) -> Result<()> {
        for step in &transaction.steps {
            let edits = match step {
                Step::Insert(chars) => {
                    let mut before = self.script.before(chars.start);
                    let left = before.find(|&char| self.is_live[char as usize]);
                    let at = left.map_or(0, |left| self.find(left) + 1);
                    let text = chars.clone().map(tag::char_of).collect();
                    self.place = at;
                    vec![TextEdit { range: at..at, text }]
                }
                Step::Delete(chars) => self.deletion(chars),
            };
            // Others may have deleted it all before.
            if !edits.is_empty() {
                self.client.edit(&edits)?;
                self.edits += 1;
            }
            self.follow(edits);
        }
        Ok(())
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
    fn follow(&mut self, edits: Vec<TextEdit>) {
        for TextEdit { range, text } in edits.into_iter().rev() {
            let chars = text.chars().map(|char| tag::number_of(char).expect("a numbered one"));
            let chars: Vec<u32> = chars.collect();
            chars.iter().for_each(|&char| self.is_live[char as usize] = true);
            for char in self.text.splice(range, chars) {
                self.is_live[char as usize] = false;
            }
        }
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
