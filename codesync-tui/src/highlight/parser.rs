//! What the engine needs of a language.

use super::Span;

/// Reads a text line by line. A state is all that earlier lines tell about the next one, so equal
/// states lead to equal colours.
pub(crate) trait Parser {
    type State: Clone + Eq;

    /// The state before the first line.
    fn start(&self) -> Self::State;

    /// Reads a line, which ends in its line feed, and returns its spans, counted from its
    /// beginning and in order.
    fn read(&self, state: &mut Self::State, line: &str) -> Vec<Span>;
}
