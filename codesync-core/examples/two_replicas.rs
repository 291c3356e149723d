//! Two people in one document, without any network: who types what, and what both then see.
//!
//!     cargo run -p codesync-core --example two_replicas

#[path = "shared/tiny_server.rs"]
mod tiny_server;

use std::collections::VecDeque;
use std::time::Duration;

use codesync_core::client::{Connection, ConnectionConfig, OpenDocument, Output};
use codesync_core::{ClientId, DocumentId, Encoding, TextEdit};
use tiny_server::TinyServer;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);

/// One person's connection, and the frames on their way from there.
struct Person {
    connection: Connection,
    frames: VecDeque<Vec<u8>>,
}

impl Person {
    fn new(number: u8, name: &str) -> Self {
        let config =
            ConnectionConfig { name: name.into(), seed: number.into(), ..Default::default() };
        let mut connection = Connection::new(config);
        let client = ClientId::from_bytes([number; 16]);
        connection.open(Duration::ZERO, OpenDocument { document: DOCUMENT, client });
        let mut person = Self { connection, frames: VecDeque::new() };
        person.drain();
        person
    }

    /// Does what the connection asks for: the whole of a driver.
    fn drain(&mut self) {
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Connect => self.connection.handle_connected(Duration::ZERO),
                Output::Send(frame) => self.frames.push_back(frame),
                // Nothing is kept here, and nobody looks.
                Output::Disconnect
                | Output::Save { .. }
                | Output::Compact { .. }
                | Output::Event(_) => {}
            }
        }
    }

    fn types(&mut self, at: usize, text: &str) {
        let edit = TextEdit { range: at..at, text: text.into() };
        self.connection.edit(Duration::ZERO, DOCUMENT, &[edit], Encoding::Scalar).expect("it fits");
        self.drain();
    }

    fn sees(&self) -> String {
        self.connection
            .document(DOCUMENT)
            .map(|replica| replica.text().to_string())
            .unwrap_or_default()
    }
}

/// Carries frames to and fro until there are none.
fn exchange(server: &mut TinyServer, people: &mut [Person]) {
    while let Some(from) = people.iter().position(|person| !person.frames.is_empty()) {
        let frame = people[from].frames.pop_front().expect("there is one");
        for (to, answer) in server.receive(from, &frame).expect("our own frames can be read") {
            people[to].connection.handle_frame(Duration::ZERO, &answer).expect("and so can these");
            people[to].drain();
        }
    }
}

fn main() {
    let mut server = TinyServer::new("The fox jumps over the dog.");
    let mut people = [Person::new(1, "Ana"), Person::new(2, "Bo")];
    exchange(&mut server, &mut people);

    // Both type before either hears of the other.
    people[0].types(4, "quick ");
    people[0].types(10, "brown ");
    people[1].types(23, "lazy ");
    println!("Ana sees  {}", people[0].sees());
    println!("Bo sees   {}", people[1].sees());

    exchange(&mut server, &mut people);
    println!("both see  {}", people[0].sees());
    assert_eq!(people[0].sees(), "The quick brown fox jumps over the lazy dog.");
    assert_eq!(people[0].sees(), people[1].sees());
    assert_eq!(people[0].sees(), server.text());

    people[0].connection.undo(Duration::ZERO, DOCUMENT).expect("she typed something");
    people[0].drain();
    exchange(&mut server, &mut people);
    println!("undone    {}", people[1].sees());
    assert_eq!(people[0].sees(), people[1].sees());
}
