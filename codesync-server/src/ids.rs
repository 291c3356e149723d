//! Names of the people, logins and links that the server knows. Documents, clients and authors are
//! the core's.

use std::fmt;
use std::str::FromStr;

use codesync_core::{DocumentId, ParseIdError};

/// Defines a UUID of its own type, so that no two kinds of name can be taken for each other.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; 16]);

        impl $name {
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }

            /// A new one that nobody can guess.
            pub fn random() -> Result<Self, getrandom::Error> {
                random_uuid().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            /// Reads the one spelling that a document's id has, too.
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse::<DocumentId>().map(|id| Self(id.to_bytes()))
            }
        }
    };
}

uuid_id! {
    /// Somebody who can take part: a person with an account, a guest, or the machine's own user.
    UserId
}

uuid_id! {
    /// One login of a user, from which he can be logged out.
    SessionId
}

uuid_id! {
    /// An invitation to a document that whoever knows its secret may take up.
    LinkId
}

uuid_id! {
    /// A kept or named state of a document.
    VersionId
}

impl UserId {
    /// Whoever sits at the machine of a server without accounts.
    pub const LOCAL: Self = Self([0; 16]);
    /// Whoever is no more: what was made by deleted accounts was made by this one. It lets nobody in.
    pub const ERASED: Self = Self([0xff; 16]);
}

/// 122 random bits in the form of a UUID, version 4.
pub(crate) fn random_uuid() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes())
}
