//! A recorded session as it is sent to others.

use std::borrow::Cow;

use codesync_core::protocol::{ServerMessage, codec};
use codesync_core::test_support::traces::Sequential;
use codesync_core::{Author, Channel, Operation, OperationLimits, Revision, Text};

/// All of it, a frame for each edit.
pub(crate) fn frames(trace: &Sequential) -> Vec<Vec<u8>> {
    let mut len = 0;
    let frames = trace.patches().zip(1..).map(|(patch, revision)| {
        let operation = Operation::replace(len, patch.0..patch.0 + patch.1, &patch.2);
        len = operation.target_len();
        codec::encode_server(&ServerMessage::Applied {
            channel: Channel::new(1),
            revision: Revision::new(revision),
            author: Author::new(2),
            operation: Cow::Owned(operation.encode()),
        })
    });
    frames.collect()
}

pub(crate) fn received(frames: &[Vec<u8>]) -> Text {
    let mut text = Text::new();
    for frame in frames {
        for message in codec::decode_server(frame).expect("our own frame") {
            let Ok(ServerMessage::Applied { operation, .. }) = message else {
                unreachable!("only edits were sent");
            };
            let operation =
                Operation::decode(&operation, text.len(), &OperationLimits::REPRESENTABLE)
                    .expect("our own operation");
            text.apply(&operation).expect("made for this text");
        }
    }
    text
}
