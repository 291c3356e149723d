//! Tokens: how somebody who has logged in goes on proving it.
//!
//! A login gives two. The *access* token ([`access`]) is signed and short-lived and comes with every
//! request; the *refresh* token ([`refresh`]) is a random-looking word that buys the next pair and
//! is itself replaced each time. [`keys`] holds the secrets behind both. Nothing here reads a clock
//! or a database.

pub mod access;
pub mod keys;
pub mod refresh;
