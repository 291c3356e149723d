//! Rate limits: for users first, for addresses second, and never a lockout by a stranger.

use codesync_server::config::reach::Reach;
use codesync_server::people::PeopleOptions;
use serde_json::json;

use crate::support::TestServer;
use crate::support::api::{Answer, CHEAP, PASSWORD, Someone};

async fn guess(who: &Someone, login: &str) -> Answer {
    who.post("/api/auth/login", json!({ "login": login, "password": "not the password" })).await
}

/// A server behind a proxy on this machine, which says where people come from.
async fn behind_proxy(choose: impl FnOnce(&mut PeopleOptions)) -> TestServer {
    let mut people = PeopleOptions { cost: CHEAP, ..PeopleOptions::default() };
    choose(&mut people);
    TestServer::start_with(|options| {
        let proxies = vec!["127.0.0.1/32".parse().expect("a network")];
        options.reach = Reach { proxies, ..Reach::MACHINE };
        options.people = Some(people);
    })
    .await
}

fn from(server: &TestServer, address: &str) -> Someone {
    server.stranger().with("x-forwarded-for", address)
}

#[tokio::test]
async fn five_attempts_a_minute_at_one_account() {
    let server = TestServer::with_accounts().await;
    server.person("ada").await;
    let stranger = server.stranger();
    // She has logged in once.
    for _ in 0..4 {
        guess(&stranger, "ada").await.problem(401, "wrong_credentials");
    }
    let refused = guess(&stranger, "Ada ").await;
    refused.problem(429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((12..=60).contains(&wait), "{wait}");
    assert_eq!(refused.headers["ratelimit-policy"], "\"login\";q=5;w=60");
    assert!(refused.header("ratelimit").starts_with("\"login\";r=0;t="));
    // The right password is not looked at either, and another account is.
    let right = json!({ "login": "ada", "password": PASSWORD });
    stranger.post("/api/auth/login", right).await.problem(429, "too_many_requests");
    guess(&stranger, "bob").await.problem(401, "wrong_credentials");
    server.stop().await;
}

#[tokio::test]
async fn the_wait_grows_with_each_attempt() {
    let server = TestServer::with_accounts().await;
    let stranger = server.stranger();
    let mut waits = Vec::new();
    for _ in 0..10 {
        let answer = guess(&stranger, "ada").await;
        if answer.status == 429 {
            waits.push(answer.header("retry-after").parse::<u64>().expect("seconds"));
        }
    }
    assert_eq!(waits.len(), 5);
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    server.stop().await;
}

#[tokio::test]
async fn twenty_attempts_a_minute_from_one_address() {
    let server = behind_proxy(|_| {}).await;
    let eve = from(&server, "192.0.2.66");
    for number in 0..20 {
        guess(&eve, &format!("user{number}")).await.problem(401, "wrong_credentials");
    }
    guess(&eve, "another").await.problem(429, "too_many_requests");
    guess(&from(&server, "192.0.2.67"), "another").await.problem(401, "wrong_credentials");
    let asked = json!({ "login": "eve", "password": PASSWORD });
    eve.post("/api/auth/register", asked).await.problem(429, "too_many_requests");
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_shut_out_by_a_stranger() {
    let server = behind_proxy(|_| {}).await;
    let ada = from(&server, "192.0.2.1");
    let asked = json!({ "login": "ada", "password": PASSWORD });
    ada.post("/api/auth/register", asked).await.expect(202);
    for host in 1..10 {
        let eve = from(&server, &format!("198.51.100.{host}"));
        while guess(&eve, "ada").await.status != 429 {}
    }
    ada.log_in("ada").await.get("/api/users/me").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_household_with_many_addresses_counts_once() {
    let server = behind_proxy(|_| {}).await;
    for host in 0..5 {
        let eve = from(&server, &format!("2001:db8:1:2::{host}"));
        guess(&eve, "ada").await.problem(401, "wrong_credentials");
    }
    let eve = from(&server, "2001:db8:1:2:ffff::1");
    guess(&eve, "ada").await.problem(429, "too_many_requests");
    let other = from(&server, "2001:db8:1:3::1");
    guess(&other, "ada").await.problem(401, "wrong_credentials");
    server.stop().await;
}

#[tokio::test]
async fn where_somebody_says_he_comes_from_counts_only_from_a_listed_proxy() {
    let server = TestServer::with_accounts().await;
    for host in 0..5 {
        let eve = from(&server, &format!("192.0.2.{host}"));
        guess(&eve, "ada").await.problem(401, "wrong_credentials");
    }
    guess(&from(&server, "192.0.2.99"), "ada").await.problem(429, "too_many_requests");
    server.stop().await;
}

#[tokio::test]
async fn people_behind_one_address_do_not_use_up_each_others_requests() {
    let server = TestServer::with_people(|people| people.quotas.user.count = 10).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for remaining in (0..10).rev() {
        let answer = ada.get("/api/users/me").await;
        answer.expect(200);
        assert_eq!(answer.headers["ratelimit-policy"], "\"user\";q=10;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"user\";r={remaining};t=")));
    }
    let refused = ada.get("/api/users/me").await;
    refused.problem(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), "6");
    bob.get("/api/users/me").await.expect(200);
    server.stranger().get("/api/users/me").await.expect(401);
    server.stop().await;
}

#[tokio::test]
async fn strangers_are_counted_by_address_and_health_is_not() {
    let server = TestServer::with_people(|people| people.quotas.address.count = 5).await;
    let stranger = server.stranger();
    for _ in 0..5 {
        stranger.get("/api/documents").await.expect(401);
    }
    stranger.get("/api/documents").await.problem(429, "too_many_requests");
    // A made-up token makes nobody a user.
    stranger.showing("made up").get("/api/documents").await.problem(429, "too_many_requests");
    stranger.get("/api/health").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn creations_are_sixty_an_hour() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for _ in 0..60 {
        ada.create("one more").await;
    }
    let refused = ada.post("/api/documents", json!({ "name": "too many" })).await;
    refused.problem(429, "too_many_requests");
    assert_eq!(refused.headers["ratelimit-policy"], "\"creations\";q=60;w=3600");
    bob.create("another's").await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_accounts_counts_nothing() {
    let server = TestServer::start().await;
    let answer = server.stranger().get("/api/documents").await;
    assert!(answer.expect(200).headers.get("ratelimit").is_none());
    server.stop().await;
}

#[tokio::test]
async fn a_storm_of_logins_leaves_the_others_be() {
    let server = TestServer::with_people(|people| {
        people.quotas.login.count = 100_000;
        people.quotas.logins.count = 100_000;
        people.quotas.address.count = 100_000;
    })
    .await;
    let ada = server.person("ada").await;
    let storm: Vec<_> = (0..100)
        .map(|_| {
            let stranger = server.stranger();
            tokio::spawn(async move { guess(&stranger, "ada").await })
        })
        .collect();
    ada.get("/api/users/me").await.expect(200);
    let mut busy = 0;
    for guess in storm {
        let answer = guess.await.expect("no panic");
        match answer.status {
            401 => {}
            503 => {
                answer.problem(503, "logins_busy");
                assert_ne!(answer.header("retry-after"), "");
                busy += 1;
            }
            _ => panic!("{}", answer.text),
        }
    }
    assert!(busy > 0, "nobody was asked to come again");
    server.stranger().log_in("ada").await;
    server.stop().await;
}
