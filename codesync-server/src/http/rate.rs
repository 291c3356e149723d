//! Rate limits on requests, and what clients are told about them.
//!
//! The fields `RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers-10:
//! `"user";q=600;w=60` is the policy, `"user";r=599;t=1` how the asking user stands.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::auth::Caller;
use crate::http::Http;
use crate::http::caller::bearer;
use crate::http::error::ApiError;
use crate::http::guard::is_health;
use crate::http::peer::ClientAddress;
use crate::ids::UserId;
use crate::rate::{Charge, Limiter, Quota, Quotas, Standing};
use crate::snapshots::hex;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What is counted, and how much of it is let through. A clone counts together.
#[derive(Clone, Debug)]
pub struct Limits {
    /// None on a server without accounts, where everybody is the same one.
    counted: Option<Arc<Counted>>,
}

#[derive(Debug)]
struct Counted {
    limiter: Limiter,
    quotas: Quotas,
}

impl Limits {
    /// Counts nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { counted: None }
    }

    #[must_use]
    pub fn new(limiter: Limiter, quotas: Quotas) -> Self {
        Self { counted: Some(Arc::new(Counted { limiter, quotas })) }
    }

    /// An attempt to log in as this user, known or not.
    pub(crate) async fn log_in(
        &self,
        address: &ClientAddress,
        login: &str,
    ) -> Result<(), ApiError> {
        let login = login.trim().to_ascii_lowercase();
        // What people type by mistake is not kept as it is: it may be a password.
        let login = hex(&Sha256::digest(login)[..16]);
        let place = address.place();
        self.charge(|quotas| {
            vec![
                charge(quotas.logins, format!("{{{place}}}")),
                charge(quotas.login, format!("{{{place}}}:{login}")),
            ]
        })
        .await
    }

    /// A guest who comes in.
    pub(crate) async fn come_in(&self, address: &ClientAddress) -> Result<(), ApiError> {
        let key = format!("{{{}}}", address.place());
        self.charge(|quotas| vec![charge(quotas.guests, key)]).await
    }

    /// An attempt to make an account: it costs what a login costs, and a row of the database.
    pub(crate) async fn register(&self, address: &ClientAddress) -> Result<(), ApiError> {
        let place = address.place();
        self.charge(|quotas| {
            let key = format!("{{{place}}}");
            vec![charge(quotas.logins, key.clone()), charge(quotas.creations, key)]
        })
        .await
    }

    /// A document or a link that is made.
    pub(crate) async fn create(&self, caller: &Caller) -> Result<(), ApiError> {
        let key = of_user(caller.user);
        self.charge(|quotas| vec![charge(quotas.creations, key)]).await
    }

    /// A login that is looked up.
    pub(crate) async fn look_up(&self, caller: &Caller) -> Result<(), ApiError> {
        let key = of_user(caller.user);
        self.charge(|quotas| vec![charge(quotas.lookups, key)]).await
    }

    async fn charge(&self, charges: impl FnOnce(&Quotas) -> Vec<Charge>) -> Result<(), ApiError> {
        let Some(counted) = &self.counted else { return Ok(()) };
        let charged = counted.limiter.charge(&charges(&counted.quotas)).await;
        charged.map(|_| ()).map_err(ApiError::TooManyRequests)
    }
}

fn charge(quota: Quota, key: String) -> Charge {
    Charge { quota, key }
}

fn of_user(user: UserId) -> String {
    format!("{{{user}}}")
}

/// Counts every request of the API: for whoever shows a token, or else for where it came from.
pub(crate) async fn limit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(counted) = http.limits.counted.clone() else { return next.run(request).await };
    if !path.starts_with("/api/") || is_health(path) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let user = bearer(&parts).ok().and_then(|token| http.auth.claimed(token));
    let address = parts.extensions.get::<ClientAddress>().map(ClientAddress::place);
    let charge = match (user, address) {
        (Some(user), _) => charge(counted.quotas.user, of_user(user)),
        (None, place) => {
            charge(counted.quotas.address, format!("{{{}}}", place.unwrap_or_default()))
        }
    };
    match counted.limiter.charge(&[charge]).await {
        Ok(standings) => {
            let mut response = next.run(Request::from_parts(parts, body)).await;
            for standing in standings {
                tell(response.headers_mut(), &standing);
            }
            response
        }
        Err(standing) => ApiError::TooManyRequests(standing).into_response(),
    }
}

/// Says in an answer's head how somebody stands.
pub(crate) fn tell(headers: &mut HeaderMap, standing: &Standing) {
    let Quota { name, count, window, .. } = standing.quota;
    let policy = format!("\"{name}\";q={count};w={}", window.as_secs());
    let reset = seconds(standing.refused.unwrap_or(standing.reset));
    let limit = format!("\"{name}\";r={};t={reset}", standing.remaining);
    for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(name, value);
        }
    }
}

/// Whole seconds, so many that waiting them is enough.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_of_the_draft() {
        let quota = Quotas::default().user;
        let reset = Duration::from_millis(100);
        let mut headers = HeaderMap::new();
        tell(&mut headers, &Standing { quota, remaining: 599, reset, refused: None });
        assert_eq!(headers[POLICY], "\"user\";q=600;w=60");
        assert_eq!(headers[LIMIT], "\"user\";r=599;t=1");
        let refused = Some(Duration::from_millis(11_001));
        let quota = Quotas::default().login;
        tell(&mut headers, &Standing { quota, remaining: 0, reset, refused });
        let limits: Vec<_> = headers.get_all(LIMIT).iter().collect();
        assert_eq!(limits, ["\"user\";r=599;t=1", "\"login\";r=0;t=12"]);
    }
}
