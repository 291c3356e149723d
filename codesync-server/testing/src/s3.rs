//! An S3 server in memory: moto, which knows versions, conditions and multipart uploads.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::guard::{Guard, Signal};
use crate::{port, programs};

/// An S3 server of one's own, which ends when this is dropped.
#[derive(Debug)]
pub struct S3 {
    guard: Guard,
    port: u16,
}

impl S3 {
    pub fn start() -> Result<Self> {
        let mut s3 = Self { guard: Guard::new("s3")?, port: port::free()? };
        s3.restart()?;
        Ok(s3)
    }

    /// Starts it again after [`end`](Self::end), with nothing in it.
    pub fn restart(&mut self) -> Result<()> {
        let port = self.port;
        let words: [OsString; 5] = [
            programs::moto()?.into(),
            "-H".into(),
            "127.0.0.1".into(),
            "-p".into(),
            port.to_string().into(),
        ];
        self.guard.start(words, Signal::Terminate, || answers(port))
    }

    /// Where it keeps its files and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.guard.folder()
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /moto-api/ HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(" 200 "))
}
