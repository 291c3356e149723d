//! A person in a process of his own, to be killed.
//!
//! It is this very test program, started again with its orders in the environment. What it says of
//! itself and what it is told of others goes through its pipes, a line each.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use codesync_client::{Link, Outbox};
use codesync_core::test_support::traces;
use codesync_core::{Revision, TextHash};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::player::{Player, Report};
use crate::progress::Progress;
use crate::script::Script;

/// Where the orders are, with tabs between.
const ORDERS: &str = "CODESYNC_TEST_PERSON";
/// What the process says begins with this, to be told from what the test harness prints.
const SAYS: &str = "person: ";

/// Who is to be played, and where.
pub(crate) struct Orders {
    pub(crate) link: Link,
    pub(crate) outbox: PathBuf,
    pub(crate) trace: String,
    pub(crate) agent: usize,
}

/// What the process says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// The document is open: with so many steps made, and so many edits that wait for the server.
    Open(usize, usize),
    Report(Report),
    /// All is typed, and everybody's is here: the hash of the text.
    End(TextHash),
}

/// The process and what it says.
pub(crate) struct Apart {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

/// What the process hears.
pub(crate) struct Ear(ChildStdin);

impl Apart {
    /// Starts a person of whom so many steps are known to be `kept`.
    pub(crate) fn start(orders: &Orders, kept: usize) -> Result<(Self, Ear)> {
        let Orders { link, outbox, trace, agent } = orders;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["apart::a_process_types_when_it_has_orders", "--exact", "--nocapture"])
            .env(ORDERS, format!("{link}\t{}\t{trace}\t{agent}\t{kept}", outbox.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("this program can be started again")?;
        let said = process.stdout.take().context("it is piped")?;
        let heard = process.stdin.take().context("it is piped")?;
        Ok((Self { process, said: BufReader::new(said).lines() }, Ear(heard)))
    }

    /// The next thing it says; `None` when it has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Said>> {
        while let Some(line) = self.said.next_line().await? {
            let Some((_, said)) = line.split_once(SAYS) else { continue };
            let words: Vec<&str> = said.split(' ').collect();
            return Ok(Some(match words.as_slice() {
                ["open", steps, unsaved] => Said::Open(steps.parse()?, unsaved.parse()?),
                ["kept", steps] => Said::Report(Report::Kept(steps.parse()?)),
                ["committed", transaction, revision] => {
                    let revision = Revision::new(revision.parse()?);
                    Said::Report(Report::Committed(transaction.parse()?, revision))
                }
                ["end", hash] => Said::End(TextHash::new(hash.parse()?)),
                _ => bail!("the process says {said:?}"),
            }));
        }
        Ok(None)
    }

    /// Kill -9.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the process ended by itself: {status}");
        }
        Ok(self.process.kill().await?)
    }

    /// Waits for its end, which must be a good one.
    pub(crate) async fn end(mut self) -> Result<()> {
        let status = self.process.wait().await?;
        ensure!(status.success(), "the process ended with {status}");
        Ok(())
    }
}

impl Ear {
    /// Tells everything that is committed, for ever: a line each, and an empty one behind what was
    /// known by then.
    pub(crate) async fn tell(&mut self, progress: &Progress) -> Result<()> {
        let mut told = 0;
        loop {
            let news = progress.news();
            let heard = progress.heard_since(told);
            let lines = heard.iter().map(|(number, at)| format!("{number} {}\n", at.get()));
            let lines: String = lines.chain(["\n".to_owned()]).collect();
            self.0.write_all(lines.as_bytes()).await?;
            told += heard.len();
            news.await;
        }
    }
}

fn say(said: Said) {
    match said {
        Said::Open(steps, unsaved) => println!("{SAYS}open {steps} {unsaved}"),
        Said::Report(Report::Kept(steps)) => println!("{SAYS}kept {steps}"),
        Said::Report(Report::Committed(transaction, revision)) => {
            println!("{SAYS}committed {transaction} {}", revision.get());
        }
        Said::End(hash) => println!("{SAYS}end {}", hash.get()),
    }
}

#[tokio::test]
async fn a_process_types_when_it_has_orders() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let obeyed = obey(&orders).await;
    if let Err(error) = &obeyed {
        println!("{SAYS}{error:#}");
    }
    // To return would mean to wait for the thread that reads the pipe.
    std::process::exit(i32::from(obeyed.is_err()));
}

async fn obey(orders: &str) -> Result<()> {
    let orders: Vec<&str> = orders.split('\t').collect();
    let [link, outbox, trace, agent, kept] = orders.as_slice() else { bail!("not five orders") };
    let script = Script::read(&traces::concurrent(trace));
    let progress = Progress::new(script.transactions().len());
    let mut heard = BufReader::new(tokio::io::stdin()).lines();
    while hear(&mut heard, &progress).await? {}

    let outbox = Some(Outbox::at(Path::new(outbox)));
    let report = |report| say(Said::Report(report));
    let player = Player::open(&link.parse()?, agent.parse()?, &script, &progress, outbox, report);
    let player = player.arrive(kept.parse()?).await?;
    let (steps, unsaved) = player.standing();
    say(Said::Open(steps, unsaved));
    let news = async {
        loop {
            if let Err(error) = hear(&mut heard, &progress).await {
                return error;
            }
        }
    };
    let text = tokio::select! {
        text = player.play() => text?,
        error = news => return Err(error),
    };
    say(Said::End(TextHash::of(&text)));
    Ok(())
}

/// Takes in a line about others. Whether there was something in it.
async fn hear(heard: &mut Lines<impl AsyncBufRead + Unpin>, progress: &Progress) -> Result<bool> {
    let line = heard.next_line().await?.context("nobody is there any more")?;
    let Some((transaction, revision)) = line.split_once(' ') else { return Ok(false) };
    progress.note(transaction.parse()?, Revision::new(revision.parse()?));
    Ok(true)
}
