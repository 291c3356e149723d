//! Why something was refused: stable numbers for programs, a sentence for people.
//!
//! A number that was once given out keeps its meaning for ever; a retired one is not given out
//! again. 1xx concern a connection, 2xx a join, 3xx a submission.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Defines the codes with their numbers and sentences, so that the two cannot drift apart.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal, $sentence:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!($sentence, ".")]
                $variant,
            )*
            /// A number that this version does not know. Final, and explained by its message.
            Unknown(u16),
        }

        impl $name {
            /// Every code that this version knows.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The stable number.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $($name::$variant => $number,)*
                    $name::Unknown(number) => number,
                }
            }

            /// The code with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Self {
                match number {
                    $($number => $name::$variant,)*
                    _ => $name::Unknown(number),
                }
            }

            /// What it means, for people: one sentence without a full stop.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $($name::$variant => $sentence,)*
                    $name::Unknown(_) => "the server refused for a reason this version does not know",
                }
            }
        }

        impl fmt::Display for $name {
            /// `the document is busy (310)`
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} ({})", self.sentence(), self.number())
            }
        }
    };
}

codes! {
    /// Why a connection, a join or a submission was refused.
    RejectCode {
        VersionUnsupported = 100, "the server speaks another version of the protocol";
        HelloExpected = 101, "the first message of a connection must be hello";
        MalformedFrame = 102, "the frame could not be read";
        FrameTooLarge = 103, "the frame is longer than the server takes";
        NameTooLong = 104, "the name is too long";
        NotAuthenticated = 105, "the server wants to know who you are";
        TooManyMessages = 106, "too many messages in a short time";
        ShuttingDown = 107, "the server is going down and will be back";
        InternalError = 108, "something went wrong inside the server";
        SessionEnded = 109, "the login has ended";
        TooManyConnections = 110, "too many connections at once";

        DocumentNotFound = 200, "there is no such document, or you may not see it";
        RevisionAhead = 201, "the client knows a revision that the server has not reached";
        TooManyDocuments = 202, "too many documents are joined on one connection";
        ClientIdTaken = 203, "this client id belongs to somebody else";
        DocumentUnavailable = 204, "the document cannot be loaded at the moment";
        DocumentDeleted = 205, "the document was deleted";
        AccessWithdrawn = 206, "you may not see this document any longer";
        TooManyPeople = 207, "too many people are in this document";

        UnknownChannel = 300, "the document was not joined on this connection";
        StaleSeq = 301, "an older submission came after a newer one";
        SeqGap = 302, "a submission before this one is missing";
        FutureBase = 303, "the edit is made for a revision that does not exist yet";
        BaseTooOld = 304, "the edit is made for a revision that is no longer kept";
        MalformedOperation = 305, "the edit does not fit the text it is made for";
        OperationTooLarge = 306, "the edit is larger than the server takes at once";
        TooManyComponents = 307, "the edit changes too many places at once";
        CarriageReturn = 308, "the edit inserts a carriage return, which no document holds";
        DocumentTooLarge = 309, "the document would become too large";
        Busy = 310, "the document is busy";
        RateLimited = 311, "too many edits in a short time";
        ReadOnly = 312, "you may read this document but not change it";
    }
}

impl RejectCode {
    /// Whether the same request may succeed later, without anything being changed in it.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::TooManyMessages
                | Self::ShuttingDown
                | Self::InternalError
                | Self::TooManyConnections
                | Self::DocumentUnavailable
                | Self::TooManyPeople
                | Self::Busy
                | Self::RateLimited
        )
    }

    /// Whether another token is what it takes: the connection is refused until the person has
    /// shown, perhaps again, who he is.
    #[must_use]
    pub const fn is_about_login(self) -> bool {
        matches!(self, Self::NotAuthenticated | Self::SessionEnded)
    }
}

/// On the wire a code is its number, so that a newer server can send one that we do not know.
impl Serialize for RejectCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for RejectCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self::from_number)
    }
}

codes! {
    /// Why a WebSocket was closed: the private codes 4000 to 4099 of RFC 6455, section 7.4.2.
    CloseCode {
        ProtocolError = 4000, "the client broke the protocol";
        FrameTooLarge = 4001, "a frame was longer than the server takes";
        VersionUnsupported = 4002, "the server speaks another version of the protocol";
        NotAuthenticated = 4003, "the server wants to know who you are";
        SessionEnded = 4004, "the login has ended";
        TooManyMessages = 4005, "too many messages in a short time";
        TooSlow = 4006, "the client did not read what it was sent";
        Silent = 4007, "nothing was heard from the client";
        GoingAway = 4008, "the server is going down and will be back";
        TooManyConnections = 4009, "too many connections";
        HelloTimeout = 4010, "no hello came in time";
        InternalError = 4011, "something went wrong inside the server";
    }
}

impl CloseCode {
    /// Whether connecting again without any change can help.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::VersionUnsupported | Self::NotAuthenticated | Self::SessionEnded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_its_number_and_no_number_is_given_twice() {
        for (index, code) in RejectCode::ALL.iter().enumerate() {
            assert_eq!(RejectCode::from_number(code.number()), *code);
            assert!(RejectCode::ALL[..index].iter().all(|other| other.number() < code.number()));
        }
        for (index, code) in CloseCode::ALL.iter().enumerate() {
            assert_eq!(CloseCode::from_number(code.number()), *code);
            assert!((4000..4100).contains(&code.number()));
            assert!(CloseCode::ALL[..index].iter().all(|other| other.number() < code.number()));
        }
    }

    #[test]
    fn an_unknown_number_is_kept_and_final() {
        let code = RejectCode::from_number(999);
        assert_eq!(code, RejectCode::Unknown(999));
        assert_eq!(code.number(), 999);
        assert!(!code.is_retryable());
    }
}
