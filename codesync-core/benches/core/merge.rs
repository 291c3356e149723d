//! Two people's work, made apart on one text of 100 kB, brought together.

use codesync_core::test_support::traces::Patch;
use codesync_core::{History, Operation, Revision, Text, transform};
use criterion::{BatchSize, Criterion};
use diamond_types::list::ListCRDT;

use crate::Random;

const BASE_LEN: usize = 100_000;
const BURST: usize = 40;

pub(crate) fn benches(criterion: &mut Criterion) {
    let base = "lorem ipsum dolor sit amet, consectetur\n".repeat(BASE_LEN / 40);
    for edits in [1_000, 10_000, 100_000] {
        for (name, make) in [("scattered", scattered as Make), ("bursts", bursts as Make)] {
            let (own, others) = (make(&mut Random(1), edits), make(&mut Random(2), edits));
            let mut group = criterion.benchmark_group(format!("merge {edits} and {edits}, {name}"));
            let mut text = Text::from(base.as_str());
            history(&own).since(Revision::ZERO).for_each(|edit| {
                text.apply(&edit).expect("neighbours in history");
            });
            group.bench_function("codesync", |b| {
                b.iter_batched(
                    || (text.clone(), history(&own), history(&others)),
                    |(mut text, own, others)| {
                        merge(&mut text, &own, &others);
                        (text, own, others)
                    },
                    BatchSize::PerIteration,
                );
            });
            let mut document = ListCRDT::new();
            let agents = ["own", "others"].map(|name| document.get_or_create_agent_id(name));
            document.insert(agents[0], 0, &base);
            let forked = document.oplog.local_version();
            let (own_tip, tip) = (
                type_apart(&mut document, agents[0], &forked, &own),
                type_apart(&mut document, agents[1], &forked, &others),
            );
            let branch = document.oplog.checkout(&[own_tip]);
            group.bench_function("diamond-types", |b| {
                b.iter_batched(
                    || branch.clone(),
                    |mut branch| {
                        branch.merge(&document.oplog, &[tip]);
                        branch
                    },
                    BatchSize::PerIteration,
                );
            });
            group.finish();
        }
    }
}

type Make = fn(&mut Random, usize) -> Vec<Patch>;

/// A char typed or deleted, each time somewhere else.
fn scattered(random: &mut Random, edits: usize) -> Vec<Patch> {
    let mut len = BASE_LEN;
    let edits = (0..edits).map(|_| {
        let patch = match random.below(3) {
            0 => Patch(random.below(len), 1, String::new()),
            _ => Patch(random.below(len + 1), 0, "x".to_owned()),
        };
        len = len - patch.1 + patch.2.len();
        patch
    });
    edits.collect()
}

/// A few words typed char by char, each time somewhere else.
fn bursts(random: &mut Random, edits: usize) -> Vec<Patch> {
    let (mut len, mut at) = (BASE_LEN, 0);
    let edits = (0..edits).map(|edit| {
        at = if edit % BURST == 0 { random.below(len + 1) } else { at + 1 };
        len += 1;
        Patch(at, 0, "x".to_owned())
    });
    edits.collect()
}

fn history(edits: &[Patch]) -> History {
    let mut history = History::new(Revision::ZERO, BASE_LEN);
    for Patch(at, deleted, inserted) in edits {
        let edit = Operation::replace(history.head_len(), *at..at + deleted, inserted);
        history.push(edit).expect("made for the head");
    }
    history
}

/// Brings what others did into the text that has one's own work: neither was composed before.
fn merge(text: &mut Text, own: &History, others: &History) {
    let [own, others] = [own, others]
        .map(|history| history.compose(Revision::ZERO, history.head()).expect("all of it"));
    let (_, others) = transform(&own, &others).expect("made for one text");
    text.apply(&others).expect("made for this text");
}

/// One after the other, from where both began.
fn type_apart(
    document: &mut ListCRDT,
    agent: diamond_types::AgentId,
    forked: &[usize],
    edits: &[Patch],
) -> usize {
    let mut tip = forked.to_vec();
    for Patch(at, deleted, inserted) in edits {
        let oplog = &mut document.oplog;
        tip[0] = if *deleted > 0 {
            oplog.add_delete_at(agent, &tip, *at..at + deleted)
        } else {
            oplog.add_insert_at(agent, &tip, *at, inserted)
        };
    }
    tip[0]
}
