//! How text becomes cells: graphemes, display columns, and the drawing of the visible part.
//!
//! Everything here reads a `Text` and counts; nothing changes it, and nothing knows keys.

pub(crate) mod change;
pub(crate) mod glyph;
pub(crate) mod layout;
pub(crate) mod motion;
pub(crate) mod rows;
pub(crate) mod ruler;
pub(crate) mod search;
pub(crate) mod widget;
