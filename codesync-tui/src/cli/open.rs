//! `codesync open DOC [+LINE[:COL]]`: the editor.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use codesync_client::core::client::{self, State};
use codesync_client::core::protocol::RejectCode;
use codesync_client::{
    About, DocumentInfo, Outbox, RestError, Session, SessionConfig, SessionEvent,
};
use tokio::sync::mpsc;

use super::opened::{Opened, bring_back, bring_in, choose, find};
use super::resolve::Target;
use super::{Context, Exit, Failure};
use crate::app::{App, Event, parse_place};
use crate::config;
use crate::live::{Desk, Ending, Enquiries, Live};
use crate::terminal;

/// After so long without a text, a person is told what is being waited for.
const PATIENCE_MS: u64 = 300;

/// Line and column, counted from 1.
type Place = (usize, usize);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Id, unique name, OWNER/NAME or link of the document, or a file such as ./notes.md; a list to
    /// choose from if it is left out.
    #[arg(value_name = "DOC|LINK|FILE")]
    document: Option<String>,
    /// Where to begin.
    #[arg(value_name = "+LINE[:COL]")]
    place: Option<String>,
    /// The name that others see.
    #[arg(long)]
    name: Option<String>,
    /// Change nothing, whatever is typed.
    #[arg(long)]
    read_only: bool,
    /// Stay with this person from the beginning, until a key is pressed.
    #[arg(long, value_name = "NAME")]
    follow: Option<String>,
    /// Fewer words on the screen that change by themselves, for programs that read it aloud.
    #[arg(long)]
    screen_reader: bool,
}

/// Where in the text an editor begins.
#[derive(Clone, Copy, Default)]
struct Start<'a> {
    place: Option<Place>,
    follow: Option<&'a str>,
    /// The file that the document is one with.
    file: Option<&'a Path>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let (document, place) = arrange(options.document.as_deref(), options.place.as_deref())?;
    terminal::check().map_err(|error| {
        Failure::usage(error.to_string()).help("codesync cat prints a document without one")
    })?;
    let opened = match document {
        Some(text) => find(context, text).await?,
        None => Opened::Document(Box::new(choose(context).await?)),
    };
    let start = Start { place, follow: options.follow.as_deref(), file: None };
    match opened {
        Opened::Document(target) => {
            let ending = edit(context, &options, &target, start).await?;
            go_on(context, &options, &target, ending).await
        }
        Opened::File(mut mirror) => {
            bring_in(context, &mut mirror).await?;
            let (target, file) = (mirror.target().clone(), mirror.path().to_owned());
            let start = Start { file: Some(&file), ..start };
            let ending = edit(context, &options, &target, start).await?;
            let brought = bring_back(context, &mut mirror).await;
            go_on(context, &options, &target, ending).await.and(brought)
        }
    }
}

/// Opens the documents that the person goes on to, one after the other, until he leaves one for none.
async fn go_on(
    context: &Context,
    options: &Options,
    target: &Target,
    mut ending: Ending,
) -> Result<(), Failure> {
    while let Some(next) = ending.next {
        if let Err(failure) = tell_ending(&ending) {
            // It is on this disk, and the person has gone on to another document.
            let _ = failure.tell();
        }
        let next = Target { server: target.server.clone(), id: next, info: None };
        ending = edit(context, options, &next, Start::default()).await?;
    }
    tell_ending(&ending)
}

/// Opens the editor, until the person leaves the document.
async fn edit(
    context: &Context,
    options: &Options,
    target: &Target,
    start: Start<'_>,
) -> Result<Ending, Failure> {
    let outbox = Outbox::usual(&target.server);
    let mut session = Session::start(SessionConfig {
        server: target.server.clone(),
        name: options.name.clone().unwrap_or_else(|| context.name().to_owned()),
        tokens: context.tokens(&target.server),
        outbox: outbox.clone(),
    });
    session.open(target.id).map_err(|error| Failure::new(error.to_string()))?;
    wait_for_text(context, &mut session, target).await?;

    let about = outbox.as_ref().and_then(|outbox| outbox.about(target.id));
    let mut app = App::new(&title(&session, target, about.as_ref()), 80, 24);
    if let Some((line, column)) = start.place {
        app.go_to_on_open(line, column);
    }
    if let Some(About { language, line_ending, .. }) = about {
        let is_crlf = line_ending == codesync_client::FileLineEnding::Crlf;
        app.handle(Duration::ZERO, Event::Described { language, is_crlf });
    }
    let called = app.title().to_owned();
    let info = look_up(context, target, outbox.clone());
    let theme = config::apply(
        &mut app,
        context.settings.file.as_deref(),
        options.screen_reader,
        start.file,
    );
    if let Some(name) = start.follow {
        app.follow_when_here(name);
    }
    let id = target.id;
    let enquiries = Enquiries::new(desk(context, options, target, outbox.clone()));
    let live = Live::new(session, id, app, info, enquiries);
    let live = if options.read_only { live.read_only() } else { live };
    let ending =
        live.run(&theme).await.map_err(|error| Failure::new(format!("terminal: {error}")))?;
    if let Some(outbox) = outbox
        && outbox.about(id).is_none()
    {
        // Closed before the server could say more: the name is enough to find it again. What the
        // disk refuses here it has refused for the text, and that was told.
        let _ = outbox.remember(id, &About { name: called, ..About::default() });
    }
    Ok(ending)
}

/// Whom the editor of this document asks, and as whom.
fn desk(context: &Context, options: &Options, target: &Target, outbox: Option<Outbox>) -> Desk {
    Desk {
        rest: context.rest(&target.server),
        server: target.server.clone(),
        document: target.id,
        name: options.name.clone().unwrap_or_else(|| context.name().to_owned()),
        outbox,
    }
}

/// Tells the document from the place, which may come first.
fn arrange<'a>(
    first: Option<&'a str>,
    second: Option<&'a str>,
) -> Result<(Option<&'a str>, Option<Place>), Failure> {
    let (document, place) = match (first, second) {
        (Some(first), second) if first.starts_with('+') => (second, Some(first)),
        other => other,
    };
    let example = "codesync open notes.md +12:8";
    let Some(place) = place else { return Ok((document, None)) };
    let parsed = place.strip_prefix('+').and_then(parse_place);
    match parsed {
        Some(parsed) => Ok((document, Some(parsed))),
        None => Err(Failure::usage(format!("{place} is no place")).help(example)),
    }
}

/// A document that this machine has is there at once. For any other, waits until the server has
/// sent it, refused it, or turned out not to be there.
async fn wait_for_text(
    context: &Context,
    session: &mut Session,
    target: &Target,
) -> Result<(), Failure> {
    let is_loading = |session: &Session| {
        session
            .document(target.id)
            .is_none_or(|replica| matches!(replica.status().state, State::Loading))
    };
    let arrives = async {
        while is_loading(session) {
            match session.next().await {
                SessionEvent::Core(client::Event::Opened { .. }) => break,
                SessionEvent::Core(client::Event::Refused { code, message, .. }) => {
                    return Err(refused(code, &message));
                }
                SessionEvent::Core(client::Event::LoginNeeded { message, .. }) => {
                    let error = RestError::LoginNeeded { reason: message };
                    return Err(Failure::rest(&error, &target.server));
                }
                SessionEvent::Core(client::Event::Offline { .. }) if session.is_login_needed() => {}
                SessionEvent::Core(client::Event::Offline { .. }) => {
                    let reason = session.last_failure().unwrap_or("no answer").to_owned();
                    let server = target.server.to_string();
                    let error = RestError::Unreachable { server, reason };
                    return Err(match session.is_open_elsewhere(target.id) {
                        true => in_use(&error),
                        false => Failure::rest(&error, &target.server),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    };
    tokio::pin!(arrives);
    tokio::select! {
        arrived = &mut arrives => return arrived,
        () = tokio::time::sleep(Duration::from_millis(PATIENCE_MS)) => {}
    }
    context.say(&format!("waiting for {} …", target.server));
    arrives.await
}

/// The server is away, and the copies that are here belong to other editors.
fn in_use(error: &RestError) -> Failure {
    let copies = "every copy on this machine is open in another terminal";
    Failure::with(Exit::Unreachable, format!("{error}; {copies}"))
        .help("go on in that terminal, or read the text with codesync cat")
}

pub(super) fn refused(code: RejectCode, message: &str) -> Failure {
    match code {
        RejectCode::DocumentNotFound
        | RejectCode::DocumentDeleted
        | RejectCode::AccessWithdrawn => {
            Failure::with(Exit::NotFound, message).help("codesync ls shows the documents there are")
        }
        _ => Failure::new(format!("the server refused: {message}")),
    }
}

fn title(session: &Session, target: &Target, about: Option<&About>) -> String {
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    target
        .info
        .as_ref()
        .and_then(|info| named(&info.name))
        .or_else(|| session.document(target.id).and_then(|replica| named(replica.name())))
        .or_else(|| about.and_then(|about| named(&about.name)))
        .unwrap_or_else(|| target.id.to_string())
}

/// Asks the server about the document while the editor is already open, and remembers the answer
/// for a time without server.
fn look_up(
    context: &Context,
    target: &Target,
    outbox: Option<Outbox>,
) -> mpsc::Receiver<DocumentInfo> {
    let (sender, receiver) = mpsc::channel(1);
    let Target { server, id, info } = target.clone();
    let rest = context.rest(&server);
    tokio::spawn(async move {
        let info = match info {
            Some(info) => info,
            // Not answered: the name comes with the document, and the rest can wait.
            None => match rest.document(id).await {
                Ok(info) => info,
                Err(_) => return,
            },
        };
        let about = About {
            name: info.name.clone(),
            language: info.language.clone(),
            line_ending: info.line_ending,
        };
        // The editor may be closed again by now.
        let _ = sender.send(info).await;
        if let Some(outbox) = outbox {
            // Only for finding the document by name later.
            let _ = tokio::task::spawn_blocking(move || outbox.remember(id, &about)).await;
        }
    });
    receiver
}

/// What a person should know after the editor is gone.
fn tell_ending(ending: &Ending) -> Result<(), Failure> {
    for copy in &ending.copies {
        eprintln!("kept: text that could not be brought into the document, in {}", copy.display());
    }
    match (ending.waiting, &ending.not_kept) {
        (0, _) => Ok(()),
        (waiting, None) => Err(Failure::with(Exit::Unreachable, "the server was not reached")
            .kept(format!("{waiting} edits, on this disk; they are sent when you next open it"))),
        (waiting, Some(reason)) => {
            Err(Failure::new(format!("{waiting} edits were neither sent nor kept: {reason}")))
        }
    }
}
