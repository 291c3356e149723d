//! People at the REST interface of a server with accounts.

use std::net::SocketAddr;

use codesync_server::password::hashing::Cost;
use codesync_server::people::PeopleOptions;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{TestServer, described};

/// A password that is good enough for everybody here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// As little work for a password as there can be, for tests that log in often.
pub(crate) const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

impl TestServer {
    /// A server with accounts.
    pub(crate) async fn with_accounts() -> Self {
        Self::with_people(|_| {}).await
    }

    pub(crate) async fn with_people(choose: impl FnOnce(&mut PeopleOptions)) -> Self {
        let mut people = PeopleOptions::default();
        choose(&mut people);
        Self::start_with(|options| options.people = Some(people)).await
    }

    /// Whoever has not logged in.
    pub(crate) fn stranger(&self) -> Someone {
        Someone::stranger(self.address)
    }

    /// Somebody who has made himself an account and is logged in.
    pub(crate) async fn person(&self, login: &str) -> Someone {
        let stranger = self.stranger();
        let asked = json!({ "login": login, "password": PASSWORD });
        stranger.post("/api/auth/register", asked).await.expect(202);
        stranger.log_in(login).await
    }
}

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(crate) struct Someone {
    pub(crate) address: SocketAddr,
    client: Client,
    headers: HeaderMap,
    pub(crate) login: String,
    pub(crate) user: String,
    pub(crate) session: String,
    pub(crate) access: Option<String>,
    pub(crate) refresh: String,
}

impl Someone {
    /// Whoever has not logged in.
    pub(crate) fn stranger(address: SocketAddr) -> Self {
        Self {
            address,
            client: Client::new(),
            headers: HeaderMap::new(),
            login: String::new(),
            user: String::new(),
            session: String::new(),
            access: None,
            refresh: String::new(),
        }
    }

    /// The same, sending one more header each time.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        let name = HeaderName::try_from(name).expect("a name");
        other.headers.insert(name, HeaderValue::try_from(value).expect("a value"));
        other
    }

    /// The same, at another server.
    pub(crate) fn at(&self, server: &TestServer) -> Self {
        Self { address: server.address, ..self.clone() }
    }

    /// The same, showing this access token.
    pub(crate) fn showing(&self, access: &str) -> Self {
        Self { access: Some(access.to_owned()), ..self.clone() }
    }

    /// Logs in with everybody's password.
    pub(crate) async fn log_in(&self, login: &str) -> Self {
        let asked = json!({ "login": login, "password": PASSWORD });
        let answer = self.post("/api/auth/login", asked).await;
        self.holding(answer.expect(200))
    }

    /// The same, with the tokens of an answer.
    pub(crate) fn holding(&self, answer: &Answer) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = &answer.body;
        Self {
            login: text(&body["user"]["login"]),
            user: text(&body["user"]["id"]),
            session: text(&body["session"]),
            access: Some(text(&body["access_token"])),
            refresh: text(&body["refresh_token"]),
            ..self.clone()
        }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method.clone(), url).headers(self.headers.clone());
        if let Some(access) = &self.access {
            request = request.bearer_auth(access);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        Self::answer(&method, path, request).await
    }

    /// Sends a body as it is.
    pub(crate) async fn send_raw(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method.clone(), url).headers(self.headers.clone());
        if let Some(access) = &self.access {
            request = request.bearer_auth(access);
        }
        let request = request.header("content-type", kind).body(body);
        Self::answer(&method, path, request).await
    }

    async fn answer(method: &Method, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("text");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        described::check(method, path, status, &body);
        Answer { status, headers, body, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Makes a document. Its path.
    pub(crate) async fn create(&self, name: &str) -> String {
        let made = self.post("/api/documents", json!({ "name": name, "text": "text\n" })).await;
        format!("/api/documents/{}", made.expect(201).text_at("id"))
    }

    /// Makes somebody a member of a document.
    pub(crate) async fn invite(&self, document: &str, other: &Self, role: &str) {
        let asked = json!({ "login": other.login, "role": role });
        self.post(&format!("{document}/members"), asked).await.expect(201);
    }

    /// Makes a link to a document. Its id and secret.
    pub(crate) async fn link(&self, document: &str, asked: Value) -> (String, String) {
        let made = self.post(&format!("{document}/links"), asked).await;
        made.expect(201);
        (made.text_at("id"), made.text_at("secret"))
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Expects a problem body with this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> &Self {
        self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!((&self.body["code"], &self.body["status"]), (&json!(code), &json!(status)));
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub(crate) fn text_at(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.text)).to_owned()
    }
}
