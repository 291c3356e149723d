//! Time: what a document was, who made it so, and what changed in between.
//!
//! The log remembers every operation, so every question about the past has an answer; the rooms
//! here only make the answers cheap. None of them writes to a document: what was becomes again only
//! by a new edit.
//!
//! | room | what lives there |
//! |---|---|
//! | `change` | one operation as the places it changes |
//! | `blame` | who touched each line last |
//! | `timeline` | revisions grouped by person and time |
//! | `patch` | two texts as hunks and as a unified diff |
//! | `past` | answers, out of the log and the snapshots |

pub mod blame;
pub mod change;
pub mod past;
pub mod patch;
pub mod timeline;
