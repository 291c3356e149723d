//! A client process to be killed: types numbered words and says which of them are kept.
//!
//! It is this very test program, started again with its orders in the environment. Every word goes
//! to a place of its own in the text, so that edits meet. After each one it says `kept N` once the
//! word is on this disk; with all of them saved on the server it says `saved` and ends. Started
//! again with the same folder, it first sends what the run before could not.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use codesync_client::core::client::State;
use codesync_client::core::{Encoding, TextEdit};
use codesync_client::{Link, Outbox, Session, SessionConfig};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Where the orders are: link, folder, prefix of the words, and how many, with tabs between.
const ORDERS: &str = "CODESYNC_TEST_TYPIST";
/// What the process says begins with this, to be told from what the test harness prints.
const SAYS: &str = "typist: ";

/// A typist's process and what it says.
pub(crate) struct Typist {
    pub(crate) process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Typist {
    pub(crate) fn start(link: &Link, outbox: &Path, prefix: &str, words: usize) -> Self {
        let orders = format!("{link}\t{}\t{prefix}\t{words}", outbox.display());
        let mut process = Command::new(std::env::current_exe().expect("this is a file"))
            .args(["typist::a_process_types_when_it_has_orders", "--exact", "--nocapture"])
            .env(ORDERS, orders)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this program can be started again");
        let said = process.stdout.take().expect("it is piped");
        Self { process, said: BufReader::new(said).lines() }
    }

    /// The next thing it says.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            let line = self.said.next_line().await.expect("it says text")?;
            if let Some((_, said)) = line.split_once(SAYS) {
                return Some(said.to_owned());
            }
        }
    }
}

#[tokio::test]
async fn a_process_types_when_it_has_orders() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Vec<&str> = orders.split('\t').collect();
    let [link, folder, prefix, words] = orders.as_slice() else { panic!("four orders") };
    let link: Link = link.parse().expect("a link");
    let words: usize = words.parse().expect("a number");
    let document = link.document;
    let mut session = Session::start(SessionConfig {
        server: link.server,
        name: format!("typist {prefix}"),
        tokens: None,
        outbox: Some(Outbox::at(folder)),
    });
    session.open(document).expect("it is not open yet");
    let state = |session: &Session| session.document(document).expect("it is open").status().state;
    while state(&session) == State::Loading {
        session.next().await;
    }
    println!("{SAYS}open");

    for n in 0..words {
        let replica = session.document(document).expect("it is open");
        let text = replica.text();
        // Between two words, and somewhere else each time.
        let mut place = (n * 7919) % (text.len() + 1);
        while place > 0 && text.char_at(place - 1) != Some(' ') {
            place -= 1;
        }
        let edit = TextEdit { range: place..place, text: format!("{prefix}-{n} ") };
        session.edit(document, &[edit], Encoding::Scalar).expect("it may be edited");
        session.flushed().await.expect("the disk takes it");
        println!("{SAYS}kept {n}");
        // What has come meanwhile is taken in without waiting for more.
        while tokio::time::timeout(Duration::ZERO, session.next()).await.is_ok() {}
    }
    while state(&session) != State::Synchronized {
        session.next().await;
    }
    println!("{SAYS}saved");
}
