//! The refresh token: `{session}.{secret}`, good for one exchange.
//!
//! It is kept as its SHA-256 only. The secret of each exchange is worked out from the server's key,
//! the session and a number that counts exchanges. So an exchange whose answer was lost can be
//! asked for again, with the same outcome, although nobody remembers the answer.
//!
//! ```text
//!   kept:       previous       current
//!               │              │
//!   presented:  again, while   the usual: current becomes previous,
//!               its successor  and a new one current
//!               was not used
//!
//!   anything else was stolen, or its owner was robbed: the session ends for both.
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::ids::SessionId;
use crate::tokens::keys::Keys;

/// How long a session lasts that nobody uses.
pub const IDLE_MAX: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How long a session lasts at most.
pub const SESSION_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long after an exchange its old token still gives the same answer, although the new one is in
/// use already: two windows of one browser share their token and may exchange it at once.
const TOGETHER_MAX: Duration = Duration::from_secs(10);

const PURPOSE: &str = "codesync refresh token";

/// A refresh token as it is handed over. Never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct RefreshToken {
    session: SessionId,
    secret: [u8; 32],
}

/// What is kept of a refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefreshHash([u8; 32]);

/// What of a session's exchanges is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Exchanges {
    pub generation: u64,
    pub current: RefreshHash,
    pub previous: Option<RefreshHash>,
    /// Whether an access token that came with the current one was used.
    pub confirmed: bool,
    /// Milliseconds since 1970, of the last exchange.
    pub exchanged_at: i64,
}

/// What a presented token comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presented {
    Current,
    /// The answer of the last exchange is asked for again.
    Again,
    Stolen,
}

/// The text has not the form of a refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a refresh token")]
pub struct ParseRefreshError;

impl RefreshToken {
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    #[must_use]
    pub fn hash(&self) -> RefreshHash {
        RefreshHash(Sha256::digest(self.secret).into())
    }

    /// The text in which it is handed over.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.session, URL_SAFE_NO_PAD.encode(self.secret))
    }
}

impl FromStr for RefreshToken {
    type Err = ParseRefreshError;

    fn from_str(text: &str) -> Result<Self, ParseRefreshError> {
        let (session, secret) = text.split_once('.').ok_or(ParseRefreshError)?;
        let session = session.parse().map_err(|_| ParseRefreshError)?;
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(secret, &mut bytes);
        match length {
            Ok(32) => Ok(Self { session, secret: bytes }),
            Ok(_) | Err(_) => Err(ParseRefreshError),
        }
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}.***)", self.session)
    }
}

impl RefreshHash {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl Exchanges {
    /// Those of a new session.
    #[must_use]
    pub fn begin(first: &RefreshToken, now: i64) -> Self {
        let (generation, current) = (0, first.hash());
        Self { generation, current, previous: None, confirmed: false, exchanged_at: now }
    }

    /// What becomes of a token that is presented at `now`.
    #[must_use]
    pub fn judge(&self, presented: RefreshHash, now: i64) -> Presented {
        if presented == self.current {
            return Presented::Current;
        }
        let together = i64::try_from(TOGETHER_MAX.as_millis()).unwrap_or(i64::MAX);
        let is_answered = self.confirmed && now.saturating_sub(self.exchanged_at) > together;
        if Some(presented) == self.previous && !is_answered {
            return Presented::Again;
        }
        Presented::Stolen
    }

    /// The state after the current token was exchanged for `next`.
    #[must_use]
    pub fn exchanged(&self, next: &RefreshToken, now: i64) -> Self {
        Self {
            generation: self.generation + 1,
            current: next.hash(),
            previous: Some(self.current),
            confirmed: false,
            exchanged_at: now,
        }
    }
}

impl Keys {
    /// The token that exchange number `generation` of a session gives.
    pub fn refresh_token(&self, session: SessionId, generation: u64) -> RefreshToken {
        self.refresh_tokens(session, generation).next().expect("there is a current key")
    }

    /// The token whose hash is kept, under whichever key it was given out.
    pub fn refresh_token_again(
        &self,
        session: SessionId,
        exchanges: &Exchanges,
    ) -> Option<RefreshToken> {
        self.refresh_tokens(session, exchanges.generation)
            .find(|token| token.hash() == exchanges.current)
    }

    fn refresh_tokens(
        &self,
        session: SessionId,
        generation: u64,
    ) -> impl Iterator<Item = RefreshToken> {
        self.live().iter().map(move |key| {
            let secret = key.code(PURPOSE, &[&session.to_bytes(), &generation.to_be_bytes()]);
            RefreshToken { session, secret }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"5r8HnQxWv2Ck7YtEaJp4MdZbUs9GfLo3";
    const NEW: &[u8] = b"Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o";
    const SESSION: SessionId = SessionId::from_bytes([0x42; 16]);

    fn keys() -> Keys {
        Keys::new(NEW, None).expect("keys")
    }

    #[test]
    fn a_token_reads_back_and_is_printed_without_its_secret() {
        let token = keys().refresh_token(SESSION, 0);
        let text = token.expose();
        assert_eq!(text.parse().as_ref(), Ok(&token));
        let secret = text.split_once('.').expect("two parts").1;
        assert_eq!(secret.len(), 43);
        assert!(!format!("{token:?}").contains(secret));
        let cut = &text[..text.len() - 1];
        let padded = format!("{text}=");
        for wrong in ["", ".", secret, cut, &padded, &format!("{text}A"), &format!(" {text}")] {
            assert_eq!(wrong.parse::<RefreshToken>(), Err(ParseRefreshError), "{wrong}");
        }
    }

    #[test]
    fn tokens_of_two_exchanges_or_sessions_differ() {
        let token = keys().refresh_token(SESSION, 0);
        let other = SessionId::from_bytes([0x43; 16]);
        assert_ne!(token.hash(), keys().refresh_token(SESSION, 1).hash());
        assert_ne!(token.hash(), keys().refresh_token(other, 0).hash());
        assert_eq!(token, keys().refresh_token(SESSION, 0));
    }

    #[test]
    fn a_lost_answer_is_given_again_until_it_was_used() {
        let [first, second, third] = [0, 1, 2].map(|number| keys().refresh_token(SESSION, number));
        let mut kept = Exchanges::begin(&first, 0);
        assert_eq!(kept.judge(first.hash(), 1000), Presented::Current);
        kept = kept.exchanged(&second, 1000);
        assert_eq!(kept.judge(first.hash(), 600_000), Presented::Again);
        assert_eq!(keys().refresh_token_again(SESSION, &kept), Some(second.clone()));
        assert_eq!(kept.judge(second.hash(), 600_000), Presented::Current);

        kept.confirmed = true;
        assert_eq!(kept.judge(first.hash(), 11_000), Presented::Again);
        assert_eq!(kept.judge(first.hash(), 11_001), Presented::Stolen);
        kept = kept.exchanged(&third, 600_000);
        assert_eq!(kept.judge(first.hash(), 600_000), Presented::Stolen);
        assert_eq!(kept.judge(second.hash(), 600_000), Presented::Again);
    }

    #[test]
    fn a_lost_answer_outlives_a_change_of_keys() {
        let old = Keys::new(OLD, None).expect("keys");
        let first = old.refresh_token(SESSION, 0);
        let kept = Exchanges::begin(&first, 0);
        let both = Keys::new(NEW, Some(OLD)).expect("keys");
        assert_eq!(both.refresh_token_again(SESSION, &kept), Some(first));
        assert_ne!(both.refresh_token(SESSION, 0), old.refresh_token(SESSION, 0));
        assert_eq!(keys().refresh_token_again(SESSION, &kept), None);
    }
}
