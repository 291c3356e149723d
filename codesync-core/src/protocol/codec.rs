//! Messages as bytes: the only module that touches them.
//!
//! Reading is strict. A frame is refused, with the place and the reason, if it is empty or too
//! long, if it ends within a message, if anything in it is not a message of this version, or if a
//! message holds more than the [limits](crate::limits) allow. Reading never panics and copies no
//! text and no operation; what it allocates is at most one kilobyte of selections or a token.

use std::marker::PhantomData;

use serde::Serialize;

use self::sealed::Message;
use super::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, ServerDocument, ServerMessage,
    ServerPresence, ServerSession,
};
use crate::limits::{
    FRAME_BYTES_MAX, NAME_BYTES_MAX, SELECTIONS_MAX, SENTENCE_BYTES_MAX, TOKEN_BYTES_MAX,
};

/// Bytes that are not a frame. Every `at` is the offset in bytes at which the message starts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// The frame is longer than [`FRAME_BYTES_MAX`].
    #[error("a frame of {bytes} bytes is longer than {bytes_max}")]
    FrameTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The bound in bytes.
        bytes_max: usize,
    },
    /// The frame holds nothing.
    #[error("an empty frame")]
    FrameEmpty,
    /// The frame ends within a message.
    #[error("the message at byte {at} is cut off")]
    Truncated {
        /// Where the message starts.
        at: usize,
    },
    /// A message that this version does not know, or what follows the last message is none.
    #[error("the message at byte {at} is of the unknown kind {family}.{kind}")]
    UnknownMessage {
        /// Where the message starts.
        at: usize,
        /// Number of the outer variant.
        family: u32,
        /// Number of the inner variant; zero where the family has none.
        kind: u32,
    },
    /// Text in the message is not UTF-8.
    #[error("the message at byte {at} holds text that is not UTF-8")]
    NotUtf8 {
        /// Where the message starts.
        at: usize,
    },
    /// A number, a flag or a presence mark that no encoder writes.
    #[error("the message at byte {at} is malformed")]
    Malformed {
        /// Where the message starts.
        at: usize,
    },
    /// A text field is longer than it may be.
    #[error("the message at byte {at} has a {field} of {bytes} bytes, more than {bytes_max}")]
    FieldTooLong {
        /// Where the message starts.
        at: usize,
        /// Which field.
        field: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The bound in bytes.
        bytes_max: usize,
    },
    /// More selections than one person may have.
    #[error("the message at byte {at} has more than {selections_max} selections")]
    TooManySelections {
        /// Where the message starts.
        at: usize,
        /// The bound.
        selections_max: usize,
    },
}

/// One message of a client as a frame of its own.
#[must_use]
pub fn encode_client(message: &ClientMessage<'_>) -> Vec<u8> {
    encode(message)
}

/// One message of a server as a frame of its own, or to be put together with others.
#[must_use]
pub fn encode_server(message: &ServerMessage<'_>) -> Vec<u8> {
    encode(message)
}

/// Appends one message of a client to a frame.
///
/// The caller keeps the frame within [`FRAME_BYTES_MAX`]; the receiver refuses a longer one.
pub fn append_client(frame: &mut Vec<u8>, message: &ClientMessage<'_>) {
    append(frame, message);
}

/// Appends one message of a server to a frame; the bound is the caller's, as in [`append_client`].
pub fn append_server(frame: &mut Vec<u8>, message: &ServerMessage<'_>) {
    append(frame, message);
}

/// The messages in a frame from a client.
///
/// # Errors
///
/// [`DecodeError::FrameEmpty`] or [`DecodeError::FrameTooLong`]; everything else comes from the
/// iterator.
pub fn decode_client(frame: &[u8]) -> Result<Messages<'_, ClientMessage<'_>>, DecodeError> {
    Messages::new(frame)
}

/// The messages in a frame from a server.
///
/// # Errors
///
/// As [`decode_client`].
pub fn decode_server(frame: &[u8]) -> Result<Messages<'_, ServerMessage<'_>>, DecodeError> {
    Messages::new(frame)
}

fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    // Room for an edit of a few characters, the message by far the most frequent.
    let mut frame = Vec::with_capacity(24);
    append(&mut frame, message);
    frame
}

fn append<M: Serialize>(frame: &mut Vec<u8>, message: &M) {
    *frame = postcard::to_extend(message, std::mem::take(frame))
        .expect("writing to memory cannot fail and every sequence knows its length");
}

/// Iterator over the messages of a frame. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Messages<'a, M> {
    frame: &'a [u8],
    at: usize,
    message: PhantomData<M>,
}

impl<'a, M> Messages<'a, M> {
    fn new(frame: &'a [u8]) -> Result<Self, DecodeError> {
        match frame.len() {
            0 => Err(DecodeError::FrameEmpty),
            1..=FRAME_BYTES_MAX => Ok(Self { frame, at: 0, message: PhantomData }),
            bytes => Err(DecodeError::FrameTooLong { bytes, bytes_max: FRAME_BYTES_MAX }),
        }
    }

    /// The bytes of the messages that were not read yet: a frame of its own, unless it is empty.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.frame[self.at..]
    }
}

impl<'a, M: Message<'a>> Iterator for Messages<'a, M> {
    type Item = Result<M, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (at, bytes) = (self.at, &self.frame[self.at..]);
        if bytes.is_empty() {
            return None;
        }
        let decoded = match postcard::take_from_bytes::<M>(bytes) {
            Ok((message, rest)) => {
                self.at = self.frame.len() - rest.len();
                message.check(at).map(|()| message)
            }
            Err(error) => Err(explain::<M>(&error, bytes, at)),
        };
        if decoded.is_err() {
            self.at = self.frame.len();
        }
        Some(decoded)
    }
}

mod sealed {
    /// What the two directions have in common; nobody else can implement it.
    pub trait Message<'a>: serde::Deserialize<'a> {
        /// For each family the number of its kinds; zero for a message that is its own family.
        const KINDS: &'static [u32];

        /// Whether everything in a decoded message is within its bound.
        fn check(&self, at: usize) -> Result<(), super::DecodeError>;
    }
}

/// Says what was met where the decoder only knows that it cannot go on.
fn explain<'a, M: Message<'a>>(error: &postcard::Error, bytes: &'a [u8], at: usize) -> DecodeError {
    if let Ok((family, rest)) = postcard::take_from_bytes::<u32>(bytes) {
        match M::KINDS.get(family as usize) {
            None => return DecodeError::UnknownMessage { at, family, kind: 0 },
            Some(0) => {}
            Some(kinds) => match postcard::take_from_bytes::<u32>(rest) {
                Ok((kind, _)) if kind >= *kinds => {
                    return DecodeError::UnknownMessage { at, family, kind };
                }
                _ => {}
            },
        }
    }
    match error {
        postcard::Error::DeserializeUnexpectedEnd => DecodeError::Truncated { at },
        postcard::Error::DeserializeBadUtf8 => DecodeError::NotUtf8 { at },
        _ => DecodeError::Malformed { at },
    }
}

fn text(at: usize, field: &'static str, text: &str, bytes_max: usize) -> Result<(), DecodeError> {
    let bytes = text.len();
    if bytes > bytes_max {
        return Err(DecodeError::FieldTooLong { at, field, bytes, bytes_max });
    }
    Ok(())
}

fn name(at: usize, name: &str) -> Result<(), DecodeError> {
    text(at, "name", name, NAME_BYTES_MAX)
}

fn sentence(at: usize, message: &str) -> Result<(), DecodeError> {
    text(at, "message", message, SENTENCE_BYTES_MAX)
}

fn selection_count(at: usize, count: usize) -> Result<(), DecodeError> {
    if count > SELECTIONS_MAX {
        return Err(DecodeError::TooManySelections { at, selections_max: SELECTIONS_MAX });
    }
    Ok(())
}

impl<'a> Message<'a> for ClientMessage<'a> {
    const KINDS: &'static [u32] = &[3, 0, 2, 1];

    fn check(&self, at: usize) -> Result<(), DecodeError> {
        match self {
            Self::Session(ClientSession::Hello { name: person, token, .. }) => {
                name(at, person)?;
                text(at, "token", token.as_deref().unwrap_or_default(), TOKEN_BYTES_MAX)
            }
            Self::Session(ClientSession::Renew { token }) => {
                text(at, "token", token, TOKEN_BYTES_MAX)
            }
            Self::Presence(ClientPresence::Select { selections, .. }) => {
                selection_count(at, selections.len())
            }
            Self::Session(ClientSession::Ping { .. })
            | Self::Submit { .. }
            | Self::Document(ClientDocument::Join { .. } | ClientDocument::Leave { .. }) => Ok(()),
        }
    }
}

impl<'a> Message<'a> for ServerMessage<'a> {
    const KINDS: &'static [u32] = &[5, 0, 0, 9, 3];

    fn check(&self, at: usize) -> Result<(), DecodeError> {
        match self {
            Self::Session(ServerSession::Welcome { server_name, .. }) => name(at, server_name),
            Self::Session(ServerSession::Fault { message, .. })
            | Self::Document(
                ServerDocument::Rejected { message, .. }
                | ServerDocument::Refused { message, .. }
                | ServerDocument::Ended { message, .. },
            ) => sentence(at, message),
            Self::Document(
                ServerDocument::Joined { name: title, .. }
                | ServerDocument::Renamed { name: title, .. },
            ) => name(at, title),
            Self::Presence(ServerPresence::Arrived { name: person, .. }) => name(at, person),
            Self::Presence(ServerPresence::Moved { selections, .. }) => {
                selection_count(at, selections.len())
            }
            Self::Session(
                ServerSession::Pong { .. }
                | ServerSession::Reconnect { .. }
                | ServerSession::Renewed { .. },
            )
            | Self::Applied { .. }
            | Self::Acked { .. }
            | Self::Document(
                ServerDocument::TextPart { .. }
                | ServerDocument::CaughtUp { .. }
                | ServerDocument::Checkpoint { .. }
                | ServerDocument::Role { .. },
            )
            | Self::Presence(ServerPresence::Departed { .. }) => Ok(()),
        }
    }
}

/// Bytes with their length before them, borrowed where possible.
pub(crate) mod bytes {
    use std::borrow::Cow;
    use std::fmt;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de: 'a, 'a, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Cow<'a, [u8]>, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Cow<'de, [u8]>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(bytes))
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Cow::Owned(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

/// Selections as a sequence of pairs of varints.
pub(super) mod selections {
    use std::fmt;

    use serde::de::{Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::Serializer;

    use crate::limits::SELECTIONS_MAX;
    use crate::selection::Selection;

    pub(crate) fn serialize<S: Serializer>(
        selections: &[Selection],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(selections.iter().map(|s| (s.anchor as u64, s.head as u64)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Selection>, D::Error> {
        struct Selections;

        impl<'de> Visitor<'de> for Selections {
            type Value = Vec<Selection>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("selections")
            }

            /// Reads all and keeps at most one more than allowed, by which the excess is known.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut selections = Vec::new();
                while let Some((anchor, head)) = seq.next_element::<(u64, u64)>()? {
                    if selections.len() <= SELECTIONS_MAX {
                        let offset = |n| usize::try_from(n).map_err(A::Error::custom);
                        selections.push(Selection { anchor: offset(anchor)?, head: offset(head)? });
                    }
                }
                Ok(selections)
            }
        }

        deserializer.deserialize_seq(Selections)
    }
}
