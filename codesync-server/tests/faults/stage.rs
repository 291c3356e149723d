//! A cluster with people at one document, and the means to ask whether all is well.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use codesync_core::{AccessToken, DocumentId, Revision};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::sync::{self, MutexGuard, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

use crate::check::{Evidence, check};
use crate::cluster::{Cluster, SERVERS};
use crate::person::{Arrival, Person, View};
use crate::proxy::{Proxy, Speech};
use crate::record::Record;
use crate::truth::{self, Logged};

pub(crate) const PEOPLE: usize = 10;
/// Which of them is not an owner.
const GUEST: usize = PEOPLE - 1;
/// Only a failing run ever takes so long.
const PATIENCE: Duration = Duration::from_secs(90);
/// I8: whoever is connected has what was committed so long ago.
pub(crate) const CURRENT_MAX: Duration = Duration::from_secs(2);
const REST_MAX: Duration = Duration::from_secs(5);
const READ_EACH: Duration = Duration::from_millis(300);
/// One cluster at a time has the machine: what it takes is part of what is judged.
static ALONE: sync::Mutex<()> = sync::Mutex::const_new(());
/// Servers with a REST interface.
const REST: std::ops::Range<usize> = 0..2;

pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    pub(crate) people: Vec<Person>,
    /// The wire of each person.
    pub(crate) fronts: Vec<Proxy>,
    /// Where each wire leads.
    routes: Vec<watch::Sender<Vec<SocketAddr>>>,
    pub(crate) document: DocumentId,
    owner: AccessToken,
    guest: String,
    denied: Mutex<Vec<std::ops::Range<i64>>>,
    early: Arc<Mutex<Vec<Logged>>>,
    reader: JoinHandle<()>,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// Ten people, spread over three servers, none of whom types yet.
    pub(crate) async fn set(seed: u64, pause_ms: usize) -> Result<Self> {
        let _alone = ALONE.lock().await;
        let cluster = Cluster::start().await?;
        let rest = cluster.addresses[0];
        let (owner, _) = account(rest, "owner").await?;
        let (token, guest) = account(rest, "guest").await?;
        let asked = json!({ "name": "faults", "text": "" });
        let made = ask(rest, Method::POST, "/api/documents", Some(&owner), asked).await?;
        let document: DocumentId = made["id"].as_str().context("no id")?.parse()?;
        let members = format!("/api/documents/{document}/members");
        let asked = json!({ "login": "guest", "role": "editor" });
        ask(rest, Method::POST, &members, Some(&owner), asked).await?;

        let (mut people, mut fronts, mut routes) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..PEOPLE {
            let route = watch::Sender::new(route(&cluster, index, None));
            let front = Proxy::start(Speech::Other, route.subscribe()).await?;
            let is_guest = index == GUEST;
            people.push(Person::start(Arrival {
                number: index as u64,
                seed,
                address: front.address,
                document,
                token: if is_guest { token.clone() } else { owner.clone() },
                pause_ms,
                is_guest,
            }));
            fronts.push(front);
            routes.push(route);
        }
        let early = Arc::<Mutex<Vec<Logged>>>::default();
        let reader = tokio::spawn(read(cluster.database_url.clone(), document, Arc::clone(&early)));
        let denied = Mutex::default();
        let this = Self {
            cluster,
            people,
            fronts,
            routes,
            document,
            owner,
            guest,
            denied,
            early,
            reader,
            _alone,
        };
        this.all("people to be there", |view| view.is_saved).await?;
        Ok(this)
    }

    pub(crate) fn set_typing(&self, typing: bool) {
        self.people.iter().for_each(|person| person.set_typing(typing));
    }

    /// Sends nobody new to this server, as a balancer does that sees it leave.
    pub(crate) fn route_around(&self, server: Option<usize>) {
        for (index, sender) in self.routes.iter().enumerate() {
            sender.send_replace(route(&self.cluster, index, server));
        }
    }

    /// Waits until something is true of everybody.
    pub(crate) async fn all(&self, what: &str, holds: impl Fn(&View) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        for (index, person) in self.people.iter().enumerate() {
            let mut view = person.view.clone();
            let waited = tokio::time::timeout_at(deadline, view.wait_for(&holds)).await;
            match waited {
                Ok(Ok(_)) => {}
                Ok(Err(_)) => bail!("person {index} has failed"),
                Err(_) => {
                    bail!("waited for {what}: person {index} is at {:?}", *person.view.borrow())
                }
            }
        }
        Ok(())
    }

    /// Lets somebody type, and says how long the others took to have it once it was committed.
    pub(crate) async fn spread(&self, index: usize) -> Result<Duration> {
        let person = &self.people[index];
        let before = *person.view.borrow();
        person.type_once();
        let mut view = person.view.clone();
        let committed = view.wait_for(|it| it.acked > before.typed);
        let revision =
            timeout(PATIENCE, committed).await.context("it is never committed")??.revision;
        let began = Instant::now();
        self.all("an edit to spread", |view| view.revision >= revision).await?;
        Ok(began.elapsed())
    }

    /// I8, from each server.
    pub(crate) async fn check_spread(&self) -> Result<()> {
        for index in 0..SERVERS {
            let took = self.spread(index).await?;
            ensure!(took <= CURRENT_MAX, "I8 current: an edit took {took:?} to spread");
        }
        Ok(())
    }

    /// Takes the guest's right to write away, and notes from when on he has it no longer.
    /// Gives it back after a while.
    pub(crate) async fn demote(&self, time: Duration) -> Result<()> {
        let demoted = self.set_role("viewer").await;
        let from = now_ms();
        tokio::time::sleep(time).await;
        let to = now_ms();
        let deadline = Instant::now() + PATIENCE;
        let mut promoted = self.set_role("editor").await;
        // A request without an answer may still be carried out, at any time.
        let is_sure = demoted.is_ok() && promoted.is_ok();
        while promoted.is_err() && Instant::now() < deadline {
            promoted = self.set_role("editor").await;
        }
        let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        if is_sure && from < to {
            denied.push(from + 1..to);
        }
        promoted.context("the guest never gets his role back")
    }

    async fn set_role(&self, role: &str) -> Result<()> {
        let path = format!("/api/documents/{}/members/{}", self.document, self.guest);
        let mut outcome = Ok(());
        for server in REST {
            let asked = json!({ "role": role });
            let address = self.cluster.addresses[server];
            outcome = ask(address, Method::PATCH, &path, Some(&self.owner), asked).await.map(drop);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Everything heals: all comes to rest, and the laws are judged. What everybody recorded.
    pub(crate) async fn judge(self) -> Result<Vec<Record>> {
        self.set_typing(false);
        let settled = async {
            self.all("everybody to be saved", |view| view.is_saved).await?;
            let head = truth::read(&self.cluster.database_url, self.document).await?.head.get();
            self.all("everybody to be at the head", |view| view.revision >= head).await?;
            self.check_spread().await
        };
        let settled = settled.await;
        let mut records = Vec::new();
        for person in self.people {
            records.push(person.end().await?);
        }
        self.reader.abort();
        let mut faults: Vec<String> = Vec::new();
        faults.extend(settled.err().map(|error| format!("{error:#}")));
        faults.extend(self.cluster.verify().err().map(|error| format!("{error:#}")));
        for record in &records {
            let number = record.number;
            faults.extend(record.errors.iter().map(|error| format!("person {number}: {error}")));
        }
        let denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let evidence = Evidence {
            truth: truth::read(&self.cluster.database_url, self.document).await?,
            early: self.early.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            records,
            denied: denied.into_iter().map(|span| (GUEST as u64, span)).collect(),
        };
        faults.extend(check(&evidence).iter().map(ToString::to_string));
        ensure!(evidence.truth.head.get() > 100, "too little was typed to mean anything");
        println!(
            "{} revisions, {} read meanwhile, {} times without the right to write",
            evidence.truth.head,
            evidence.early.len(),
            evidence.denied.len()
        );
        ensure!(faults.is_empty(), "{}\n{}", faults.join("\n"), self.cluster.logs());
        Ok(evidence.records)
    }
}

/// The servers in the order in which somebody tries them.
fn route(cluster: &Cluster, person: usize, without: Option<usize>) -> Vec<SocketAddr> {
    let servers = (0..SERVERS).map(|step| (person + step) % SERVERS);
    servers.filter(|it| Some(*it) != without).map(|it| cluster.addresses[it]).collect()
}

/// Reads what is committed, again and again, past all servers.
async fn read(url: String, document: DocumentId, early: Arc<Mutex<Vec<Logged>>>) {
    let mut ticks = interval(READ_EACH);
    let mut connection = None;
    loop {
        ticks.tick().await;
        if connection.is_none() {
            connection = PgConnection::connect(&url).await.ok();
        }
        let Some(open) = &mut connection else { continue };
        let known = |log: &Vec<Logged>| log.last().map_or(Revision::ZERO, |entry| entry.revision);
        let after = known(&early.lock().unwrap_or_else(PoisonError::into_inner));
        match truth::after(open, document, after).await {
            Ok(more) => early.lock().unwrap_or_else(PoisonError::into_inner).extend(more),
            // The database goes and comes; what it says then is read by the next connection.
            Err(_) => connection = None,
        }
    }
}

/// Makes an account. Its token and id.
async fn account(address: SocketAddr, login: &str) -> Result<(AccessToken, String)> {
    let asked = json!({ "login": login, "password": "correct horse battery" });
    ask(address, Method::POST, "/api/auth/register", None, asked.clone()).await?;
    let grant = ask(address, Method::POST, "/api/auth/login", None, asked).await?;
    let token = grant["access_token"].as_str().context("no token")?;
    let user = grant["user"]["id"].as_str().context("no id")?;
    Ok((token.into(), user.to_owned()))
}

async fn ask(
    address: SocketAddr,
    method: Method,
    path: &str,
    token: Option<&AccessToken>,
    body: Value,
) -> Result<Value> {
    let client = reqwest::Client::builder().timeout(REST_MAX).build()?;
    let mut request = client.request(method, format!("http://{address}{path}")).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token.expose());
    }
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{path} is answered with {status}: {text}");
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
