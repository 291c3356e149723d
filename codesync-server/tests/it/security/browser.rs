//! Browsers: cookies that no script and no other site can use, origins to the letter, HSTS.

use codesync_server::config::reach::{Origin, Reach};
use codesync_server::people::PeopleOptions;
use serde_json::json;

use crate::support::TestServer;
use crate::support::api::{Answer, PASSWORD, Someone};

/// A server that people reach as https://code.example.org, through a proxy on this machine.
async fn public() -> TestServer {
    TestServer::start_with(|options| {
        let origins = vec![Origin::parse("https://code.example.org").expect("an origin")];
        let proxies = vec!["127.0.0.1/32".parse().expect("a network")];
        options.reach = Reach { origins, proxies };
        options.people = Some(PeopleOptions::default());
    })
    .await
}

/// Our own page in a browser.
fn page(server: &TestServer) -> Someone {
    let stranger = server.stranger().with("host", "code.example.org");
    stranger.with("origin", "https://code.example.org").with("sec-fetch-site", "same-origin")
}

async fn log_in(page: &Someone) -> Answer {
    let asked = json!({ "login": "ada", "password": PASSWORD });
    page.post("/api/auth/register", asked.clone()).await.expect(202);
    let mut asked = asked;
    asked["cookie"] = json!(true);
    page.post("/api/auth/login", asked).await
}

/// The cookie as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn a_browser_keeps_its_refresh_token_where_no_script_sees_it() {
    let server = public().await;
    let page = page(&server);
    let answer = log_in(&page).await;
    let set = answer.expect(200).header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-codesync-refresh="), "{set}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;"] {
        assert!(set.contains(part), "{part} is not in {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert!(answer.body.get("refresh_token").is_none(), "{}", answer.text);

    let kept = page.with("cookie", &format!("theme=dark; {}", cookie(&answer)));
    let refreshed = kept.send(reqwest::Method::POST, "/api/auth/refresh", None).await;
    refreshed.expect(200);
    assert_ne!(cookie(&refreshed), cookie(&answer));
    assert!(refreshed.body.get("refresh_token").is_none());
    // Nothing but the routes of login looks at it.
    kept.get("/api/users/me").await.problem(401, "login_required");

    let kept = page.with("cookie", &cookie(&refreshed));
    let gone = kept.post("/api/auth/logout", json!({})).await;
    assert!(gone.expect(204).header("set-cookie").contains("Max-Age=0"));
    kept.post("/api/auth/refresh", json!({})).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_counts_only_if_one_of_our_pages_asks() {
    let server = public().await;
    let answer = log_in(&page(&server)).await;
    let kept = cookie(answer.expect(200));
    let bare = server.stranger().with("host", "code.example.org").with("cookie", &kept);
    // Whoever does not say who asks may be anybody.
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        bare.post(path, json!({})).await.problem(403, "wrong_origin");
        let typed = bare.with("sec-fetch-site", "none");
        typed.post(path, json!({})).await.problem(403, "wrong_origin");
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://code.example.org.evil.example"),
            ("origin", "http://code.example.org"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            bare.with(name, value).post(path, json!({})).await.problem(403, "wrong_origin");
        }
    }
    let own = bare.with("sec-fetch-site", "same-origin");
    own.post("/api/auth/refresh", json!({})).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn without_encryption_on_the_machine_itself_the_cookie_is_plain() {
    let server = TestServer::with_accounts().await;
    let page = server.stranger().with("sec-fetch-site", "same-origin");
    let answer = log_in(&page).await;
    let set = answer.expect(200).header("set-cookie").to_owned();
    assert!(set.starts_with("codesync-refresh="), "{set}");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/api/auth;"] {
        assert!(set.contains(part), "{part} is not in {set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let kept = page.with("cookie", &cookie(&answer));
    kept.post("/api/auth/refresh", json!({})).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_program_gets_its_refresh_token_in_the_body() {
    let server = public().await;
    let program = server.stranger().with("host", "code.example.org");
    let asked = json!({ "login": "ada", "password": PASSWORD });
    program.post("/api/auth/register", asked.clone()).await.expect(202);
    let answer = program.post("/api/auth/login", asked).await;
    answer.expect(200).text_at("refresh_token");
    assert_eq!(answer.header("set-cookie"), "");
    // An absent Origin is fine with a bearer token.
    program.holding(&answer).get("/api/users/me").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn other_names_and_pages_are_refused() {
    let server = public().await;
    let named = |name: &str| server.stranger().with("host", name);
    for name in ["localhost", "127.0.0.1", "example.org", "code.example.org:8443"] {
        named(name).get("/api/documents").await.problem(421, "wrong_host");
    }
    named("10.0.0.7:3000").get("/api/health").await.expect(200);
    let foreign = named("code.example.org").with("origin", "https://evil.example");
    foreign.get("/api/documents").await.problem(403, "wrong_origin");
    let preflight = foreign.send(reqwest::Method::OPTIONS, "/api/documents", None).await;
    preflight.problem(403, "wrong_origin");
    assert_eq!(preflight.header("access-control-allow-origin"), "");
    let own = page(&server).get("/api/documents").await;
    own.problem(401, "login_required");
    assert_eq!(own.header("access-control-allow-origin"), "");
    server.stop().await;
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_encryption_where_there_is_some() {
    let server = public().await;
    let answer = page(&server).get("/").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    server.stop().await;
    let server = TestServer::with_accounts().await;
    let answer = server.stranger().get("/").await;
    assert_eq!(answer.header("strict-transport-security"), "");
    server.stop().await;
}
