//! Sockets: who comes in, what each may do there, and how soon he feels that it has changed.

use std::time::Duration;

use codesync_core::protocol::{
    ClientMessage, ClientPresence, ClientSession, CloseCode, RejectCode, ServerDocument,
    ServerMessage, ServerPresence, ServerSession,
};
use codesync_core::{ClientId, DocumentId, Operation, Selection};
use codesync_server::tokens::access::ACCESS_LIFE;
use codesync_server::ws::SocketLimits;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Error as SocketError;

use super::matrix::{ROLES, Role, Scene, State};
use super::tokens::{change, keys, now};
use crate::support::TestServer;
use crate::support::api::{CHEAP, PASSWORD, Someone};
use crate::support::raw::{Raw, Seat, connect, connect_with};

/// Within a second somebody feels what was taken from him; as much again for a machine that is
/// busy.
const SOON: Duration = Duration::from_secs(2);

const NOT_AUTHENTICATED: (u16, Option<RejectCode>) =
    (CloseCode::NotAuthenticated.number(), Some(RejectCode::NotAuthenticated));

/// The document at a path.
fn id(path: &str) -> DocumentId {
    path.rsplit_once('/').expect("a path").1.parse().expect("an id")
}

const fn client(number: u8) -> ClientId {
    ClientId::from_bytes([number; 16])
}

/// What somebody feels within a second, or never.
async fn soon<T>(what: &str, felt: impl Future<Output = T>) -> T {
    let felt = tokio::time::timeout(SOON, felt).await;
    felt.unwrap_or_else(|_| panic!("{what} is not felt within {SOON:?}"))
}

/// A letter in front of a text of so many.
fn letter(length: usize) -> Vec<u8> {
    Operation::replace(length, 0..0, "x").encode()
}

/// A server where passwords cost nothing and everybody may ask as often as he likes.
async fn patient_server() -> TestServer {
    TestServer::with_people(|people| {
        people.cost = CHEAP;
        people.quotas.login.count = 1000;
        people.quotas.logins.count = 1000;
    })
    .await
}

#[tokio::test]
async fn a_token_is_taken_from_the_hello_and_from_nowhere_else() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = id(&ada.create("mine").await);
    let access = ada.access.clone().expect("a token");
    let path = format!("/socket?access_token={access}&token={access}");
    let cookie = format!("codesync-refresh={}; access_token={access}", ada.refresh);
    for (path, headers) in [
        ("/socket", vec![]),
        (path.as_str(), vec![]),
        ("/socket", vec![("cookie", cookie.as_str())]),
    ] {
        let socket = connect_with(server.address, path, &headers).await.expect("connected");
        let mut raw = Raw::over(socket);
        raw.hello("Ada", None).await;
        assert_eq!(raw.closed().await, NOT_AUTHENTICATED, "{path} {headers:?}");
    }
    let session = ada.session.parse().expect("an id");
    let sign = |at| keys(&server).sign(ada.user.parse().expect("an id"), session, 0, at);
    let expired = sign(now() - ACCESS_LIFE).expect("signed");
    for token in ["", "made up", &ada.refresh, &expired] {
        let mut raw = Raw::silent(server.address).await;
        raw.hello("Ada", Some(token)).await;
        assert_eq!(raw.closed().await, NOT_AUTHENTICATED, "{token}");
    }
    Raw::of(&ada).await.join(client(1), document).await;
    server.stop().await;
}

#[tokio::test]
async fn a_token_that_ends_ends_its_socket() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let (user, session) = (ada.user.parse().expect("an id"), ada.session.parse().expect("an id"));
    let issued = now() - ACCESS_LIFE + Duration::from_secs(3);
    let token = keys(&server).sign(user, session, 0, issued).expect("signed");
    let mut raw = Raw::greeted_as(server.address, "Ada", Some(&token)).await;
    assert_eq!(raw.closed().await, NOT_AUTHENTICATED);
    Raw::of(&ada).await;
    server.stop().await;
}

#[tokio::test]
async fn whatever_ends_a_login_closes_its_open_sockets_within_a_second() {
    let server = patient_server().await;
    let closed = async |who: &str, raw: &mut Raw| {
        let code = CloseCode::SessionEnded.number();
        assert_eq!(soon(who, raw.closed()).await, (code, Some(RejectCode::SessionEnded)), "{who}");
    };
    let stays = server.person("stays").await;
    let mut staying = Raw::of(&stays).await;

    let logs_out = server.person("logs.out").await;
    let mut raw = Raw::of(&logs_out).await;
    logs_out.post("/api/auth/logout", json!({})).await.expect(204);
    closed("logout", &mut raw).await;

    let changes = server.person("changes").await;
    let mut raw = Raw::of(&changes).await;
    let asked = json!({ "current": PASSWORD, "new": "another password" });
    changes.post("/api/auth/password", asked).await.expect(200);
    closed("password", &mut raw).await;

    let laptop = server.person("has.two").await;
    let phone = server.stranger().log_in("has.two").await;
    let mut raw = Raw::of(&phone).await;
    laptop.delete(&format!("/api/users/me/sessions/{}", phone.session)).await.expect(204);
    closed("one of one's own", &mut raw).await;
    let phone = server.stranger().log_in("has.two").await;
    let mut raw = Raw::of(&phone).await;
    laptop.delete("/api/users/me/sessions").await.expect(204);
    closed("all others of one's own", &mut raw).await;

    let robbed = server.person("robbed").await;
    let exchange = async |token: &str| {
        let asked = json!({ "refresh_token": token });
        server.stranger().post("/api/auth/refresh", asked).await
    };
    let second = server.stranger().holding(exchange(&robbed.refresh).await.expect(200));
    let mut raw = Raw::of(&second).await;
    exchange(&second.refresh).await.expect(200);
    exchange(&robbed.refresh).await.problem(401, "session_ended");
    closed("a token used twice", &mut raw).await;

    let deletes = server.person("deletes").await;
    let mut raw = Raw::of(&deletes).await;
    let asked = Some(json!({ "password": PASSWORD }));
    deletes.send(reqwest::Method::DELETE, "/api/users/me", asked).await.expect(204);
    closed("deletion", &mut raw).await;

    let is_shut = server.person("is.shut").await;
    let mut raw = Raw::of(&is_shut).await;
    // As another process does it, of which no bus tells.
    change(&server, "update users set disabled_at = 1 where login = 'is.shut'").await;
    closed("shut by the operator", &mut raw).await;

    staying.say(&ClientMessage::Session(ClientSession::Ping { nonce: 7 })).await;
    let pong = ServerMessage::Session(ServerSession::Pong { nonce: 7 });
    staying.until("pong", |message| (*message == pong).then_some(())).await;
    server.stop().await;
}

/// Waits for the word that somebody may write now, or no longer.
async fn told(raw: &mut Raw) -> bool {
    let told = raw.until("a role", |message| match message {
        ServerMessage::Document(ServerDocument::Role { writable, .. }) => Some(*writable),
        _ => None,
    });
    soon("another role", told).await
}

/// Waits for the word that somebody takes part no longer.
async fn let_go(raw: &mut Raw) -> RejectCode {
    let ended = raw.until("the end", |message| match message {
        ServerMessage::Document(ServerDocument::Ended { code, .. }) => Some(*code),
        _ => None,
    });
    soon("the end", ended).await
}

#[tokio::test]
async fn another_role_is_felt_on_an_open_socket_within_a_second() {
    let server = patient_server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "editor").await;
    let member = format!("{document}/members/{}", bob.user);
    let mut raw = Raw::of(&bob).await;
    let seat = raw.join(client(1), id(&document)).await;
    raw.submit(seat.channel, 1, 1, letter(5)).await;
    raw.ack(1).await;

    ada.patch(&member, json!({ "role": "viewer" })).await.expect(200);
    raw.submit(seat.channel, 2, 0, letter(6)).await;
    assert_eq!(raw.rejection(2).await, RejectCode::ReadOnly, "he need not be told first");
    ada.patch(&member, json!({ "role": "editor" })).await.expect(200);
    assert!(told(&mut raw).await);
    raw.submit(seat.channel, 2, 0, letter(6)).await;
    raw.ack(2).await;
    ada.patch(&member, json!({ "role": "viewer" })).await.expect(200);
    assert!(!told(&mut raw).await);
    ada.delete(&member).await.expect(204);
    assert_eq!(let_go(&mut raw).await, RejectCode::AccessWithdrawn);
    raw.submit(seat.channel, 3, 0, letter(7)).await;
    assert_eq!(raw.rejection(3).await, RejectCode::UnknownChannel);
    let text = ada.get(&format!("{document}/content")).await;
    assert_eq!(text.expect(200).text, "xxtext\n");
    server.stop().await;
}

#[tokio::test]
async fn an_ended_link_and_a_trashed_document_let_go_of_those_who_are_there() {
    let server = patient_server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let open = json!({ "role": "editor", "guests": true });
    let (link, secret) = ada.link(&document, open).await;
    let stranger = server.stranger();
    let asked = json!({ "secret": secret, "name": "Grace" });
    let guest = stranger.holding(stranger.post("/api/links/redeem", asked).await.expect(201));
    let mut raw = Raw::of(&guest).await;
    raw.join(client(1), id(&document)).await;
    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    assert_eq!(let_go(&mut raw).await, RejectCode::AccessWithdrawn);

    ada.invite(&document, &bob, "viewer").await;
    let mut raw = Raw::of(&bob).await;
    raw.join(client(2), id(&document)).await;
    ada.delete(&document).await.expect(204);
    let_go(&mut raw).await;
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_and_a_forbidden_document_are_refused_alike() {
    let server = TestServer::with_accounts().await;
    let (ada, eve) = (server.person("ada").await, server.person("eve").await);
    let forbidden = id(&ada.create("secret plans").await);
    let trashed = eve.create("gone").await;
    eve.delete(&trashed).await.expect(204);
    let mut raw = Raw::of(&eve).await;
    let unknown = raw.try_join(client(1), DocumentId::from_bytes([9; 16])).await;
    let unknown = unknown.expect_err("there is none");
    assert_eq!(unknown.0, RejectCode::DocumentNotFound);
    for document in [forbidden, id(&trashed)] {
        assert_eq!(raw.try_join(client(1), document).await.expect_err("refused"), unknown);
    }
    server.stop().await;
}

/// What an observer sees of somebody who has just come and shown where he is.
async fn seen(observer: &mut Raw, seat: &Seat) -> String {
    let name = observer
        .until("somebody who comes", |message| match message {
            ServerMessage::Presence(ServerPresence::Arrived { author, name, .. }) => {
                (*author == seat.author).then(|| name.to_string())
            }
            _ => None,
        })
        .await;
    observer
        .until("somebody's caret", |message| match message {
            ServerMessage::Presence(ServerPresence::Moved { author, selections, .. }) => {
                (*author == seat.author && *selections == [Selection::new(1, 2)]).then_some(())
            }
            _ => None,
        })
        .await;
    name
}

#[tokio::test]
async fn each_role_may_do_on_a_socket_what_the_table_says_and_nothing_else() {
    let scene = Scene::new().await;
    for state in [State::Live, State::Trashed] {
        let (path, _, guest) = scene.document(state).await;
        let document = id(&path);
        for (number, role) in (1..).zip(ROLES) {
            let someone = scene.people.iter().find(|(other, _)| *other == role);
            let someone = someone.map_or(&guest, |(_, someone)| someone);
            let (reads, writes) = match role {
                Role::Owner | Role::Editor => (true, true),
                Role::Viewer | Role::Guest => (true, false),
                Role::Other | Role::Removed => (false, false),
                Role::Stranger => {
                    let mut raw = Raw::silent(scene.server.address).await;
                    raw.hello("stranger", None).await;
                    assert_eq!(raw.closed().await, NOT_AUTHENTICATED);
                    continue;
                }
            };
            // Whatever he calls himself.
            let address = scene.server.address;
            let mut raw = Raw::greeted_as(address, "owner", someone.access.as_deref()).await;
            if !reads || state == State::Trashed {
                let refused = raw.try_join(client(number), document).await;
                let (code, _) = refused.expect_err("nothing to see");
                assert_eq!(code, RejectCode::DocumentNotFound, "{role:?} {state:?}");
                continue;
            }
            let mut observer = Raw::of(&scene.owner).await;
            observer.join(client(100 + number), document).await;
            let seat = raw.join(client(number), document).await;
            let (channel, revision) = (seat.channel, seat.head);
            let selections = vec![Selection::new(1, 2)];
            let select = ClientPresence::Select { channel, revision, selections };
            raw.say(&ClientMessage::Presence(select)).await;
            let name = seen(&mut observer, &seat).await;
            let own = someone.get("/api/users/me").await.expect(200).text_at("name");
            assert_eq!(name, own, "the name is the account's");
            assert_eq!(seat.writable, writes, "{role:?}");
            let length = usize::try_from(seat.head.get()).expect("small") + 4;
            raw.submit(channel, 1, seat.head.get(), letter(length)).await;
            if writes {
                raw.ack(1).await;
            } else {
                assert_eq!(raw.rejection(1).await, RejectCode::ReadOnly, "{role:?}");
            }
        }
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn nobody_takes_another_ones_name_or_client() {
    let server = TestServer::with_accounts().await;
    let (ada, eve) = (server.person("ada").await, server.person("eve").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &eve, "editor").await;
    let mut own = Raw::of(&ada).await;
    let seat = own.join(client(1), id(&document)).await;
    let mut false_one = Raw::greeted_as(server.address, "ada", eve.access.as_deref()).await;
    let (code, _) = false_one.try_join(client(1), id(&document)).await.expect_err("hers");
    assert_eq!(code, RejectCode::ClientIdTaken);
    let eves = false_one.join(client(2), id(&document)).await;
    assert_ne!(eves.author, seat.author);
    let name = own
        .until("somebody who comes", |message| match message {
            ServerMessage::Presence(ServerPresence::Arrived { author, name, .. }) => {
                (*author == eves.author).then(|| name.to_string())
            }
            _ => None,
        })
        .await;
    assert_eq!(name, "eve");
    own.submit(seat.channel, 1, 1, letter(5)).await;
    own.ack(1).await;
    server.stop().await;
}

#[tokio::test]
async fn a_viewer_who_goes_on_writing_is_closed_after_the_third_edit() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "viewer").await;
    let mut raw = Raw::of(&bob).await;
    let seat = raw.join(client(1), id(&document)).await;
    for _ in 0..2 {
        raw.submit(seat.channel, 1, 1, letter(5)).await;
        assert_eq!(raw.rejection(1).await, RejectCode::ReadOnly);
    }
    raw.submit(seat.channel, 1, 1, letter(5)).await;
    assert_eq!(raw.closed().await.0, CloseCode::ProtocolError.number());
    let text = ada.get(&format!("{document}/content")).await;
    assert_eq!(text.expect(200).text, "text\n");
    server.stop().await;
}

/// A server with accounts and these limits of its sockets.
async fn limited(limits: SocketLimits) -> TestServer {
    TestServer::start_with(|options| {
        options.people = Some(codesync_server::people::PeopleOptions {
            cost: CHEAP,
            ..codesync_server::people::PeopleOptions::default()
        });
        options.sockets = limits;
    })
    .await
}

#[tokio::test]
async fn a_person_has_a_bounded_number_of_sockets() {
    let limits = SocketLimits { sockets_per_user: 2, ..SocketLimits::default() };
    let server = limited(limits).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let mut open = vec![Raw::of(&ada).await, Raw::of(&ada).await];
    let one_more = async |someone: &Someone| {
        let mut raw = Raw::silent(server.address).await;
        raw.hello("raw", someone.access.as_deref()).await;
        raw
    };
    let code = CloseCode::TooManyConnections.number();
    let closed = one_more(&ada).await.closed().await;
    assert_eq!(closed, (code, Some(RejectCode::TooManyConnections)));
    Raw::of(&bob).await;
    drop(open.pop());
    crate::support::eventually("there is room again", async || {
        let mut raw = one_more(&ada).await;
        raw.say(&ClientMessage::Session(ClientSession::Ping { nonce: 1 })).await;
        raw.is_welcome().await
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_place_has_a_bounded_number_of_sockets_whoever_comes() {
    let limits = SocketLimits { sockets_per_address: 2, ..SocketLimits::default() };
    let server = limited(limits).await;
    let _open = [Raw::silent(server.address).await, Raw::silent(server.address).await];
    match connect(server.address).await {
        Err(SocketError::Http(answer)) => assert_eq!(answer.status().as_u16(), 503),
        other => panic!("{other:?}"),
    }
    server.stop().await;
}

#[tokio::test]
async fn a_document_takes_a_bounded_number_of_people() {
    let server = TestServer::start_with(|options| options.sockets.people_per_document = 2).await;
    let document = server.create("full", "").await;
    let mut sockets = Vec::new();
    for number in 1..=2 {
        let mut raw = Raw::greeted(server.address).await;
        raw.join(client(number), document).await;
        sockets.push(raw);
    }
    let mut third = Raw::greeted(server.address).await;
    let (code, _) = third.try_join(client(3), document).await.expect_err("it is full");
    assert_eq!(code, RejectCode::TooManyPeople);
    server.stop().await;
}

#[tokio::test]
async fn edits_of_too_many_bytes_are_to_come_later() {
    let server = TestServer::start_with(|options| {
        options.sockets.bytes_per_second = 10;
        options.sockets.bytes_burst = 100;
    })
    .await;
    let document = server.create("target", "").await;
    let mut raw = Raw::greeted(server.address).await;
    let seat = raw.join(client(1), document).await;
    raw.submit(seat.channel, 1, 0, Operation::replace(0, 0..0, &"x".repeat(80)).encode()).await;
    raw.ack(1).await;
    raw.submit(seat.channel, 2, 0, Operation::replace(80, 0..0, &"y".repeat(80)).encode()).await;
    assert_eq!(raw.rejection(2).await, RejectCode::RateLimited);
    server.stop().await;
}

#[tokio::test]
async fn frames_are_not_compressed_and_one_that_says_so_is_not_read() {
    let server = TestServer::start().await;
    let extension = ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits");
    // The client library hangs up on an extension that it has not asked for.
    let socket = connect_with(server.address, "/socket", &[extension]).await.expect("connected");
    let mut raw = Raw::over(socket);
    raw.hello("raw", None).await;
    assert!(raw.is_welcome().await);
    // A binary frame of one byte, masked with zeros, with the first reserved bit set.
    let frame = [0b1100_0010, 0b1000_0001, 0, 0, 0, 0, 0];
    raw.socket.get_mut().write_all(&frame).await.expect("written");
    let (code, _) = raw.closed().await;
    assert!([1002, 1006].contains(&code), "{code}");
    server.stop().await;
}

#[tokio::test]
async fn a_message_that_claims_too_much_is_refused_at_its_head() {
    let server = TestServer::start().await;
    let refused = (CloseCode::FrameTooLarge.number(), Some(RejectCode::FrameTooLarge));
    let closed = async |mut raw: Raw| soon("the end", raw.closed()).await;
    // Half a gigabyte is announced, masked with zeros, and nothing of it sent.
    let mut raw = Raw::greeted(server.address).await;
    let head = [&[0x82, 0xff][..], &(1_u64 << 29).to_be_bytes(), &[0; 4]].concat();
    raw.socket.get_mut().write_all(&head).await.expect("written");
    assert_eq!(closed(raw).await, refused);
    // And the same in pieces, none of which is too long.
    let mut raw = Raw::greeted(server.address).await;
    for number in 0..8 {
        let opcode = if number == 0 { 0x02 } else { 0x00 };
        let head = [&[opcode, 0xff][..], &65_536_u64.to_be_bytes(), &[0; 4]].concat();
        let piece = [head, vec![b'x'; 65_536]].concat();
        // The server may have hung up by now.
        let _ = raw.socket.get_mut().write_all(&piece).await;
    }
    assert_eq!(closed(raw).await, refused);
    server.stop().await;
}
