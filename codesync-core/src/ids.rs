//! Names and numbers that cross function boundaries: who, which document, which revision.
//!
//! Every one is a newtype with a unit in its first sentence. Nothing here knows about text or
//! operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identity of a document: 16 bytes, written as a hyphenated lower-case UUID.
///
/// The core never makes one up (it has no randomness); whoever creates a document passes its bytes.
///
/// ```
/// use codesync_core::DocumentId;
///
/// let id: DocumentId = "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11".parse()?;
/// assert_eq!(id.to_string(), "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11");
/// # Ok::<(), codesync_core::ParseIdError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentId([u8; 16]);

/// Identity of one editing client of one document: 16 random bytes that outlive any socket.
///
/// Chosen by the client (the driver supplies the randomness) and kept beside its unsent work, so
/// that a submission that is sent again after a crash is recognised. Written as 32 hexadecimal
/// digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId([u8; 16]);

/// A text that is not the identifier it was taken for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {expected}, met {met:?}")]
pub struct ParseIdError {
    expected: &'static str,
    met: String,
}

impl ParseIdError {
    fn new(expected: &'static str, met: &str) -> Self {
        Self { expected, met: met.chars().take(80).collect() }
    }
}

impl DocumentId {
    /// The identifier with these bytes, in the order in which a UUID writes them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, in the order in which a UUID writes them.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentId({self})")
    }
}

impl FromStr for DocumentId {
    type Err = ParseIdError;

    /// Reads the hyphenated form only, in either case: one document has one spelling in a path.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || {
            ParseIdError::new("a document id such as 0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11", text)
        };
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(error());
        }
        let id = Uuid::try_parse(text).map_err(|_| error())?;
        Ok(Self(id.into_bytes()))
    }
}

impl ClientId {
    /// The client with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl ClientId {
    /// Another identity for the same copy, which follows from this one and `fresh`.
    ///
    /// The second half stays: the random bits in it keep copies apart. To the first an odd number
    /// is added, so that the result differs from this one whatever `fresh` is, and one `fresh` over
    /// and over leads through all 2⁶⁴ first halves before one comes again.
    #[must_use]
    pub(crate) fn renewed(self, fresh: u64) -> Self {
        let Self(mut bytes) = self;
        let (first, _) = bytes.split_first_chunk_mut::<8>().expect("there are 16 bytes");
        *first = u64::from_le_bytes(*first).wrapping_add(fresh | 1).to_le_bytes();
        Self(bytes)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).as_simple().fmt(f)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({self})")
    }
}

impl FromStr for ClientId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseIdError::new("a client id of 32 hexadecimal digits", text);
        if text.len() != uuid::fmt::Simple::LENGTH {
            return Err(error());
        }
        let id = Uuid::try_parse(text).map_err(|_| error())?;
        Ok(Self(id.into_bytes()))
    }
}

/// Defines a counter: a newtype over an unsigned integer with the same five methods everywhere.
macro_rules! counter {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The smallest value.
            pub const ZERO: Self = Self(0);

            /// The value `n`.
            #[must_use]
            pub const fn new(n: $inner) -> Self {
                Self(n)
            }

            /// The number inside.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The value after this one.
            ///
            /// # Panics
            ///
            /// At the largest value of the integer, which no honest document reaches; what comes
            /// from a peer is checked before it is counted on.
            #[must_use]
            pub const fn next(self) -> Self {
                match self.0.checked_add(1) {
                    Some(n) => Self(n),
                    None => panic!("counter overflow"),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// Number of operations committed to a document since it was created.
    ///
    /// `Revision::ZERO` is the empty document. The entry that leads from `r` to `r + 1` is stored
    /// under `r + 1`.
    Revision(u64)
}

counter! {
    /// Number of a submission among those of one client in one document.
    ///
    /// The first submission is 1; `Seq::ZERO` means "none yet".
    Seq(u64)
}

counter! {
    /// Short number of a client within one document, given out by the document's log from 1 on.
    ///
    /// It stands for a [`ClientId`] wherever 16 bytes would be too many: in every committed entry
    /// and in presence.
    Author(u32)
}

counter! {
    /// Short number of a document on one server process, the same for all of its sockets.
    ///
    /// Valid on the socket on which a join was answered, until that socket closes.
    Channel(u32)
}

impl Revision {
    /// How many revisions `self` is ahead of `earlier`, or `None` if it is behind.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    /// The revision `n` operations later, or `None` past the largest number.
    #[must_use]
    pub const fn checked_add(self, n: u64) -> Option<Self> {
        match self.0.checked_add(n) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

/// Identity of one submission: committed at most once, however often it is sent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct OpId {
    /// Who submitted it.
    pub client: ClientId,
    /// The how-manieth submission of that client.
    pub seq: Seq,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_id_reads_back_what_it_writes() {
        let id = DocumentId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn only_one_spelling_of_a_document_id_is_taken() {
        for text in [
            "",
            "x",
            "0191e5c47c1a7cc398e23f8a61a40e11",
            "{0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11}",
            "../../etc/passwd",
        ] {
            assert!(text.parse::<DocumentId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_client_id_reads_back_what_it_writes() {
        let id = ClientId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11".parse::<ClientId>().is_err());
    }

    #[test]
    fn revisions_count_forward() {
        assert_eq!(Revision::new(7).since(Revision::new(5)), Some(2));
        assert_eq!(Revision::new(5).since(Revision::new(7)), None);
        assert_eq!(Revision::ZERO.next(), Revision::new(1));
    }
}
