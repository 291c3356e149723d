//! A wire on which things go wrong: a TCP proxy on the loopback interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::resp::Answers;

const CHUNK_BYTES: usize = 16 * 1024;
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What goes wrong on a wire at the moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Weather {
    /// Each chunk takes so much longer.
    pub(crate) delay: Duration,
    /// Every request is answered with status 500.
    pub(crate) fails: bool,
    /// What others published through Redis never arrives.
    pub(crate) loses_messages: bool,
    /// How often all connections were cut, and how often in the middle of a frame.
    cuts: u64,
    tears: u64,
}

/// What is spoken on a wire, as far as it matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Speech {
    Redis,
    Other,
}

/// Where a wire leads: to the first of these that listens. They may change.
pub(crate) type Targets = watch::Receiver<Vec<SocketAddr>>;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    lost: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(speech: Speech, targets: Targets) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let weather = watch::Sender::new(Weather::default());
        let lost = Arc::new(AtomicU64::new(0));
        let (changes, counter) = (weather.subscribe(), lost.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let wire = Wire { speech, weather: changes.clone(), lost: counter.clone() };
                tokio::spawn(wire.carry(client, targets.clone()));
            }
        });
        Ok(Self { address, weather, lost })
    }

    /// A wire that leads to one place.
    pub(crate) async fn to(speech: Speech, target: SocketAddr) -> Result<Self> {
        Self::start(speech, watch::Sender::new(vec![target]).subscribe()).await
    }

    /// Changes the weather from now on.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    /// Ends every connection.
    pub(crate) fn cut(&self) {
        self.set(|weather| weather.cuts += 1);
    }

    /// Ends every connection in the middle of the next thing that is sent through it.
    pub(crate) fn tear(&self) {
        self.set(|weather| weather.tears += 1);
    }

    /// Messages of Redis that were lost here.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Wire {
    speech: Speech,
    weather: watch::Receiver<Weather>,
    lost: Arc<AtomicU64>,
}

impl Wire {
    async fn carry(mut self, client: TcpStream, targets: Targets) {
        self.weather.mark_unchanged();
        let now = *self.weather.borrow();
        if now.fails {
            // Whoever asked may hang up before.
            let _ = refuse(client).await;
            return;
        }
        let Some(server) = connect(&targets).await else { return };
        if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
            return;
        }
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let mut changes = self.weather.clone();
        let cut = changes.wait_for(|weather| weather.cuts != now.cuts || weather.fails);
        tokio::select! {
            () = self.clone().pass(from_client, to_server, now.tears, None) => {}
            () = self.clone().pass(from_server, to_client, now.tears, Some(Answers::default())) => {}
            _ = cut => {}
        }
    }

    /// Passes one direction on until it ends. `answers` is there on the way back.
    async fn pass(
        self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        tears: u64,
        mut answers: Option<Answers>,
    ) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Ok(read @ 1..) = from.read(&mut chunk).await {
            let weather = *self.weather.borrow();
            sleep(weather.delay).await;
            if weather.tears != tears {
                // The other side shall see the first half before the end.
                let _ = to.write_all(&chunk[..read / 2]).await;
                return;
            }
            let written = match &mut answers {
                Some(answers) if self.speech == Speech::Redis => {
                    let (passed, lost) = answers.pass(&chunk[..read], weather.loses_messages);
                    self.lost.fetch_add(lost, Ordering::Relaxed);
                    to.write_all(&passed).await
                }
                _ => to.write_all(&chunk[..read]).await,
            };
            if written.is_err() {
                return;
            }
        }
    }
}

async fn connect(targets: &Targets) -> Option<TcpStream> {
    let targets = targets.borrow().clone();
    for target in targets {
        if let Ok(stream) = TcpStream::connect(target).await {
            return Some(stream);
        }
    }
    None
}

/// Answers an HTTP request with a failure, and hangs up.
async fn refuse(mut client: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let answer =
        b"HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    client.write_all(answer).await
}
