//! Servers that people are spread over: one by itself, or several on the same services.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::machine::{self, Cores};
use crate::rest;
use crate::server::{Program, Server};
use crate::services::Place;

/// One server, or several at one place. They are killed with the value, and the place removed.
pub struct Fleet {
    // Killed before the place goes.
    servers: Vec<Server>,
    place: Option<Arc<Place>>,
}

impl From<Server> for Fleet {
    fn from(server: Server) -> Self {
        Self { servers: vec![server], place: None }
    }
}

impl Fleet {
    /// Starts `count` servers at a place: what is built in, or the program in `file`.
    ///
    /// # Errors
    ///
    /// If one of them does not start.
    pub async fn start(
        place: Arc<Place>,
        count: usize,
        file: Option<PathBuf>,
        cores: Cores,
    ) -> Result<Self> {
        let mut servers = Vec::with_capacity(count);
        for _ in 0..count {
            let program = Program::Instance { file: file.clone(), place: place.variables() };
            servers.push(Server::start(program, cores).await?);
        }
        Ok(Self { servers, place: Some(place) })
    }

    /// Where person `number` goes.
    ///
    /// # Panics
    ///
    /// If there is no server at all.
    #[must_use]
    pub fn address(&self, number: usize) -> SocketAddr {
        self.servers[number % self.servers.len()].address()
    }

    /// Where each server listens.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.servers.iter().map(Server::address)
    }

    /// Processor time that all servers have used so far.
    #[must_use]
    pub fn cpu(&self) -> Option<Duration> {
        self.servers.iter().map(Server::cpu).sum()
    }

    /// Memory that all servers hold now, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> Option<u64> {
        self.servers.iter().map(Server::resident_bytes).sum()
    }

    /// Processor time that the database has used so far, if there is one beside the servers.
    #[must_use]
    pub fn database_cpu(&self) -> Option<Duration> {
        machine::family_cpu(self.place.as_ref()?.postmaster()?)
    }

    /// What the servers at a place count under a name, all of them together.
    ///
    /// # Errors
    ///
    /// If one does not tell.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let mut sum = 0.0;
        for server in &self.servers {
            sum += rest::metric(server.admin()?, name).await?;
        }
        Ok(sum)
    }
}
