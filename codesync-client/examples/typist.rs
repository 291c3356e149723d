//! A client without a screen: types numbered words into a document and says which are kept.
//!
//! ```text
//! cargo run -p codesync-client --example typist -- LINK FOLDER PREFIX COUNT
//! ```
//!
//! Every word goes to a place of its own in the text, so that edits of several typists meet. After
//! each one it prints `kept N` once the word is on this disk; with all of them saved on the server
//! it prints `saved` and ends. Killed at any moment and started again with the same folder, it
//! first sends what the last run could not.

use codesync_client::core::client::State;
use codesync_client::core::{Encoding, TextEdit};
use codesync_client::{Link, Outbox, Session, SessionConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [link, folder, prefix, count] = arguments.as_slice() else {
        return Err("wanted: LINK FOLDER PREFIX COUNT".into());
    };
    let link: Link = link.parse()?;
    let count: usize = count.parse()?;
    let document = link.document;
    let mut session = Session::start(SessionConfig {
        server: link.server,
        name: format!("typist {prefix}"),
        token: None,
        outbox: Some(Outbox::at(folder)),
    });
    session.open(document)?;
    while state(&session, document)? == State::Loading {
        session.next().await;
    }
    println!("open");

    for n in 0..count {
        let replica = session.document(document).ok_or("the document is open")?;
        let text = replica.text();
        // Somewhere between two words, and somewhere else each time.
        let mut place = (n * 7919) % (text.len() + 1);
        while place > 0 && text.char_at(place - 1) != Some(' ') {
            place -= 1;
        }
        let word = format!("{prefix}-{n} ");
        let edit = TextEdit { range: place..place, text: word };
        session.edit(document, &[edit], Encoding::Scalar)?;
        session.flushed().await?;
        println!("kept {n}");
        // What has come meanwhile is taken in without waiting for more.
        while let Ok(_event) = tokio::time::timeout(std::time::Duration::ZERO, session.next()).await
        {
        }
    }
    while state(&session, document)? != State::Synchronized {
        session.next().await;
    }
    println!("saved");
    Ok(())
}

fn state(
    session: &Session,
    document: codesync_client::core::DocumentId,
) -> Result<State, &'static str> {
    Ok(session.document(document).ok_or("the document is open")?.status().state)
}
