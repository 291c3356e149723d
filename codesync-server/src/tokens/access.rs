//! The access token: a JSON Web Token that lives ten minutes (RFC 7519, RFC 9068 in spirit).
//!
//! One algorithm, one form of header, all claims required: whatever else a token says about how it
//! wants to be checked is a reason to refuse it (RFC 8725, section 3).

use std::str::FromStr;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{SessionId, UserId};
use crate::tokens::keys::Keys;

/// How long an access token is good for.
pub const ACCESS_LIFE: Duration = Duration::from_secs(10 * 60);
/// How far another server's clock may be ahead of ours.
const SKEW_SECONDS_MAX: u64 = 60;
/// Longest token that is looked at; ours have about 400 bytes.
const TOKEN_BYTES_MAX: usize = 2048;

const ALGORITHM: Algorithm = Algorithm::HS256;
/// Who signs, and for whom: one server for itself.
const PARTY: &str = "codesync";
const HEADER_TYPE: &str = "at+jwt";

/// What a token that was checked says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claimed {
    pub user: UserId,
    pub session: SessionId,
    /// How often the session's refresh token had been rotated when this was given out.
    pub generation: u64,
    /// Since 1970.
    pub until: Duration,
}

/// The token shows nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not one of this server's")]
    Invalid,
    #[error("the token has expired")]
    Expired,
}

/// What a token says of its use. A refresh token is no access token, whatever its form.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Use {
    Access,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    #[serde(with = "as_text")]
    sub: UserId,
    #[serde(with = "as_text")]
    sid: SessionId,
    typ: Use,
    r#gen: u64,
    iat: u64,
    exp: u64,
}

/// Ids in their one spelling.
mod as_text {
    use super::{Deserialize, Deserializer, FromStr, Serializer};

    pub(super) fn serialize<T: ToString, S: Serializer>(id: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&id.to_string())
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: std::fmt::Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Keys {
    /// A token for this login, good for [`ACCESS_LIFE`] from `now`, which is since 1970.
    pub fn sign(
        &self,
        user: UserId,
        session: SessionId,
        generation: u64,
        now: Duration,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let iat = now.as_secs();
        let claims = Claims {
            iss: PARTY.to_owned(),
            aud: PARTY.to_owned(),
            sub: user,
            sid: session,
            typ: Use::Access,
            r#gen: generation,
            iat,
            exp: iat + ACCESS_LIFE.as_secs(),
        };
        let key = self.current();
        let secret = EncodingKey::from_secret(key.secret());
        jsonwebtoken::encode(&header(&key.id), &claims, &secret)
    }

    /// What a token says, if we signed it and it has not expired.
    pub fn check(&self, token: &str, now: Duration) -> Result<Claimed, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let said = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = said.kid.as_deref().and_then(|id| self.find(id)).ok_or(TokenError::Invalid)?;
        // Word for word ours: no other algorithm, and no key of its own (jwk, jku, x5u, x5c).
        if said != header(&key.id) {
            return Err(TokenError::Invalid);
        }
        let secret = DecodingKey::from_secret(key.secret());
        let claims = jsonwebtoken::decode::<Claims>(token, &secret, &validation())
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let now = now.as_secs();
        let lives = claims.exp.checked_sub(claims.iat);
        if claims.iat > now + SKEW_SECONDS_MAX || lives != Some(ACCESS_LIFE.as_secs()) {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        let Claims { sub: user, sid: session, r#gen: generation, exp, .. } = claims;
        Ok(Claimed { user, session, generation, until: Duration::from_secs(exp) })
    }
}

fn header(key: &str) -> Header {
    let mut header = Header::new(ALGORITHM);
    header.typ = Some(HEADER_TYPE.to_owned());
    header.kid = Some(key.to_owned());
    header
}

fn validation() -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[PARTY]);
    validation.set_audience(&[PARTY]);
    // The time is compared with the caller's, below the signature.
    validation.validate_exp = false;
    validation
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    const OLD: &[u8] = b"5r8HnQxWv2Ck7YtEaJp4MdZbUs9GfLo3";
    const NEW: &[u8] = b"Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o";
    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const USER: UserId = UserId::from_bytes([0x41; 16]);
    const SESSION: SessionId = SessionId::from_bytes([0x42; 16]);

    fn keys() -> Keys {
        Keys::new(NEW, None).expect("keys")
    }

    fn claims() -> Value {
        json!({
            "iss": "codesync", "aud": "codesync", "sub": USER.to_string(), "sid": SESSION.to_string(),
            "typ": "access", "gen": 0, "iat": NOW.as_secs(), "exp": NOW.as_secs() + 600,
        })
    }

    /// A token with any header and claims, well signed.
    fn forge(header: &Value, claims: &Value) -> String {
        // With the algorithm that it names, where a secret is all that it takes.
        let algorithm = match header["alg"].as_str() {
            Some("HS384") => Algorithm::HS384,
            Some("HS512") => Algorithm::HS512,
            _ => ALGORITHM,
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let secret = EncodingKey::from_secret(NEW);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, algorithm);
        format!("{message}.{}", signature.expect("signed"))
    }

    fn own_header() -> Value {
        json!({ "typ": "at+jwt", "alg": "HS256", "kid": keys().current().id })
    }

    #[track_caller]
    fn refuse(header: &Value, claims: &Value) {
        let checked = keys().check(&forge(header, claims), NOW);
        assert_eq!(checked, Err(TokenError::Invalid), "{header} {claims}");
    }

    #[test]
    fn a_token_says_who_and_lives_ten_minutes() {
        let token = keys().sign(USER, SESSION, 3, NOW).expect("signed");
        let until = NOW + ACCESS_LIFE;
        let claimed = Claimed { user: USER, session: SESSION, generation: 3, until };
        assert_eq!(keys().check(&token, NOW), Ok(claimed));
        assert_eq!(keys().check(&token, until - Duration::from_secs(1)), Ok(claimed));
        assert_eq!(keys().check(&token, until), Err(TokenError::Expired));
        let forged = forge(&own_header(), &claims());
        assert!(keys().check(&forged, NOW).is_ok(), "the forger is able");
    }

    #[test]
    fn a_key_signs_until_it_is_replaced_and_is_known_once_longer() {
        let old = Keys::new(OLD, None).expect("keys").sign(USER, SESSION, 0, NOW).expect("signed");
        let both = Keys::new(NEW, Some(OLD)).expect("keys");
        assert!(both.check(&old, NOW).is_ok());
        let new = both.sign(USER, SESSION, 0, NOW).expect("signed");
        assert!(keys().check(&new, NOW).is_ok());
        assert_eq!(keys().check(&old, NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn another_algorithm_is_refused() {
        for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA", ""] {
            let header = json!({ "typ": "at+jwt", "alg": algorithm, "kid": keys().current().id });
            refuse(&header, &claims());
        }
        let token = keys().sign(USER, SESSION, 0, NOW).expect("signed");
        let (message, _) = token.rsplit_once('.').expect("a signature");
        for unsigned in [format!("{message}."), message.to_owned(), format!("{message}.AA")] {
            assert_eq!(keys().check(&unsigned, NOW), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_key_that_the_token_brings_along_is_refused() {
        let jwk = json!({ "kty": "oct", "k": "AAAA" });
        for (name, value) in [
            ("jwk", jwk),
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/cert")),
            ("x5c", json!(["AAAA"])),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("kid", json!("../../../dev/null")),
            ("kid", json!("' or 1=1 --")),
            ("kid", Value::Null),
            ("typ", json!("JWT")),
        ] {
            let mut header = own_header();
            header[name] = value;
            refuse(&header, &claims());
        }
    }

    #[test]
    fn each_claim_is_required_and_has_its_type() {
        for name in ["iss", "aud", "sub", "sid", "typ", "gen", "iat", "exp"] {
            let mut without = claims();
            without.as_object_mut().expect("an object").remove(name);
            refuse(&own_header(), &without);
            for value in [Value::Null, json!(true), json!("text"), json!(-1), json!(1.5), json!([])]
            {
                let mut wrong = claims();
                wrong[name] = value;
                refuse(&own_header(), &wrong);
            }
        }
        for (name, value) in [
            ("typ", json!("refresh")),
            ("aud", json!(["codesync", "other"])),
            ("iat", json!(NOW.as_secs() + 61)),
            ("exp", json!(NOW.as_secs() + 601)),
            ("exp", json!(u64::MAX)),
            ("admin", json!(true)),
        ] {
            let mut wrong = claims();
            wrong[name] = value;
            refuse(&own_header(), &wrong);
        }
    }

    #[test]
    fn whatever_else_comes_is_refused() {
        let token = keys().sign(USER, SESSION, 0, NOW).expect("signed");
        let long = token.clone() + &"A".repeat(TOKEN_BYTES_MAX);
        for text in ["", ".", "..", "...", "a.b.c", "é.é.é", &long, &format!("{token}.{token}")]
        {
            assert_eq!(keys().check(text, NOW), Err(TokenError::Invalid), "{text}");
        }
    }
}
