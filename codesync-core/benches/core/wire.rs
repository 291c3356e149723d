//! Bytes, which need no clock.

use codesync_core::Operation;
use codesync_core::test_support::traces;

/// Prints what each typed edit of the recorded sessions takes as an operation.
pub(crate) fn print() {
    println!(
        "\n{:<24} {:>10} {:>18} {:>14}",
        "trace", "edits", "bytes a typed char", "bytes an edit"
    );
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let (mut len, mut edits, mut bytes, mut typed, mut typed_bytes) = (0, 0, 0, 0, 0);
        for patch in trace.patches() {
            let op = Operation::replace(len, patch.0..patch.0 + patch.1, &patch.2);
            len = op.target_len();
            (edits, bytes) = (edits + 1, bytes + op.encoded_len());
            if patch.1 == 0 && patch.2.len() == 1 {
                (typed, typed_bytes) = (typed + 1, typed_bytes + op.encoded_len());
            }
        }
        println!(
            "{name:<24} {edits:>10} {:>18.2} {:>14.2}",
            f64::from(typed_bytes as u32) / f64::from(typed),
            bytes as f64 / f64::from(edits),
        );
    }
}
