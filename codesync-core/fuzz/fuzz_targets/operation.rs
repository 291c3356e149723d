//! Any bytes as an operation on a small text: refused, or applied and taken back.

#![no_main]

use codesync_core::{Operation, Text, limits};
use libfuzzer_sys::fuzz_target;

const BASE: &str = "a\nbc\u{301}\n👩\u{200d}🚀 漢字\n\nend";

fuzz_target!(|bytes: &[u8]| {
    let mut text = Text::from(BASE);
    let bounds = limits::submission(limits::DOCUMENT_BYTES_MAX);
    let Ok(operation) = Operation::decode(bytes, text.len(), &bounds) else { return };
    assert_eq!(operation.encode(), bytes, "an operation has one encoding");
    let inverse = operation.invert(&text);
    text.apply(&operation).expect("made for this length");
    assert_eq!(text.len(), operation.target_len());
    assert_eq!(text.to_string(), operation.apply_to(BASE).expect("made for this length"));
    text.apply(&inverse).expect("the inverse is made for the target");
    assert_eq!(text.to_string(), BASE);
});
