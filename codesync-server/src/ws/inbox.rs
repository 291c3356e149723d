//! What the reading half of a socket is told besides frames.
//!
//! A channel of tokio's would do; it keeps a kilobyte for each socket that nobody ever says a word
//! to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Word;

/// Words from outside that may wait for one socket.
const WORDS_MAX: usize = 4;

/// Words that wait for one socket; a clone is the same inbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Inbox {
    shared: Arc<Mutex<Words>>,
}

#[derive(Debug, Default)]
struct Words {
    waiting: VecDeque<Word>,
    reader: Option<Waker>,
}

impl Inbox {
    fn words(&self) -> MutexGuard<'_, Words> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something from outside, unless as many words wait as may.
    pub(super) fn say(&self, word: Word) {
        if self.words().waiting.len() < WORDS_MAX {
            self.tell(word);
        }
    }

    /// Says something that must not be lost. There is no more of it than the socket itself caused.
    pub(super) fn tell(&self, word: Word) {
        let mut words = self.words();
        words.waiting.push_back(word);
        let reader = words.reader.take();
        drop(words);
        reader.into_iter().for_each(Waker::wake);
    }

    /// The oldest word; if there is none, the task is woken when there is.
    pub(super) fn poll_take(&self, context: &Context<'_>) -> Poll<Word> {
        let mut words = self.words();
        if let Some(word) = words.waiting.pop_front() {
            return Poll::Ready(word);
        }
        match &mut words.reader {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SubscriberId;

    fn taken(inbox: &Inbox) -> Vec<Word> {
        let context = Context::from_waker(Waker::noop());
        let next = || match inbox.poll_take(&context) {
            Poll::Ready(word) => Some(word),
            Poll::Pending => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn words_from_outside_are_few_and_those_of_documents_are_never_lost() {
        let inbox = Inbox::default();
        for _ in 0..=WORDS_MAX {
            inbox.say(Word::LoginEnded);
        }
        inbox.tell(Word::Detached(SubscriberId::new(7)));
        inbox.say(Word::LoginEnded);
        let words = taken(&inbox);
        assert_eq!(words.len(), WORDS_MAX + 1);
        assert_eq!(words.last(), Some(&Word::Detached(SubscriberId::new(7))));
        assert_eq!(taken(&inbox), []);
    }
}
