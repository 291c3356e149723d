//! Transform and compose against `operational-transform`, and a keystroke against long history.

use std::hint::black_box;

use codesync_core::history::IndexedOperation;
use codesync_core::{Bias, Component, Operation, transform, transform_new};
use criterion::Criterion;
use operational_transform::OperationSeq;

use crate::Random;

/// An operation of about `components` components on a text of `base_len` chars: insertions of one
/// to eight chars and deletions of one to four, spread over the whole text.
fn operation(random: &mut Random, base_len: usize, components: usize) -> Operation {
    if components == 1 {
        let at = random.below(base_len);
        return Operation::replace(base_len, at..at, "x");
    }
    let edits = components / 2;
    let stride = base_len / edits;
    let mut builder = Operation::builder();
    for _ in 0..edits {
        let (before, delete) = (1 + random.below(stride / 2), 1 + random.below(4));
        builder.push_retain(before);
        if random.below(2) == 0 {
            builder.push_insert(&"etaoinsh"[..1 + random.below(8)]);
            builder.push_retain(stride - before);
        } else {
            builder.push_delete(delete);
            builder.push_retain(stride - before - delete);
        }
    }
    builder.finish_at(base_len).expect("strides fit into the base")
}

/// The same operation in the peer's form.
fn peer(operation: &Operation) -> OperationSeq {
    let mut peer = OperationSeq::default();
    let mut walked = 0;
    for component in operation.components() {
        match component {
            Component::Retain(n) => {
                peer.retain(n as u64);
                walked += n;
            }
            Component::Insert(text) => peer.insert(text),
            Component::Delete(n) => {
                peer.delete(n as u64);
                walked += n;
            }
        }
    }
    peer.retain((operation.base_len() - walked) as u64);
    peer
}

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut random = Random(1);
    for components in [1, 100, 10_000] {
        let base_len = components.max(100) * 20;
        let one = operation(&mut random, base_len, components);
        let other = operation(&mut random, base_len, components);
        let next = operation(&mut random, one.target_len(), components);
        let (peer_one, peer_other, peer_next) = (peer(&one), peer(&other), peer(&next));

        let mut group = criterion.benchmark_group(format!("transform {components}"));
        group.bench_function("codesync", |b| {
            b.iter(|| transform(black_box(&one), black_box(&other)))
        });
        group.bench_function("operational-transform", |b| {
            b.iter(|| black_box(&peer_one).transform(black_box(&peer_other)));
        });
        group.finish();

        let mut group = criterion.benchmark_group(format!("compose {components}"));
        group.bench_function("codesync", |b| {
            b.iter(|| black_box(&one).compose(black_box(&next), Bias::Right));
        });
        group.bench_function("operational-transform", |b| {
            b.iter(|| black_box(&peer_one).compose(black_box(&peer_next)));
        });
        group.finish();
    }

    let base_len = 200_000;
    let history = operation(&mut random, base_len, 10_000);
    let key = operation(&mut random, base_len, 1);
    let indexed = IndexedOperation::new(history.clone());
    let mut group = criterion.benchmark_group("keystroke over 10000 components");
    group.bench_function("indexed", |b| b.iter(|| indexed.transform_new(black_box(&key))));
    group
        .bench_function("walk", |b| b.iter(|| transform_new(black_box(&key), black_box(&history))));
    group.finish();
}
