//! Numbers about this process, for Prometheus.
//!
//! A process has one set of them, as it has one log. What is counted on the way of an edit is an
//! atomic number made before the first edit: counting neither allocates nor locks. What can be
//! asked for when somebody looks ([`Now`]) is not counted at all. Names are documented, with what
//! to do about them, in `docs/operations.md`.

mod histogram;
mod process;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use codesync_core::protocol::RejectCode;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::db::Usage;
use crate::oplog::AppendError;
use histogram::Histogram;
use process::Process;

/// What the exposition format is called.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Routes, methods and answers that are told apart; whatever comes on top is counted together.
/// Routes are a fixed list, so that nobody can fill memory by asking for strange paths.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Failure {
    reason: &'static str,
}

/// The numbers of this process.
pub struct Metrics {
    registry: Registry,
    edits: Counter,
    appends: Histogram,
    batches: Histogram,
    acknowledgements: Histogram,
    conflicts: Counter,
    append_failures: Family<Failure, Counter>,
    rejects: Rejects,
    joins: Counter,
    mismatches: Counter,
    loads: Histogram,
    load_failures: Counter,
    snapshots: Histogram,
    snapshot_failures: Counter,
    snapshot_at: Gauge,
    hints_lost: Counter,
    requests: Family<Request, Counter>,
    request_time: Family<Route, Histogram>,
    now: Gauges,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Route {
    route: String,
}

/// What is so at the moment of looking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    pub sockets: usize,
    pub documents: usize,
    /// Commands that wait for documents, in all and at the busiest.
    pub commands: usize,
    pub commands_busiest: usize,
    pub database: Usage,
    /// Whether other servers can be heard.
    pub bus_connected: bool,
    pub draining: bool,
}

#[derive(Default)]
struct Gauges {
    sockets: Gauge,
    documents: Gauge,
    commands: Gauge,
    commands_busiest: Gauge,
    database_connections: Gauge,
    database_idle: Gauge,
    database_waiting: Gauge,
    bus_connected: Gauge,
    draining: Gauge,
}

/// The numbers of this process.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);
    &METRICS
}

/// From a disk's answer within a page cache to a database that hangs.
const STORE_SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
const BATCH_EDITS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

impl Metrics {
    #[rustfmt::skip]
    fn new() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Process));
        let r = registry.sub_registry_with_prefix("codesync");
        r.register("build", "What this process runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        Self {
            edits: metric(r, "edits_committed", "Edits that this process committed"),
            appends: seconds(r, "append", "Time of an append to the log, successful or not"),
            batches: histogram(r, "append_batch_edits", "Edits in an append", &BATCH_EDITS),
            acknowledgements: seconds(r, "acknowledgement", "Time from an edit's arrival at its document to its commit"),
            conflicts: metric(r, "append_conflicts", "Appends that another server was faster than"),
            append_failures: metric(r, "append_failures", "Appends that failed for another reason"),
            rejects: metric(r, "rejects", "Refusals sent to clients, by their code"),
            joins: metric(r, "joins", "Joins of documents"),
            mismatches: metric(r, "hash_mismatches", "Times that a client's text differed from the server's"),
            loads: seconds(r, "document_load", "Time to read a document from snapshot and log"),
            load_failures: metric(r, "document_load_failures", "Documents that could not be read"),
            snapshots: seconds(r, "snapshot", "Time to keep a snapshot"),
            snapshot_failures: metric(r, "snapshot_failures", "Snapshots that could not be kept"),
            snapshot_at: seconds(r, "snapshot_last_success_timestamp", "When a snapshot was kept last, since 1970"),
            hints_lost: metric(r, "bus_hints_lost", "Times that the bus lost news, which the log then told"),
            requests: metric(r, "http_requests", "Answers by method, route and status"),
            request_time: seconds(r, "http_request", "Time to answer a request, by route"),
            now: Gauges {
                sockets: metric(r, "sockets", "Open sockets"),
                documents: metric(r, "documents_open", "Open documents"),
                commands: metric(r, "document_commands_waiting", "Commands that wait for documents"),
                commands_busiest: metric(r, "document_commands_waiting_max", "Commands that wait for the busiest document"),
                database_connections: metric(r, "database_connections", "Connections of the pool"),
                database_idle: metric(r, "database_connections_idle", "Connections of the pool that nobody uses"),
                database_waiting: metric(r, "database_changes_waiting", "Changes that wait for the database"),
                bus_connected: metric(r, "bus_connected", "1 while other servers can be heard"),
                draining: metric(r, "draining", "1 while the server goes down"),
            },
            registry,
        }
    }

    /// An append came back.
    pub fn appended(&self, entries: usize, took: Duration, answer: &Result<(), AppendError>) {
        self.appends.observe(took.as_secs_f64());
        let reason = match answer {
            Ok(()) => {
                self.edits.inc_by(entries as u64);
                self.batches.observe(entries as f64);
                return;
            }
            Err(AppendError::Conflict { .. }) => {
                self.conflicts.inc();
                return;
            }
            Err(AppendError::OldEpoch) => "old_epoch",
            Err(AppendError::AccessChanged { .. }) => "access_changed",
            Err(AppendError::Unknown(_)) => "unknown",
            Err(AppendError::Full) => "full",
            Err(AppendError::NotFound) => "not_found",
            Err(AppendError::Log(_)) => "unavailable",
        };
        self.append_failures.get_or_create(&Failure { reason }).inc();
    }

    /// An edit that came so long ago is committed.
    pub fn acknowledged(&self, waited: Duration) {
        self.acknowledgements.observe(waited.as_secs_f64());
    }

    /// A client was refused something.
    pub fn rejected(&self, code: RejectCode) {
        self.rejects.count(code);
    }

    pub fn joined(&self) {
        self.joins.inc();
    }

    /// A client says that its text differed from ours.
    pub fn mismatched(&self) {
        self.mismatches.inc();
    }

    /// A document was read, or could not be.
    pub fn loaded(&self, took: Duration, worked: bool) {
        self.loads.observe(took.as_secs_f64());
        if !worked {
            self.load_failures.inc();
        }
    }

    /// A snapshot was kept, or could not be.
    pub fn snapshot(&self, took: Duration, worked: bool) {
        self.snapshots.observe(took.as_secs_f64());
        if worked {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            self.snapshot_at.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        } else {
            self.snapshot_failures.inc();
        }
    }

    pub fn hints_lost(&self) {
        self.hints_lost.inc();
    }

    /// A request was answered. Not on the way of an edit: here a lock is taken for a moment.
    pub(crate) fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let seconds = took.as_secs_f64();
        self.request_time.get_or_create(&Route { route: route.clone() }).observe(seconds);
        self.requests.get_or_create(&Request { method, route, status }).inc();
    }

    /// Everything in the words of Prometheus.
    #[must_use]
    pub fn text(&self, now: Now) -> String {
        let set = |gauge: &Gauge, n: usize| gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
        set(&self.now.sockets, now.sockets);
        set(&self.now.documents, now.documents);
        set(&self.now.commands, now.commands);
        set(&self.now.commands_busiest, now.commands_busiest);
        set(&self.now.database_connections, now.database.connections);
        set(&self.now.database_idle, now.database.idle);
        set(&self.now.database_waiting, now.database.waiting);
        set(&self.now.bus_connected, usize::from(now.bus_connected));
        set(&self.now.draining, usize::from(now.draining));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)
            .expect("writing to a string fails only if a metric of ours does");
        text
    }
}

fn metric<M: Clone + Default + Metric>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn seconds<M: Clone + Default + Metric>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

fn histogram(registry: &mut Registry, name: &str, help: &str, bounds: &'static [f64]) -> Histogram {
    let histogram = Histogram::new(bounds);
    registry.register(name, help, histogram.clone());
    histogram
}

/// A counter for each code, in the codes' order.
#[derive(Clone, Debug)]
struct Rejects(Arc<[AtomicU64]>);

impl Default for Rejects {
    fn default() -> Self {
        Self(RejectCode::ALL.iter().map(|_| AtomicU64::new(0)).collect())
    }
}

impl Rejects {
    fn count(&self, code: RejectCode) {
        let found = RejectCode::ALL.binary_search_by_key(&code.number(), |code| code.number());
        if let Ok(index) = found {
            self.0[index].fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl EncodeMetric for Rejects {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (code, count) in RejectCode::ALL.iter().zip(self.0.iter()) {
            let labels = [("code", snake_case(&format!("{code:?}")))];
            let count = count.load(Ordering::Relaxed);
            let encoder = encoder.encode_family(&labels)?;
            ConstCounter::new(count).encode(encoder)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

/// `ReadOnly` as labels have it: `read_only`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for char in name.chars() {
        if char.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_under_its_name() {
        metrics().rejected(RejectCode::ReadOnly);
        // One that a newer release sends is none of ours.
        metrics().rejected(RejectCode::Unknown(999));
        let text = metrics().text(Now::default());
        assert!(text.contains("codesync_rejects_total{code=\"read_only\"} 1\n"), "{text}");
        assert!(text.contains("codesync_rejects_total{code=\"frame_too_large\"} 0\n"), "{text}");
    }
}
