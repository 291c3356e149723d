//! Recorded sessions through the library.

use codesync_core::test_support::traces;
use codesync_core::{Bias, History, Operation, Revision, Text};

#[test]
fn every_recorded_session_ends_in_its_text() {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut text = Text::from(trace.start_content.as_str());
        for patch in trace.patches() {
            let op = Operation::replace(text.len(), patch.0..patch.0 + patch.1, &patch.2);
            text.apply(&op).unwrap();
        }
        assert_eq!(text.to_string(), trace.end_content, "{name}");
    }
}

#[test]
fn a_recorded_session_composed_is_the_session() {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut history = History::new(Revision::ZERO, 0);
        for patch in trace.patches() {
            let len = history.head_len();
            history
                .push(Operation::replace(len, patch.0..patch.0 + patch.1, &patch.2))
                .unwrap();
        }
        let whole = history.compose(Revision::ZERO, history.head()).unwrap();
        assert_eq!(whole.apply_to("").unwrap(), trace.end_content, "{name}");
        let at = Revision::new(history.head().get() / 3);
        let before = history.compose(Revision::ZERO, at).unwrap();
        let after = history.compose(at, history.head()).unwrap();
        assert_eq!(before.compose(&after, Bias::Right), Ok(whole), "{name}");
    }
}
