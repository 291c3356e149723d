//! All open documents of this server: each is opened once, however many ask for it.
//!
//! A document is loaded by whoever asks first; the others wait for the same load. It is found here
//! until nobody has taken part for a while. Once a second, and more often while the bus is down,
//! one question to the log tells which documents another server has moved on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use codesync_core::{Channel, DocumentId, Revision, Text};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::access::{AccessVersion, Rights};
use crate::bus::{Bus, Origin};
use crate::db::documents::Documents;
use crate::db::versions::Versions;
use crate::document::actor::{Actor, Services};
use crate::document::handle::{Command, DocumentHandle, EditAnswer};
use crate::document::load::{self, LoadError, Loaded};
use crate::document::state::{DocumentState, Opened};
use crate::document::{Edit, SubscriberId};
use crate::ids::UserId;
use crate::metrics::metrics;
use crate::oplog::{LogError, OpLog};
use crate::snapshots::SnapshotStore;

/// Long catch-ups and loads that are worked out at once.
const HEAVY_MAX: usize = 2;
/// Clients whose numbers are asked for at once, of all documents.
const REGISTERING_MAX: usize = 64;
/// How often the log is asked for the heads of all open documents: as long as the bus tells of
/// them, and while it does not.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
const POLL_INTERVAL_ALONE: Duration = Duration::from_millis(250);
/// How often a document that was closing just now is opened anew.
const OPEN_ATTEMPTS_MAX: usize = 3;
/// Most who may take part in one document at once, where the operator chose nothing else.
pub const SUBSCRIBERS_MAX: usize = 500;

/// A document cannot be opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OpenError {
    #[error("there is no such document")]
    NotFound,
    #[error("the server is going down")]
    Closing,
    #[error("the document cannot be loaded: {0}")]
    Unavailable(String),
}

/// An open document for somebody who may see it.
pub struct Admitted {
    pub document: DocumentHandle,
    /// What he may do, and the state of the permissions at which he may.
    pub access: AccessVersion,
    pub rights: Rights,
}

/// What a registry works with.
#[derive(Clone)]
pub struct Stores {
    pub log: Arc<dyn OpLog>,
    pub documents: Arc<dyn Documents>,
    pub snapshots: Arc<dyn SnapshotStore>,
    pub versions: Arc<dyn Versions>,
    pub bus: Arc<dyn Bus>,
}

/// All open documents. A clone is the same registry.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    services: Services,
    documents: Arc<dyn Documents>,
    subscribers_max: usize,
    slots: Mutex<BTreeMap<DocumentId, Arc<Slot>>>,
    channels: AtomicU32,
    subscribers: AtomicU64,
    closing: AtomicBool,
    stop: CancellationToken,
    tasks: TaskTracker,
}

type Slot = OnceCell<DocumentHandle>;

impl Registry {
    /// An empty registry. `seed` is where the documents' chance comes from; `subscribers_max` says
    /// how many may take part in one document.
    #[must_use]
    pub fn new(stores: Stores, seed: u64, subscribers_max: usize) -> Self {
        let services = Services {
            log: stores.log,
            documents: stores.documents.clone(),
            snapshots: stores.snapshots,
            versions: stores.versions,
            bus: stores.bus,
            heavy: Arc::new(Semaphore::new(HEAVY_MAX)),
            registering: Arc::new(Semaphore::new(REGISTERING_MAX)),
            origin: Origin::new(seed),
        };
        let shared = Arc::new(Shared {
            services,
            documents: stores.documents,
            subscribers_max,
            slots: Mutex::new(BTreeMap::new()),
            channels: AtomicU32::new(1),
            subscribers: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        shared.tasks.spawn(poll_heads(Arc::downgrade(&shared), shared.stop.clone()));
        Self { shared }
    }

    /// A number for one socket's part in one document.
    #[must_use]
    pub fn next_subscriber(&self) -> SubscriberId {
        SubscriberId::new(self.shared.subscribers.fetch_add(1, Ordering::Relaxed))
    }

    /// Finds the document open, or opens it, for somebody who may see it. For everybody else there
    /// is none.
    pub async fn open_for(&self, id: DocumentId, user: UserId) -> Result<Admitted, OpenError> {
        let documents = &self.shared.documents;
        let table = documents.access(id, &[user]).await.map_err(open_error)?;
        let rights = table.rights.get(&user).copied().ok_or(OpenError::NotFound)?;
        let document = self.open(id).await?;
        Ok(Admitted { document, access: table.version, rights })
    }

    /// Finds the document open, or opens it.
    pub async fn open(&self, id: DocumentId) -> Result<DocumentHandle, OpenError> {
        for _ in 0..OPEN_ATTEMPTS_MAX {
            if self.shared.closing.load(Ordering::Relaxed) {
                return Err(OpenError::Closing);
            }
            let slot = self.shared.slots().entry(id).or_default().clone();
            match slot.get_or_try_init(|| self.start(id, &slot)).await {
                Ok(handle) if !handle.is_closed() => return Ok(handle.clone()),
                Ok(_) => self.shared.forget(id, &slot),
                Err(error) => {
                    self.shared.forget(id, &slot);
                    return Err(error);
                }
            }
        }
        Err(OpenError::Unavailable("it closes again and again".to_owned()))
    }

    /// The text at head, without keeping the document open for one look.
    pub async fn text(&self, id: DocumentId) -> Result<(Revision, Text), OpenError> {
        let open = self.shared.slots().get(&id).and_then(|slot| slot.get().cloned());
        if let Some(handle) = open
            && let Ok(answer) = handle.text().await
        {
            return Ok(answer);
        }
        let services = &self.shared.services;
        let _permit = services.heavy.acquire().await;
        let loaded = load::load(services.log.as_ref(), services.snapshots.as_ref(), id).await;
        let document = loaded.map_err(|error| load_error(id, error))?.document;
        Ok((document.head(), document.text().clone()))
    }

    /// Commits an edit of somebody who has not joined; the revision it led to.
    pub async fn edit(&self, id: DocumentId, edit: Edit) -> Result<EditAnswer, OpenError> {
        for _ in 0..OPEN_ATTEMPTS_MAX {
            let document = self.open(id).await?;
            // Closed before it answered: whether the edit was committed is found out by trying
            // again, because it is committed once.
            if let Some(answer) = document.edit(self.next_subscriber(), edit.clone()).await {
                return Ok(answer);
            }
        }
        Err(OpenError::Unavailable("it closes again and again".to_owned()))
    }

    /// Tells an open document its new name.
    pub async fn renamed(&self, id: DocumentId, name: String) {
        let handle = self.shared.slots().get(&id).and_then(|slot| slot.get().cloned());
        if let Some(handle) = handle {
            handle.send(Command::Renamed { name }).await;
        }
    }

    /// How many documents are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.shared.slots().values().filter(|slot| slot.initialized()).count()
    }

    /// How many commands wait for each open document.
    #[must_use]
    pub fn commands_waiting(&self) -> Vec<usize> {
        self.shared.handles().iter().map(DocumentHandle::commands_waiting).collect()
    }

    /// Opens nothing more, and waits until all documents have kept what they have.
    pub async fn close(&self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    async fn start(&self, id: DocumentId, slot: &Arc<Slot>) -> Result<DocumentHandle, OpenError> {
        let shared = &self.shared;
        let _permit = shared.services.heavy.acquire().await;
        let record = shared.documents.find(id).await.map_err(open_error)?;
        // Subscribe first, then read: what is committed in between is heard.
        let subscription = shared.services.bus.subscribe(id, shared.services.origin).await;
        let log = shared.services.log.as_ref();
        let (began, span) = (Instant::now(), tracing::info_span!("load", doc = %id));
        let snapshots = shared.services.snapshots.as_ref();
        let loaded = load::load(log, snapshots, id).instrument(span).await;
        metrics().loaded(began.elapsed(), loaded.is_ok());
        let Loaded { document, epoch, access, snapshot } =
            loaded.map_err(|error| load_error(id, error))?;
        let channel = Channel::new(shared.channels.fetch_add(1, Ordering::Relaxed));
        let seed = shared.services.origin.get() ^ (u64::from(channel.get()) << 32);
        let revision = document.head();
        let name = record.name;
        let unix_start =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let subscribers_max = shared.subscribers_max;
        let opened = Opened {
            id,
            epoch,
            access,
            name,
            document,
            snapshot,
            channel,
            origin: shared.services.origin,
            seed,
            unix_start,
            subscribers_max,
        };
        let state = DocumentState::new(opened);
        let services = shared.services.clone();
        let (actor, handle) = Actor::new(id, epoch, state, services, subscription);
        let retire = Retire { id, slot: Arc::downgrade(slot), shared: Arc::downgrade(shared) };
        shared.tasks.spawn(actor.run(retire, shared.stop.clone()));
        tracing::debug!(doc = %id, %revision, "document opened");
        Ok(handle)
    }
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot out, unless another has taken its place.
    fn forget(&self, id: DocumentId, slot: &Arc<Slot>) {
        let mut slots = self.slots();
        if slots.get(&id).is_some_and(|current| Arc::ptr_eq(current, slot)) {
            slots.remove(&id);
        }
    }

    fn handles(&self) -> Vec<DocumentHandle> {
        self.slots().values().filter_map(|slot| slot.get().cloned()).collect()
    }
}

/// With this a document's task takes it out of the registry.
pub(crate) struct Retire {
    id: DocumentId,
    slot: Weak<Slot>,
    shared: Weak<Shared>,
}

impl Retire {
    pub(crate) fn now(&self) {
        if let (Some(shared), Some(slot)) = (self.shared.upgrade(), self.slot.upgrade()) {
            shared.forget(self.id, &slot);
        }
    }
}

fn open_error(error: LogError) -> OpenError {
    match error {
        LogError::NotFound => OpenError::NotFound,
        error => OpenError::Unavailable(error.to_string()),
    }
}

fn load_error(id: DocumentId, error: LoadError) -> OpenError {
    match error {
        LoadError::Log(error) => open_error(error),
        broken @ (LoadError::Broken { .. } | LoadError::NotYet { .. }) => {
            tracing::error!(doc = %id, error = %broken, "document cannot be loaded");
            OpenError::Unavailable(broken.to_string())
        }
    }
}

/// One question a second for all open documents: has another server moved any of them on?
async fn poll_heads(shared: Weak<Shared>, stop: CancellationToken) {
    let mut polled = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL_ALONE) => {}
            () = stop.cancelled() => return,
        }
        let Some(shared) = shared.upgrade() else { return };
        if shared.services.bus.is_connected() && polled.elapsed() < POLL_INTERVAL {
            continue;
        }
        polled = Instant::now();
        let handles = shared.handles();
        if handles.is_empty() {
            continue;
        }
        let handles: BTreeMap<_, _> = handles.iter().map(|handle| (handle.id(), handle)).collect();
        let ids: Vec<_> = handles.keys().copied().collect();
        match shared.services.log.heads(&ids).await {
            Ok(heads) => {
                for head in heads {
                    let handle = handles.get(&head.document);
                    if let Some(handle) = handle.filter(|it| it.is_behind(&head)) {
                        handle.try_send(Command::Head { head });
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "asking for the heads"),
        }
    }
}
