//! The REST interface and the browser page.
//!
//! [`router`] puts the routes together, from which [`api`] makes their description; every answer that
//! is no success is a problem body made by [`error::ApiError`]. Handlers ask the list of documents for
//! settings and the registry for text; they know nothing of operations on the wire.

pub mod error;
pub mod guard;
pub mod page;
pub mod peer;
pub mod rate;
pub mod serve;

pub(crate) mod admin;
pub mod api;
mod auth;
mod blame;
mod caller;
mod condition;
mod content;
pub(crate) mod describe;
mod difference;
mod documents;
pub mod exports;
mod grant;
mod health;
mod history;
mod idempotency;
mod json;
mod kind;
mod links;
mod members;
mod observe;
pub(crate) mod problem;
mod restore;
mod trash;
mod users;
mod versions;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::middleware;
use codesync_core::DocumentId;
use codesync_core::limits::DOCUMENT_BYTES_MAX;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

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
use crate::http::describe::route;
use crate::http::error::ApiError;
use crate::http::exports::Exports;
use crate::http::idempotency::{Meanwhile, Once};
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
    pub exports: Exports,
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
    let once = |routes: OpenApiRouter<Http>, meanwhile| {
        let once = Once { http: http.clone(), meanwhile };
        routes.route_layer(middleware::from_fn_with_state(once, idempotency::once))
    };
    Router::from(routes(once))
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .fallback(page::serve)
        .layer(middleware::from_fn_with_state(http.clone(), rate::limit))
        .with_state(http)
}

/// All routes, each with its description. `once` lays what carries a request out once around those
/// where something is made or written.
fn routes(
    once: impl Fn(OpenApiRouter<Http>, Meanwhile) -> OpenApiRouter<Http>,
) -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(route!(health::alive))
        .routes(route!(health::ready))
        .merge(account_routes())
        .merge(document_routes())
        .merge(once(making_routes(), Meanwhile::Wait))
        .merge(once(editing_routes(), Meanwhile::GoOn))
        .merge(time_routes())
        .merge(api::routes())
}

fn account_routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(route!(auth::register))
        .routes(route!(auth::log_in))
        .routes(route!(auth::refresh))
        .routes(route!(auth::log_out))
        .routes(route!(auth::change_password))
        .routes(route!(auth::restore))
        .routes(route!(users::search))
        .routes(route!(users::me))
        .routes(route!(users::change_me))
        .routes(route!(users::delete_me))
        .routes(route!(users::sessions))
        .routes(route!(users::end_other_sessions))
        .routes(route!(users::end_session))
}

fn document_routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(route!(trash::list))
        .routes(route!(documents::find))
        .routes(route!(documents::change))
        .routes(route!(trash::trash))
        .routes(route!(members::change))
        .routes(route!(members::remove))
        .routes(route!(links::list))
        .routes(route!(links::make))
        .routes(route!(links::revoke))
        .routes(route!(links::redeem))
}

/// Where something is made, once for each `Idempotency-Key`.
fn making_routes() -> OpenApiRouter<Http> {
    let mut routes = OpenApiRouter::default()
        .routes(route!(documents::list))
        .routes(route!(documents::create))
        .routes(route!(trash::restore))
        .routes(route!(members::list))
        .routes(route!(members::invite))
        .routes(route!(versions::list))
        .routes(route!(versions::name));
    idempotency::describe(routes.get_openapi_mut(), Meanwhile::Wait);
    routes
}

/// Where an edit is handed in, once for each `Idempotency-Key`.
fn editing_routes() -> OpenApiRouter<Http> {
    let mut routes = OpenApiRouter::default()
        .routes(route!(content::read))
        .routes(route!(content::write))
        .routes(route!(restore::revision))
        .routes(route!(restore::version));
    idempotency::describe(routes.get_openapi_mut(), Meanwhile::GoOn);
    routes
}

/// What a document was.
fn time_routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(route!(history::timeline))
        .routes(route!(history::revision))
        .routes(route!(difference::find))
        .routes(route!(blame::find))
        .routes(route!(versions::find))
        .routes(route!(versions::forget))
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
