//! Who somebody is: tokens on their way to a server, and what becomes of the work when there is none.

use std::sync::{Arc, Mutex};

use codesync_client::core::client::{Event, State};
use codesync_client::core::protocol::RejectCode;
use codesync_client::core::{AccessToken, DocumentId};
use codesync_client::{
    FileTokens, FixedToken, LoginFile, LoginTokens, NewAccount, Outbox, RefreshToken, Rest,
    RestError, Session, SessionConfig, SessionEvent, TokenError, TokenSource,
};

use crate::canned::{Canned, Request};
use crate::stage::{Server, folder, insert, open, saved, state, text};

/// What a login is answered with.
fn grant(access: &str, refresh: &str) -> String {
    format!(
        r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":900,"refresh_token":"{refresh}","session":"s","user":{{"id":"7","kind":"person","login":"ada","name":"Ada"}}}}"#
    )
}

const LIST: &str = r#"{"documents":[],"next":null}"#;
const REFUSED: &str =
    r#"{"title":"Unauthorized","detail":"the token has expired","code":"token_expired"}"#;

fn bearers(requests: &[Request]) -> Vec<Option<&str>> {
    requests.iter().map(|it| it.header("authorization")).collect()
}

async fn reason(session: &mut Session) -> RejectCode {
    loop {
        if let SessionEvent::Core(Event::LoginNeeded { code, .. }) = session.next().await {
            return code;
        }
    }
}

async fn session_with(server: &Server, document: DocumentId, outbox: &Outbox) -> Session {
    // The text is in the outbox from an earlier visit.
    let folder = Some(outbox.folder());
    let mut first = open(&server.url, "Ana", folder, document).await;
    saved(&mut first, document).await;
    first.flushed().await.expect("the disk takes it");
    drop(first);
    let mut session = Session::start(SessionConfig {
        server: server.url.clone(),
        name: "Ana".into(),
        tokens: Some(Arc::new(FixedToken::new("of another server".into()))),
        outbox: Some(outbox.clone()),
    });
    session.open(document).expect("it is not open yet");
    session
}

#[tokio::test]
async fn a_token_that_no_server_takes_is_told_and_typing_goes_on() {
    let (data, kept) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("abc").await;
    let outbox = Outbox::at(kept.path());
    let mut session = session_with(&server, document, &outbox).await;
    assert_eq!(reason(&mut session).await, RejectCode::NotAuthenticated);
    assert!(session.is_login_needed());
    insert(&mut session, document, 3, "d");
    session.flushed().await.expect("the disk takes it");
    assert_eq!(
        (state(&session, document), text(&session, document)),
        (State::Waiting, "abcd".into())
    );
    drop(session);

    let mut again = open(&server.url, "Ana", Some(kept.path()), document).await;
    saved(&mut again, document).await;
    assert_eq!(server.text(document).await, "abcd");
    server.stop().await;
}

/// Nobody has logged in.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl TokenSource for Nobody {
    async fn token(&self, _: Option<&AccessToken>) -> Result<AccessToken, TokenError> {
        Err(TokenError::LoginNeeded { reason: "nobody has logged in".into() })
    }
}

#[tokio::test]
async fn without_a_login_no_server_is_asked_and_logging_in_goes_on() {
    let (data, kept) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("abc").await;
    let mut session = Session::start(SessionConfig {
        server: server.url.clone(),
        name: "Ana".into(),
        tokens: Some(Arc::new(Nobody)),
        outbox: Some(Outbox::at(kept.path())),
    });
    session.open(document).expect("it is not open yet");
    assert_eq!(reason(&mut session).await, RejectCode::NotAuthenticated);
    // This server has no accounts; that it refuses shows that it was asked.
    session.log_in(Arc::new(FixedToken::new("Ana's".into())));
    let refused = loop {
        if let SessionEvent::Core(Event::LoginNeeded { message, .. }) = session.next().await {
            break message;
        }
    };
    assert_ne!(refused, "nobody has logged in", "it is the server that says so");
    server.stop().await;
}

#[tokio::test]
async fn calls_show_the_token_and_change_one_that_is_refused_once() {
    let canned = Canned::start(vec![
        (200, grant("1st", "r2")),
        (200, LIST.into()),
        (401, REFUSED.into()),
        (200, grant("2nd", "r3")),
        (200, LIST.into()),
    ])
    .await;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let rest = Rest::new(canned.url.clone());
    let tokens =
        LoginTokens::new(rest.clone(), RefreshToken::from("r1".to_owned()), move |token| {
            keep.lock().expect("no test panics").push(token.expose().to_owned());
            Ok(())
        });
    let rest = rest.with_tokens(Arc::new(tokens));
    for _ in 0..2 {
        rest.documents(&Default::default()).await.expect("a list");
    }
    let requests = canned.requests();
    let expected = [None, Some("Bearer 1st"), Some("Bearer 1st"), None, Some("Bearer 2nd")];
    assert_eq!(bearers(&requests), expected);
    assert!(requests[0].body.contains("r1") && requests[3].body.contains("r2"));
    assert_eq!(*kept.lock().expect("no test panics"), ["r2", "r3"], "each before it is used");
}

#[tokio::test]
async fn a_login_that_has_ended_is_told_from_a_server_that_fails() {
    let canned = Canned::start(vec![
        (503, "{}".into()),
        (429, "{}".into()),
        (401, r#"{"detail":"the login has ended; log in again"}"#.into()),
        (200, grant("1st", "r2")),
    ])
    .await;
    let rest = Rest::new(canned.url.clone());
    let refuse = |_: &RefreshToken| Err("the disk is full".to_owned());
    let tokens = LoginTokens::new(rest, RefreshToken::from("r1".to_owned()), refuse);
    for _ in 0..2 {
        let asked = tokens.token(None).await;
        assert!(matches!(asked, Err(TokenError::Unavailable { .. })), "{asked:?}");
    }
    let reason = "the login has ended; log in again".to_owned();
    assert_eq!(tokens.token(None).await, Err(TokenError::LoginNeeded { reason }));
    let reason = "the disk is full".to_owned();
    assert_eq!(tokens.token(None).await, Err(TokenError::Unavailable { reason }));
    assert_eq!(tokens.token(None).await, Ok("1st".into()), "and it is not lost for this run");
}

#[tokio::test]
async fn people_register_log_in_and_log_out() {
    let canned = Canned::start(vec![
        (202, r#"{"login":"ada"}"#.into()),
        (200, grant("1st", "r1")),
        (204, String::new()),
        (401, r#"{"detail":"login and password do not belong together"}"#.into()),
    ])
    .await;
    let rest = Rest::new(canned.url.clone());
    let account = NewAccount { login: "ada".into(), password: "secret".into(), name: None };
    assert!(!format!("{account:?}").contains("secret"));
    rest.register(&account).await.expect("registered");
    let grant = rest.log_in("ada", "secret").await.expect("logged in");
    assert_eq!((grant.account.name.as_str(), grant.expires_in.as_secs()), ("Ada", 900));
    assert!(!format!("{grant:?}").contains("1st"), "no log has a token");
    rest.log_out(&grant.refresh_token).await.expect("logged out");
    let wrong = rest.log_in("ada", "guess").await;
    assert!(matches!(wrong, Err(RestError::LoginNeeded { .. })), "{wrong:?}");
    let requests = canned.requests();
    let paths: Vec<_> = requests.iter().map(|it| it.path.as_str()).collect();
    let expected = ["register", "login", "logout", "login"].map(|it| format!("/api/auth/{it}"));
    assert_eq!(paths, expected);
    assert_eq!(requests[0].body, r#"{"login":"ada","password":"secret"}"#);
}

/// A login in a file, as after `1st` and `r1` were given.
async fn logged_in(canned: &Canned, folder: &std::path::Path) -> LoginFile {
    let rest = Rest::new(canned.url.clone());
    let grant = rest.log_in("ada", "secret").await.expect("logged in");
    let file = LoginFile::at(folder, &canned.url);
    file.keep(&grant).expect("the disk takes it");
    file
}

#[tokio::test]
async fn those_who_share_a_file_renew_its_login_once() {
    let kept = folder();
    let canned = Canned::start(vec![(200, grant("1st", "r1")), (200, grant("2nd", "r2"))]).await;
    let file = logged_in(&canned, kept.path()).await;
    let account = file.account().expect("it is readable").expect("somebody is logged in");
    assert_eq!(account.login.as_deref(), Some("ada"));
    let of = |file: &LoginFile| FileTokens::new(Rest::new(canned.url.clone()), file.clone());
    let (one, two) = (of(&file), of(&file));
    assert_eq!(one.token(None).await, Ok("1st".into()), "it is still good");
    let spent = AccessToken::from("1st");
    let both = tokio::join!(one.token(Some(&spent)), two.token(Some(&spent)));
    assert_eq!(both, (Ok("2nd".into()), Ok("2nd".into())));
    assert_eq!(canned.requests().len(), 2);
    assert!(canned.requests()[1].body.contains("r1"));
    let next = file.refresh_token().expect("it is readable").expect("somebody is logged in");
    assert_eq!(next.expose(), "r2");
}

#[tokio::test]
async fn a_login_that_was_forgotten_is_needed_again() {
    let kept = folder();
    let canned = Canned::start(vec![(200, grant("1st", "r1"))]).await;
    let file = logged_in(&canned, kept.path()).await;
    file.forget().expect("the disk takes it");
    file.forget().expect("there is nothing left to do");
    assert_eq!(file.account().expect("it is readable"), None);
    let tokens = FileTokens::new(Rest::new(canned.url.clone()), file);
    let reason = "nobody is logged in".to_owned();
    assert_eq!(tokens.token(None).await, Err(TokenError::LoginNeeded { reason }));
}
