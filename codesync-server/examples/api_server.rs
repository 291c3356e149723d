//! A server with accounts, a person and some documents, for as long as a command runs that asks it.
//!
//! ```text
//! api_server sh -c 'curl -H "Authorization: Bearer $CODESYNC_API_TOKEN" $CODESYNC_API_URL/api/documents'
//! ```
//!
//! Limits are so wide that nobody meets them, and passwords cost next to nothing: a tool that makes
//! up requests looks at everything else.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_server::embedded::{Options, bind};
use codesync_server::password::hashing::Cost;
use codesync_server::people::PeopleOptions;
use codesync_server::rate::{Quota, Quotas};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let mut command = Command::new(words.next().context("api_server takes a command")?);
    command.args(words);

    let folder = tempfile::tempdir()?;
    let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    let people = PeopleOptions { quotas: wide(), cost, ..PeopleOptions::default() };
    let options = Options { port: 0, people: Some(people), ..Options::new(folder.path()) };
    let server = bind(options).await?;
    let url = format!("http://{}", server.address());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.run(stop.clone()));

    let furnished = furnish(&url).await?;
    command.envs(&furnished).env("CODESYNC_API_URL", &url);
    let status = tokio::task::spawn_blocking(move || command.status()).await??;
    still_logged_in(&url, &furnished["CODESYNC_API_TOKEN"]).await?;
    stop.cancel();
    serving.await?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The usual quotas, of a number that nobody reaches.
fn wide() -> Quotas {
    let wide = |quota: Quota| Quota { count: 1_000_000, window: Duration::from_secs(60), ..quota };
    let Quotas { user, address, login, logins, guests, creations, lookups } = Quotas::default();
    Quotas {
        user: wide(user),
        address: wide(address),
        login: wide(login),
        logins: wide(logins),
        guests: wide(guests),
        creations: wide(creations),
        lookups: wide(lookups),
    }
}

/// Makes what can be asked for, and says under which variables it is found.
async fn furnish(url: &str) -> Result<BTreeMap<&'static str, String>> {
    let client = Client::new();
    let credentials = |login: &str| json!({ "login": login, "password": PASSWORD });
    let post = |path: String, token: String, body: Value| {
        let request = client.post(format!("{url}{path}")).bearer_auth(token).json(&body);
        async { read(request.send().await?).await }
    };
    for login in ["ada", "bob"] {
        client.post(format!("{url}/api/auth/register")).json(&credentials(login)).send().await?;
    }
    let log_in = async || -> Result<(String, String)> {
        let request = client.post(format!("{url}/api/auth/login")).json(&credentials("ada"));
        let answer = read(request.send().await?).await?;
        Ok((text(&answer, "access_token")?, text(&answer, "session")?))
    };
    // One to work with, and two that are ended, each in another way.
    let ((token, _), (ending, _), (_, session)) =
        (log_in().await?, log_in().await?, log_in().await?);
    let make = async |name: &str| -> Result<String> {
        let body = json!({ "name": name, "text": "one\ntwo\r\nthree\n" });
        text(&post("/api/documents".to_owned(), token.clone(), body).await?, "id")
    };
    // One that stays, one that comes and goes.
    let (document, spare) = (make("A document").await?, make("Another one").await?);
    let named = post(
        format!("/api/documents/{document}/versions"),
        token.clone(),
        json!({ "name": "The first" }),
    );
    let version = text(&named.await?, "id")?;
    // Somebody to change and to remove, so that nobody does that to who asks.
    let invited = post(
        format!("/api/documents/{document}/members"),
        token.clone(),
        json!({ "login": "bob", "role": "viewer" }),
    );
    let member = text(&invited.await?, "user")?;
    Ok(BTreeMap::from([
        ("CODESYNC_API_TOKEN", token),
        ("CODESYNC_API_TOKEN_TO_END", ending),
        ("CODESYNC_API_SESSION_TO_END", session),
        ("CODESYNC_API_DOCUMENT", document),
        ("CODESYNC_API_SPARE", spare),
        ("CODESYNC_API_VERSION", version),
        ("CODESYNC_API_MEMBER", member),
    ]))
}

/// Whoever has lost his login is refused whatever he asks, which a tool that makes up requests may be
/// content with.
async fn still_logged_in(url: &str, token: &str) -> Result<()> {
    let request = Client::new().get(format!("{url}/api/users/me")).bearer_auth(token);
    read(request.send().await?).await.context("the command ended the login that it asked with")?;
    Ok(())
}

async fn read(response: Response) -> Result<Value> {
    let status = response.status();
    let body = response.text().await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().with_context(|| format!("no {name} in {value}"))?.to_owned())
}
