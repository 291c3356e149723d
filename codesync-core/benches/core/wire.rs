//! Bytes, which need no clock.

use std::borrow::Cow;

use codesync_core::protocol::{ClientMessage, codec};
use codesync_core::test_support::traces;
use codesync_core::{Channel, Operation, Seq};

/// Prints what the typed edits of the recorded sessions take, each submitted by itself.
pub(crate) fn print() {
    println!(
        "\n{:<24} {:>10} {:>18} {:>22} {:>14}",
        "trace", "edits", "bytes a typed char", "with envelope (most)", "bytes an edit"
    );
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let (mut len, mut edits, mut bytes) = (0, 0_u64, 0);
        let (mut typed, mut typed_bytes, mut sent_bytes, mut sent_bytes_max) = (0_u64, 0, 0, 0);
        for patch in trace.patches() {
            let op = Operation::replace(len, patch.0..patch.0 + patch.1, &patch.2);
            len = op.target_len();
            (edits, bytes) = (edits + 1, bytes + op.encoded_len());
            if patch.1 == 0 && patch.2.len() == 1 {
                let sent = submitted(edits, &op);
                (typed, typed_bytes) = (typed + 1, typed_bytes + op.encoded_len());
                (sent_bytes, sent_bytes_max) = (sent_bytes + sent, sent_bytes_max.max(sent));
            }
        }
        let mean = |bytes: usize, of: u64| bytes as f64 / of as f64;
        let envelope = format!("{:.2} ({sent_bytes_max})", mean(sent_bytes, typed));
        println!(
            "{name:<24} {edits:>10} {:>18.2} {envelope:>22} {:>14.2}",
            mean(typed_bytes, typed),
            mean(bytes, edits),
        );
    }
}

/// Length in bytes of the whole message, the typist being alone.
fn submitted(seq: u64, operation: &Operation) -> usize {
    let operation = Cow::Owned(operation.encode());
    let (channel, seq) = (Channel::new(1), Seq::new(seq));
    codec::encode_client(&ClientMessage::Submit { channel, seq, since: 0, operation }).len()
}
