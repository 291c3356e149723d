//! What others typed, from the bytes that arrive to the text.

use codesync_core::test_support::traces::{self, Sequential};
use criterion::{Criterion, Throughput};
use operational_transform::OperationSeq;

use crate::frames::{frames, received};
use crate::peers;

pub(crate) fn benches(criterion: &mut Criterion) {
    let trace = traces::sequential("rustcode");
    let (frames, peer_frames) = (frames(&trace), peer_frames(&trace));
    let mut group = criterion.benchmark_group("messages of others, rustcode");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("codesync", |b| b.iter(|| received(&frames)));
    group.bench_function("operational-transform and ropey", |b| {
        b.iter(|| peer_received(&peer_frames));
    });
    group.finish();
}

/// The peer writes and reads itself in the JSON of ot.js.
fn peer_frames(trace: &Sequential) -> Vec<String> {
    let mut len = 0;
    let frames = trace.patches().map(|patch| {
        let operation = peers::operation(len, patch);
        len = operation.target_len();
        serde_json::to_string(&operation).expect("numbers and strings")
    });
    frames.collect()
}

fn peer_received(frames: &[String]) -> ropey::Rope {
    let mut rope = ropey::Rope::new();
    for frame in frames {
        let operation: OperationSeq = serde_json::from_str(frame).expect("the peer's own frame");
        assert_eq!(operation.base_len(), rope.len_chars());
        peers::apply(&mut rope, &operation);
    }
    rope
}
