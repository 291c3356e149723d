//! `codesync sync DOC PATH`: a live document in any editor, by way of a file.
//!
//! What is saved in the file becomes an edit of the text that both last had, and what others type is
//! written into the file, until Ctrl-C. Without the server it goes on: the file keeps the work.

pub(crate) mod memory;
mod merge;
pub(crate) mod mirror;
mod watch;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use codesync_client::core::client::{self, State};
use codesync_client::{RestError, Session, SessionConfig, SessionEvent};
use tokio::time::MissedTickBehavior;

use super::resolve::resolve;
use super::{Context, Failure};
use crate::cli::open::refused;
use crate::live::ended;
use mirror::{Keep, Mirror, News, Outcome};
use watch::{LOOK_MS, Watch};

/// What others type within this time is written at once.
const GATHER_MS: u64 = 100;
/// Between two tries to send what could not be sent.
const AGAIN_MS: u64 = 2_000;
/// A file that is gone for so long was not just being replaced.
const GONE_MS: u64 = 2_000;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// The file; it is made if there is none.
    path: PathBuf,
    /// Which text counts if the two differ and were never the same.
    #[arg(long, value_enum)]
    keep: Option<Keep>,
    /// Bring both together now, and end.
    #[arg(long)]
    once: bool,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let mut mirror = Mirror::begin(context, target, &options.path, options.keep).await?;
    if options.once {
        return mirror.settle().await;
    }
    follow(context, &mut mirror).await
}

/// What has been told and need not be told again.
#[derive(Default)]
struct Told {
    /// The socket is down.
    is_away: bool,
    /// The server did not take what was sent.
    is_stuck: bool,
    is_gone: bool,
    is_no_text: bool,
}

/// Keeps both the same until somebody wants the program to end.
pub(super) async fn follow(context: &Context, mirror: &mut Mirror<'_>) -> Result<(), Failure> {
    let mut session = Session::start(SessionConfig {
        server: mirror.target().server.clone(),
        name: context.name().to_owned(),
        tokens: context.tokens(&mirror.target().server),
        // It only listens: what is written goes another way, and is kept in the file until then.
        outbox: None,
    });
    session.open(mirror.target().id).map_err(|error| Failure::new(error.to_string()))?;
    let mut watch = Watch::new(&mirror.path);
    let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Told::default();
    let end = ended();
    tokio::pin!(end);
    mirror.tell(&News::Begun { revision: mirror.revision() });
    let mut heard_at: Option<Instant> = None;
    let mut again_at = Some(Instant::now());
    loop {
        tokio::select! {
            () = &mut end => break,
            event = session.next() => {
                if take(mirror, &mut told, event)? {
                    again_at = Some(Instant::now());
                }
                if is_ahead(mirror, &session) {
                    heard_at.get_or_insert_with(Instant::now);
                }
                continue;
            }
            _ = looks.tick() => {}
        }
        let is_written = watch.is_due();
        if let Some(gone) = watch.gone_for() {
            if gone >= Duration::from_millis(GONE_MS) && !told.is_gone {
                told.is_gone = true;
                context.note(&format!("{} is gone; the document stays", mirror.path.display()));
            }
            continue;
        }
        let is_heard = heard_at.is_some_and(|at| at.elapsed() >= Duration::from_millis(GATHER_MS));
        let is_again = again_at.is_some_and(|at| at <= Instant::now());
        // Whatever it is for, half a save is not read.
        if !watch.is_quiet() || !(is_written || is_heard || is_again) {
            continue;
        }
        heard_at = None;
        hear(mirror, &session);
        let outcome = mirror.go().await?;
        tell(context, mirror, outcome, &mut told);
        let again = Instant::now() + Duration::from_millis(AGAIN_MS);
        again_at = (outcome == Outcome::Away).then_some(again);
    }
    // What was saved a moment ago is still brought to the server.
    if mirror.go().await? == Outcome::Away {
        return Err(mirror.away());
    }
    let path = mirror.path.display();
    context.say(&format!("{path} is at revision {}", mirror.revision()));
    Ok(())
}

/// Takes in what happened. Whether it is time to try again.
fn take(mirror: &Mirror<'_>, told: &mut Told, event: SessionEvent) -> Result<bool, Failure> {
    let SessionEvent::Core(event) = event else { return Ok(false) };
    let kept = format!("{} is as it is", mirror.path.display());
    match event {
        client::Event::Refused { code, message, .. } => Err(refused(code, &message).kept(kept)),
        client::Event::LoginNeeded { message, .. } => {
            let error = RestError::LoginNeeded { reason: message };
            Err(Failure::rest(&error, &mirror.target().server).kept(kept))
        }
        client::Event::Offline { .. } => {
            if !std::mem::replace(&mut told.is_away, true) && !told.is_stuck {
                mirror.tell(&News::Offline);
            }
            Ok(false)
        }
        client::Event::Online => {
            if std::mem::replace(&mut told.is_away, false) && !told.is_stuck {
                mirror.tell(&News::Online);
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Whether the document has come further than the file.
fn is_ahead(mirror: &Mirror<'_>, session: &Session) -> bool {
    session.document(mirror.target().id).is_some_and(|replica| {
        replica.status().state != State::Loading && replica.revision() > mirror.revision()
    })
}

fn hear(mirror: &mut Mirror<'_>, session: &Session) {
    if is_ahead(mirror, session)
        && let Some(replica) = session.document(mirror.target().id)
    {
        mirror.hear(replica.revision(), replica.text().to_string());
    }
}

fn tell(context: &Context, mirror: &Mirror<'_>, outcome: Outcome, told: &mut Told) {
    let was_stuck = std::mem::replace(&mut told.is_stuck, outcome == Outcome::Away);
    if was_stuck != told.is_stuck && !told.is_away {
        mirror.tell(if told.is_stuck { &News::Offline } else { &News::Online });
    }
    let was_no_text = std::mem::replace(&mut told.is_no_text, outcome == Outcome::NotText);
    if told.is_no_text && !was_no_text {
        let why = mirror.trouble.as_deref().unwrap_or("the file cannot be read");
        context.note(&format!("{why}; nothing is sent until it is text again"));
    }
    told.is_gone = outcome == Outcome::Gone;
}
