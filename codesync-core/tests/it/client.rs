//! Clients against a small model server: stories one by one, and then anything at random.

mod random;
mod stories;
mod world;
