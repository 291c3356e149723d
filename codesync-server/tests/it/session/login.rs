//! Who is at the other end: tokens, their ends, and the ends of logins.

use codesync_core::AccessToken;
use codesync_core::limits::FRAME_BYTES_MAX;
use codesync_server::auth::AuthError;
use codesync_server::ids::{SessionId, UserId};

use super::*;

const ADA: UserId = UserId::from_bytes([0xa; 16]);

/// Ada, with a token that ends after so many seconds of the connection.
fn ada(ends: u64) -> Caller {
    Caller {
        user: ADA,
        session: Some(SessionId::from_bytes([1; 16])),
        name: Some("Ada Lovelace".into()),
        until: Some(UNIX_START + s(ends)),
        ..Caller::LOCAL
    }
}

fn renew(token: &str) -> Vec<u8> {
    let token = token.to_owned().into();
    codec::encode_client(&ClientMessage::Session(ClientSession::Renew { token }))
}

fn authenticate(token: &str) -> Output {
    Output::Authenticate { token: Some(AccessToken::from(token)) }
}

/// Ada's connection, welcomed at once.
fn adas(ends: u64) -> Session {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &hello(Some("first")));
    assert_eq!(outputs(&mut session), [authenticate("first")]);
    session.handle_authenticated(s(0), UNIX_START, Ok(ada(ends)));
    session
}

#[track_caller]
fn life(output: &Output) -> Option<u64> {
    match message(output) {
        ServerMessage::Session(
            ServerSession::Welcome { token_life_ms, .. } | ServerSession::Renewed { token_life_ms },
        ) => token_life_ms,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_comes_behind_a_hello_waits_until_it_is_known_who_says_it() {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &[hello(Some("first")), join(1), join(2)].concat());
    session.handle_frame(s(0), &join(3));
    assert_eq!(outputs(&mut session), [authenticate("first")], "nothing is opened for a stranger");
    session.handle_authenticated(s(1), UNIX_START + s(1), Ok(ada(900)));
    let outputs = outputs(&mut session);
    assert_eq!(life(&outputs[0]), Some(899_000));
    let opened: Vec<_> = outputs[1..]
        .iter()
        .map(|output| match output {
            Output::Open { join, .. } => (join.request, join.user, join.person.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    // The name is the account's, whatever the client calls itself.
    assert_eq!(opened, [1, 2, 3].map(|request| (request, ADA, "Ada Lovelace")));
}

#[test]
fn without_accounts_people_are_called_what_they_call_themselves() {
    let mut session = greeted();
    session.handle_frame(s(0), &join(1));
    let Some(Output::Open { join, .. }) = session.poll_output() else { panic!("opened") };
    assert_eq!((join.user, join.person.as_str()), (UserId::LOCAL, "Ada"));
}

#[test]
fn a_stranger_cannot_fill_memory() {
    let is_closed = |frames: &[usize]| {
        let mut session = Session::new(s(0), SocketLimits::default());
        session.handle_frame(s(0), &hello(None));
        for bytes in frames {
            session.handle_frame(s(0), &vec![0; *bytes]);
        }
        session.is_closed()
    };
    assert!(!is_closed(&[FRAME_BYTES_MAX - 1, 1]) && is_closed(&[FRAME_BYTES_MAX - 1, 2]));
    assert!(!is_closed(&[1; 16]) && is_closed(&[1; 17]));
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &hello(None));
    session.handle_frame(s(0), &[9]);
    assert!(!session.is_closed(), "it is not read yet");
    session.handle_authenticated(s(0), UNIX_START, Ok(Caller::LOCAL));
    assert_eq!(fault(&mut session), (RejectCode::MalformedFrame, CloseCode::ProtocolError));
}

#[test]
fn who_cannot_show_who_he_is_is_told_why() {
    #[track_caller]
    fn check(error: AuthError, code: RejectCode, close: CloseCode) {
        let mut session = Session::new(s(0), SocketLimits::default());
        session.handle_frame(s(0), &[hello(Some("first")), join(1)].concat());
        outputs(&mut session);
        session.handle_authenticated(s(0), UNIX_START, Err(error));
        assert_eq!(fault(&mut session), (code, close));
    }
    let (code, close) = (RejectCode::NotAuthenticated, CloseCode::NotAuthenticated);
    check(AuthError::Missing, code, close);
    check(AuthError::Invalid, code, close);
    check(AuthError::Expired, code, close);
    check(AuthError::Ended, RejectCode::SessionEnded, CloseCode::SessionEnded);
    let unavailable = AuthError::Unavailable("the database is at 10.0.0.7".into());
    check(unavailable, RejectCode::InternalError, CloseCode::InternalError);
}

#[test]
fn what_the_server_cannot_find_out_is_not_told_in_detail() {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &hello(None));
    outputs(&mut session);
    session.handle_authenticated(s(0), UNIX_START, Err(AuthError::Unavailable("10.0.0.7".into())));
    let said = format!("{:?}", message(&outputs(&mut session)[0]));
    assert!(!said.contains("10.0.0.7"), "{said}");
}

#[test]
fn who_is_not_recognised_in_ten_seconds_is_to_come_again() {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(4), &hello(Some("first")));
    outputs(&mut session);
    assert_eq!(session.poll_timeout(), Some(s(14)));
    session.handle_timeout(s(14));
    let (code, close) = fault(&mut session);
    assert_eq!((code, close), (RejectCode::InternalError, CloseCode::InternalError));
    assert!(code.is_retryable());
    session.handle_authenticated(s(15), UNIX_START, Ok(ada(900)));
    assert_eq!(outputs(&mut session), []);
}

#[test]
fn a_token_that_ends_closes_the_connection() {
    let mut session = adas(30);
    assert_eq!(life(&outputs(&mut session)[0]), Some(30_000));
    session.handle_alive(s(29));
    session.handle_timeout(s(20));
    outputs(&mut session);
    assert_eq!(session.poll_timeout(), Some(s(30)));
    session.handle_timeout(s(30));
    assert_eq!(fault(&mut session), (RejectCode::NotAuthenticated, CloseCode::NotAuthenticated));
}

#[test]
fn another_token_in_time_takes_the_place_of_the_first() {
    let mut session = adas(30);
    outputs(&mut session);
    session.handle_frame(s(25), &renew("second"));
    assert_eq!(outputs(&mut session), [authenticate("second")]);
    // Meanwhile everything goes on.
    session.handle_frame(s(25), &join(1));
    assert!(matches!(session.poll_output(), Some(Output::Open { .. })));
    session.handle_authenticated(s(26), UNIX_START + s(26), Ok(ada(126)));
    assert_eq!(life(&outputs(&mut session)[0]), Some(100_000));
    session.handle_timeout(s(60));
    assert!(!session.is_closed());
}

#[test]
fn of_many_new_tokens_the_first_and_the_last_are_checked() {
    let mut session = adas(30);
    outputs(&mut session);
    for token in ["2nd", "3rd", "4th"] {
        session.handle_frame(s(25), &renew(token));
    }
    assert_eq!(outputs(&mut session), [authenticate("2nd")]);
    session.handle_authenticated(s(26), UNIX_START + s(26), Ok(ada(126)));
    assert_eq!(outputs(&mut session)[1], authenticate("4th"));
    session.handle_authenticated(s(27), UNIX_START + s(27), Ok(ada(127)));
    assert_eq!(outputs(&mut session).len(), 1);
}

#[test]
fn another_persons_token_or_a_bad_one_closes_the_connection() {
    let bob = Caller { user: UserId::from_bytes([0xb; 16]), ..ada(900) };
    let answers = [
        (Ok(bob), RejectCode::NotAuthenticated),
        (Err(AuthError::Invalid), RejectCode::NotAuthenticated),
        (Err(AuthError::Ended), RejectCode::SessionEnded),
    ];
    for (answer, expected) in answers {
        let mut session = adas(30);
        session.handle_frame(s(1), &renew("second"));
        session.handle_authenticated(s(2), UNIX_START + s(2), answer);
        assert_eq!(fault(&mut session).0, expected);
    }
}

#[test]
fn a_new_token_that_cannot_be_checked_leaves_the_first_to_its_end() {
    let mut session = adas(30);
    session.handle_frame(s(1), &renew("second"));
    let unavailable = AuthError::Unavailable("a test".into());
    session.handle_authenticated(s(2), UNIX_START + s(2), Err(unavailable));
    assert!(!session.is_closed());
    session.handle_frame(s(3), &renew("second"));
    assert_eq!(
        outputs(&mut session).last(),
        Some(&authenticate("second")),
        "it may be tried again"
    );
    session.handle_timeout(s(30));
    assert!(session.is_closed());
}

#[test]
fn a_login_that_ends_closes_the_connection() {
    let mut session = adas(900);
    session.handle_login_ended();
    assert_eq!(fault(&mut session), (RejectCode::SessionEnded, CloseCode::SessionEnded));
}

#[test]
fn one_connection_too_many_is_to_come_again() {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &hello(Some("first")));
    session.handle_crowded();
    let (code, close) = fault(&mut session);
    assert_eq!((code, close), (RejectCode::TooManyConnections, CloseCode::TooManyConnections));
    assert!(code.is_retryable() && close.is_retryable());
}

#[test]
fn a_server_that_goes_down_sends_strangers_away_too() {
    let mut session = Session::new(s(0), SocketLimits::default());
    session.handle_frame(s(0), &hello(None));
    outputs(&mut session);
    session.handle_farewell(s(1), s(1));
    assert_eq!(outputs(&mut session), [Output::Close(CloseCode::GoingAway)]);
}
