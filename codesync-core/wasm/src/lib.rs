//! `codesync-core` for JavaScript: the same calls, with offsets in UTF-16 code units.
//!
//! The one class is `Connection`. A driver calls it with what happened (a key, a frame, a timer), drains
//! `pollOutput` until it answers `undefined`, and carries out what it was told. Documents and clients
//! travel as their usual text forms, moments as milliseconds since a moment the driver chose
//! (`performance.now()`), bytes as `Uint8Array`, everything else as the plain objects that
//! `shapes` describes to TypeScript.
//!
//! No rule lives here. What a peer or a caller can get wrong comes out as a JavaScript `Error`.

#![forbid(unsafe_code)]

mod connection;
mod output;
mod shapes;

pub use connection::Connection;
