//! Reaching an open document: commands, and the cheap handle that carries them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use codesync_core::document::Submission;
use codesync_core::{Channel, DocumentId, Revision, Selection, Text};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::access::AccessVersion;
use crate::document::outbox::Outbox;
use crate::document::registry::OpenError;
use crate::document::{Edit, EditRefusal, Join, SubscriberId};
use crate::oplog::Head;

/// Commands that may wait for a document; beyond it, sockets stop reading.
pub const MAILBOX_MAX: usize = 1024;

/// What became of an edit of somebody who has not joined: the revision it led to.
pub type EditAnswer = Result<Revision, EditRefusal>;

/// Something a document is asked to do.
#[derive(Debug)]
pub enum Command {
    Join { subscriber: SubscriberId, join: Join, outbox: Outbox },
    Leave { subscriber: SubscriberId },
    Submit { subscriber: SubscriberId, submission: Submission },
    Edit { id: SubscriberId, edit: Box<Edit>, reply: oneshot::Sender<EditAnswer> },
    Select { subscriber: SubscriberId, revision: Revision, selections: Vec<Selection> },
    Room { subscriber: SubscriberId },
    Renamed { name: String },
    Head { head: Head },
    Text { reply: oneshot::Sender<(Revision, Text)> },
}

/// Hands over a command that had to wait for room.
pub(crate) type Waiting = BoxFuture<'static, ()>;

/// Hands over a command at once, or returns what does so when there is room. So whoever awaits it
/// has no room for the command, but for a pointer.
pub(crate) fn hand_over(commands: &mpsc::Sender<Command>, command: Command) -> Option<Waiting> {
    match commands.try_send(command) {
        Ok(()) | Err(TrySendError::Closed(_)) => None,
        Err(TrySendError::Full(command)) => {
            let commands = commands.clone();
            Some(Box::pin(async move {
                // Without the document there is nobody to be told.
                let _ = commands.send(command).await;
            }))
        }
    }
}

/// A cheap way to reach an open document. It stays open as long as there is one.
#[derive(Clone, Debug)]
pub struct DocumentHandle {
    id: DocumentId,
    channel: Channel,
    place: Arc<Place>,
    commands: mpsc::Sender<Command>,
}

/// Where an open document is, for those who look from outside.
#[derive(Debug, Default)]
pub(crate) struct Place {
    head: AtomicU64,
    access: AtomicU64,
}

impl Place {
    pub(crate) fn set(&self, head: Revision, access: AccessVersion) {
        self.head.store(head.get(), Ordering::Relaxed);
        self.access.store(access.get(), Ordering::Relaxed);
    }
}

impl DocumentHandle {
    /// A handle, and where its commands arrive. Whoever receives them keeps `place` up to date.
    pub(crate) fn new(
        id: DocumentId,
        channel: Channel,
        place: Arc<Place>,
    ) -> (Self, mpsc::Receiver<Command>) {
        let (commands, mailbox) = mpsc::channel(MAILBOX_MAX);
        (Self { id, channel, place, commands }, mailbox)
    }

    /// A way back that does not keep the document open.
    pub(crate) fn downgrade(&self) -> mpsc::WeakSender<Command> {
        self.commands.downgrade()
    }

    #[must_use]
    pub fn id(&self) -> DocumentId {
        self.id
    }

    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The newest revision, or one shortly before it.
    #[must_use]
    pub fn head(&self) -> Revision {
        Revision::new(self.place.head.load(Ordering::Relaxed))
    }

    /// Whether the log has gone on, or the permissions are others.
    pub(crate) fn is_behind(&self, head: &Head) -> bool {
        let access = AccessVersion::new(self.place.access.load(Ordering::Relaxed));
        head.revision > self.head() || head.access > access
    }

    /// How many commands wait for it.
    #[must_use]
    pub fn commands_waiting(&self) -> usize {
        self.commands.max_capacity() - self.commands.capacity()
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.commands.is_closed()
    }

    /// Hands over a command, waiting while the document is busy. False if it was closed.
    pub async fn send(&self, command: Command) -> bool {
        self.commands.send(command).await.is_ok()
    }

    /// The same as [`hand_over`].
    pub(crate) fn hand_over(&self, command: Command) -> Option<Waiting> {
        hand_over(&self.commands, command)
    }

    /// Hands over news that may as well be lost.
    pub(crate) fn try_send(&self, command: Command) {
        let _ = self.commands.try_send(command);
    }

    /// The text at head.
    pub async fn text(&self) -> Result<(Revision, Text), OpenError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Text { reply }).await;
        answer.await.map_err(|_| OpenError::Unavailable("the document was closed".to_owned()))
    }

    /// Hands in an edit of somebody who has not joined. `None` if the document was closed before it
    /// was answered: the edit may be committed all the same.
    pub async fn edit(&self, id: SubscriberId, edit: Edit) -> Option<EditAnswer> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Edit { id, edit: Box::new(edit), reply }).await;
        answer.await.ok()
    }
}
