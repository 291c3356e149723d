//! The protocol of one connection in virtual time.

use std::time::Duration;

use codesync_core::protocol::{
    ClientMessage, ClientSession, CloseCode, ServerMessage, ServerSession, VERSION, codec,
};
use codesync_server::ws::SocketLimits;
use codesync_server::ws::session::{Output, Session};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn greeted() -> Session {
    let mut session = Session::new(Duration::ZERO, SocketLimits::default());
    let hello = ClientSession::Hello { version: VERSION, name: "Ada".into(), token: None };
    session.handle_frame(Duration::ZERO, &codec::encode_client(&ClientMessage::Session(hello)));
    assert!(matches!(session.poll_output(), Some(Output::Send(_))), "welcome");
    session
}

fn outputs(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| session.poll_output()).collect()
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
    let [Output::Send(frame)] = &outputs(&mut session)[..] else { panic!("one message") };
    let message = codec::decode_server(frame).expect("a frame").next().expect("a message");
    let asked = ServerMessage::Session(ServerSession::Reconnect { after_ms: 1500 });
    assert_eq!(message, Ok(asked));
    assert_eq!(session.poll_timeout(), Some(s(12)));
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
    assert_eq!((outputs(&mut session), session.poll_timeout()), (vec![], None));
}
