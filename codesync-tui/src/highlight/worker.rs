//! The thread that finds colours. It works on the newest job only; one that waits is replaced. Jobs
//! that follow each other closely wait for a moment, so that a fast typist is not read at every key;
//! meanwhile the colours there are move along with what is typed.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::engine::Engine;
use super::grammar::{Grammar, names};
use super::{Job, Paint, Subject};

/// Answers that wait to be taken before the worker rests.
const ANSWERS_MAX: usize = 4;
/// Shortest time from one job to the next, and the same where jobs are long: in a long line each key
/// has all of it read.
const BETWEEN_JOBS: Duration = Duration::from_millis(100);
const BETWEEN_JOBS_MAX: Duration = Duration::from_millis(400);
/// Within these a job of so long is followed by a pause so many times as long.
const PAUSE_FACTOR: u32 = 1_000;
/// Changes that a waiting job holds before it is easier to read the text anew.
const CHANGES_MAX: usize = 1_024;

/// What the worker says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The names of all languages, once.
    Languages(Vec<String>),
    Paint(Paint),
}

/// The place where the newest job waits.
#[derive(Default)]
struct Mailbox {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    job: Option<Job>,
    /// Whether the worker rests for a moment whatever comes, unless there are no colours at all.
    is_pausing: bool,
    is_closed: bool,
}

impl Mailbox {
    fn put(&self, mut job: Job) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // When its pause is over the worker takes what is newest.
        let is_news = job.is_bare || !state.is_pausing && state.job.is_none();
        if let Some(waiting) = state.job.take() {
            job.is_new |= waiting.is_new || waiting.changes.len() > CHANGES_MAX;
            job.is_bare |= waiting.is_bare;
            if job.is_new {
                job.changes.clear();
            } else {
                job.changes.splice(0..0, waiting.changes);
            }
        }
        state.job = Some(job);
        drop(state);
        if is_news {
            self.news.notify_one();
        }
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.news.notify_one();
    }

    /// Waits for the next job, which is not taken before its time, unless there is nothing on the
    /// screen that shows colours yet; `None` when there will be none.
    fn take(&self, not_before: Instant) -> Option<Job> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let early = not_before.saturating_duration_since(Instant::now());
            state.is_pausing = !early.is_zero();
            if state.is_closed {
                return None;
            }
            if let Some(job) = state.job.take_if(|job| job.is_bare || early.is_zero()) {
                return Some(job);
            }
            state = match state.is_pausing {
                true => {
                    let waited = self.news.wait_timeout(state, early);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                false => self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn is_wanted(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_closed || state.job.is_some()
    }
}

/// The thread, from outside. Dropping this ends it.
pub(crate) struct Worker {
    mailbox: Arc<Mailbox>,
}

impl Worker {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<(Self, mpsc::Receiver<Answer>)> {
        let mailbox = Arc::<Mailbox>::default();
        let (answers, receiver) = mpsc::channel(ANSWERS_MAX);
        let inbox = mailbox.clone();
        thread::Builder::new().name("codesync-colors".into()).spawn(move || {
            // Nobody listens any more: the editor is closed.
            let _ = work(&inbox, &answers);
        })?;
        Ok((Self { mailbox }, receiver))
    }

    /// Hands over a job. Never waits.
    pub(crate) fn ask(&self, job: Job) {
        self.mailbox.put(job);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

type Closed = mpsc::error::SendError<Answer>;

fn work(mailbox: &Mailbox, answers: &mpsc::Sender<Answer>) -> Result<(), Closed> {
    let mut told_names = false;
    let mut subject = Subject::default();
    let mut engine: Option<(String, Engine<Grammar>)> = None;
    let mut is_first = true;
    let mut next = Instant::now();
    while let Some(job) = mailbox.take(next) {
        let began = Instant::now();
        if is_first || job.is_new || job.subject != subject {
            is_first = false;
            subject = job.subject.clone();
            engine = Grammar::of(&subject, &job.text)
                .map(|grammar| (grammar.name().to_owned(), Engine::new(grammar)));
        } else if let Some((_, engine)) = &mut engine {
            job.changes.iter().for_each(|change| engine.change(*change));
        }
        let paint = |spans, language| Paint {
            generation: job.generation,
            subject: job.subject.clone(),
            lines: job.lines.clone(),
            spans,
            language,
        };
        match &mut engine {
            None => answers.blocking_send(Answer::Paint(paint(Vec::new(), None)))?,
            Some((name, engine)) => {
                if job.is_bare && engine.is_far(&job.lines) {
                    let guess = engine.guess(&job.text, &job.lines);
                    answers.blocking_send(Answer::Paint(paint(guess, Some(name.clone()))))?;
                }
                let is_wanted = || mailbox.is_wanted();
                let mut spans = engine.spans(&job.text, &job.lines, &is_wanted);
                while spans.is_none() && !mailbox.is_wanted() {
                    spans = engine.spans(&job.text, &job.lines, &is_wanted);
                }
                if let Some(spans) = spans {
                    let pause = began.elapsed() * PAUSE_FACTOR;
                    next = began + pause.clamp(BETWEEN_JOBS, BETWEEN_JOBS_MAX);
                    answers.blocking_send(Answer::Paint(paint(spans, Some(name.clone()))))?;
                }
            }
        }
        if !told_names {
            told_names = true;
            answers.blocking_send(Answer::Languages(names()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use codesync_core::Text;

    use super::*;
    use crate::editor::change::LineChange;
    use crate::highlight::Token;

    fn job(generation: u64, text: &str) -> Job {
        Job {
            generation,
            text: Text::from(text),
            subject: Subject { language: None, title: "x.rs".into() },
            changes: Vec::new(),
            is_new: false,
            lines: 0..10,
            is_bare: true,
        }
    }

    #[test]
    fn a_job_that_waits_gives_way_and_leaves_its_changes() {
        let mailbox = Mailbox::default();
        let change = |at| vec![LineChange { at, kept: 0, removed: 0, added: 0 }];
        mailbox.put(Job { changes: change(1), ..job(1, "a") });
        mailbox.put(Job { changes: change(2), ..job(2, "b") });
        let taken = mailbox.take(Instant::now()).expect("one waits");
        assert_eq!(taken.generation, 2);
        assert_eq!(taken.changes.iter().map(|change| change.at).collect::<Vec<_>>(), [1, 2]);
        mailbox.put(Job { is_new: true, ..job(3, "c") });
        mailbox.put(Job { changes: change(4), ..job(4, "d") });
        let taken = mailbox.take(Instant::now()).expect("one waits");
        assert!(taken.is_new && taken.changes.is_empty());
    }

    #[test]
    fn the_thread_answers_with_colours_and_once_with_all_languages() {
        let (worker, mut answers) = Worker::start().expect("there are threads");
        worker.ask(job(7, "fn x() {}"));
        let Some(Answer::Paint(paint)) = answers.blocking_recv() else { panic!("it paints first") };
        assert_eq!((paint.generation, paint.language.as_deref()), (7, Some("Rust")));
        assert_eq!((paint.spans[0].range.clone(), paint.spans[0].token), (0..2, Token::Keyword));
        let Some(Answer::Languages(names)) = answers.blocking_recv() else { panic!("then names") };
        assert!(names.iter().any(|name| name == "Rust"));
        drop(worker);
        assert_eq!(answers.blocking_recv(), None, "the thread has ended");
    }
}
