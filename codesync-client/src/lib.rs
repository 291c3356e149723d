//! The driver around [`codesync_core`]: sockets, timers, a durable outbox, REST.
//!
//! The core knows every rule about text, operations and reconnecting, and does no input or output.
//! This crate gives it a clock, randomness, a WebSocket and a disk:
//!
//! - [`Session`] is a person's connection to one server. Edits go in by plain calls that never
//!   wait; [`Session::next`] brings what others did. It reconnects by itself.
//! - [`Outbox`] keeps what is not yet known to be on the server: every edit is on the disk before
//!   it leaves, survives a killed process, and is sent exactly once.
//! - [`Rest`] is the server's REST interface: documents, people, history, logins.
//! - A [`TokenSource`] says who the person is, on a server with accounts; a [`LoginFile`] keeps a
//!   login from one run to the next.
//! - [`ServerUrl`] and [`Link`] are addresses, checked once.
//!
//! ```text
//!   editor ──▶ Session ──▶ codesync_core::client::Connection
//!                 │ ▲
//!                 ▼ └─────────── socket task ◀──────▶ server
//!           outbox thread ─────────────▲
//!                 └──▶ journal files
//! ```
//!
//! A small editor:
//!
//! ```no_run
//! use codesync_client::{Outbox, Session, SessionConfig, SessionEvent};
//! use codesync_core::{Encoding, TextEdit};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let link: codesync_client::Link =
//!     "http://localhost:3000/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11".parse()?;
//! let mut session = Session::start(SessionConfig {
//!     outbox: Outbox::usual(&link.server),
//!     server: link.server,
//!     name: "Ana".into(),
//!     tokens: None,
//! });
//! session.open(link.document)?;
//! let hello = TextEdit { range: 0..0, text: "hello\n".into() };
//! session.edit(link.document, &[hello], Encoding::Scalar)?;
//! session.flushed().await?; // On this disk now, whatever becomes of the network.
//! loop {
//!     match session.next().await {
//!         SessionEvent::Core(event) => println!("{event:?}"),
//!         other => eprintln!("{other:?}"),
//!     }
//! }
//! # }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod login;
mod outbox;
pub mod places;
mod rest;
mod server_url;
mod session;
mod socket;

pub use codesync_core as core;

pub use login::{
    FileTokens, FixedToken, Keep, LoginFile, LoginTokens, RefreshToken, TokenError, TokenSource,
};
pub use outbox::{About, Outbox};
pub use rest::{
    Account, Arrival, Author, Blame, BlameRun, Committed, Content, Difference, DocumentInfo,
    DocumentPage, DocumentQuery, FileLineEnding, Grant, Health, Hunk, Invitation, Member,
    NewAccount, NewDocument, NewInvitation, Precondition, Rest, RestError, Role, Timeline,
    TimelineGroup, TrashedDocument, Version, VersionPage,
};
pub use server_url::{Link, LinkError, LinkSecret, ServerUrl, ServerUrlError};
pub use session::{DiskState, OpenError, Session, SessionConfig, SessionEvent};
