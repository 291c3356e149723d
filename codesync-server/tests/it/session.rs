//! The protocol of one connection in virtual time.

mod login;

use std::time::Duration;

use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientSession, CloseCode, RejectCode, ServerDocument,
    ServerMessage, ServerSession, VERSION, codec,
};
use codesync_core::{ClientId, DocumentId};
use codesync_server::auth::Caller;
use codesync_server::ws::SocketLimits;
use codesync_server::ws::session::{Output, Session};

/// What time it is when the connection is made.
const UNIX_START: Duration = Duration::from_secs(1_800_000_000);

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hello(token: Option<&str>) -> Vec<u8> {
    let (name, token) = ("Ada".into(), token.map(Into::into));
    codec::encode_client(&ClientMessage::Session(ClientSession::Hello {
        version: VERSION,
        name,
        token,
    }))
}

fn join(request: u32) -> Vec<u8> {
    let (client, document) = (ClientId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
    let join = ClientDocument::Join { request, client, document, at: None, text: true };
    codec::encode_client(&ClientMessage::Document(join))
}

fn greeted() -> Session {
    let mut session = Session::new(Duration::ZERO, SocketLimits::default());
    session.handle_frame(Duration::ZERO, &hello(None));
    assert_eq!(outputs(&mut session), [Output::Authenticate { token: None }]);
    session.handle_authenticated(Duration::ZERO, UNIX_START, Ok(Caller::LOCAL));
    assert!(matches!(session.poll_output(), Some(Output::Send(_))), "welcome");
    session
}

fn outputs(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| session.poll_output()).collect()
}

/// The one message of an output.
#[track_caller]
fn message(output: &Output) -> ServerMessage<'_> {
    let Output::Send(frame) = output else { panic!("{output:?} is no message") };
    codec::decode_server(frame).expect("a frame").next().expect("a message").expect("it is read")
}

/// How the connection was closed: what was said, and how the socket ended.
#[track_caller]
fn fault(session: &mut Session) -> (RejectCode, CloseCode) {
    let outputs = outputs(session);
    let [.., said, Output::Close(close)] = &outputs[..] else { panic!("{outputs:?}") };
    let ServerMessage::Session(ServerSession::Fault { code, .. }) = message(said) else {
        panic!("{said:?}")
    };
    assert!(session.is_closed());
    (code, *close)
}

#[test]
fn without_a_hello_in_five_seconds_the_connection_is_closed() {
    let mut session = Session::new(Duration::ZERO, SocketLimits::default());
    assert_eq!(session.poll_timeout(), Some(s(5)));
    // A ping of the WebSocket is no hello.
    session.handle_alive(s(4));
    session.handle_timeout(s(4));
    assert_eq!(outputs(&mut session), []);
    session.handle_timeout(s(5));
    assert_eq!(outputs(&mut session), [Output::Close(CloseCode::HelloTimeout)]);
    assert!(session.is_closed());
}

#[test]
fn a_silent_peer_is_pinged_and_closed_after_a_minute() {
    let mut session = greeted();
    for now in [20, 40] {
        assert_eq!(session.poll_timeout(), Some(s(now)));
        session.handle_timeout(s(now));
        assert_eq!(outputs(&mut session), [Output::Ping]);
    }
    session.handle_alive(s(41));
    session.handle_timeout(s(60));
    assert_eq!(outputs(&mut session), [Output::Ping]);
    session.handle_timeout(s(100));
    session.handle_timeout(s(101));
    assert_eq!(outputs(&mut session).last(), Some(&Output::Close(CloseCode::Silent)));
}

#[test]
fn who_is_asked_to_come_back_later_has_two_seconds_to_go() {
    let mut session = greeted();
    session.handle_farewell(s(10), Duration::from_millis(1500));
    let sent = outputs(&mut session);
    let asked = ServerMessage::Session(ServerSession::Reconnect { after_ms: 1500 });
    assert_eq!(message(&sent[0]), asked);
    assert_eq!((sent.len(), session.poll_timeout()), (1, Some(s(12))));
    session.handle_timeout(s(12));
    assert_eq!(outputs(&mut session), [Output::Close(CloseCode::GoingAway)]);
}

#[test]
fn a_closed_session_does_nothing_more() {
    let mut session = greeted();
    session.handle_text();
    outputs(&mut session);
    session.handle_frame(s(1), &[0, 1, 2]);
    session.handle_timeout(s(1000));
    session.handle_farewell(s(1000), s(1));
    session.handle_authenticated(s(1000), UNIX_START, Ok(Caller::LOCAL));
    session.handle_login_ended();
    assert_eq!((outputs(&mut session), session.poll_timeout()), (vec![], None));
}

#[test]
fn joins_beyond_thirty_a_minute_are_to_come_later() {
    // More messages than any person's, so that only joins count.
    let limits = SocketLimits {
        messages_per_second: 10_000,
        messages_burst: 10_000,
        joins_burst: 2,
        ..SocketLimits::default()
    };
    let mut session = Session::new(Duration::ZERO, limits);
    session.handle_frame(Duration::ZERO, &hello(None));
    session.handle_authenticated(Duration::ZERO, UNIX_START, Ok(Caller::LOCAL));
    outputs(&mut session);
    let mut is_taken = |now, request| {
        session.handle_frame(now, &join(request));
        match &outputs(&mut session)[..] {
            [Output::Open { .. }] => true,
            [refused] => {
                let ServerMessage::Document(ServerDocument::Refused { request: met, code, .. }) =
                    message(refused)
                else {
                    panic!("{refused:?}")
                };
                assert_eq!((met, code), (request, RejectCode::TooManyMessages));
                assert!(code.is_retryable());
                false
            }
            more => panic!("{more:?}"),
        }
    };
    assert_eq!([1, 2, 3].map(|request| is_taken(s(0), request)), [true, true, false]);
    assert!(!is_taken(Duration::from_millis(1999), 4));
    assert!(is_taken(s(2), 5));
}

#[test]
fn who_hands_in_edits_again_and_again_without_the_right_to_is_closed() {
    let mut session = greeted();
    session.handle_trespass();
    session.handle_trespass();
    assert!(!session.is_closed());
    session.handle_trespass();
    assert_eq!(outputs(&mut session), [Output::Close(CloseCode::ProtocolError)]);
}
