//! The peers, each typing a recorded session in the way its documentation shows.

use ::crop::Rope as Crop;
use ::ropey::Rope;
use ::yrs::{ClientID, Doc, GetString, OffsetKind, Options, Text as _, Transact};
use codesync_core::test_support::traces::{Patch, Sequential};
use diamond_types::list::ListCRDT;
use operational_transform::{Operation, OperationSeq};

/// A session with offsets in bytes, for the peers that count in bytes, and the text it ends with.
pub(crate) struct BytePatches {
    patches: Vec<Patch>,
    end_len: usize,
}

pub(crate) fn byte_patches(trace: &Sequential) -> BytePatches {
    let mut rope = Rope::new();
    let patches = trace.patches().map(|Patch(at, deleted, inserted)| {
        let (start, end) = (rope.char_to_byte(*at), rope.char_to_byte(at + deleted));
        rope.remove(*at..at + deleted);
        rope.insert(*at, inserted);
        Patch(start, end - start, inserted.clone())
    });
    BytePatches { patches: patches.collect(), end_len: trace.end_content.len() }
}

pub(crate) fn ropey(trace: &Sequential) -> Rope {
    let mut rope = Rope::new();
    for Patch(at, deleted, inserted) in trace.patches() {
        if *deleted > 0 {
            rope.remove(*at..at + deleted);
        }
        if !inserted.is_empty() {
            rope.insert(*at, inserted);
        }
    }
    assert_eq!(rope.len_bytes(), trace.end_content.len());
    rope
}

pub(crate) fn crop(session: &BytePatches) -> Crop {
    let mut rope = Crop::new();
    for Patch(at, deleted, inserted) in &session.patches {
        rope.replace(*at..at + deleted, inserted);
    }
    assert_eq!(rope.byte_len(), session.end_len);
    rope
}

/// What an editor on `operational-transform` does: build the operation, keep it, and apply it to a
/// rope, since the library itself only applies to strings in a pass over the whole text.
pub(crate) fn operational_transform(trace: &Sequential) -> (Rope, Vec<OperationSeq>) {
    let (mut rope, mut history) = (Rope::new(), Vec::new());
    for patch in trace.patches() {
        let operation = operation(rope.len_chars(), patch);
        apply(&mut rope, &operation);
        history.push(operation);
    }
    assert_eq!(rope.len_bytes(), trace.end_content.len());
    (rope, history)
}

pub(crate) fn operation(len: usize, Patch(at, deleted, inserted): &Patch) -> OperationSeq {
    let mut operation = OperationSeq::default();
    operation.retain(*at as u64);
    operation.delete(*deleted as u64);
    operation.insert(inserted);
    operation.retain((len - at - deleted) as u64);
    operation
}

pub(crate) fn apply(rope: &mut Rope, operation: &OperationSeq) {
    let mut at = 0;
    for component in operation.ops() {
        match component {
            Operation::Retain(n) => at += *n as usize,
            Operation::Delete(n) => rope.remove(at..at + *n as usize),
            Operation::Insert(text) => {
                rope.insert(at, text);
                at += text.chars().count();
            }
        }
    }
}

pub(crate) fn diamond_types(trace: &Sequential) -> ListCRDT {
    let mut document = ListCRDT::new();
    let agent = document.get_or_create_agent_id("typist");
    for Patch(at, deleted, inserted) in trace.patches() {
        if *deleted > 0 {
            document.delete_without_content(agent, *at..at + deleted);
        }
        if !inserted.is_empty() {
            document.insert(agent, *at, inserted);
        }
    }
    assert_eq!(document.branch.content().len_bytes(), trace.end_content.len());
    document
}

/// `cola` knows where edits belong and leaves the text to others: here, to `crop`.
pub(crate) fn cola(session: &BytePatches) -> (Crop, ::cola::Replica) {
    let (mut rope, mut replica) = (Crop::new(), ::cola::Replica::new(1, 0));
    for Patch(at, deleted, inserted) in &session.patches {
        rope.replace(*at..at + deleted, inserted);
        if *deleted > 0 {
            let _ = replica.deleted(*at..at + deleted);
        }
        if !inserted.is_empty() {
            let _ = replica.inserted(*at, inserted.len());
        }
    }
    assert_eq!(replica.len(), session.end_len);
    (rope, replica)
}

/// One transaction an edit, as one keystroke is one.
pub(crate) fn yrs(trace: &Sequential) -> Doc {
    // No recorded char needs two units of UTF-16.
    let options =
        Options { offset_kind: OffsetKind::Utf16, ..Options::with_client_id(ClientID::new(1)) };
    let document = Doc::with_options(options);
    let text = document.get_or_insert_text("text");
    for Patch(at, deleted, inserted) in trace.patches() {
        let mut transaction = document.transact_mut();
        if *deleted > 0 {
            text.remove_range(&mut transaction, *at as u32, *deleted as u32);
        }
        if !inserted.is_empty() {
            text.insert(&mut transaction, *at as u32, inserted);
        }
    }
    assert_eq!(text.get_string(&document.transact()).len(), trace.end_content.len());
    document
}
