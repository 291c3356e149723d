//! A Redis server without anything on disk.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::guard::{Guard, Signal};
use crate::{port, programs};

/// A Redis server of one's own, which ends when this is dropped.
#[derive(Debug)]
pub struct Redis {
    guard: Guard,
    port: u16,
}

impl Redis {
    pub fn start() -> Result<Self> {
        let mut redis = Self { guard: Guard::new("redis")?, port: port::free()? };
        redis.restart()?;
        Ok(redis)
    }

    /// Starts it again after [`end`](Self::end), with nothing in it.
    pub fn restart(&mut self) -> Result<()> {
        let (program, port) = (programs::redis()?, self.port);
        let words = [program.as_os_str()].map(ToOwned::to_owned).into_iter();
        let options = format!("--port {port} --bind 127.0.0.1 --appendonly no --save");
        let options: Vec<_> = options.split(' ').map(Into::into).collect();
        let words = words.chain(options).chain([String::new().into(), "--dir".into()]);
        let words = words.chain([self.guard.folder().into()]);
        let words: Vec<_> = words.collect();
        self.guard.start(words, Signal::Terminate, || answers(port))
    }

    /// Where it keeps its files and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.guard.folder()
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it, and its memory with it.
    pub fn end(&mut self, signal: Signal) {
        self.guard.end(signal);
    }

    /// Pauses it or lets it go on.
    pub fn send(&self, signal: Signal) {
        self.guard.send(signal);
    }
}

fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| &answer == b"+PONG")
}
