//! Typing recorded sessions.

use codesync_core::test_support::traces::{self, Sequential};
use codesync_core::{History, Operation, Revision, Text};
use criterion::{Criterion, Throughput};
use operational_transform::OperationSeq;

pub(crate) fn benches(criterion: &mut Criterion) {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut group = criterion.benchmark_group(format!("replay {name}"));
        group.throughput(Throughput::Elements(trace.patches().count() as u64));
        group.bench_function("codesync text", |b| b.iter(|| text(&trace)));
        group.bench_function("codesync text and history", |b| b.iter(|| text_and_history(&trace)));
        group.bench_function("ropey", |b| b.iter(|| ropey(&trace)));
        group.bench_function("operational-transform and ropey", |b| b.iter(|| peer(&trace)));
        group.bench_function("diamond-types", |b| b.iter(|| diamond(&trace)));
        group.finish();
    }
}

fn text(trace: &Sequential) -> usize {
    let mut text = Text::default();
    for patch in trace.patches() {
        let range = patch.0..patch.0 + patch.1;
        let operation = Operation::replace(text.len(), range, &patch.2);
        text.apply(&operation).expect("made for this text");
    }
    assert_eq!(text.len_bytes(), trace.end_content.len());
    text.len()
}

fn text_and_history(trace: &Sequential) -> usize {
    let mut text = Text::default();
    let mut history = History::new(Revision::ZERO, 0);
    for patch in trace.patches() {
        let range = patch.0..patch.0 + patch.1;
        let operation = Operation::replace(text.len(), range, &patch.2);
        text.apply(&operation).expect("made for this text");
        history.push(operation).expect("made for this text");
    }
    assert_eq!(text.len_bytes(), trace.end_content.len());
    text.len()
}

fn ropey(trace: &Sequential) -> usize {
    let mut rope = ropey::Rope::new();
    for patch in trace.patches() {
        if patch.1 > 0 {
            rope.remove(patch.0..patch.0 + patch.1);
        }
        if !patch.2.is_empty() {
            rope.insert(patch.0, &patch.2);
        }
    }
    assert_eq!(rope.len_bytes(), trace.end_content.len());
    rope.len_chars()
}

/// What an editor on `operational-transform` does: build the operation, keep it, and apply it to a
/// rope, since the library itself only applies to strings in a pass over the whole text.
fn peer(trace: &Sequential) -> usize {
    let mut rope = ropey::Rope::new();
    let mut history = Vec::new();
    for patch in trace.patches() {
        let mut operation = OperationSeq::default();
        operation.retain(patch.0 as u64);
        operation.delete(patch.1 as u64);
        operation.insert(&patch.2);
        operation.retain((rope.len_chars() - patch.0 - patch.1) as u64);
        let mut at = 0;
        for component in operation.ops() {
            match component {
                operational_transform::Operation::Retain(n) => at += *n as usize,
                operational_transform::Operation::Delete(n) => rope.remove(at..at + *n as usize),
                operational_transform::Operation::Insert(text) => {
                    rope.insert(at, text);
                    at += text.chars().count();
                }
            }
        }
        history.push(operation);
    }
    assert_eq!(rope.len_bytes(), trace.end_content.len());
    history.len()
}

fn diamond(trace: &Sequential) -> usize {
    let mut document = diamond_types::list::ListCRDT::new();
    let agent = document.get_or_create_agent_id("typist");
    for patch in trace.patches() {
        if patch.1 > 0 {
            document.delete_without_content(agent, patch.0..patch.0 + patch.1);
        }
        if !patch.2.is_empty() {
            document.insert(agent, patch.0, &patch.2);
        }
    }
    assert_eq!(document.branch.content().len_bytes(), trace.end_content.len());
    document.len()
}
