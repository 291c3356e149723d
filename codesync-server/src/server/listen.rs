//! Taking ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::http;

/// A port cannot be had. Each sentence says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(
        "port {port} is in use; stop the program that listens there, or choose another with {flag}"
    )]
    PortInUse { port: u16, flag: &'static str },
    #[error("cannot listen on {address}: {cause}; see {flag}")]
    Other { address: SocketAddr, flag: &'static str, cause: io::Error },
}

/// One port, on one address or two.
#[derive(Debug)]
pub(crate) struct Listeners {
    address: SocketAddr,
    listeners: Vec<TcpListener>,
}

impl Listeners {
    /// Listens on the address and, where that is 127.0.0.1, on ::1 too: browsers try both.
    pub(crate) async fn bind(
        host: IpAddr,
        port: u16,
        flag: &'static str,
    ) -> Result<Self, ListenError> {
        let wanted = SocketAddr::new(host, port);
        let first = bind_one(wanted, flag).await?;
        let address = first.local_addr().map_err(|cause| ListenError::Other {
            address: wanted,
            flag,
            cause,
        })?;
        let mut listeners = vec![first];
        if host == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            let twin = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), address.port());
            match bind_one(twin, flag).await {
                Ok(second) => listeners.push(second),
                Err(error @ ListenError::PortInUse { .. }) => return Err(error),
                Err(error) => tracing::debug!(%error, "no IPv6 on this machine"),
            }
        }
        Ok(Self { address, listeners })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is told to stop.
    pub(crate) fn serve(self, tasks: &mut JoinSet<()>, router: &Router, stop: &CancellationToken) {
        for listener in self.listeners {
            tasks.spawn(http::serve::serve(listener, router.clone(), stop.clone()));
        }
    }
}

async fn bind_one(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse { port: address.port(), flag },
        _ => ListenError::Other { address, flag, cause },
    })
}
