//! What it costs to come back after an absence, and to join.

use std::hint::black_box;

use codesync_core::test_support::traces;
use codesync_core::{History, Operation, Revision, Text, transform_new};
use criterion::{BatchSize, Criterion};

/// Keystrokes of a recorded session, over and over until there are `n`.
fn history(n: usize) -> History {
    let trace = traces::sequential("rustcode");
    let mut history = History::new(Revision::ZERO, 0);
    while history.head().get() < n as u64 {
        for patch in trace.patches() {
            let len = history.head_len();
            let (at, end) = (patch.0.min(len), (patch.0 + patch.1).min(len));
            history.push(Operation::replace(len, at..end, &patch.2)).expect("made for the head");
            if history.head().get() == n as u64 {
                break;
            }
        }
    }
    history
}

pub(crate) fn benches(criterion: &mut Criterion) {
    for missed in [1_000, 10_000, 100_000] {
        let ready = history(missed);
        // One's own work from before the absence.
        let own = Operation::replace(0, 0..0, "offline");
        let mut group = criterion.benchmark_group(format!("catch up after {missed}"));
        group.bench_function("first client, nothing composed yet", |b| {
            b.iter_batched(
                || history(missed),
                |history| history.compose(Revision::ZERO, history.head()),
                BatchSize::PerIteration,
            );
        });
        ready.compose(Revision::ZERO, ready.head()).expect("within history");
        group.bench_function("next client", |b| {
            b.iter(|| ready.compose(black_box(Revision::new(1)), ready.head()));
        });
        group.bench_function("own work over it", |b| {
            b.iter(|| ready.transform(black_box(&own), Revision::ZERO));
        });
        group.bench_function("own work over each entry", |b| {
            b.iter(|| {
                ready.since(Revision::ZERO).fold(own.clone(), |own, entry| {
                    transform_new(&own, &entry).expect("neighbours in history")
                })
            });
        });
        group.finish();
    }

    let trace = traces::sequential("rustcode");
    let text = Text::from(trace.end_content.as_str());
    let mut group = criterion.benchmark_group("join");
    group.bench_function("copy of the text for the snapshot", |b| {
        b.iter(|| black_box(&text).clone())
    });
    group.bench_function("text to bytes", |b| b.iter(|| black_box(&text).to_string()));
    group.bench_function("bytes to text", |b| {
        b.iter(|| Text::from(black_box(trace.end_content.as_str())));
    });
    group.bench_function("hash of the text", |b| b.iter(|| black_box(&text).hash()));
    group.finish();
}
