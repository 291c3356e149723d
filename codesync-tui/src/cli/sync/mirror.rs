//! A file and a document that are kept the same: reads, sends, writes, and remembers how far it came.
//!
//! The file is never written unless it is what was read a moment before, and never without what it
//! held having reached the server first.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use codesync_client::{Content, Precondition, Rest, RestError};
use codesync_core::text::TextHash;
use codesync_core::{LineEnding, Revision};
use serde::Serialize;

use super::memory::{Announced, Base, Memory};
use super::merge::{Step, merge, step};
use crate::cli::resolve::Target;
use crate::cli::{Context, Exit, Failure, output, text_file};

/// Steps of one go. Each is another change by somebody; the next go takes the rest.
const STEPS_MAX: usize = 64;

/// How far a go came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    Same,
    /// The server was not reached. What is in the file stays there until it is.
    Away,
    /// There is no file at the moment.
    Gone,
    /// The file holds no text at the moment; see [`Mirror::trouble`].
    NotText,
}

/// What happened, for people and programs.
#[derive(Serialize)]
#[serde(rename_all = "lowercase", tag = "event")]
pub(super) enum News {
    /// From now on both are kept the same.
    Begun {
        revision: Revision,
    },
    Sent {
        revision: Revision,
    },
    Written {
        revision: Revision,
    },
    Offline,
    Online,
}

/// Which of two texts that have nothing in common counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Keep {
    /// The file's: it becomes an edit of the document.
    File,
    /// The document's: it replaces the file's.
    Document,
}

#[derive(Debug)]
pub(crate) struct Mirror<'a> {
    context: &'a Context,
    rest: Rest,
    target: Target,
    pub(super) path: PathBuf,
    memory: Memory,
    _lock: File,
    base: Base,
    /// What went to the server as made from the base, and is not known to be there.
    sending: Option<String>,
    remote: Option<Base>,
    /// How the lines of a file end that is still to be made.
    ending: LineEnding,
    /// Why the file's text cannot be read.
    pub(super) trouble: Option<String>,
    is_silent: bool,
}

enum Found {
    Text(String),
    Gone,
    NotText(Failure),
}

impl<'a> Mirror<'a> {
    /// Links a file and a document, or takes up where an earlier run ended.
    pub(crate) async fn begin(
        context: &'a Context,
        target: Target,
        path: &Path,
        keep: Option<Keep>,
    ) -> Result<Self, Failure> {
        text_file::may_be_written(path)?;
        let memory = Memory::of(path)?.ok_or_else(|| {
            Failure::new("there is no home folder to remember the file in")
                .help("set HOME, or XDG_STATE_HOME")
        })?;
        let lock = memory.lock()?;
        let rest = context.rest(&target.server);
        let fetched = context.wait("fetching the text", rest.content(target.id)).await;
        let fetched = match fetched {
            Ok(content) => Some(content),
            // What both had is remembered: work goes on from there.
            Err(RestError::Unreachable { .. }) if memory.base(target.id).is_some() => None,
            Err(error) => return Err(Failure::rest(&error, &target.server)),
        };
        let ending = fetched
            .as_ref()
            .map_or_else(LineEnding::default, |content| LineEnding::detect(&content.text));
        let remote = fetched.map(of_content);
        let mut mirror = Self {
            base: Base { revision: Revision::ZERO, text: String::new() },
            sending: None,
            context,
            rest,
            target,
            path: path.to_owned(),
            memory,
            _lock: lock,
            remote,
            ending,
            trouble: None,
            is_silent: false,
        };
        match mirror.memory.base(mirror.target.id) {
            Some(base) => {
                mirror.base = base;
                mirror.recover()?;
                // A file that was deleted is made anew.
                if mirror.sending.is_none() && mirror.remote.is_some() && !path.exists() {
                    mirror.meet(keep)?;
                }
            }
            None => mirror.meet(keep)?,
        }
        Ok(mirror)
    }

    /// The same without a word, for whoever owns the screen.
    pub(crate) fn silent(self) -> Self {
        Self { is_silent: true, ..self }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The first time: there is no text that both have had.
    fn meet(&mut self, keep: Option<Keep>) -> Result<(), Failure> {
        let remote = self.remote.clone().expect("without a server, an earlier run goes on");
        match self.found()? {
            Found::NotText(failure) => Err(failure),
            Found::Gone => {
                // Whoever finds a base and no file begins here again.
                self.memory.keep(&self.target.server, self.target.id, &remote)?;
                text_file::replace(&self.path, self.ending.restore(&remote.text).as_bytes())
                    .map_err(|error| text_file::unusable(&self.path, &error))?;
                self.adopt(remote)
            }
            Found::Text(file) if file == remote.text => self.adopt(remote),
            Found::Text(file) => {
                let keep = match keep {
                    Some(keep) => keep,
                    None if file.is_empty() => Keep::Document,
                    None if remote.text.is_empty() => Keep::File,
                    None => self.ask_which()?,
                };
                match keep {
                    Keep::File => self.adopt(remote),
                    Keep::Document => {
                        // As if the file had been a copy of an older text.
                        self.base = Base { revision: Revision::ZERO, text: file };
                        Ok(())
                    }
                }
            }
        }
    }

    fn ask_which(&self) -> Result<Keep, Failure> {
        let path = self.path.display();
        let differ = format!("{path} and {} differ", self.target.called());
        if !self.context.may_ask() {
            return Err(Failure::with(Exit::Changed, differ)
                .kept("both are as they were")
                .help("--keep file or --keep document says which text counts"));
        }
        let question =
            format!("{differ}. Which text counts, that of the file or of the document? ");
        let answer = self.context.ask(&question, "--keep file or --keep document")?;
        match answer.to_lowercase().as_str() {
            "f" | "file" => Ok(Keep::File),
            "d" | "document" => Ok(Keep::Document),
            _ => Err(Failure::with(Exit::Interrupted, "nothing was done")),
        }
    }

    fn adopt(&mut self, base: Base) -> Result<(), Failure> {
        self.memory.keep(&self.target.server, self.target.id, &base)?;
        self.base = base;
        Ok(())
    }

    /// Finds out how far an earlier run came that ended in the middle.
    fn recover(&mut self) -> Result<(), Failure> {
        match self.memory.announced(self.target.id) {
            None => Ok(()),
            Some(Announced::Sending(text)) => {
                self.sending = Some(text);
                Ok(())
            }
            Some(Announced::Writing { fresh, sent, .. }) if fresh.exists() => {
                self.sending = sent;
                self.announce_sending()?;
                fs::remove_file(&fresh).map_err(|error| text_file::unusable(&fresh, &error))
            }
            Some(Announced::Writing { base, .. }) => self.adopt(base),
        }
    }

    /// The document has come to this.
    pub(super) fn hear(&mut self, revision: Revision, text: String) {
        if self.remote.as_ref().is_none_or(|remote| remote.revision < revision) {
            self.remote = Some(Base { revision, text });
        }
    }

    pub(super) fn revision(&self) -> Revision {
        self.base.revision
    }

    /// Brings each to the other what it lacks.
    pub(crate) async fn settle(&mut self) -> Result<(), Failure> {
        match self.go().await? {
            Outcome::Same | Outcome::Gone | Outcome::NotText => Ok(()),
            Outcome::Away => Err(self.away()),
        }
    }

    /// What the file has did not reach the server.
    pub(super) fn away(&self) -> Failure {
        let path = self.path.display();
        Failure::with(Exit::Unreachable, "the server was not reached")
            .kept(format!("what {path} has and the document lacks, in {path}"))
    }

    /// Asks for what the document has come to.
    pub(crate) async fn refresh(&mut self) -> Result<(), Failure> {
        let content = self.rest.content(self.target.id).await;
        let fresh = of_content(content.map_err(|e| Failure::rest(&e, &self.target.server))?);
        self.hear(fresh.revision, fresh.text);
        Ok(())
    }

    /// [`Mirror::settle`] for whoever tries again.
    pub(super) async fn go(&mut self) -> Result<Outcome, Failure> {
        for _ in 0..STEPS_MAX {
            if self.sending.is_some() {
                match self.send().await? {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                }
            }
            let file = match self.found()? {
                Found::Text(file) => file,
                Found::Gone => return Ok(Outcome::Gone),
                Found::NotText(failure) => return Ok(self.not_text(&failure)),
            };
            match (step(&self.base, &file, self.remote.as_ref()), self.remote.clone()) {
                (Step::Send, _) => {
                    self.sending = Some(file);
                    self.announce_sending()?;
                }
                (Step::Write, Some(remote)) => {
                    let text = remote.text.clone();
                    self.replace(&file, &text, remote)?;
                }
                (Step::Advance, Some(remote)) => self.adopt(remote)?,
                (Step::Rest | Step::Write | Step::Advance, _) => break,
            }
        }
        Ok(Outcome::Same)
    }

    fn not_text(&mut self, why: &Failure) -> Outcome {
        self.trouble = Some(why.sentence().to_owned());
        Outcome::NotText
    }

    /// Sends what is to be sent, and takes in what it has become among what others typed. What
    /// comes out of it if that is not possible now.
    async fn send(&mut self) -> Result<Option<Outcome>, Failure> {
        let Some(sent) = self.sending.clone() else { return Ok(None) };
        let key = self.key(&sent);
        let precondition = Precondition::Base(self.base.revision);
        let (id, name) = (self.target.id, self.context.name());
        let written = self.rest.write(id, sent.clone(), precondition, name, Some(&key)).await;
        let revision = match written {
            Ok(committed) => committed.revision,
            Err(error) => return self.not_sent(&error).map(Some),
        };
        let content = match self.rest.content(id).await {
            Ok(content) => of_content(content),
            Err(error) => return self.not_sent(&error).map(Some),
        };
        let file = match self.found()? {
            Found::Text(file) => file,
            Found::Gone => {
                self.sending = None;
                self.adopt(content)?;
                return Ok(Some(Outcome::Gone));
            }
            Found::NotText(failure) => return Ok(Some(self.not_text(&failure))),
        };
        self.tell(&News::Sent { revision });
        let merged = merge(&sent, &file, &content.text);
        self.remote = Some(content.clone());
        if merged == file {
            self.sending = None;
            self.adopt(content)?;
        } else {
            self.replace(&file, &merged, content)?;
        }
        Ok(None)
    }

    /// What cannot be sent now waits; what will never be taken ends the work.
    fn not_sent(&self, error: &RestError) -> Result<Outcome, Failure> {
        match error {
            RestError::Unreachable { .. }
            | RestError::Failed { .. }
            | RestError::Refused { status: 429, .. } => Ok(Outcome::Away),
            error => {
                let path = self.path.display();
                Err(Failure::rest(error, &self.target.server)
                    .kept(format!("what {path} has and the document lacks, in {path}")))
            }
        }
    }

    /// One and the same for one text of one base: it is committed once.
    fn key(&self, text: &str) -> String {
        let path = TextHash::of(&self.path.to_string_lossy());
        format!("sync-{path}-{}-{}", self.base.revision, TextHash::of(text))
    }

    /// Writes `text` to the file if it still holds `expected`; `base` takes the base's place then.
    fn replace(&mut self, expected: &str, text: &str, base: Base) -> Result<(), Failure> {
        let target = text_file::followed(&self.path);
        let fresh = in_the_making(&target);
        let announced = Announced::Writing {
            base: base.clone(),
            fresh: fresh.clone(),
            sent: self.sending.clone(),
        };
        let (server, id) = (&self.target.server, self.target.id);
        let failed = |error: &io::Error| text_file::unusable(&self.path, error);
        let bytes = self.ending.restore(text).into_owned();
        // The new text lies there before it is announced: without it, it would count as written.
        text_file::write_beside(&fresh, &target, bytes.as_bytes()).map_err(|e| failed(&e))?;
        self.memory.announce(server, id, &self.base, announced)?;
        if !matches!(self.found()?, Found::Text(now) if now == expected) {
            self.announce_sending()?;
            return fs::remove_file(&fresh).map_err(|e| text_file::unusable(&fresh, &e));
        }
        text_file::rename(&fresh, &target)
            .map_err(|error| text_file::unusable(&self.path, &error))?;
        self.sending = None;
        let revision = base.revision;
        self.adopt(base)?;
        self.tell(&News::Written { revision });
        Ok(())
    }

    fn announce_sending(&self) -> Result<(), Failure> {
        let (server, id) = (&self.target.server, self.target.id);
        match self.sending.clone() {
            Some(text) => self.memory.announce(server, id, &self.base, Announced::Sending(text)),
            None => self.memory.keep(server, id, &self.base),
        }
    }

    /// What the file holds, with line feeds only.
    fn found(&mut self) -> Result<Found, Failure> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Gone),
            Err(error) => return Err(text_file::unusable(&self.path, &error)),
        };
        if metadata.is_dir() {
            return Err(text_file::unusable(&self.path, &io::ErrorKind::IsADirectory.into()));
        }
        match text_file::read_path(&self.path) {
            Ok(text) => {
                if text.contains('\n') {
                    self.ending = LineEnding::detect(&text);
                }
                Ok(Found::Text(LineEnding::normalize(&text).into_owned()))
            }
            Err(failure) => Ok(Found::NotText(failure)),
        }
    }

    pub(super) fn tell(&self, news: &News) {
        if self.is_silent {
            return;
        }
        if self.context.json {
            // Whoever read it may be gone; the file is still kept.
            let _ = output::json_line(news);
            return;
        }
        let path = self.path.display();
        match news {
            News::Begun { revision } => self.context.say(&format!(
                "{path} and {}, at revision {revision}, are kept the same until Ctrl-C",
                self.target.called(),
            )),
            News::Sent { revision } => self.context.say(&format!("{path} → revision {revision}")),
            News::Written { revision } => {
                self.context.say(&format!("revision {revision} → {path}"));
            }
            News::Offline => self.context.note(&format!(
                "the server is not reached; what is saved in {path} is sent when it is"
            )),
            News::Online => self.context.say("the server is reached again"),
        }
    }
}

fn of_content(content: Content) -> Base {
    let revision = content.revision.unwrap_or(Revision::ZERO);
    Base { revision, text: LineEnding::normalize(&content.text).into_owned() }
}

/// Where what takes a file's place lies until then. One name only, so that what a crash leaves is
/// overwritten some day.
fn in_the_making(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.codesync"))
}
