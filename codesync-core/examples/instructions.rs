//! A dozen representative cases, to be counted by `valgrind --tool=callgrind`, which counts
//! instructions and is not disturbed by whatever else the machine does.
//!
//! Prints the cases' names in their order. `cargo xtask test --only instructions` counts them and
//! compares with `benches/instructions.txt`.

#[path = "../benches/core/frames.rs"]
mod frames;

use std::hint::black_box;

use codesync_core::history::IndexedOperation;
use codesync_core::test_support::traces::{self, Sequential};
use codesync_core::{Bias, History, Operation, OperationLimits, Revision, Text, transform};

use crate::frames::{frames, received};

const FITS: &str = "all are made for each other";

fn main() {
    let trace = traces::sequential("sveltecomponent");
    let (one, other) = (spread(1, 40_000), spread(2, 40_000));
    let next = spread(3, one.target_len());
    let (left, right) = (Operation::replace(99, 7..7, "l"), Operation::replace(99, 9..9, "r"));
    let after = Operation::replace(100, 8..8, "n");

    case("transform a keystroke", || transform(&left, &right).expect(FITS));
    case("transform 2000 components", || transform(&one, &other).expect(FITS));
    case("compose a keystroke", || left.compose(&after, Bias::Left).expect(FITS));
    case("compose 2000 components", || one.compose(&next, Bias::Right).expect(FITS));
    let bytes = case("encode 2000 components", || one.encode());
    case("decode 2000 components", || {
        Operation::decode(&bytes, one.base_len(), &OperationLimits::REPRESENTABLE).expect(FITS)
    });
    let key = Operation::replace(one.base_len(), 9_999..9_999, "k");
    let indexed = case("index 2000 components", || {
        let indexed = IndexedOperation::new(one.clone());
        // Indexed by the first that is carried over it.
        indexed.transform_new(&key).expect(FITS);
        indexed
    });
    case("a keystroke over 2000 components", || indexed.transform_new(&key).expect(FITS));

    let mut text = case("type a session", || typed(&trace));
    let history = case("keep the history of a session", || history(&trace));
    case("compose a session", || history.compose(Revision::ZERO, history.head()).expect(FITS));
    case("carry over a session", || {
        history.transform(&Operation::replace(0, 0..0, "own"), Revision::ZERO).expect(FITS)
    });
    let frames = frames(&trace);
    case("receive a session", || received(&frames));
    let everywhere = replace_everywhere(&text);
    case("take back what is replaced all over", || everywhere.invert(&text));
    case("replace all over a text", || text.apply(&everywhere).expect(FITS));
}

/// A case by name, after which the counts so far are written down.
#[inline(never)]
fn case<T>(name: &str, work: impl FnOnce() -> T) -> T {
    println!("{name}");
    counted(work)
}

/// What is counted: the work, without what prepares it.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// Insertions and deletions all over the first 40 000 chars of a text.
fn spread(seed: usize, base_len: usize) -> Operation {
    const EDITS: usize = 1_000;
    let mut operation = Operation::builder();
    for edit in 0..EDITS {
        let before = 1 + (edit * 7 + seed * 13) % 30;
        operation.push_retain(before);
        let rest = 40 - before;
        if !(edit + seed).is_multiple_of(3) {
            operation.push_insert(&"etaoinsh"[..1 + (edit * seed) % 8]);
            operation.push_retain(rest);
        } else {
            operation.push_delete(4);
            operation.push_retain(rest - 4);
        }
    }
    operation.finish_at(base_len).expect("more is inserted than deleted")
}

/// The session's edits, each on the text that the one before leaves.
fn edits(trace: &Sequential) -> impl Iterator<Item = Operation> {
    trace.patches().scan(0, |len, patch| {
        let edit = Operation::replace(*len, patch.0..patch.0 + patch.1, &patch.2);
        *len = edit.target_len();
        Some(edit)
    })
}

fn typed(trace: &Sequential) -> Text {
    let mut text = Text::new();
    edits(trace).for_each(|edit| text.apply(&edit).expect("made for this text"));
    text
}

fn history(trace: &Sequential) -> History {
    let mut history = History::new(Revision::ZERO, 0);
    edits(trace).for_each(|edit| history.push(edit).expect("made for the head"));
    history
}

/// Every tenth char becomes two.
fn replace_everywhere(text: &Text) -> Operation {
    let mut operation = Operation::builder();
    for _ in 0..text.len() / 10 {
        operation.push_retain(9);
        operation.push_insert("xy");
        operation.push_delete(1);
    }
    operation.finish_at(text.len()).expect("tens fit into the text")
}
