//! The server as the generator contains it, so that one command measures what was just built.
//!
//! It is put together from the server's own library. With its log in memory it is what the numbers
//! of the durable one are compared with; configured as the binary is, it is one of several that
//! share services.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use async_trait::async_trait;
use clap::{Args, ValueEnum};
use codesync_core::DocumentId;
use codesync_server::access::AccessTable;
use codesync_server::bus::in_process::InProcessBus;
use codesync_server::config::Config;
use codesync_server::config::flags::Flags;
use codesync_server::config::reach::Reach;
use codesync_server::config::source::Environment;
use codesync_server::db::documents::{
    DocumentChange, DocumentRecord, Documents, ListedDocument, Listing, NewDocument,
};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::document::registry::{Registry, Stores};
use codesync_server::embedded::{self, Options};
use codesync_server::history::past::Past;
use codesync_server::http::exports::Exports;
use codesync_server::http::{self, Http};
use codesync_server::ids::UserId;
use codesync_server::oplog::LogError;
use codesync_server::oplog::archive::ArchivedLog;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::people::{People, Together};
use codesync_server::server::{self, Tuning};
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::telemetry::{self, LogFormat};
use codesync_server::ws::{self, SocketLimits, Sockets};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::server::end_with_parent;

/// How the contained server is started.
#[derive(Args, Debug)]
pub struct Host {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    messages_per_second: u32,
    #[arg(long, value_enum)]
    log: Log,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Log {
    Sqlite,
    Memory,
    /// As the variables of the environment say.
    Configured,
}

impl Host {
    /// Serves until it is killed.
    ///
    /// # Errors
    ///
    /// If it cannot start.
    pub fn run(self) -> Result<()> {
        end_with_parent();
        telemetry::start(LogFormat::default(), "warn")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match self.log {
                Log::Sqlite => self.serve_durable().await,
                Log::Memory => self.serve_in_memory().await,
                Log::Configured => self.serve_configured().await,
            }
        })
    }

    fn limits(&self) -> SocketLimits {
        SocketLimits {
            messages_per_second: self.messages_per_second,
            messages_burst: self.messages_per_second.saturating_mul(2),
            ..SocketLimits::default()
        }
    }

    async fn serve_durable(&self) -> Result<()> {
        let sockets = self.limits();
        let options = Options { port: self.port, sockets, ..Options::new(&self.data) };
        let server = embedded::bind(options).await?;
        println!("http://localhost:{}", server.address().port());
        server.run(CancellationToken::new()).await;
        Ok(())
    }

    async fn serve_configured(&self) -> Result<()> {
        let data = self.data.to_str().context("the folder's name is not Unicode")?;
        let (port, messages) = (self.port.to_string(), self.messages_per_second.to_string());
        let flags = [("data", data), ("port", &port), ("messages-per-second", &messages)];
        let config = Config::read(&Flags::of(flags), &Environment::of_process())?;
        let server = server::bind(config, Tuning::default()).await?;
        println!("http://localhost:{}", server.address().port());
        server.run(CancellationToken::new()).await;
        Ok(())
    }

    async fn serve_in_memory(&self) -> Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await?;
        let list =
            Database::open_file(&self.data.join("list.sqlite3"), SqliteOptions::default()).await?;
        let log = Arc::new(MemoryLog::default());
        let snapshots = Arc::new(MemorySnapshots::default());
        let versions = Arc::new(list.clone());
        let archived = ArchivedLog::new(list.clone(), snapshots.clone());
        let past = Past::new(list.clone(), archived, snapshots.clone());
        let documents = Arc::new(Listed { list: list.clone(), log: log.clone() });
        let stores = Stores {
            log: log.clone(),
            documents: documents.clone(),
            snapshots,
            versions: versions.clone(),
            bus: Arc::new(InProcessBus::default()),
        };
        let bus = stores.bus.clone();
        let People { auth, accounts, limits } = People::of_machine();
        let people_max = self.limits().people_per_document;
        let registry = Registry::new(stores, 1, people_max);
        let sockets = Sockets::new(registry.clone(), auth.clone(), bus.clone(), self.limits());
        let draining = Arc::new(AtomicBool::new(false));
        let (database, reach) = (list, Arc::new(Reach::MACHINE));
        let rights = Together::default().rights(documents.clone());
        let http = Http {
            documents,
            rights,
            log,
            registry,
            versions,
            past,
            draining,
            database,
            bus,
            auth,
            accounts,
            limits,
            exports: Exports::default(),
        };
        let router = http::protect(http::router(http).merge(ws::router(sockets)), reach);
        println!("http://localhost:{}", listener.local_addr()?.port());
        http::serve::serve(listener, router, CancellationToken::new()).await;
        Ok(())
    }
}

/// The list of documents as ever, their logs in memory.
struct Listed {
    list: Database,
    log: Arc<MemoryLog>,
}

#[async_trait]
impl Documents for Listed {
    async fn create(&self, document: NewDocument) -> Result<DocumentRecord, LogError> {
        let (id, entries) = (document.id, document.entries.clone());
        let record = self.list.create(document).await?;
        self.log.create(id, entries);
        Ok(record)
    }

    async fn find(&self, id: DocumentId) -> Result<DocumentRecord, LogError> {
        self.list.find(id).await
    }

    async fn list(&self, listing: Listing) -> Result<Vec<ListedDocument>, LogError> {
        self.list.list(listing).await
    }

    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError> {
        self.list.change(id, change).await
    }

    async fn access(&self, id: DocumentId, users: &[UserId]) -> Result<AccessTable, LogError> {
        self.log.access_now(id, users)
    }
}
