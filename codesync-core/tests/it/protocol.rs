//! Messages and their bytes.

pub(crate) mod golden;

use codesync_core::limits::{FRAME_BYTES_MAX, NAME_BYTES_MAX, SELECTIONS_MAX, TOKEN_BYTES_MAX};
use codesync_core::protocol::codec::{
    append_client, decode_client, decode_server, encode_client, encode_server,
};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, DecodeError, RejectCode,
    ServerMessage, ServerSession, VERSION,
};
use codesync_core::{Channel, Operation, Revision, Selection, Seq};
use proptest::prelude::*;

fn ping(nonce: u64) -> ClientMessage<'static> {
    ClientMessage::Session(ClientSession::Ping { nonce })
}

fn hello(name: &str, token: Option<&str>) -> Vec<u8> {
    encode_client(&ClientMessage::Session(ClientSession::Hello {
        version: VERSION,
        name: name.into(),
        token: token.map(Into::into),
    }))
}

fn select(count: usize) -> Vec<u8> {
    encode_client(&ClientMessage::Presence(ClientPresence::Select {
        channel: Channel::new(1),
        revision: Revision::new(1),
        selections: vec![Selection::caret(1); count],
    }))
}

/// The first thing that is wrong with a frame of a client.
#[track_caller]
fn refused(frame: &[u8], expected: DecodeError) {
    let error = match decode_client(frame) {
        Ok(mut messages) => messages.find_map(Result::err).expect("something is wrong with it"),
        Err(error) => error,
    };
    assert_eq!(error, expected);
}

#[track_caller]
fn taken(frame: &[u8]) {
    assert!(decode_client(frame).unwrap().all(|message| message.is_ok()));
}

#[test]
fn one_typed_character_takes_five_bytes_and_twelve_as_a_message() {
    let position = (1 << 19) - 1;
    let operation = Operation::replace(600_000, position..position, "x").encode();
    assert_eq!(operation.len(), 5);
    let message = encode_client(&ClientMessage::Submit {
        channel: Channel::new(127),
        seq: Seq::new(2_000_000),
        since: 127,
        operation: operation.into(),
    });
    assert_eq!(message.len(), 12);
}

#[test]
fn a_frame_holds_messages_back_to_back() {
    let mut frame = hello("Ana", None);
    append_client(&mut frame, &ping(1));
    append_client(&mut frame, &ping(2));
    let messages: Vec<_> = decode_client(&frame).unwrap().map(Result::unwrap).collect();
    assert_eq!(messages[1..], [ping(1), ping(2)]);

    let mut messages = decode_client(&frame).unwrap();
    assert_eq!(messages.rest(), frame);
    messages.next();
    assert_eq!(messages.rest(), [encode_client(&ping(1)), encode_client(&ping(2))].concat());
    assert_eq!((messages.by_ref().count(), messages.rest()), (2, [].as_slice()));
}

#[test]
fn a_frame_is_taken_up_to_its_longest_and_no_further() {
    let longest = encode_client(&ping(1)).repeat(FRAME_BYTES_MAX / 3);
    taken(&longest);
    let over = vec![0; FRAME_BYTES_MAX + 1];
    refused(
        &over,
        DecodeError::FrameTooLong { bytes: FRAME_BYTES_MAX + 1, bytes_max: FRAME_BYTES_MAX },
    );
    refused(&[], DecodeError::FrameEmpty);
}

#[test]
fn names_tokens_and_selections_are_taken_up_to_their_bounds() {
    taken(&hello(&"n".repeat(NAME_BYTES_MAX), Some(&"t".repeat(TOKEN_BYTES_MAX))));
    refused(
        &hello(&"n".repeat(NAME_BYTES_MAX + 1), None),
        DecodeError::FieldTooLong {
            at: 0,
            field: "name",
            bytes: NAME_BYTES_MAX + 1,
            bytes_max: NAME_BYTES_MAX,
        },
    );
    refused(
        &hello("n", Some(&"t".repeat(TOKEN_BYTES_MAX + 1))),
        DecodeError::FieldTooLong {
            at: 0,
            field: "token",
            bytes: TOKEN_BYTES_MAX + 1,
            bytes_max: TOKEN_BYTES_MAX,
        },
    );
    taken(&select(SELECTIONS_MAX));
    let error = DecodeError::TooManySelections { at: 0, selections_max: SELECTIONS_MAX };
    refused(&select(SELECTIONS_MAX + 1), error.clone());
    refused(&select(100_000), error);
}

#[test]
fn what_is_not_a_message_is_named_with_its_place() {
    let mut frame = encode_client(&ping(5));
    let at = frame.len();
    let after = |garbage: &[u8]| [frame.as_slice(), garbage].concat();
    refused(&after(&[9]), DecodeError::UnknownMessage { at, family: 9, kind: 0 });
    refused(&after(&[0, 7]), DecodeError::UnknownMessage { at, family: 0, kind: 7 });
    refused(&after(&[1, 1]), DecodeError::Truncated { at });
    refused(&after(&[0, 0, 1, 2, 0xff, 0xff, 0]), DecodeError::NotUtf8 { at });
    refused(&after(&[0, 0, 1, 1, b'n', 2]), DecodeError::Malformed { at });
    // A length far beyond the frame allocates nothing.
    refused(&after(&[1, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]), DecodeError::Truncated { at });
    refused(&after(&[3, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]), DecodeError::Truncated { at });
    // A number longer than it can be.
    refused(
        &after(&[0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        DecodeError::Malformed { at },
    );
    frame.push(0xff);
    refused(&frame, DecodeError::Truncated { at });
}

#[test]
fn nothing_is_read_after_the_first_error() {
    let frame = [encode_client(&ping(1)), vec![9], encode_client(&ping(2))].concat();
    let messages: Vec<_> = decode_client(&frame).unwrap().collect();
    assert_eq!(messages.len(), 2);
    assert!(messages[0].is_ok() && messages[1].is_err());
}

#[test]
fn a_code_of_a_newer_server_is_read() {
    let fault = |code| {
        ServerMessage::Session(ServerSession::Fault { code, message: "something new".into() })
    };
    let frame = encode_server(&fault(RejectCode::Unknown(4_321)));
    let message = decode_server(&frame).unwrap().next().unwrap().unwrap();
    assert_eq!(message, fault(RejectCode::Unknown(4_321)));
}

#[test]
fn a_message_cut_off_anywhere_is_refused() {
    for (name, message) in golden::server_messages() {
        let frame = encode_server(&message);
        for cut in 1..frame.len() {
            let cut = decode_server(&frame[..cut]).unwrap().next().unwrap();
            assert_eq!(cut, Err(DecodeError::Truncated { at: 0 }), "{name}");
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Small numbers are what messages begin with.
    proptest::collection::vec(prop_oneof![0..6u8, any::<u8>()], 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if crate::long_run() { 200_000 } else { 2_000 }))]

    #[test]
    fn no_bytes_make_the_reader_panic_and_what_is_read_can_be_written(bytes in bytes()) {
        if let Ok(messages) = decode_client(&bytes) {
            for message in messages.flatten() {
                let again = encode_client(&message);
                prop_assert_eq!(decode_client(&again).unwrap().next(), Some(Ok(message)));
            }
        }
        if let Ok(messages) = decode_server(&bytes) {
            for message in messages.flatten() {
                let again = encode_server(&message);
                prop_assert_eq!(decode_server(&again).unwrap().next(), Some(Ok(message)));
            }
        }
    }

    #[test]
    fn a_changed_byte_never_makes_the_reader_panic(
        index in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let messages = golden::server_messages();
        let mut frame = encode_server(&messages[index.index(messages.len())].1);
        let at = at.index(frame.len());
        frame[at] = byte;
        for message in decode_server(&frame).unwrap() {
            let _ = message;
        }
    }
}

#[test]
fn a_join_is_small_enough_for_its_room_in_a_frame() {
    let join = encode_client(&ClientMessage::Document(ClientDocument::Join {
        request: u32::MAX,
        client: codesync_core::ClientId::from_bytes([0xff; 16]),
        document: codesync_core::DocumentId::from_bytes([0xff; 16]),
        at: Some(Revision::new(u64::MAX)),
        text: true,
    }));
    assert!(join.len() <= 64, "{}", join.len());
}
