//! Proof that the simulation can fail.
