//! The server's secrets for tokens: one that signs, and the one before it while its tokens live.
//!
//! A key names itself (`kid`) by a hash of its secret, so that whoever changes a secret has nothing
//! else to keep in step.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Bytes of a secret, which is as long as what HMAC-SHA256 makes of it (RFC 7518, section 3.2).
pub const SECRET_BYTES_MIN: usize = 32;
/// Different bytes in a secret; 32 random ones have this many but for once in a billion billion.
const DIFFERENT_BYTES_MIN: usize = 8;

/// Parts of what manuals and tutorials print in the place of a secret.
const WELL_KNOWN: [&str; 16] = [
    "changeme",
    "change-me",
    "change_me",
    "change this",
    "change-this",
    "change_this",
    "yoursecret",
    "your-secret",
    "your_secret",
    "your-256-bit",
    "your-super-secret",
    "secret-key",
    "secret_key",
    "a-string-secret",
    "placeholder",
    "example",
];

/// The secrets behind tokens.
#[derive(Clone)]
pub struct Keys {
    /// The first one signs.
    live: Vec<Key>,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    secret: Box<[u8]>,
}

/// A secret must not be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "the secret has {bytes} bytes, {SECRET_BYTES_MIN} are the fewest; make one with: openssl rand -base64 48"
    )]
    TooShort { bytes: usize },
    #[error("the secret is one that others know; make your own with: openssl rand -base64 48")]
    WellKnown,
}

impl Keys {
    /// Signs with `current`. What `previous` signed is taken, too.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Result<Self, KeyError> {
        let mut live = vec![Key::new(current)?];
        if let Some(previous) = previous {
            live.push(Key::new(previous)?);
        }
        Ok(Self { live })
    }

    pub(crate) fn current(&self) -> &Key {
        &self.live[0]
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Key> {
        self.live.iter().find(|key| key.id == id)
    }

    pub(crate) fn live(&self) -> &[Key] {
        &self.live
    }
}

impl Key {
    fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(KeyError::TooShort { bytes: secret.len() });
        }
        if is_well_known(secret) {
            return Err(KeyError::WellKnown);
        }
        let digest =
            Sha256::new().chain_update("codesync key id\0").chain_update(secret).finalize();
        Ok(Self { id: URL_SAFE_NO_PAD.encode(&digest[..8]), secret: secret.into() })
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// A code of these bytes that only who has the secret can make, for one purpose alone.
    pub(crate) fn code(&self, purpose: &str, bytes: &[&[u8]]) -> [u8; 32] {
        let code = |key: &[u8], parts: &[&[u8]]| -> [u8; 32] {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any length");
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().into()
        };
        // A key of its own for each purpose: no code can be taken for another's.
        code(&code(&self.secret, &[purpose.as_bytes()]), bytes)
    }
}

fn is_well_known(secret: &[u8]) -> bool {
    let mut bytes = secret.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    let text = String::from_utf8_lossy(secret).to_lowercase();
    bytes.len() < DIFFERENT_BYTES_MIN || WELL_KNOWN.iter().any(|known| text.contains(known))
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.live.iter().map(|key| &key.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o";

    #[track_caller]
    fn check(secret: &[u8], expected: KeyError) {
        assert_eq!(Keys::new(secret, None).err(), Some(expected));
        assert_eq!(Keys::new(SECRET, Some(secret)).err(), Some(expected));
    }

    #[test]
    fn a_secret_has_32_bytes_or_more() {
        check(&SECRET[..31], KeyError::TooShort { bytes: 31 });
        check(b"", KeyError::TooShort { bytes: 0 });
        assert!(Keys::new(SECRET, None).is_ok());
    }

    #[test]
    fn a_secret_that_others_know_is_refused() {
        for known in [
            "a-string-secret-at-least-256-bits-long",
            "your-super-secret-jwt-key-change-in-production",
            "ChangeMe-ChangeMe-ChangeMe-ChangeMe",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123401234012340123401234012340123401234",
        ] {
            check(known.as_bytes(), KeyError::WellKnown);
        }
    }

    #[test]
    fn a_key_is_found_by_a_name_that_tells_nothing_of_it() {
        let other = b"5r8HnQxWv2Ck7YtEaJp4MdZbUs9GfLo3";
        let keys = Keys::new(SECRET, Some(other)).expect("keys");
        let ids: Vec<_> = keys.live().iter().map(|key| key.id.clone()).collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(keys.find(&ids[1]).map(Key::secret), Some(&other[..]));
        assert!(keys.find("").is_none() && keys.find("../../dev/null").is_none());
        assert_eq!(format!("{keys:?}"), format!("{ids:?}"));
    }

    #[test]
    fn codes_of_two_purposes_have_nothing_in_common() {
        let keys = Keys::new(SECRET, None).expect("keys");
        let key = keys.current();
        assert_eq!(key.code("a", &[b"x", b"y"]), key.code("a", &[b"xy"]));
        assert_ne!(key.code("a", &[b"x"]), key.code("b", &[b"x"]));
    }
}
