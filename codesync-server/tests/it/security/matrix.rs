//! Every role, every action, every state: who may do what, as one table.
//!
//! Each cell is asked of a real server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::api::{Answer, CHEAP, Someone};

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    Owner,
    Editor,
    Viewer,
    /// Somebody with an account and no part in the document.
    Other,
    /// A guest who came through a link for viewers.
    Guest,
    /// Somebody who was removed.
    Removed,
    /// Nobody who has logged in.
    Stranger,
}

pub(super) const ROLES: [Role; 7] = [
    Role::Owner,
    Role::Editor,
    Role::Viewer,
    Role::Other,
    Role::Guest,
    Role::Removed,
    Role::Stranger,
];

/// What the document is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Live,
    Trashed,
}

/// One thing to be asked, `{d}` being the document's path.
struct Action {
    name: &'static str,
    method: Method,
    path: &'static str,
    /// A plain text is sent as one.
    body: Option<Value>,
    /// The least role that may, and the answer it gets.
    least: Role,
    done: u16,
}

impl Action {
    async fn ask(&self, who: &Someone, path: &str) -> Answer {
        match &self.body {
            Some(Value::String(text)) => {
                who.send_raw(self.method.clone(), path, "text/plain", text.clone()).await
            }
            body => who.send(self.method.clone(), path, body.clone()).await,
        }
    }
}

fn actions() -> Vec<Action> {
    let action =
        |name, method, path, body, least, done| Action { name, method, path, body, least, done };
    let invite = json!({ "login": "newcomer", "role": "viewer" });
    let link = json!({ "role": "viewer" });
    let role = json!({ "role": "viewer" });
    let name = json!({ "name": "renamed" });
    let text = json!("another text\n");
    vec![
        action("find", Method::GET, "{d}", None, Role::Viewer, 200),
        action("read", Method::GET, "{d}/content", None, Role::Viewer, 200),
        action("old text", Method::GET, "{d}/content?revision=0", None, Role::Viewer, 200),
        action("history", Method::GET, "{d}/history", None, Role::Viewer, 200),
        action("revision", Method::GET, "{d}/history/1", None, Role::Viewer, 200),
        action("difference", Method::GET, "{d}/diff?from=0", None, Role::Viewer, 200),
        action("blame", Method::GET, "{d}/blame", None, Role::Viewer, 200),
        action("versions", Method::GET, "{d}/versions", None, Role::Viewer, 200),
        action("version", Method::GET, "{d}/versions/{version}", None, Role::Viewer, 200),
        action("write", Method::PUT, "{d}/content", Some(text), Role::Editor, 200),
        action("put back", Method::POST, "{d}/history/1/restore", None, Role::Editor, 200),
        action("keep", Method::POST, "{d}/versions", Some(name.clone()), Role::Editor, 201),
        action("forget", Method::DELETE, "{d}/versions/{version}", None, Role::Editor, 204),
        action(
            "put back a version",
            Method::POST,
            "{d}/versions/{version}/restore",
            None,
            Role::Editor,
            200,
        ),
        action("members", Method::GET, "{d}/members", None, Role::Viewer, 200),
        action("rename", Method::PATCH, "{d}", Some(name), Role::Owner, 200),
        action("invite", Method::POST, "{d}/members", Some(invite), Role::Owner, 201),
        action("role", Method::PATCH, "{d}/members/{bystander}", Some(role), Role::Owner, 200),
        action("remove", Method::DELETE, "{d}/members/{bystander}", None, Role::Owner, 204),
        action("links", Method::GET, "{d}/links", None, Role::Owner, 200),
        action("link", Method::POST, "{d}/links", Some(link), Role::Owner, 201),
        action("revoke", Method::DELETE, "{d}/links/{link}", None, Role::Owner, 204),
        action("trash", Method::DELETE, "{d}", None, Role::Owner, 204),
        action("restore", Method::POST, "{d}/restore", None, Role::Owner, 204),
    ]
}

/// What a cell of the table says: status and code.
fn expected(action: &Action, role: Role, state: State) -> (u16, &'static str) {
    if role == Role::Stranger {
        return (401, "login_required");
    }
    if action.name == "restore" {
        return match (role, state) {
            (Role::Guest, _) => (403, "guests_cannot"),
            // Out of the trash it is in both.
            (Role::Owner, _) => (action.done, ""),
            _ => (404, "document_not_found"),
        };
    }
    let rank = |role| match role {
        Role::Owner => Some(3),
        Role::Editor => Some(2),
        Role::Viewer | Role::Guest => Some(1),
        Role::Other | Role::Removed | Role::Stranger => None,
    };
    match (rank(role), state) {
        (None, _) | (Some(_), State::Trashed) => (404, "document_not_found"),
        (own, State::Live) if own >= rank(action.least) => (action.done, ""),
        (Some(_), State::Live) => (403, "role_too_low"),
    }
}

/// A document with everybody around it.
pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) owner: Someone,
    pub(super) people: Vec<(Role, Someone)>,
    bystander: Someone,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let server = TestServer::with_people(|people| {
            people.cost = CHEAP;
            people.quotas.logins.count = 10_000;
            people.quotas.creations.count = 10_000;
            people.quotas.lookups.count = 10_000;
            people.quotas.user.count = 10_000;
            people.quotas.address.count = 10_000;
        })
        .await;
        let owner = server.person("owner").await;
        let mut people = vec![(Role::Owner, owner.clone())];
        for (role, login) in [
            (Role::Editor, "editor"),
            (Role::Viewer, "viewer"),
            (Role::Other, "other"),
            (Role::Removed, "removed"),
        ] {
            people.push((role, server.person(login).await));
        }
        server.person("newcomer").await;
        people.push((Role::Stranger, server.stranger()));
        let bystander = server.person("bystander").await;
        Self { server, owner, people, bystander }
    }

    /// A version of a document, or an id of none where it is in the trash.
    async fn version(&self, document: &str) -> String {
        let asked = json!({ "name": "a version" });
        let made = self.owner.post(&format!("{document}/versions"), asked).await;
        let id = made.body["id"].as_str().unwrap_or("00000000-0000-4000-8000-000000000000");
        id.to_owned()
    }

    /// A document in this state, with a link, and a guest who came through another.
    pub(super) async fn document(&self, state: State) -> (String, String, Someone) {
        let document = self.owner.create("the document").await;
        let (_, secret) =
            self.owner.link(&document, json!({ "role": "viewer", "guests": true })).await;
        let asked = json!({ "secret": secret, "name": "Guest" });
        let stranger = self.server.stranger();
        let guest = stranger.holding(stranger.post("/api/links/redeem", asked).await.expect(201));
        for (role, someone) in &self.people {
            match role {
                Role::Editor => self.owner.invite(&document, someone, "editor").await,
                Role::Viewer => self.owner.invite(&document, someone, "viewer").await,
                Role::Removed => {
                    self.owner.invite(&document, someone, "editor").await;
                    let path = format!("{document}/members/{}", someone.user);
                    self.owner.delete(&path).await.expect(204);
                }
                Role::Owner | Role::Other | Role::Guest | Role::Stranger => {}
            }
        }
        self.owner.invite(&document, &self.bystander, "editor").await;
        let (link, _) = self.owner.link(&document, json!({ "role": "editor" })).await;
        if state == State::Trashed {
            self.owner.delete(&document).await.expect(204);
        }
        (document, link, guest)
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let scene = Scene::new().await;
    for state in [State::Live, State::Trashed] {
        for action in actions() {
            // One document for all whom the action is refused; it changes nothing.
            let (mut document, mut link, mut guest) = scene.document(state).await;
            for role in ROLES.into_iter().rev() {
                let someone = scene.people.iter().find(|(other, _)| *other == role);
                let someone = someone.map_or(&guest, |(_, someone)| someone).clone();
                let path = action
                    .path
                    .replace("{version}", &scene.version(&document).await)
                    .replace("{d}", &document)
                    .replace("{bystander}", &scene.bystander.user)
                    .replace("{link}", &link);
                let answer = action.ask(&someone, &path).await;
                let (status, code) = expected(&action, role, state);
                let met = (answer.status, answer.body["code"].as_str().unwrap_or_default());
                let is_error = status >= 400;
                assert_eq!(
                    met.0, status,
                    "{} by {role:?} on {state:?}: {}",
                    action.name, answer.text
                );
                assert!(!is_error || met.1 == code, "{} by {role:?}: {}", action.name, answer.text);
                if !is_error && action.method != Method::GET {
                    (document, link, guest) = scene.document(state).await;
                }
            }
        }
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn an_unknown_and_a_forbidden_document_answer_alike() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let eve = server.person("eve").await;
    let document = ada.create("secret plans").await;
    let unknown = "/api/documents/00000000-0000-4000-8000-000000000000";
    for action in actions() {
        let ask = async |document: &str| {
            let path = action
                .path
                .replace("{d}", document)
                .replace("{bystander}", &ada.user)
                .replace("{link}", "00000000-0000-4000-8000-000000000000")
                .replace("{version}", "00000000-0000-4000-8000-000000000000");
            let answer = action.ask(&eve, &path).await;
            (answer.status, answer.text)
        };
        let forbidden = ask(&document).await;
        assert_eq!(forbidden, ask(unknown).await, "{}", action.name);
        assert_eq!(forbidden.0, 404, "{}: {}", action.name, forbidden.1);
        assert!(!forbidden.1.contains("secret plans"));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_list_shows_only_what_one_is_a_member_of() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let mine = ada.create("ada's own").await;
    let shared = ada.create("ada's shared").await;
    ada.invite(&shared, &bob, "viewer").await;
    bob.create("bob's own").await;
    let names = async |who: &Someone, query: &str| {
        let list = who.get(&format!("/api/documents{query}")).await;
        let documents = list.expect(200).body["documents"].as_array().expect("a list").clone();
        let name = |document: &Value| document["name"].as_str().expect("a name").to_owned();
        let mut names: Vec<_> = documents.iter().map(name).collect();
        names.sort();
        names
    };
    assert_eq!(names(&bob, "").await, ["ada's shared", "bob's own"]);
    assert_eq!(names(&bob, "?search=ada").await, ["ada's shared"]);
    assert_eq!(names(&ada, "").await, ["ada's own", "ada's shared"]);
    ada.delete(&mine).await.expect(204);
    assert_eq!(names(&ada, "").await, ["ada's shared"]);
    ada.delete(&format!("{shared}/members/{}", bob.user)).await.expect(204);
    assert_eq!(names(&bob, "").await, ["bob's own"]);
    server.stop().await;
}

#[tokio::test]
async fn a_guest_takes_part_and_does_nothing_beyond() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("open").await;
    let (_, secret) = ada.link(&document, json!({ "role": "editor", "guests": true })).await;
    let asked = json!({ "secret": secret, "name": "Grace" });
    let stranger = server.stranger();
    let guest = stranger.holding(stranger.post("/api/links/redeem", asked).await.expect(201));
    guest.get(&document).await.expect(200);
    guest.post("/api/documents", json!({ "name": "n" })).await.problem(403, "guests_cannot");
    guest.get("/api/users?search=ada").await.problem(403, "guests_cannot");
    guest.get("/api/documents/trash").await.problem(403, "guests_cannot");
    let members = format!("{document}/members");
    let owner = json!({ "role": "owner" });
    let path = format!("{members}/{}", guest.user);
    guest.patch(&path, owner.clone()).await.problem(403, "role_too_low");
    ada.patch(&path, owner).await.problem(409, "guest_owner");
    let me = guest.get("/api/users/me").await;
    assert_eq!(me.expect(200).body["kind"], json!("guest"));
    let log_in = json!({ "login": "Grace", "password": "" });
    stranger.post("/api/auth/login", log_in).await.problem(401, "wrong_credentials");
    let change = json!({ "current": "", "new": "a new password" });
    guest.post("/api/auth/password", change).await.problem(401, "wrong_credentials");
    guest.delete(&path).await.expect(204);
    guest.get(&document).await.problem(404, "document_not_found");
    server.stop().await;
}
