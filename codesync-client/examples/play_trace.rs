//! A live user who types a recorded editing session into a document.
//!
//! ```text
//! play_trace LINK [TRACE] [--edits N] [--rate EDITS_PER_SECOND] [--stay]
//! ```
//!
//! The recorded offsets are about the recording's own text, so that text gets a block of its own
//! at the end of the document, between two marker lines, and the block's start moves along with
//! what others edit elsewhere. When everything is acknowledged it compares the block with the
//! recording and prints `done REVISION SHA256`, both of the whole text.
//!
//! With `--stay` it reads standard input: a line while it types tells that this is enough. It then
//! says `played` and remains a silent user until another line names the revision to wait for, or the
//! input ends.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use codesync_client::core::client::{Cause, Event, Replica, State};
use codesync_client::core::test_support::traces::{self, Patch, SEQUENTIAL};
use codesync_client::core::{DocumentId, Encoding, Operation, Revision, Text, TextEdit};
use codesync_client::{Link, Session, SessionConfig, SessionEvent};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::MissedTickBehavior;

const USAGE: &str = "usage: play_trace LINK [TRACE] [--edits N] [--rate EDITS_PER_SECOND] [--stay]";
const NAME: &str = "Player";
const OPENING_LINE: &str = ">>> the trace begins\n";
const CLOSING_LINE: &str = "\n<<< the trace ends\n";
/// Faster than any hand, slower than what one socket may send.
const RATE_DEFAULT: u32 = 200;
/// Edits a second beyond which a timer of milliseconds has no meaning.
const RATE_MAX: u32 = 1_000;

type Failure = Box<dyn Error>;

struct Orders {
    link: Link,
    trace: String,
    edits_max: usize,
    rate: u32,
    stay: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let orders = match read(&arguments) {
        Ok(orders) => orders,
        Err(error) => {
            eprintln!("play_trace: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match play(&orders).await {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("play_trace: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Result<Orders, Failure> {
    let mut words = Vec::new();
    let (mut edits_max, mut rate, mut stay) = (usize::MAX, RATE_DEFAULT, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or_else(|| format!("{argument} wants a number"));
        match argument.as_str() {
            "--edits" => edits_max = number()?.parse()?,
            "--rate" => rate = number()?.parse::<u32>()?.clamp(1, RATE_MAX),
            "--stay" => stay = true,
            word => words.push(word),
        }
    }
    let (link, trace) = match words.as_slice() {
        [link] => (link, "sveltecomponent"),
        [link, trace] => (link, *trace),
        _ => return Err("the link of a document is wanted".into()),
    };
    if !SEQUENTIAL.contains(&trace) {
        return Err(format!("the traces are {}", SEQUENTIAL.join(", ")).into());
    }
    Ok(Orders { link: link.parse()?, trace: trace.to_owned(), edits_max, rate, stay })
}

async fn play(orders: &Orders) -> Result<String, Failure> {
    let trace = traces::sequential(&orders.trace);
    let mut player = Player::join(&orders.link).await?;
    player.open_block(&trace.start_content)?;

    let mut beat = tokio::time::interval(Duration::from_secs(1) / orders.rate);
    // What the machine was too busy for is caught up with, so that the rate holds.
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    for patch in trace.patches().take(orders.edits_max) {
        let mut is_enough = false;
        let next = async {
            tokio::select! {
                _ = beat.tick() => {}
                _ = input.next_line(), if orders.stay => is_enough = true,
            }
        };
        player.listen_until(next).await?;
        if is_enough {
            break;
        }
        player.type_patch(patch)?;
    }
    player.stand(Revision::ZERO).await?;
    if orders.stay {
        println!("played");
        let mut line = None;
        player.listen_until(async { line = input.next_line().await.ok().flatten() }).await?;
        let revision = match line.as_deref().map(str::trim) {
            None | Some("") => Revision::ZERO,
            Some(number) => Revision::new(number.parse()?),
        };
        player.stand(revision).await?;
    }
    player.check_block()?;
    let replica = player.replica()?;
    let hash = Sha256::digest(replica.text().to_string());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("done {} {hash}", replica.revision().get()))
}

struct Player {
    session: Session,
    document: DocumentId,
    /// Where the block begins in the document, in chars.
    start: usize,
    /// What the block should be: the recording's text, and nothing of anybody else.
    block: Text,
}

impl Player {
    /// Joins and waits for the text.
    async fn join(link: &Link) -> Result<Self, Failure> {
        let mut session = Session::start(SessionConfig {
            server: link.server.clone(),
            name: NAME.to_owned(),
            tokens: None,
            outbox: None,
        });
        let document = link.document;
        session.open(document)?;
        loop {
            match session.next().await {
                SessionEvent::Core(Event::Opened { .. }) => break,
                SessionEvent::Core(Event::Refused { message, .. }) => return Err(message.into()),
                SessionEvent::Core(Event::Offline { .. }) => {
                    let reason = session.last_failure().unwrap_or("no answer");
                    return Err(format!("{} cannot be reached: {reason}", link.server).into());
                }
                _ => {}
            }
        }
        Ok(Self { session, document, start: 0, block: Text::new() })
    }

    fn replica(&self) -> Result<&Replica, Failure> {
        self.session.document(self.document).ok_or_else(|| "the document was closed".into())
    }

    /// Puts the two marker lines to the end of the document, and the block between them.
    fn open_block(&mut self, content: &str) -> Result<(), Failure> {
        self.take_events()?;
        let text = self.replica()?.text();
        let end = text.len();
        let is_line_open = end > 0 && text.char_at(end - 1) != Some('\n');
        let before = format!("{}{OPENING_LINE}", if is_line_open { "\n" } else { "" });
        self.block = Text::from(content);
        self.start = end + before.chars().count();
        self.edit(end, 0, &format!("{before}{content}{CLOSING_LINE}"))
    }

    fn type_patch(&mut self, patch: &Patch) -> Result<(), Failure> {
        let Patch(offset, deleted, inserted) = patch;
        let range = *offset..offset + deleted;
        if range.end > self.block.len() {
            return Err(format!("the trace edits {range:?} of {} chars", self.block.len()).into());
        }
        // The offsets below must be about the text as it is now.
        self.take_events()?;
        self.block.apply(&Operation::replace(self.block.len(), range, inserted))?;
        self.edit(self.start + offset, *deleted, inserted)
    }

    fn edit(&mut self, offset: usize, deleted: usize, inserted: &str) -> Result<(), Failure> {
        let edit = TextEdit { range: offset..offset + deleted, text: inserted.to_owned() };
        Ok(self.session.edit(self.document, &[edit], Encoding::Scalar)?)
    }

    /// Takes part until `moment` has come.
    async fn listen_until(&mut self, moment: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::pin!(moment);
        loop {
            let event = tokio::select! {
                biased;
                event = self.session.next() => event,
                () = &mut moment => return Ok(()),
            };
            self.take(event)?;
        }
    }

    /// Takes part until everything is acknowledged and `revision` has been reached.
    async fn stand(&mut self, revision: Revision) -> Result<(), Failure> {
        loop {
            self.take_events()?;
            let replica = self.replica()?;
            let is_saved = replica.status().state == State::Synchronized;
            if is_saved && replica.revision() >= revision {
                return Ok(());
            }
            let event = self.session.next().await;
            self.take(event)?;
        }
    }

    fn take_events(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.session.poll_event() {
            self.take(event)?;
        }
        Ok(())
    }

    fn take(&mut self, event: SessionEvent) -> Result<(), Failure> {
        let SessionEvent::Core(event) = event else { return Ok(()) };
        match event {
            Event::Changed { edits, cause: Cause::Remote, .. } => self.follow(&edits),
            Event::Opened { .. } => Err("the document was replaced as a whole".into()),
            Event::Conflict { reason, .. } => Err(reason.to_string().into()),
            Event::Refused { message, .. } => Err(message.into()),
            _ => Ok(()),
        }
    }

    /// Moves the block along with what others did before it. Nobody else may edit inside.
    fn follow(&mut self, edits: &[TextEdit]) -> Result<(), Failure> {
        let block = self.start..self.start + self.block.len();
        for edit in edits {
            if edit.range.end < block.start {
                self.start += edit.text.chars().count();
                self.start -= edit.range.len();
            } else if edit.range.start <= block.end {
                return Err(format!("somebody edited {:?}, inside the block", edit.range).into());
            }
        }
        Ok(())
    }

    fn check_block(&self) -> Result<(), Failure> {
        let text = self.replica()?.text();
        if text.slice(self.start..self.start + self.block.len()) == self.block.to_string() {
            Ok(())
        } else {
            Err("the block is not what the trace says".into())
        }
    }
}
