//! A recorded session typed into what an editor keeps open.

use codesync_core::test_support::traces::Sequential;
use codesync_core::{History, Operation, Revision, Text};

pub(crate) fn text(trace: &Sequential) -> Text {
    let mut text = Text::default();
    for patch in trace.patches() {
        let range = patch.0..patch.0 + patch.1;
        let operation = Operation::replace(text.len(), range, &patch.2);
        text.apply(&operation).expect("made for this text");
    }
    assert_eq!(text.len_bytes(), trace.end_content.len());
    text
}

/// The whole session as an open document: its text and all that led to it.
pub(crate) fn text_and_history(trace: &Sequential) -> (Text, History) {
    let mut text = Text::default();
    let mut history = History::new(Revision::ZERO, 0);
    for patch in trace.patches() {
        let range = patch.0..patch.0 + patch.1;
        let operation = Operation::replace(text.len(), range, &patch.2);
        text.apply(&operation).expect("made for this text");
        history.push(operation).expect("made for this text");
    }
    assert_eq!(text.len_bytes(), trace.end_content.len());
    (text, history)
}
