//! Typing recorded sessions.

use codesync_core::test_support::traces;
use criterion::{Criterion, Throughput};

use crate::{peers, session};

pub(crate) fn benches(criterion: &mut Criterion) {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let bytes = peers::byte_patches(&trace);
        let mut group = criterion.benchmark_group(format!("replay {name}"));
        group.throughput(Throughput::Elements(trace.patches().count() as u64));
        group.bench_function("codesync text and history", |b| {
            b.iter(|| session::text_and_history(&trace))
        });
        group.bench_function("codesync text", |b| b.iter(|| session::text(&trace)));
        group.bench_function("ropey", |b| b.iter(|| peers::ropey(&trace)));
        group.bench_function("crop", |b| b.iter(|| peers::crop(&bytes)));
        group.bench_function("operational-transform and ropey", |b| {
            b.iter(|| peers::operational_transform(&trace));
        });
        group.bench_function("diamond-types", |b| b.iter(|| peers::diamond_types(&trace)));
        group.bench_function("cola and crop", |b| b.iter(|| peers::cola(&bytes)));
        group.bench_function("yrs", |b| b.iter(|| peers::yrs(&trace)));
        group.finish();
    }
}
