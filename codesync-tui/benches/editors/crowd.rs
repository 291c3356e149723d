//! Other people in a document, who type at a given rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use codesync_client::core::client::Event;
use codesync_client::core::{Encoding, TextEdit};
use codesync_client::{Link, Session, SessionConfig, SessionEvent};
use tokio::time::{MissedTickBehavior, interval};

/// People who type until this is dropped, each a character at a time at the end of the text.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    typed: Arc<AtomicU64>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Crowd {
    /// So many people, who type so many characters a second together.
    pub(crate) fn start(link: &str, people: u32, rate: u32) -> Result<Self> {
        let link: Link = link.parse().map_err(|error| anyhow!("{error}"))?;
        let (stop, typed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, count) = (Arc::clone(&stop), Arc::clone(&typed));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let person = |number| one(&link, number, rate / people, &until, &count);
                futures_util::future::try_join_all((0..people).map(person)).await.map(drop)
            })
        });
        Ok(Self { stop, typed, thread: Some(thread) })
    }

    /// Characters typed so far.
    pub(crate) fn typed(&self) -> u64 {
        self.typed.load(Ordering::Relaxed)
    }

    /// Ends them all, and says how many characters they typed.
    pub(crate) fn end(mut self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("it is running")?;
        thread.join().map_err(|_| anyhow!("the crowd panicked"))??;
        Ok(self.typed())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

async fn one(
    link: &Link,
    number: u32,
    rate: u32,
    stop: &AtomicBool,
    typed: &AtomicU64,
) -> Result<()> {
    let name = format!("Person {number}");
    let server = link.server.clone();
    let mut session = Session::start(SessionConfig { server, name, tokens: None, outbox: None });
    session.open(link.document)?;
    loop {
        match session.next().await {
            SessionEvent::Core(Event::Opened { .. }) => break,
            SessionEvent::Core(Event::Refused { message, .. }) => bail!("refused: {message}"),
            _ => {}
        }
    }
    let mut beat = interval(Duration::from_secs(1) / rate);
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !stop.load(Ordering::Relaxed) {
        tokio::select! {
            biased;
            _ = session.next() => continue,
            _ = beat.tick() => {}
        }
        let text = session.document(link.document).context("it was closed")?.text();
        let end = text.len();
        let letter = if end % 80 == 0 { "\n" } else { "x" };
        let edit = TextEdit { range: end..end, text: letter.to_owned() };
        session.edit(link.document, &[edit], Encoding::Scalar)?;
        // Harder on whoever watches than editors are, which gather keys.
        session.send_now();
        typed.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
