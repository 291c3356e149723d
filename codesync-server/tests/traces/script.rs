//! A recorded session by the identity of its characters.
//!
//! The record counts positions in the text that its author saw. A live person may know more of the
//! others than the author did at that moment, so positions mean nothing to him. Here every inserted
//! character gets a number, and each transaction is read on the merge of its parents: which
//! characters it deletes, and behind which one it inserts.

use anyhow::{Context, Result, ensure};
use codesync_core::test_support::traces::{Concurrent, Patch};
use codesync_loadgen::tag;

/// A session by identity.
pub(crate) struct Script {
    transactions: Vec<Transaction>,
    /// The recorded characters, by number.
    chars: Vec<char>,
    /// All characters that ever were, in the order in which they would stand.
    order: Vec<u32>,
    /// The place of each in `order`.
    places: Vec<usize>,
    deleted: Vec<bool>,
}

pub(crate) struct Transaction {
    pub(crate) agent: usize,
    pub(crate) parents: Vec<usize>,
    pub(crate) steps: Vec<Step>,
}

pub(crate) enum Step {
    /// These stand one behind the other; [`Script::before`] says behind what.
    Insert(std::ops::Range<u32>),
    Delete(Vec<u32>),
}

impl Script {
    pub(crate) fn read(trace: &Concurrent) -> Self {
        let mut reader = Reader {
            script: Self {
                transactions: Vec::with_capacity(trace.txns.len()),
                chars: Vec::new(),
                order: Vec::new(),
                places: Vec::new(),
                deleted: Vec::new(),
            },
            views: (0..trace.num_agents).map(|_| View::default()).collect(),
        };
        for txn in &trace.txns {
            reader.transaction(txn.agent, &txn.parents, &txn.patches);
        }
        let mut script = reader.script;
        script.places = vec![0; script.order.len()];
        for (place, &char) in script.order.iter().enumerate() {
            script.places[char as usize] = place;
        }
        script
    }

    pub(crate) fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// What a transaction's author knew of others.
    pub(crate) fn others(&self, transaction: &Transaction) -> Vec<usize> {
        let parents = transaction.parents.iter().copied();
        parents.filter(|&parent| self.transactions[parent].agent != transaction.agent).collect()
    }

    /// All that one person does, in order.
    pub(crate) fn steps_of(&self, agent: usize) -> impl Iterator<Item = &Step> {
        let own = self.transactions.iter().filter(move |transaction| transaction.agent == agent);
        own.flat_map(|transaction| &transaction.steps)
    }

    /// How many characters there ever were.
    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The characters that stand before this one in the whole order, the nearest first.
    pub(crate) fn before(&self, char: u32) -> impl Iterator<Item = u32> {
        self.order[..self.places[char as usize]].iter().rev().copied()
    }

    /// What the characters that nobody deleted say.
    pub(crate) fn merged(&self) -> String {
        let left = self.order.iter().filter(|&&char| !self.deleted[char as usize]);
        left.map(|&char| self.chars[char as usize]).collect()
    }

    /// Checks a text into which `steps` have gone, and any others: nothing of them may be lost, and
    /// nothing in it twice. Characters that somebody deletes some day may be gone already.
    pub(crate) fn check<'a>(
        &self,
        text: &str,
        steps: impl IntoIterator<Item = &'a Step>,
    ) -> Result<()> {
        let mut is_there = vec![false; self.len()];
        for char in text.chars() {
            let number = tag::number_of(char).context("only numbered characters are typed")?;
            let before = std::mem::replace(&mut is_there[number as usize], true);
            ensure!(!before, "character {number} stands twice");
        }
        for step in steps {
            match step {
                Step::Insert(chars) => {
                    let mut lost = chars.clone().map(|char| char as usize);
                    let lost = lost.find(|&char| !is_there[char] && !self.deleted[char]);
                    ensure!(lost.is_none(), "character {lost:?} is lost");
                }
                Step::Delete(chars) => {
                    let back = chars.iter().find(|&&char| is_there[char as usize]);
                    ensure!(back.is_none(), "character {back:?} was deleted and is back");
                }
            }
        }
        Ok(())
    }

    /// What a text of numbered characters says.
    pub(crate) fn recorded(&self, text: &str) -> String {
        let number = |char| tag::number_of(char).expect("only numbered characters are typed");
        text.chars().map(|char| self.chars[number(char) as usize]).collect()
    }
}

struct Reader {
    script: Script,
    /// What each person sees.
    views: Vec<View>,
}

#[derive(Default)]
struct View {
    /// Transactions that are in it.
    contains: Vec<bool>,
    /// Whether a character is in its text.
    shows: Vec<bool>,
    /// A place in the order and how many shown characters stand before it: where people type on.
    hint: (usize, usize),
}

impl View {
    fn shows(&self, char: u32) -> bool {
        self.shows.get(char as usize).is_some_and(|shown| *shown)
    }

    fn show(&mut self, char: u32, shown: bool) {
        if self.shows.len() <= char as usize {
            self.shows.resize(char as usize + 1, false);
        }
        self.shows[char as usize] = shown;
    }

    fn contains(&self, transaction: usize) -> bool {
        self.contains.get(transaction).is_some_and(|contained| *contained)
    }

    fn take_in(&mut self, number: usize, transaction: &Transaction) {
        self.contains.resize(self.contains.len().max(number + 1), false);
        self.contains[number] = true;
        for step in &transaction.steps {
            match step {
                Step::Insert(chars) => chars.clone().for_each(|char| self.show(char, true)),
                Step::Delete(chars) => chars.iter().for_each(|&char| self.show(char, false)),
            }
        }
        self.hint = (0, 0);
    }

    /// The place in the order right behind the `count`th shown character.
    fn behind(&mut self, order: &[u32], count: usize) -> usize {
        let (mut place, mut before) = self.hint;
        while before > count || (before == count && place > 0 && !self.shows(order[place - 1])) {
            place -= 1;
            before -= usize::from(self.shows(order[place]));
        }
        while before < count {
            before += usize::from(self.shows(order[place]));
            place += 1;
        }
        self.hint = (place, before);
        place
    }
}

impl Reader {
    fn transaction(&mut self, agent: usize, parents: &[usize], patches: &[Patch]) {
        self.merge(agent, parents);
        let mut steps = Vec::new();
        for Patch(at, delete, insert) in patches {
            if *delete > 0 {
                steps.push(Step::Delete(self.delete(agent, *at, *delete)));
            }
            if !insert.is_empty() {
                steps.push(Step::Insert(self.insert(agent, *at, insert)));
            }
        }
        let number = self.script.transactions.len();
        let view = &mut self.views[agent];
        view.contains.resize(number + 1, false);
        view.contains[number] = true;
        let parents = parents.to_vec();
        self.script.transactions.push(Transaction { agent, parents, steps });
    }

    /// Brings a person's view to the merge of `parents`. People never forget.
    fn merge(&mut self, agent: usize, parents: &[usize]) {
        let transactions = &self.script.transactions;
        let view = &mut self.views[agent];
        let (mut news, mut open) = (Vec::new(), parents.to_vec());
        while let Some(number) = open.pop() {
            if !view.contains(number) && !news.contains(&number) {
                news.push(number);
                open.extend(&transactions[number].parents);
            }
        }
        // A deletion comes after the insertion that it deletes.
        news.sort_unstable();
        for number in news {
            assert_ne!(transactions[number].agent, agent, "people know what they did themselves");
            view.take_in(number, &transactions[number]);
        }
    }

    fn delete(&mut self, agent: usize, at: usize, count: usize) -> Vec<u32> {
        let (view, order) = (&mut self.views[agent], &self.script.order);
        let place = view.behind(order, at);
        let shown = order[place..].iter().copied().filter(|&char| view.shows(char));
        let chars: Vec<u32> = shown.take(count).collect();
        assert_eq!(chars.len(), count, "only what is there can be deleted");
        for &char in &chars {
            view.show(char, false);
            self.script.deleted[char as usize] = true;
        }
        chars
    }

    fn insert(&mut self, agent: usize, at: usize, text: &str) -> std::ops::Range<u32> {
        let script = &mut self.script;
        let start = script.chars.len() as u32;
        script.chars.extend(text.chars());
        let end = script.chars.len() as u32;
        script.deleted.resize(end as usize, false);
        let place = self.views[agent].behind(&script.order, at);
        script.order.splice(place..place, start..end);
        for (other, view) in self.views.iter_mut().enumerate() {
            if other == agent {
                (start..end).for_each(|char| view.show(char, true));
            } else if view.hint.0 > place {
                view.hint.0 += (end - start) as usize;
            }
        }
        start..end
    }
}
