//! Others who type into a document, each as fast as he is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use codesync_client::core::client::{Event, State};
use codesync_client::core::{Encoding, TextEdit};
use codesync_client::{Link, Session, SessionConfig, SessionEvent};
use tokio::sync::oneshot;

const PEOPLE: usize = 4;

/// They type until this ends.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Crowd {
    /// Begins, and waits until the first of them has been answered.
    pub(crate) fn start(link: &str) -> Self {
        let link: Link = link.parse().expect("a link");
        let stop = Arc::new(AtomicBool::new(false));
        let until = stop.clone();
        let (answered, is_answered) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut answered = Some(answered);
                let people = (0..PEOPLE).map(|_| one(&link, &until, answered.take()));
                futures_util::future::join_all(people).await;
            });
        });
        is_answered.blocking_recv().expect("they type");
        Self { stop, thread }
    }

    pub(crate) fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("nobody panicked");
    }
}

async fn one(link: &Link, stop: &AtomicBool, mut answered: Option<oneshot::Sender<()>>) {
    let (server, name) = (link.server.clone(), "Somebody".to_owned());
    let mut session = Session::start(SessionConfig { server, name, tokens: None, outbox: None });
    session.open(link.document).expect("it can be opened");
    while !matches!(session.next().await, SessionEvent::Core(Event::Opened { .. })) {}
    while !stop.load(Ordering::Relaxed) {
        let replica = session.document(link.document).expect("it is open");
        if replica.status().state == State::Synchronized {
            let end = replica.text().len();
            let edit = TextEdit { range: end..end, text: "x".to_owned() };
            session.edit(link.document, &[edit], Encoding::Scalar).expect("it fits");
        }
        session.next().await;
        if let Some(answered) = answered.take() {
            answered.send(()).expect("it is waited for");
        }
    }
}
