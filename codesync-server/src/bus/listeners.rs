//! Whoever listens in this process: a bounded queue for each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use codesync_core::DocumentId;

use crate::bus::{Heard, Hint, Notice, Origin, Subscription};

/// Hints or notices kept for a slow listener; what is older is lost to it.
const KEPT_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Listeners {
    documents: Mutex<BTreeMap<DocumentId, Vec<DocumentEar>>>,
    notices: Mutex<Vec<Ear<Notice>>>,
}

/// The ear of somebody who listens to a document.
#[derive(Debug)]
struct DocumentEar {
    /// Whose own entries and presence are no news here.
    own: Origin,
    ear: Ear<Hint>,
}

impl Listeners {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Vec<DocumentEar>>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ears(&self) -> MutexGuard<'_, Vec<Ear<Notice>>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, document: DocumentId, heard: &Heard<Hint>) {
        for listener in self.documents().get(&document).into_iter().flatten() {
            match heard {
                Heard::News(hint) if hint.is_known_to(listener.own) => {}
                heard => listener.ear.tell(heard),
            }
        }
    }

    pub(super) fn tell_all(&self, heard: &Heard<Notice>) {
        let mut ears = self.ears();
        ears.retain(Ear::is_listening);
        ears.iter().for_each(|ear| ear.tell(heard));
    }

    pub(super) fn listen(&self, document: DocumentId, own: Origin) -> Box<dyn Subscription<Hint>> {
        let ear = Ear::default();
        let listener = DocumentEar { own, ear: ear.clone() };
        self.documents().entry(document).or_default().push(listener);
        Box::new(Listener { ear })
    }

    pub(super) fn listen_to_notices(&self) -> Box<dyn Subscription<Notice>> {
        let ear = Ear::default();
        self.ears().push(ear.clone());
        Box::new(Listener { ear })
    }

    /// Documents to which somebody listens, or did a moment ago.
    #[cfg(feature = "cloud")]
    pub(super) fn ids(&self) -> Vec<DocumentId> {
        self.documents().keys().copied().collect()
    }

    /// Forgets documents to which nobody listens any more; which they were.
    pub(super) fn sweep(&self) -> Vec<DocumentId> {
        let mut documents = self.documents();
        let is_left = |ears: &mut Vec<DocumentEar>| {
            ears.retain(|listener| listener.ear.is_listening());
            ears.is_empty()
        };
        documents.extract_if(.., |_, ears| is_left(ears)).map(|(id, _)| id).collect()
    }
}

/// What somebody has been told and has not heard yet. A clone is the same ear.
#[derive(Debug)]
struct Ear<T>(Arc<Mutex<Told<T>>>);

#[derive(Debug)]
struct Told<T> {
    news: VecDeque<Arc<T>>,
    lost: bool,
    /// Who waits for more.
    waker: Option<Waker>,
    /// The listener has gone.
    closed: bool,
}

impl<T> Clone for Ear<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Ear<T> {
    fn default() -> Self {
        let told = Told { news: VecDeque::new(), lost: false, waker: None, closed: false };
        Self(Arc::new(Mutex::new(told)))
    }
}

impl<T> Ear<T> {
    fn told(&self) -> MutexGuard<'_, Told<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_listening(&self) -> bool {
        !self.told().closed
    }

    fn tell(&self, heard: &Heard<T>) {
        let mut told = self.told();
        if told.closed {
            return;
        }
        match heard {
            Heard::Lost => told.lost = true,
            Heard::News(news) => {
                if told.news.len() >= KEPT_MAX {
                    told.news.pop_front();
                    told.lost = true;
                }
                told.news.push_back(news.clone());
            }
        }
        if let Some(waker) = told.waker.take() {
            waker.wake();
        }
    }
}

struct Listener<T> {
    ear: Ear<T>,
}

impl<T: Send + Sync + 'static> Subscription<T> for Listener<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Heard<T>> {
        let mut told = self.ear.told();
        if std::mem::take(&mut told.lost) {
            return Poll::Ready(Heard::Lost);
        }
        if let Some(news) = told.news.pop_front() {
            return Poll::Ready(Heard::News(news));
        }
        match &mut told.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl<T> Drop for Listener<T> {
    fn drop(&mut self) {
        let mut told = self.ear.told();
        told.closed = true;
        told.news.clear();
    }
}
