//! The protocol over a transport of one's own: frames with their length in front, on TCP, between
//! threads. Two people type a hundred words each at the same place; both end with the same text.
//!
//!     cargo run -p codesync-core --example custom_transport

#[path = "shared/pipe.rs"]
mod pipe;

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use codesync_core::client::{Connection, ConnectionConfig, OpenDocument, Output, State};
use codesync_core::{ClientId, DocumentId, Encoding, TextEdit};

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const WORDS: usize = 100;

/// A driver: a clock, a socket, and a thread that reads it.
struct Driver {
    connection: Connection,
    server: SocketAddr,
    started: Instant,
    socket: Option<(TcpStream, mpsc::Receiver<Option<Vec<u8>>>)>,
}

impl Driver {
    fn open(server: SocketAddr, number: u8) -> Self {
        let config = ConnectionConfig { seed: number.into(), ..ConnectionConfig::default() };
        let mut connection = Connection::new(config);
        let client = ClientId::from_bytes([number; 16]);
        connection.open(Duration::ZERO, OpenDocument { document: DOCUMENT, client });
        let mut driver = Self { connection, server, started: Instant::now(), socket: None };
        driver.drain();
        driver
    }

    fn drain(&mut self) {
        while let Some(output) = self.connection.poll_output() {
            let now = self.started.elapsed();
            match output {
                Output::Connect => {
                    let (news, frames) = mpsc::channel();
                    match pipe::connect(self.server, news, |frame| frame) {
                        Ok(socket) => {
                            self.socket = Some((socket, frames));
                            self.connection.handle_connected(now);
                        }
                        Err(_) => self.connection.handle_disconnected(now),
                    }
                }
                Output::Disconnect => self.socket = None,
                Output::Send(frame) => {
                    let Some((socket, _)) = &mut self.socket else { continue };
                    if pipe::write_frame(socket, &frame).is_err() {
                        self.socket = None;
                        self.connection.handle_disconnected(now);
                    }
                }
                // Nothing is kept here, and nobody looks.
                Output::Save { .. } | Output::Compact { .. } | Output::Event(_) => {}
            }
        }
    }

    /// Waits for the next frame, or until the connection has something to do by itself.
    fn wait(&mut self) {
        let timeout =
            self.connection.poll_timeout().map(|at| at.saturating_sub(self.started.elapsed()));
        let timeout = timeout.unwrap_or(Duration::from_secs(1));
        let frame = match &self.socket {
            Some((_, frames)) => frames.recv_timeout(timeout),
            None => {
                thread::sleep(timeout);
                Err(RecvTimeoutError::Timeout)
            }
        };
        let now = self.started.elapsed();
        match frame {
            Ok(Some(frame)) => {
                if let Err(error) = self.connection.handle_frame(now, &frame) {
                    eprintln!("the server broke the protocol: {error}");
                }
            }
            Err(RecvTimeoutError::Timeout) => self.connection.handle_timeout(now),
            Ok(None) | Err(RecvTimeoutError::Disconnected) => {
                self.socket = None;
                self.connection.handle_disconnected(now);
            }
        }
        self.drain();
    }

    /// Types words until all are saved, and waits until the others' have arrived.
    fn run(mut self, word: &str) -> String {
        let mut typed = 0;
        loop {
            let replica = self.connection.document(DOCUMENT).expect("it was opened");
            let (status, text) = (replica.status(), replica.text());
            let is_saved = status.state == State::Synchronized;
            if typed == WORDS && is_saved && text.len() == 2 * WORDS * word.len() {
                return text.to_string();
            }
            if typed < WORDS && status.state != State::Loading {
                let edit = TextEdit { range: 0..0, text: word.into() };
                let now = self.started.elapsed();
                self.connection
                    .edit(now, DOCUMENT, &[edit], Encoding::Scalar)
                    .expect("there is room for a word");
                typed += 1;
                self.drain();
                // A person waits a moment; here it lets the two of them meet.
                thread::yield_now();
                if typed % 10 != 0 {
                    continue;
                }
            }
            self.wait();
        }
    }
}

fn main() -> std::io::Result<()> {
    let server = pipe::serve("")?;
    let people = [(1, "ana "), (2, "bob ")]
        .map(|(number, word)| thread::spawn(move || Driver::open(server, number).run(word)));
    let [first, second] = people.map(|person| person.join().expect("nobody panics"));
    assert_eq!(first, second);
    assert_eq!(first.matches("ana ").count(), WORDS);
    assert_eq!(first.matches("bob ").count(), WORDS);
    println!("both have the same {} characters over {server}", first.len());
    Ok(())
}
