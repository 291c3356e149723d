//! The controls that keep accounts and documents their owners': each test fails without its one.
//!
//! One file for each group of them. What needs no server is tested beside the code.

mod audit;
mod browser;
mod deletion;
mod dependencies;
mod engines;
mod failing;
mod limits;
mod links;
mod matrix;
mod members;
mod operator;
pub(crate) mod passwords;
#[cfg(feature = "cloud")]
mod redis;
mod requests;
mod sessions;
mod slow;
mod sockets;
pub(crate) mod tokens;
mod trash;
