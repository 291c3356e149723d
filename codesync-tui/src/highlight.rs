//! Syntax colours, found on a thread of their own: no key ever waits for them.
//!
//! ```text
//!   App ──Job (text, what changed, which lines)──▶ Worker ──▶ Engine ──▶ Parser
//!    ▲                                               │
//!    └───────────────── Paint (spans) ◀──────────────┘
//! ```
//!
//! The app keeps the spans it has and moves them along with every edit until fresh ones come. The
//! engine keeps the parser's state before some lines, so that an edit costs the lines it changes.
//! A `Parser` knows one language; ours come from syntect's grammars.

mod engine;
mod grammar;
mod parser;
mod worker;

use std::ops::Range;

use codesync_core::Text;

use crate::editor::change::LineChange;

pub(crate) use worker::{Answer, Worker};

/// What a stretch of text is, as far as colours go.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Token {
    Comment,
    String,
    Escape,
    Number,
    Constant,
    Keyword,
    Type,
    Function,
    Attribute,
    Tag,
    Heading,
    Strong,
    Emphasis,
    Link,
    Inserted,
    Deleted,
    Invalid,
}

impl Token {
    pub(crate) const ALL: [Self; 17] = [
        Self::Comment,
        Self::String,
        Self::Escape,
        Self::Number,
        Self::Constant,
        Self::Keyword,
        Self::Type,
        Self::Function,
        Self::Attribute,
        Self::Tag,
        Self::Heading,
        Self::Strong,
        Self::Emphasis,
        Self::Link,
        Self::Inserted,
        Self::Deleted,
        Self::Invalid,
    ];

    /// Whether it is made of words and what stands between them, and not one word or sign.
    pub(crate) fn is_prose(self) -> bool {
        match self {
            Self::Comment
            | Self::String
            | Self::Heading
            | Self::Strong
            | Self::Emphasis
            | Self::Inserted
            | Self::Deleted => true,
            Self::Escape
            | Self::Number
            | Self::Constant
            | Self::Keyword
            | Self::Type
            | Self::Function
            | Self::Attribute
            | Self::Tag
            | Self::Link
            | Self::Invalid => false,
        }
    }

    /// The word for it in a theme.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::String => "string",
            Self::Escape => "escape",
            Self::Number => "number",
            Self::Constant => "constant",
            Self::Keyword => "keyword",
            Self::Type => "type",
            Self::Function => "function",
            Self::Attribute => "attribute",
            Self::Tag => "tag",
            Self::Heading => "heading",
            Self::Strong => "strong",
            Self::Emphasis => "emphasis",
            Self::Link => "link",
            Self::Inserted => "inserted",
            Self::Deleted => "deleted",
            Self::Invalid => "invalid",
        }
    }
}

/// A stretch of text that is something, in characters. Spans of a text never overlap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) range: Range<usize>,
    pub(crate) token: Token,
}

/// What a text is written in, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Subject {
    /// The language by name, which decides.
    pub(crate) language: Option<String>,
    /// The document's name, whose ending tells otherwise.
    pub(crate) title: String,
}

/// Lines to be coloured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Job {
    /// Counts the texts that the app has had.
    pub(crate) generation: u64,
    pub(crate) text: Text,
    pub(crate) subject: Subject,
    /// What changed since the job before, in order.
    pub(crate) changes: Vec<LineChange>,
    /// Whether the text has nothing to do with that of the job before.
    pub(crate) is_new: bool,
    pub(crate) lines: Range<usize>,
    /// Whether nothing in these lines has a colour yet, so that a good guess helps.
    pub(crate) is_bare: bool,
}

/// Coloured lines.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Paint {
    pub(crate) generation: u64,
    pub(crate) subject: Subject,
    pub(crate) lines: Range<usize>,
    /// In the order of the text that the generation names.
    pub(crate) spans: Vec<Span>,
    /// The language by its own name, if there is one.
    pub(crate) language: Option<String>,
}
