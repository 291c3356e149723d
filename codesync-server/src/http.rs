//! The REST interface and the browser page.
//!
//! [`router`] puts the routes together; every answer that is no success is a problem body made by
//! [`error::ApiError`]. Handlers ask the list of documents for settings and the registry for text;
//! they know nothing of operations on the wire.

pub mod error;
pub mod guard;
pub mod page;
pub mod peer;
pub mod rate;
pub mod serve;

pub(crate) mod admin;
mod auth;
mod caller;
mod content;
mod documents;
mod grant;
mod health;
mod history;
mod idempotency;
mod json;
mod links;
mod members;
mod observe;
mod trash;
mod users;
mod versions;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::middleware;
use axum::routing::{delete, get, patch, post};
use codesync_core::DocumentId;
use codesync_core::limits::DOCUMENT_BYTES_MAX;
use tower_http::catch_panic::CatchPanicLayer;

use crate::access::AccessVersion;
use crate::accounts::Accounts;
use crate::auth::Auth;
use crate::bus::{Bus, Hint};
use crate::config::reach::Reach;
use crate::db::Database;
use crate::db::documents::Documents;
use crate::db::versions::Versions;
use crate::document::registry::Registry;
use crate::history::past::Past;
use crate::http::error::ApiError;
use crate::http::rate::Limits;
use crate::oplog::OpLog;
use crate::rights::RightsOf;

/// Longest body of a request: a full document, with as much again for JSON's escapes.
pub const BODY_BYTES_MAX: usize = 2 * DOCUMENT_BYTES_MAX as usize + 64 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Http {
    pub documents: Arc<dyn Documents>,
    pub rights: RightsOf,
    pub log: Arc<dyn OpLog>,
    pub registry: Registry,
    pub versions: Arc<dyn Versions>,
    pub past: Past,
    /// Set when the server has begun to go down.
    pub draining: Arc<AtomicBool>,
    pub database: Database,
    pub bus: Arc<dyn Bus>,
    pub auth: Auth,
    /// None on a server without accounts.
    pub accounts: Option<Accounts>,
    pub limits: Limits,
}

impl Http {
    fn accounts(&self) -> Result<&Accounts, ApiError> {
        self.accounts.as_ref().ok_or(ApiError::NoAccounts)
    }

    /// Tells all servers, and with them whoever has the document open, that somebody may do
    /// something else now.
    async fn access_changed(&self, document: DocumentId, version: AccessVersion) {
        self.rights.changed(document, version).await;
        self.bus.publish(document, Hint::Access(version));
    }
}

/// All routes but the socket's.
pub fn router(http: Http) -> Router {
    Router::new()
        .route("/api/health", get(health::alive))
        .route("/api/ready", get(health::ready))
        .merge(account_routes())
        .merge(document_routes())
        .merge(making_routes(&http))
        .merge(time_routes())
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .fallback(page::serve)
        .layer(middleware::from_fn_with_state(http.clone(), rate::limit))
        .with_state(http)
}

fn account_routes() -> Router<Http> {
    Router::new()
        .route("/api/auth/register", post(auth::register))
        .route("/api/auth/login", post(auth::log_in))
        .route("/api/auth/refresh", post(auth::refresh))
        .route("/api/auth/logout", post(auth::log_out))
        .route("/api/auth/password", post(auth::change_password))
        .route("/api/auth/restore", post(auth::restore))
        .route("/api/users", get(users::search))
        .route("/api/users/me", get(users::me).patch(users::change_me).delete(users::delete_me))
        .route("/api/users/me/sessions", get(users::sessions).delete(users::end_other_sessions))
        .route("/api/users/me/sessions/{session}", delete(users::end_session))
}

fn document_routes() -> Router<Http> {
    Router::new()
        .route("/api/documents/trash", get(trash::list))
        .route(
            "/api/documents/{id}",
            get(documents::find).patch(documents::change).delete(trash::trash),
        )
        .route("/api/documents/{id}/members/{user}", patch(members::change).delete(members::remove))
        .route("/api/documents/{id}/links", get(links::list).post(links::make))
        .route("/api/documents/{id}/links/{link}", delete(links::revoke))
        .route("/api/links/redeem", post(links::redeem))
}

/// Where something is made, once for each `Idempotency-Key`.
fn making_routes(http: &Http) -> Router<Http> {
    Router::new()
        .route("/api/documents", get(documents::list).post(documents::create))
        .route("/api/documents/{id}/restore", post(trash::restore))
        .route("/api/documents/{id}/members", get(members::list).post(members::invite))
        .route("/api/documents/{id}/versions", get(versions::list).post(versions::name))
        .route_layer(middleware::from_fn_with_state(http.clone(), idempotency::once))
}

/// What a document was, and how it becomes so again.
fn time_routes() -> Router<Http> {
    Router::new()
        .route("/api/documents/{id}/content", get(content::read).put(content::write))
        .route("/api/documents/{id}/history", get(history::timeline))
        .route("/api/documents/{id}/history/{revision}", get(history::revision))
        .route("/api/documents/{id}/history/{revision}/restore", post(history::restore))
        .route("/api/documents/{id}/diff", get(history::difference))
        .route("/api/documents/{id}/blame", get(history::blame))
        .route(
            "/api/documents/{id}/versions/{version}",
            get(versions::find).delete(versions::forget),
        )
        .route("/api/documents/{id}/versions/{version}/restore", post(versions::restore))
}

/// The answer of a server without the REST interface to everything that it does not serve.
pub(crate) fn nothing_else() -> Router {
    Router::new().fallback(|| async { ApiError::NoRoute })
}

/// What every route passes through, the socket's too: who may ask at all, and what is noted.
pub fn protect(router: Router, reach: Arc<Reach>) -> Router {
    router
        .layer(middleware::from_fn_with_state(reach.clone(), guard::check))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(reach, observe::observe))
}
