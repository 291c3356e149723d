//! The client's side: documents as one client sees them, and the machine that keeps them in step.
//!
//! A [`Replica`] is one document: its text, what is not acknowledged yet, who else is there, undo.
//! A [`Connection`] holds many replicas and speaks the protocol for them. It outlives any socket:
//! while there is none, editing goes on, and whatever was typed is sent when there is one again.
//!
//! Both are plain state machines. They know no clock, no socket and no disk; a *driver* gives them
//! these. It calls what happened, drains [`poll_output`](Connection::poll_output) and waits for
//! the next thing to happen or for [`poll_timeout`](Connection::poll_timeout):
//!
//! ```text
//!           wishes: edit, undo, set_selections, open, close
//!   user ────────────────────────────────▶ ┌────────────┐ ── Send ───────▶ socket
//!        ◀──────────────── Event ───────── │ Connection │ ── Connect ────▶
//!  clock ── handle_timeout(now) ─────────▶ │            │ ── Save ───────▶ disk
//! socket ── handle_frame, … ─────────────▶ └────────────┘ ── Compact ────▶
//! ```
//!
//! The one law for drivers: **a `Send` leaves only after every `Save` and `Compact` before it is
//! durable.** Then whatever the server acknowledged or may have seen can be restored after a crash
//! ([`journal`]), and is sent again with the same number and the same bytes, so it is committed
//! once. A driver that keeps nothing may ignore `Save` and `Compact`.
//!
//! # One operation in flight
//!
//! A replica sends one operation and composes what is typed meanwhile into a buffer:
//!
//! ```text
//!        confirmed ──outstanding──▶ · ──buffer──▶ local text
//!            │                      │              │
//!         remote                 remote'        remote''
//!            ▼                      ▼              ▼
//!       confirmed' ─outstanding'─▶  · ──buffer'──▶ local text'
//! ```
//!
//! Each square is one [`transform`](crate::transform()). The acknowledgement moves `confirmed` over
//! `outstanding`, and the buffer becomes the next one. What was sent never changes: the *sent*
//! bytes and their base stay beside `outstanding'`, which is only what they have come to mean here.
//!
//! # Keys that go together
//!
//! Where a [`submit_interval`](ConnectionConfig::submit_interval) is chosen, submissions of a document
//! are that far apart, and farther while nobody is there to see them. A first key is sent at once. The
//! next one becomes outstanding without being sent, and what is typed until it may be is composed into
//! it; the journal tells such edits apart. A far server gathers keys by its answers alone; with a near
//! one each key would cost it, the disk and everybody else a frame.

mod backoff;
mod confirmed;
mod connection;
pub mod journal;
mod output;
mod pace;
mod pending;
mod presence;
mod replica;
mod seat;

pub use connection::{
    Connection, ConnectionConfig, EditError, FrameError, OpenDocument, WrongDocument,
};
pub use output::{Cause, ConflictReason, Event, Output};
pub use replica::{Peer, Replica, State, Status};
