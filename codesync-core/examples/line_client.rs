//! The smallest client that is of use: each line of input becomes a line of a shared document, and
//! what others write is printed.
//!
//!     cargo run -p codesync-core --example line_client               # serves, and prints where
//!     cargo run -p codesync-core --example line_client 127.0.0.1:PORT   # joins the first
//!     printf 'one\ntwo\n' | cargo run -p codesync-core --example line_client
//!
//! It serves as long as its own input lasts.
//!
//! It has no clock to speak of and gives up when the socket does; `custom_transport` shows both.

#[path = "shared/pipe.rs"]
mod pipe;
#[path = "shared/tiny_server.rs"]
mod tiny_server;

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;
use std::{error, io, process, thread};

use codesync_core::client::{Connection, ConnectionConfig, Event, OpenDocument, Output};
use codesync_core::{ClientId, DocumentId, Encoding, TextEdit};

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);

enum News {
    Line(String),
    EndOfInput,
    Frame(Vec<u8>),
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let server = std::env::args().nth(1).map_or_else(serve, Ok)?;
    let mut socket = TcpStream::connect(&server)?;
    let (sender, news) = mpsc::channel();
    let (mut reader, frames) = (socket.try_clone()?, sender.clone());
    thread::spawn(move || {
        while let Ok(frame) = pipe::read_frame(&mut reader) {
            frames.send(News::Frame(frame)).ok();
        }
    });

    let now = Duration::ZERO;
    let mut connection = Connection::new(ConnectionConfig::default());
    let mut id = [0; 16];
    id[..4].copy_from_slice(&process::id().to_le_bytes()); // Real clients take random bytes.
    connection.open(now, OpenDocument { document: DOCUMENT, client: ClientId::from_bytes(id) });
    let mut input = Some(sender);
    let mut is_done = false;
    loop {
        while let Some(output) = connection.poll_output() {
            match output {
                Output::Connect => connection.handle_connected(now),
                Output::Send(frame) => pipe::write_frame(&mut socket, &frame)?,
                Output::Event(Event::Opened { text, .. }) => {
                    print!("{text}");
                    // Lines are read when there is a text to put them into.
                    input.take().map(|sender| thread::spawn(move || read_lines(&sender)));
                }
                Output::Event(Event::Changed { edits, .. }) => {
                    edits.iter().for_each(|edit| print!("{}", edit.text));
                }
                Output::Disconnect => return Err("the server is gone".into()),
                Output::Save { .. } | Output::Compact { .. } | Output::Event(_) => {}
            }
        }
        let replica = connection.document(DOCUMENT).expect("it is open");
        if is_done && replica.status().unsaved_edits == 0 {
            eprintln!(
                "saved {} lines, revision {}",
                replica.text().len_lines() - 1,
                replica.revision()
            );
            return Ok(());
        }
        match news.recv()? {
            News::Frame(frame) => connection.handle_frame(now, &frame)?,
            News::Line(line) => {
                let end = replica.text().len();
                let edit = TextEdit { range: end..end, text: line + "\n" };
                connection.edit(now, DOCUMENT, &[edit], Encoding::Scalar)?;
            }
            News::EndOfInput => is_done = true,
        }
    }
}

fn read_lines(sender: &mpsc::Sender<News>) {
    for line in io::stdin().lines().map_while(Result::ok) {
        sender.send(News::Line(line)).ok();
    }
    sender.send(News::EndOfInput).ok();
}

/// Serves an empty document from this process.
fn serve() -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?.to_string();
    eprintln!("others join with: cargo run -p codesync-core --example line_client {address}");
    pipe::serve(listener, "");
    Ok(address)
}
