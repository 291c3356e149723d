//! `healthcheck`: asks a running server how it is, and answers with the exit code.
//!
//! Containers have no other program for it. The question is one line of HTTP to this machine
//! itself, and needs no client library.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::config::{Config, Role};

/// Longest time for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// Bytes of an answer that are looked at.
const ANSWER_BYTES_MAX: usize = 4096;

/// The server does not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    #[error("{address} cannot be reached: {cause}")]
    Unreachable { address: SocketAddr, cause: io::Error },
    #[error("{address} does not answer within {ANSWER_MAX:?}")]
    Silent { address: SocketAddr },
    #[error("{address}{path} answers {line:?}, not 200")]
    Answer { address: SocketAddr, path: &'static str, line: String },
}

/// Asks the server that these settings would start: its admin port if it has one, else in public.
///
/// Liveness, not readiness: no restart helps a server whose database is away.
pub async fn ask(config: &Config) -> Result<(), Unhealthy> {
    let (address, path) = match (config.admin, config.role) {
        (Some(admin), _) => (admin, "/livez"),
        (None, Role::WebSocket) => (public(config), "/socket/health"),
        (None, Role::All | Role::Api) => (public(config), "/api/health"),
    };
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    let answer = tokio::time::timeout(ANSWER_MAX, first_line(address, path)).await;
    let answer = answer.map_err(|_| Unhealthy::Silent { address })?;
    let line = answer.map_err(|cause| Unhealthy::Unreachable { address, cause })?;
    if line.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    Err(Unhealthy::Answer { address, path, line })
}

fn public(config: &Config) -> SocketAddr {
    SocketAddr::new(config.listen.host, config.listen.port)
}

/// Where whoever listens to all addresses can be found from here.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    }
}

async fn first_line(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    let mut length = 0;
    while length < answer.len() && !answer[..length].contains(&b'\n') {
        match stream.read(&mut answer[length..]).await? {
            0 => break,
            more => length += more,
        }
    }
    let answer = String::from_utf8_lossy(&answer[..length]);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_this_machine() {
        for (listens, asked) in [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.7", "10.0.0.7")]
        {
            let listens: IpAddr = listens.parse().expect("an address");
            assert_eq!(reachable(listens).to_string(), asked);
        }
    }
}
