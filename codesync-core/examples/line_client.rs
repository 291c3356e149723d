//! The smallest client that is of use: each line of input becomes a line of a shared document, and
//! what others write is printed.
//!
//! ```text
//! cargo run -p codesync-core --example line_client               # serves, and prints where
//! cargo run -p codesync-core --example line_client 127.0.0.1:PORT   # joins the first
//! printf 'one\ntwo\n' | cargo run -p codesync-core --example line_client
//! ```
//!
//! The first one serves as long as its own input lasts.
//!
//! It has no clock to speak of and gives up when the socket does; `custom_transport` shows both.

#[path = "shared/pipe.rs"]
mod pipe;

use std::sync::mpsc;
use std::{env, error, io, process, thread, time};

use codesync_core::client::{Connection, ConnectionConfig, Event, OpenDocument, Output};
use codesync_core::{ClientId, DocumentId, Encoding, TextEdit};

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const NOW: time::Duration = time::Duration::ZERO;

/// What comes in; `None` is the end of it.
enum News {
    Line(Option<String>),
    Frame(Option<Vec<u8>>),
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let serve_here = || pipe::serve("").map(|address| address.to_string());
    let server = env::args().nth(1).map_or_else(serve_here, Ok)?;
    eprintln!("others join with: cargo run -p codesync-core --example line_client {server}");
    let (sender, news) = mpsc::channel();
    let mut socket = pipe::connect(&server, sender.clone(), News::Frame)?;

    let id = u128::from(process::id()).to_be_bytes(); // Real clients take random bytes.
    let mut connection = Connection::new(ConnectionConfig::default());
    connection.open(NOW, OpenDocument { document: DOCUMENT, client: ClientId::from_bytes(id) });
    let (mut input, mut is_done) = (Some(sender), false);
    loop {
        while let Some(output) = connection.poll_output() {
            match output {
                Output::Connect => connection.handle_connected(NOW),
                Output::Send(frame) => pipe::write_frame(&mut socket, &frame)?,
                Output::Event(Event::Opened { text, .. }) => {
                    print!("{text}");
                    // Lines are read when there is a text to put them into.
                    input.take().map(|sender| thread::spawn(move || read_lines(&sender)));
                }
                Output::Event(Event::Changed { edits, .. }) => {
                    edits.iter().for_each(|edit| print!("{}", edit.text));
                }
                Output::Disconnect => return Err("the server does not answer".into()),
                Output::Save { .. } | Output::Compact { .. } | Output::Event(_) => {}
            }
        }
        let replica = connection.document(DOCUMENT).expect("it is open");
        if is_done && replica.status().unsaved_edits == 0 {
            eprintln!("saved at revision {}", replica.revision());
            return Ok(());
        }
        match news.recv()? {
            News::Frame(Some(frame)) => connection.handle_frame(NOW, &frame)?,
            News::Frame(None) => return Err("the server is gone".into()),
            News::Line(Some(line)) => {
                let end = replica.text().len();
                let edit = TextEdit { range: end..end, text: line + "\n" };
                connection.edit(NOW, DOCUMENT, &[edit], Encoding::Scalar)?;
            }
            News::Line(None) => is_done = true,
        }
    }
}

fn read_lines(news: &mpsc::Sender<News>) {
    let mut lines = io::stdin().lines().map_while(Result::ok).map(Some).chain([None]);
    // Nobody listens any more when the server is gone.
    let _ = lines.try_for_each(|line| news.send(News::Line(line)));
}
