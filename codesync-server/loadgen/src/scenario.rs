//! The kinds of run.

pub mod batching;
pub mod fanout;
pub mod hot;
pub mod idle;
pub mod join;
pub mod kill;
pub mod offline_merge;
pub mod open;
pub mod past;
pub mod text_size;
pub mod throughput;
pub mod visibility;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::fleet::Fleet;
use crate::machine::Cores;
use crate::server::{Program, Server};
use crate::services::{Place, Services};

/// What all kinds of run share.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What is measured.
    pub program: Program,
    /// What several servers share.
    pub services: Services,
    /// Where it runs.
    pub cores: Cores,
    /// For how long people type in one run.
    pub typing: Duration,
    /// How often a run is repeated; what is said is the median.
    pub rounds: usize,
    /// Where chance comes from.
    pub seed: u64,
}

impl Setting {
    /// Starts the server that is measured.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn server(&self) -> Result<Server> {
        Server::start(self.program.clone(), self.cores).await
    }

    /// Starts the same with its log in memory, if it is the one that is built in.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn in_memory(&self) -> Result<Option<Server>> {
        match self.program {
            Program::Durable => Ok(Some(Server::start(Program::InMemory, self.cores).await?)),
            _ => Ok(None),
        }
    }

    /// Makes a place on the services and starts so many servers there.
    ///
    /// # Errors
    ///
    /// If there is no such place, or they do not start.
    pub async fn fleet(&self, count: usize) -> Result<Fleet> {
        self.fleet_at(Arc::new(self.services.place().await?), count).await
    }

    /// Starts so many servers at a place.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub async fn fleet_at(&self, place: Arc<Place>, count: usize) -> Result<Fleet> {
        let file = match &self.program {
            Program::Durable => None,
            Program::Binary(file) => Some(file.clone()),
            _ => bail!("a server that was started elsewhere cannot be told where to work"),
        };
        Fleet::start(place, count, file, self.cores).await
    }
}
