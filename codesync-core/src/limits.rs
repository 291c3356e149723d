//! Every bound of the protocol and of what a document may hold, in one place.
//!
//! A name ends in its unit and in `max` or `min`. The authority refuses what lies past a bound
//! with a [`RejectCode`](crate::protocol::RejectCode); a client checks the same bound first, so
//! that an honest one is never refused. What a deployment may choose (the size of a document) is a
//! default here and is told to the client in
//! [`Joined`](crate::protocol::ServerDocument::Joined).

use crate::operation::OperationLimits;

pub use crate::selection::{NAME_BYTES_MAX, PEERS_MAX, SELECTIONS_MAX};

/// Longest frame in either direction, in bytes: 256 KiB.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Longest encoded operation in a submission, in bytes: 64 KiB. A larger edit is sent in pieces.
pub const OPERATION_BYTES_MAX: usize = 64 * 1024;

/// Most components of a submitted operation.
pub const OPERATION_COMPONENTS_MAX: usize = 10_000;

/// Longest encoded operation in a [`CaughtUp`](crate::protocol::ServerDocument::CaughtUp), in
/// bytes. One submission always fits, and 64 bytes are left in the frame for the message around it.
pub const CATCH_UP_BYTES_MAX: usize = FRAME_BYTES_MAX - 64;

/// Longest piece of text in a [`TextPart`](crate::protocol::ServerDocument::TextPart), in bytes.
pub const TEXT_PART_BYTES_MAX: usize = 128 * 1024;

/// Longest text of a document where the operator chose nothing else, in bytes of UTF-8: 10 MiB.
pub const DOCUMENT_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Longest text that any operator may choose, in bytes: lengths of operations are 32 bits, and a
/// compose of two must still fit.
pub const DOCUMENT_BYTES_CEILING: u64 = 1024 * 1024 * 1024;

/// Longest name of a person or a document, in graphemes. Counted by whoever shows and stores
/// names; the core bounds their bytes ([`NAME_BYTES_MAX`]).
pub const NAME_GRAPHEMES_MAX: usize = 64;

/// Longest token in a [`Hello`](crate::protocol::ClientSession::Hello) or a
/// [`Renew`](crate::protocol::ClientSession::Renew), in bytes.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// How long before a token ends a client asks for another one, in milliseconds; a fifth of the
/// token's life, if that is less.
pub const TOKEN_MARGIN_MS_MAX: u64 = 60_000;

/// Longest life of a token that a client counts on, in milliseconds: a day. It asks for another
/// one by then, whatever the server said.
pub const TOKEN_LIFE_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Longest sentence that explains a code, in bytes.
pub const SENTENCE_BYTES_MAX: usize = 1024;

/// Most documents joined on one socket.
pub const DOCUMENTS_PER_SOCKET_MAX: usize = 256;

/// Messages a second that one socket may send in the long run; what exceeds it is rejected with
/// [`RateLimited`](crate::protocol::RejectCode::RateLimited) or, if it is presence, dropped.
pub const MESSAGES_PER_SECOND_MAX: u32 = 30;

/// Messages that one socket may send at once before [`MESSAGES_PER_SECOND_MAX`] counts.
pub const MESSAGES_BURST_MAX: u32 = 60;

/// Shortest time between two presence messages of one document, in milliseconds: ten a second.
pub const PRESENCE_INTERVAL_MS_MIN: u64 = 100;

/// Time from one submission of a document to the next in an editor, in milliseconds: ten a second,
/// as often as others are told where somebody is. What a person types meanwhile goes together.
pub const SUBMIT_INTERVAL_MS: u64 = 100;

/// How many times as long lies between two submissions while nobody else is known to have the document
/// open.
pub const SUBMIT_ALONE_FACTOR: u32 = 3;

/// Revisions between two comparisons of the text's hash.
pub const CHECKPOINT_REVISIONS: u64 = 256;

/// Most committed operations that an authority keeps at hand for one document.
pub const HISTORY_REVISIONS_MAX: usize = 16 * 1024;

/// Most bytes of committed operations, as they are packed, that an authority keeps at hand for one document.
pub const HISTORY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most submissions that go to the log as one batch.
pub const BATCH_ENTRIES_MAX: usize = 64;

/// Most encoded bytes of operations that go to the log as one batch: 64 KiB. A single operation
/// always fits, however much carrying it over others' operations made it grow.
pub const BATCH_BYTES_MAX: usize = 64 * 1024;

/// Shortest and longest wait before a client tries to reconnect, in milliseconds. The wait doubles
/// with each failure and is drawn evenly from zero to there ("full jitter").
pub const BACKOFF_MS_MIN: u64 = 250;
/// See [`BACKOFF_MS_MIN`].
pub const BACKOFF_MS_MAX: u64 = 15_000;

/// How long a connection must have stood before the next failure counts as a first one again, in
/// milliseconds.
pub const STABLE_MS_MIN: u64 = 10_000;

/// Time between two pings of a client, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 20_000;

/// How long a client believes in a connection on which nothing arrives, in milliseconds.
pub const SILENCE_MS_MAX: u64 = 30_000;

/// How long a client waits for a connection, a welcome or an answered join, in milliseconds.
pub const ANSWER_MS_MAX: u64 = 15_000;

/// Wait before a rejected submission is sent again where the reject names no time, in milliseconds.
pub const RETRY_MS_DEFAULT: u64 = 1_000;

/// Longest wait that a client takes from a server, in milliseconds: five minutes.
pub const RETRY_MS_MAX: u64 = 300_000;

/// What a client's journal may grow to beyond twice the state it began with (which is little more
/// than the text), in bytes, before it is rewritten.
pub const JOURNAL_SLACK_BYTES: u64 = 64 * 1024;

/// Largest revision or submission number that is believed from outside. Beyond it no honest
/// document comes, and below it one can count on without overflow.
pub const NUMBER_MAX: u64 = 1 << 62;

/// The bounds of one submitted operation in a document of at most `document_bytes_max` bytes.
///
/// A text of so many chars has at least so many bytes; the authority counts bytes exactly.
#[must_use]
pub fn submission(document_bytes_max: u64) -> OperationLimits {
    OperationLimits {
        components_max: OPERATION_COMPONENTS_MAX,
        target_chars_max: chars_max(document_bytes_max),
    }
}

/// The bounds of a committed operation, or a run of them composed, as a client takes it.
///
/// Its components are bounded by the bytes of the frame it came in. Its text may be longer than
/// the document's bound, which an operator may have lowered.
pub const COMMITTED: OperationLimits = OperationLimits {
    components_max: FRAME_BYTES_MAX,
    target_chars_max: DOCUMENT_BYTES_CEILING as usize,
};

fn chars_max(document_bytes_max: u64) -> usize {
    usize::try_from(document_bytes_max.min(DOCUMENT_BYTES_CEILING)).unwrap_or(usize::MAX)
}
