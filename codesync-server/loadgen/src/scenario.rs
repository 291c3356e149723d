//! The kinds of run.

pub mod fanout;
pub mod idle;
pub mod join;
pub mod kill;
pub mod offline_merge;
pub mod text_size;
pub mod throughput;

use std::time::Duration;

use anyhow::Result;

use crate::machine::Cores;
use crate::server::{Program, Server};

/// What all kinds of run share.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What is measured.
    pub program: Program,
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
}
