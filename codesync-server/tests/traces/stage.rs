//! A recorded session and a document in which it is typed again.

use std::time::Duration;

use anyhow::Result;
use codesync_client::{Link, ServerUrl};
use codesync_core::TextHash;
use codesync_core::test_support::traces::{self, Concurrent};
use codesync_loadgen::machine::Cores;
use codesync_loadgen::rest;
use codesync_loadgen::server::{Program, Server};
use futures_util::future::try_join_all;
use tokio::time::timeout;

use crate::player::Player;
use crate::progress::Progress;
use crate::script::Script;

/// Only a failing test ever takes so long.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) struct Stage {
    trace: Concurrent,
    pub(crate) script: Script,
    pub(crate) progress: Progress,
    pub(crate) link: Link,
}

impl Stage {
    /// Starts a server, and makes a document for the session of that name.
    pub(crate) async fn set(name: &str) -> (Server, Self) {
        let trace = traces::concurrent(name);
        let script = Script::read(&trace);
        let progress = Progress::new(script.transactions().len());
        let binary = env!("CARGO_BIN_EXE_codesync-server").into();
        let server = Server::start(Program::Binary(binary), Cores::Shared).await;
        let server = server.expect("it starts");
        let document = rest::create(server.address(), name, "").await.expect("a document");
        let url: ServerUrl = format!("http://{}", server.address()).parse().expect("an address");
        (server, Self { trace, script, progress, link: url.link(document) })
    }

    /// How many people there are.
    pub(crate) fn people(&self) -> usize {
        self.trace.num_agents
    }

    /// These people come to the document, and then type what they typed. The text of each at the
    /// end, by its hash.
    pub(crate) async fn play(&self, agents: impl Iterator<Item = usize>) -> Result<Vec<TextHash>> {
        let people = agents.map(|agent| {
            Player::open(&self.link, agent, &self.script, &self.progress, None, |_| {}).arrive(0)
        });
        let people = try_join_all(people).await?;
        let ends = try_join_all(people.into_iter().map(Player::play)).await?;
        Ok(ends.iter().map(|text| TextHash::of(text)).collect())
    }

    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> T {
        let done = timeout(PATIENCE, work).await.expect("it comes to an end");
        done.expect("nothing is lost and nobody turned away")
    }

    /// Whether all have ended with the server's text, and that is what the people ended with.
    pub(crate) async fn check(&self, server: &Server, ends: &[TextHash]) {
        let (address, document) = (server.address(), self.link.document);
        let kept = rest::content(address, document).await.expect("an answer");
        for (number, end) in ends.iter().enumerate() {
            assert_eq!(*end, TextHash::of(&kept), "copy {number} is not the server's text");
        }
        assert_eq!(ends.len(), self.people(), "somebody has no copy");
        assert_eq!(self.script.recorded(&kept), self.trace.end_content);
        let revisions = rest::revision(address, document).await.expect("an answer");
        println!("{} transactions as {revisions} operations", self.trace.txns.len());
        assert!(revisions > self.people() as u64, "there was nothing to bring together");
    }
}
