//! What travels through Redis: a byte for the version, then one message in postcard's encoding.
//!
//! A server that meets a version it does not know, during an upgrade, takes it for a loss and
//! looks at the log; so a version need not be understood by the release before.

use bytes::Bytes;
use codesync_core::{Author, Revision, Seq};
use serde::{Deserialize, Serialize, Serializer};

use crate::access::AccessVersion;
use crate::bus::{Heard, Hint, Notice, Origin, Presence, Sessions};
use crate::ids::{SessionId, UserId};
use crate::oplog;

/// Another number means another encoding.
const VERSION: u8 = 1;
/// Longest message. What does not fit is not said: the log has it.
pub(super) const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// Logins that one message names.
const SESSIONS_MAX: usize = 1000;

/// The order is the encoding.
#[derive(Deserialize, Serialize)]
enum Message<'a> {
    Lost,
    Committed {
        origin: Origin,
        #[serde(borrow)]
        entries: Vec<Entry<'a>>,
    },
    Head(Revision),
    Presence {
        origin: Origin,
        presence: Presence,
    },
    Access(u64),
    AllSessionsEnded([u8; 16]),
    SessionsEnded([u8; 16], Vec<[u8; 16]>),
    Wish(Origin),
}

#[derive(Deserialize, Serialize)]
struct Entry<'a> {
    revision: Revision,
    author: Author,
    seq: Seq,
    base_length: usize,
    #[serde(serialize_with = "bytes")]
    operation: &'a [u8],
}

fn bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// A hint as it travels; nothing if it is too long even when cut down.
pub(super) fn encode_hint(hint: Hint) -> Option<Vec<u8>> {
    let (origin, entries) = match hint {
        Hint::Committed { origin, entries } => (origin, entries),
        Hint::Wish(origin) => return encode(&Message::Wish(origin)),
        Hint::Head(revision) => return encode(&Message::Head(revision)),
        Hint::Presence { origin, presence } => {
            return encode(&Message::Presence { origin, presence });
        }
        Hint::Access(version) => return encode(&Message::Access(version.get())),
    };
    let head = entries.last().map(|newest| newest.revision);
    let entries = entries.iter().map(|entry| Entry {
        revision: entry.revision,
        author: entry.author,
        seq: entry.seq,
        base_length: entry.base_length,
        operation: &entry.operation,
    });
    let committed = Message::Committed { origin, entries: entries.collect() };
    encode(&committed).or_else(|| encode(&Message::Head(head?)))
}

/// A notice as it travels, in as many messages as it needs.
pub(super) fn encode_notice(notice: &Notice) -> Vec<Vec<u8>> {
    let Notice::SessionsEnded { user, sessions } = notice;
    match sessions {
        Sessions::All => encode(&Message::AllSessionsEnded(user.to_bytes())).into_iter().collect(),
        Sessions::These(sessions) => {
            let message = |part: &[SessionId]| {
                let sessions = part.iter().map(|session| session.to_bytes()).collect();
                encode(&Message::SessionsEnded(user.to_bytes(), sessions))
            };
            sessions.chunks(SESSIONS_MAX).filter_map(message).collect()
        }
    }
}

/// What is said where something could not be said.
pub(super) fn encode_lost() -> Vec<u8> {
    encode(&Message::Lost).expect("it is two bytes long")
}

fn encode(message: &Message<'_>) -> Option<Vec<u8>> {
    let encoded = postcard::to_extend(message, vec![VERSION]).ok()?;
    (encoded.len() <= MESSAGE_BYTES_MAX).then_some(encoded)
}

/// What was heard on the channel of a document. Whatever is not understood is a loss.
pub(super) fn decode_hint(payload: &[u8]) -> Heard<Hint> {
    let hint = match decode(payload) {
        Some(Message::Committed { origin, entries }) => {
            let entries = entries.into_iter().map(|entry| oplog::Entry {
                revision: entry.revision,
                author: entry.author,
                seq: entry.seq,
                operation: Bytes::copy_from_slice(entry.operation),
                base_length: entry.base_length,
            });
            Hint::Committed { origin, entries: entries.collect() }
        }
        Some(Message::Wish(origin)) => Hint::Wish(origin),
        Some(Message::Head(revision)) => Hint::Head(revision),
        Some(Message::Presence { origin, presence }) => Hint::Presence { origin, presence },
        Some(Message::Access(version)) => Hint::Access(AccessVersion::new(version)),
        Some(Message::Lost | Message::AllSessionsEnded(_) | Message::SessionsEnded(..)) | None => {
            return Heard::Lost;
        }
    };
    Heard::News(hint.into())
}

/// What was heard on the channel of notices. Whatever is not understood is a loss.
pub(super) fn decode_notice(payload: &[u8]) -> Heard<Notice> {
    let (user, sessions) = match decode(payload) {
        Some(Message::AllSessionsEnded(user)) => (user, Sessions::All),
        Some(Message::SessionsEnded(user, sessions)) => {
            let sessions = sessions.into_iter().map(SessionId::from_bytes);
            (user, Sessions::These(sessions.collect()))
        }
        Some(
            Message::Lost
            | Message::Committed { .. }
            | Message::Wish(_)
            | Message::Head(_)
            | Message::Presence { .. }
            | Message::Access(_),
        )
        | None => return Heard::Lost,
    };
    Heard::News(Notice::SessionsEnded { user: UserId::from_bytes(user), sessions }.into())
}

fn decode(payload: &[u8]) -> Option<Message<'_>> {
    let (&version, message) = payload.split_first()?;
    if version != VERSION {
        return None;
    }
    let (message, rest) = postcard::take_from_bytes(message).ok()?;
    rest.is_empty().then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(operation: Vec<u8>) -> Hint {
        let entry = oplog::Entry {
            revision: Revision::new(300),
            author: Author::new(2),
            seq: Seq::new(5),
            operation: operation.into(),
            base_length: 70_000,
        };
        Hint::Committed { origin: Origin::new(9), entries: vec![entry] }
    }

    #[test]
    fn a_typed_character_is_a_few_bytes() {
        let encoded = encode_hint(committed(vec![1, 2, 3, 4, 5])).expect("short");
        assert_eq!(encoded.len(), 17);
        assert_eq!(decode_hint(&encoded), Heard::News(committed(vec![1, 2, 3, 4, 5]).into()));
    }

    #[test]
    fn a_wish_to_commit_is_three_bytes() {
        let wish = || Hint::Wish(Origin::new(9));
        let encoded = encode_hint(wish()).expect("short");
        assert_eq!(encoded.len(), 3);
        assert_eq!(decode_hint(&encoded), Heard::News(wish().into()));
    }

    #[test]
    fn a_batch_that_is_too_long_is_said_as_a_bare_revision() {
        let fits = MESSAGE_BYTES_MAX - 14;
        for length in [fits, fits + 1] {
            let encoded = encode_hint(committed(vec![7; length])).expect("something");
            assert!(encoded.len() <= MESSAGE_BYTES_MAX);
            let is_whole = decode_hint(&encoded) == Heard::News(committed(vec![7; length]).into());
            let is_bare =
                decode_hint(&encoded) == Heard::News(Hint::Head(Revision::new(300)).into());
            assert_eq!((is_whole, is_bare), (length == fits, length > fits), "{}", encoded.len());
        }
    }

    #[test]
    fn a_long_list_of_sessions_is_said_in_several_messages() {
        let user = UserId::from_bytes([1; 16]);
        let sessions = vec![SessionId::from_bytes([2; 16]); SESSIONS_MAX + 1];
        let notice = Notice::SessionsEnded { user, sessions: Sessions::These(sessions) };
        let lengths: Vec<_> = encode_notice(&notice)
            .iter()
            .map(|encoded| match decode_notice(encoded) {
                Heard::News(notice) => match notice.as_ref() {
                    Notice::SessionsEnded { sessions: Sessions::These(part), .. } => part.len(),
                    Notice::SessionsEnded { sessions: Sessions::All, .. } => 0,
                },
                Heard::Lost => 0,
            })
            .collect();
        assert_eq!(lengths, [SESSIONS_MAX, 1]);
    }

    #[test]
    fn what_is_not_understood_is_a_loss() {
        let hint = encode_hint(Hint::Head(Revision::new(5))).expect("short");
        let later = [&[VERSION + 1], &hint[1..]].concat();
        let longer = [&hint[..], &[0]].concat();
        let unknown = vec![VERSION, 99];
        for payload in [Vec::new(), vec![VERSION], later, longer, unknown, encode_lost()] {
            assert_eq!(decode_hint(&payload), Heard::Lost, "{payload:?}");
            assert_eq!(decode_notice(&payload), Heard::Lost, "{payload:?}");
        }
        assert_eq!(decode_notice(&hint), Heard::Lost);
    }
}
