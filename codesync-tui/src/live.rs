//! The loop that joins terminal, app and session: keys in, frames out, edits to the session, news
//! to the app.
//!
//! A key is on the screen before anything else happens; what others do is drawn at most sixty
//! times a second. Nothing here waits for the disk or the network while the editor is open.

mod choosing;
mod enquiries;
mod frames;
mod signals;

use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use codesync_client::core::client::{self, State};
use codesync_client::core::{DocumentId, Encoding};
use codesync_client::{DiskState, DocumentInfo, FileLineEnding, Session, SessionEvent};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use crate::app::{App, Cause, Condition, Effect, Event, Person, Question, Reply, Saving};
use crate::clipboard::{self, Desktop};
use crate::highlight::{Answer, Worker};
use crate::input::Input;
use crate::terminal::{Inputs, TerminalError, TerminalGuard};
use crate::ui;
use crate::ui::theme::Theme;
use frames::{Frames, Unseen};
use signals::{Signal, Signals};

pub(crate) use choosing::choose;
pub(crate) use enquiries::{Desk, Enquiries, list_documents};

#[cfg(feature = "serve")]
pub(crate) use signals::ended;

/// Inputs that are taken in before the next frame.
const INPUTS_PER_FRAME_MAX: usize = 256;
/// How long quitting waits for the server to confirm what is on its way.
const FAREWELL_MS_MAX: u64 = 1_000;
/// How long quitting waits for the disk.
const FLUSH_MS_MAX: u64 = 3_000;

/// How an editing session ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Ending {
    /// Edits that the server does not have.
    pub(crate) waiting: usize,
    /// Why they are not on this disk either, if so.
    pub(crate) not_kept: Option<String>,
    /// Files with text that could not be brought into the document.
    pub(crate) copies: Vec<PathBuf>,
    /// The document that the person wants to edit next.
    pub(crate) next: Option<DocumentId>,
}

/// An open editor.
pub(crate) struct Live {
    session: Session,
    document: DocumentId,
    app: App,
    started: Instant,
    /// What the server tells about the document, once it answers.
    info: mpsc::Receiver<DocumentInfo>,
    copied: Option<String>,
    desktop: Desktop,
    /// Edits that waited when everything was last known to be on the disk.
    kept: usize,
    copies: Vec<PathBuf>,
    /// The person wants to change nothing here, whatever he may.
    is_read_only: bool,
    is_over: bool,
    /// Whether the app has not been told how things stand with saving, or who is here, since that
    /// may have changed.
    is_saving_stale: bool,
    are_people_stale: bool,
    /// Whether the terminal shows what was drawn last.
    is_screen_known: bool,
    frames: Frames,
    /// Whether the input that is taken in has changed the text.
    has_typed: bool,
    /// Finds colours; `None` when there is no thread for it.
    colors: Option<Worker>,
    answers: mpsc::Receiver<Answer>,
    enquiries: Enquiries,
    next: Option<DocumentId>,
}

impl Live {
    /// Joins an app and a session that has the document open.
    pub(crate) fn new(
        session: Session,
        document: DocumentId,
        app: App,
        info: mpsc::Receiver<DocumentInfo>,
        enquiries: Enquiries,
    ) -> Self {
        let started = Instant::now();
        let (colors, answers) = match Worker::start() {
            Ok((worker, answers)) => (Some(worker), answers),
            // Without a thread to spare the text is plain.
            Err(_) => (None, mpsc::channel(1).1),
        };
        let mut live = Self {
            session,
            document,
            app,
            started,
            info,
            copied: None,
            desktop: Desktop::default(),
            kept: 0,
            copies: Vec::new(),
            is_read_only: false,
            is_over: false,
            is_saving_stale: false,
            are_people_stale: false,
            is_screen_known: true,
            frames: Frames::new(started),
            has_typed: false,
            colors,
            answers,
            enquiries,
            next: None,
        };
        live.take_text();
        live.tell_saving();
        live.settle();
        live
    }

    /// The same for somebody who wants to look only.
    pub(crate) fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self.tell_saving();
        self
    }

    /// Takes the terminal and runs until the person quits or the process is told to end.
    pub(crate) async fn run(mut self, theme: &Theme) -> Result<Ending, TerminalError> {
        let mut guard = TerminalGuard::take()?;
        if self.app.is_read_aloud() {
            guard.spare_ears();
        }
        let mut inputs = Inputs::take()?;
        let mut signals = Signals::new()?;
        let (columns, rows) = guard.size()?;
        self.take_input(Input::Resize { columns, rows });

        // It is set to another time when one is known, and else left: so it mostly moves away from
        // now, for which nobody has to be woken.
        let mut timer = pin!(sleep_until(Instant::now().into()));
        while !self.is_over {
            let due = self.frames.due();
            if due.is_some_and(|due| due <= Instant::now()) {
                if !std::mem::replace(&mut self.is_screen_known, true) {
                    guard.forget();
                }
                if self.frames.begin(Instant::now(), self.app.is_status_too_good()) {
                    self.app.renew_status();
                }
                guard.draw(self.app.size(), |screen| ui::draw(&self.app, theme, screen))?;
                if self.app.mode_name().is_some() {
                    guard.shape_cursor(self.app.is_typing())?;
                }
                if let Some(sequence) = self.copied.take() {
                    guard.write(&sequence)?;
                }
                self.frames.end(Instant::now(), self.app.is_status_true());
                continue;
            }
            let deadline = self.app.deadline().map(|at| self.started + at);
            let next = deadline.into_iter().chain(due).min().map(Into::into);
            if let Some(next) = next.filter(|next| *next != timer.deadline()) {
                timer.as_mut().reset(next);
            }
            tokio::select! {
                biased;
                input = inputs.next() => match input {
                    Some(input) => {
                        let more = std::iter::from_fn(|| inputs.poll()).take(INPUTS_PER_FRAME_MAX);
                        for input in [input].into_iter().chain(more) {
                            // Even if it is as large again as it was: its rows may have moved.
                            self.is_screen_known &= !matches!(input, Input::Resize { .. });
                            self.take_input(input);
                        }
                    }
                    // The terminal is gone, and with it the person.
                    None => self.is_over = true,
                },
                signal = signals.next() => match signal {
                    Signal::End => self.is_over = true,
                    #[cfg(unix)]
                    Signal::Suspend => {
                        guard.suspend()?;
                        let (columns, rows) = guard.size()?;
                        self.take_input(Input::Resize { columns, rows });
                    }
                },
                event = self.session.next() => self.take_event(event),
                Some(info) = self.info.recv() => self.take_info(info),
                Some(reply) = self.enquiries.next() => self.tell(Event::Answered(reply)),
                Some(answer) = self.answers.recv() => self.tell(Event::Colors(answer)),
                () = &mut timer, if next.is_some() => {
                    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                        self.tell(Event::Tick);
                    }
                }
            }
            self.settle();
        }
        drop(guard);
        Ok(self.end().await)
    }

    fn take_input(&mut self, input: Input) {
        self.has_typed = false;
        self.tell(Event::Input(input));
        self.settle();
        self.frames.lack(if self.has_typed { Unseen::Typed } else { Unseen::Own });
    }

    fn tell(&mut self, event: Event) {
        let colors = self.app.colors().changed();
        let unseen = match &event {
            // That shows when what it asks for is done.
            Event::Input(_) => Unseen::Nothing,
            Event::Saving(saving) if saving.follows(self.app.saving()) => {
                // Who pressed Ctrl-S waits for it.
                if self.app.awaits_save() { Unseen::News } else { Unseen::Status }
            }
            Event::Colors(_) if !self.app.colors().is_bare() => Unseen::Touch,
            _ => Unseen::News,
        };
        let is_about_colors = matches!(event, Event::Colors(Answer::Paint(_)));
        self.app.handle(self.started.elapsed(), event);
        if !is_about_colors || self.app.colors().changed() != colors {
            self.frames.lack(unseen);
        }
    }

    /// Does what the app asks for and hands it what happened, until both are at rest. Afterwards
    /// both have the same text.
    fn settle(&mut self) {
        loop {
            if let Some(effect) = self.app.poll_effect() {
                self.perform(effect);
            } else if let Some(event) = self.session.poll_event() {
                self.take_event(event);
            } else if std::mem::take(&mut self.is_saving_stale) {
                // Not before all that happened is told: who comes back to changes has to have them
                // when he hears that he is back.
                self.tell_saving();
            } else if std::mem::take(&mut self.are_people_stale) {
                self.tell_people();
            } else {
                break;
            }
        }
        if let Some(replica) = self.session.document(self.document)
            && self.app.is_open()
        {
            self.app.share(replica.text());
        }
    }

    fn perform(&mut self, effect: Effect) {
        let document = self.document;
        match effect {
            Effect::Edit(edits) => {
                self.has_typed = true;
                if let Err(error) = self.session.edit(document, &edits, Encoding::Scalar) {
                    // The app's text has an edit that nobody else will have.
                    self.tell(Event::Notice(format!("not possible: {error}")));
                    self.take_text();
                }
                self.is_saving_stale = true;
            }
            Effect::Undo => {
                if self.session.undo(document).is_none() {
                    self.tell(Event::Notice("nothing of yours to undo".into()));
                }
                self.is_saving_stale = true;
            }
            Effect::Redo => {
                if self.session.redo(document).is_none() {
                    self.tell(Event::Notice("nothing to redo".into()));
                }
                self.is_saving_stale = true;
            }
            Effect::BreakUndoGroup => self.session.break_undo_group(document),
            Effect::SendNow => self.session.send_now(),
            Effect::Redraw => self.is_screen_known = false,
            Effect::Select(selections) => self.session.set_selections(document, selections),
            Effect::Copy(text) => {
                self.desktop.put(&text);
                match clipboard::sequence(&text) {
                    Some(sequence) => self.copied = Some(sequence),
                    None => self.tell(Event::Notice(
                        "too long for the terminal's clipboard; Ctrl-V pastes it here".into(),
                    )),
                }
            }
            Effect::Color(job) => {
                if let Some(colors) = &self.colors {
                    colors.ask(*job);
                }
            }
            Effect::Ask(question) => self.ask(*question),
            Effect::Open(document) => {
                self.next = Some(document);
                self.is_over = true;
            }
            Effect::Quit => self.is_over = true,
        }
    }

    fn ask(&mut self, question: Question) {
        // The editor asks one question of a kind, but for this one.
        let is_list = question == Question::Documents;
        if !self.enquiries.ask(question) && is_list {
            let reason = "it is on its way".to_owned();
            self.tell(Event::Answered(Reply::Documents(Err(reason))));
        }
    }

    fn take_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Core(event) => self.take_core_event(event),
            SessionEvent::Disk(_) => self.is_saving_stale = true,
            SessionEvent::ConflictKept { path, .. } => {
                self.tell(Event::Notice(format!("a copy of your text is in {}", path.display())));
                self.copies.push(path);
            }
            SessionEvent::ConflictNotKept { reason, .. } => {
                self.tell(Event::Notice(format!(
                    "no copy of your text could be written: {reason}"
                )));
            }
            SessionEvent::SetAside { path, .. } => {
                let what = "an earlier run left what could not be sent in";
                self.tell(Event::Notice(format!("{what} {}", path.display())));
                self.copies.push(path);
            }
            _ => {}
        }
    }

    fn take_core_event(&mut self, event: client::Event) {
        match event {
            client::Event::Opened { text, .. } => {
                self.tell(Event::Opened { text });
                self.tell_name();
                self.is_saving_stale = true;
                self.are_people_stale = true;
            }
            client::Event::Changed { edits, cause, .. } => {
                let cause = match cause {
                    client::Cause::Remote => Cause::Remote,
                    client::Cause::Undo => Cause::Undo,
                    client::Cause::Redo => Cause::Redo,
                };
                self.tell(Event::Changed { edits, cause });
                if cause != Cause::Remote {
                    self.tell_selections();
                }
                self.is_saving_stale = true;
                self.are_people_stale = true;
            }
            client::Event::Status { .. }
            | client::Event::Online
            | client::Event::Offline { .. } => {
                self.is_saving_stale = true;
            }
            client::Event::Peers { .. } => {
                self.is_saving_stale = true;
                self.are_people_stale = true;
            }
            client::Event::Renamed { name, .. } => self.tell(Event::Renamed(name)),
            client::Event::Conflict { reason, .. } => {
                self.tell(Event::Notice(format!("your text was kept aside: {reason}")));
            }
            client::Event::Refused { message, .. } => {
                self.tell(Event::Notice(format!("the server refused: {message}")));
                self.is_saving_stale = true;
            }
            client::Event::LoginNeeded { message, .. } => {
                self.tell(Event::Notice(format!("login needed: {message}")));
                self.is_saving_stale = true;
            }
            client::Event::TokenExpiring { .. } => {}
        }
    }

    fn take_info(&mut self, info: DocumentInfo) {
        self.tell(Event::Renamed(info.name));
        let is_crlf = info.line_ending == FileLineEnding::Crlf;
        self.tell(Event::Described { language: info.language, is_crlf });
    }

    /// Takes the session's text as it is.
    fn take_text(&mut self) {
        let Some(replica) = self.session.document(self.document) else { return };
        if replica.status().state == State::Loading {
            return;
        }
        let text = replica.text().clone();
        // Edits that are still to be told are in it already.
        let waiting: Vec<_> = std::iter::from_fn(|| self.session.poll_event()).collect();
        self.tell_name();
        self.tell(Event::Opened { text });
        self.is_saving_stale = true;
        self.are_people_stale = true;
        for event in waiting {
            let is_about_text = matches!(
                event,
                SessionEvent::Core(client::Event::Opened { .. } | client::Event::Changed { .. })
            );
            if !is_about_text {
                self.take_event(event);
            }
        }
    }

    fn tell_name(&mut self) {
        let name = self.session.document(self.document).map(|replica| replica.name().to_owned());
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.tell(Event::Renamed(name));
        }
    }

    fn tell_selections(&mut self) {
        let Some(replica) = self.session.document(self.document) else { return };
        let selections = replica.selections().to_vec();
        if !selections.is_empty() {
            self.tell(Event::Returned(selections));
        }
    }

    fn tell_people(&mut self) {
        let Some(replica) = self.session.document(self.document) else { return };
        let people = replica
            .peers()
            .map(|peer| Person::new(peer.author.get(), peer.name, peer.color, peer.selections))
            .collect();
        self.tell(Event::People(people));
    }

    fn tell_saving(&mut self) {
        if *self.session.disk() == DiskState::Kept
            && let Some(replica) = self.session.document(self.document)
        {
            self.kept = replica.status().unsaved_edits;
        }
        let saving = self.saving();
        if saving != *self.app.saving() {
            self.tell(Event::Saving(saving));
        }
    }

    fn saving(&self) -> Saving {
        let Some(replica) = self.session.document(self.document) else {
            return Saving { condition: Condition::Ended, ..Saving::default() };
        };
        let status = replica.status();
        let condition = match status.state {
            State::Loading => Condition::Loading,
            State::Synchronized | State::Sending | State::Waiting if self.is_read_only => {
                Condition::ReadOnly
            }
            State::Synchronized => Condition::Saved,
            State::Sending => Condition::Saving,
            State::Waiting if self.session.is_login_needed() => Condition::LoginNeeded,
            State::Waiting => Condition::Offline,
            State::ReadOnly => Condition::ReadOnly,
            State::Ended => Condition::Ended,
        };
        let (waiting, not_kept) = match self.session.disk() {
            DiskState::NotKept { reason } => (status.unsaved_edits, Some(reason.clone())),
            DiskState::Kept => (status.unsaved_edits, None),
            // "17 waiting · kept on this disk" is said when it is true, a moment later.
            DiskState::Writing if condition.is_away() => {
                (status.unsaved_edits.min(self.kept), None)
            }
            DiskState::Writing => (status.unsaved_edits, None),
        };
        Saving {
            condition,
            revision: status.saved.get(),
            waiting,
            not_kept,
            failure: self.session.last_failure().map(str::to_owned),
        }
    }

    /// Gives what is on its way a moment to be confirmed, and brings the rest to the disk.
    async fn end(mut self) -> Ending {
        self.session.send_now();
        let confirmed = async {
            while self.saving().condition == Condition::Saving {
                self.session.next().await;
            }
        };
        // Not confirmed in time: it stays in the outbox.
        let _ = timeout(Duration::from_millis(FAREWELL_MS_MAX), confirmed).await;
        let flushed = timeout(Duration::from_millis(FLUSH_MS_MAX), self.session.flushed()).await;
        let not_kept = match flushed {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("the disk does not answer".to_owned()),
        };
        let waiting = self.saving().waiting;
        self.enquiries.finish().await;
        Ending { waiting, not_kept, copies: self.copies, next: self.next }
    }
}
