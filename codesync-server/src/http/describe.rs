//! What an operation takes and may answer, read off its handler's arguments.
//!
//! An extractor says by [`Input`] what it wants of a request and how it can fail. [`route!`] puts a
//! handler and the description that its arguments give into a router, so that neither can be there
//! without the other. What arguments cannot tell stands at the handler in `#[utoipa::path]`.

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Required};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::auth::Caller;
use crate::http::caller::{Editing, Owning, Person, Viewing, Visitor};
use crate::http::grant::RefreshCookie;
use crate::http::json::DocumentPath;
use crate::http::problem;

/// Names of the ways to show who one is.
pub(crate) const BEARER: &str = "bearer";
pub(crate) const REFRESH_COOKIE: &str = "refreshCookie";

/// Something that a handler takes.
pub(crate) trait Input {
    fn describe(to: &mut Description<'_>);
}

/// An operation that is being described.
pub(crate) struct Description<'a> {
    pub(crate) operation: &'a mut Operation,
    pub(crate) schemas: &'a mut Vec<(String, RefOr<Schema>)>,
}

impl Description<'_> {
    pub(crate) fn may_answer<T: IntoResponses>(&mut self) -> &mut Self {
        self.operation.responses.responses.extend(T::responses());
        self
    }

    pub(crate) fn parameters(&mut self, parameters: impl IntoIterator<Item = Parameter>) {
        let all = self.operation.parameters.get_or_insert_default();
        all.extend(parameters.into_iter().map(RefOr::T));
    }

    pub(crate) fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(self.schemas);
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    pub(crate) fn body<T: ToSchema>(&mut self, content_type: &str) {
        let content = Content::new(Some(self.schema::<T>()));
        let body = RequestBodyBuilder::new().content(content_type, content);
        self.operation.request_body = Some(body.required(Some(Required::True)).build().into());
    }

    pub(crate) fn body_is_optional(&mut self) {
        if let Some(RefOr::T(body)) = &mut self.operation.request_body {
            body.required = Some(Required::False);
        }
    }

    /// One more way to show who one is.
    fn security(&mut self, way: SecurityRequirement) {
        let ways = self.operation.security.get_or_insert_default();
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
}

/// A handler whose arguments can all be described.
pub(crate) trait Described<Arguments> {
    fn describe(to: &mut Description<'_>);
}

macro_rules! described {
    ($($argument:ident),*) => {
        impl<F, Fut, $($argument: Input),*> Described<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Fut,
        {
            fn describe(_to: &mut Description<'_>) {
                $($argument::describe(_to);)*
            }
        }
    };
}

described!();
described!(A);
described!(A, B);
described!(A, B, C);
described!(A, B, C, D);
described!(A, B, C, D, E);
described!(A, B, C, D, E, G);

/// The routes of a handler, described by what it takes.
pub(crate) fn described<S, A, F: Described<A>>(
    _handler: F,
    (mut schemas, mut paths, router): UtoipaMethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            F::describe(&mut Description { operation, schemas: &mut schemas });
        }
    }
    (schemas, paths, router)
}

/// The operations of a path, and whether each writes.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let writing = [put, post, delete, patch].map(|operation| (true, operation));
    let all = [(false, get)].into_iter().chain(writing);
    all.filter_map(|(writes, operation)| Some((writes, operation.as_mut()?)))
}

/// A handler with its route and description, for [`routes`](utoipa_axum::router::OpenApiRouter).
macro_rules! route {
    ($($handler:tt)+) => {
        $crate::http::describe::described($($handler)+, utoipa_axum::routes!($($handler)+))
    };
}
pub(crate) use route;

/// What tells nothing about a request, or what the handler itself describes.
macro_rules! silent {
    ($($type:ty),*) => {
        $(impl Input for $type {
            fn describe(_: &mut Description<'_>) {}
        })*
    };
}

silent!(HeaderMap, Visitor);

impl<S> Input for State<S> {
    fn describe(_: &mut Description<'_>) {}
}

impl<T> Input for Extension<T> {
    fn describe(_: &mut Description<'_>) {}
}

impl Input for Caller {
    fn describe(to: &mut Description<'_>) {
        to.security(SecurityRequirement::new(BEARER, [""; 0]));
        to.may_answer::<problem::LoginRequired>().may_answer::<problem::InvalidToken>();
        to.may_answer::<problem::TokenExpired>().may_answer::<problem::SessionEnded>();
    }
}

impl Input for Option<Caller> {
    fn describe(to: &mut Description<'_>) {
        to.security(SecurityRequirement::default());
        Caller::describe(to);
    }
}

impl Input for RefreshCookie {
    fn describe(to: &mut Description<'_>) {
        to.security(SecurityRequirement::default());
        to.security(SecurityRequirement::new(REFRESH_COOKIE, [""; 0]));
    }
}

impl Input for Person {
    fn describe(to: &mut Description<'_>) {
        Caller::describe(to);
        to.may_answer::<problem::GuestsCannot>();
    }
}

impl Input for Viewing {
    fn describe(to: &mut Description<'_>) {
        Caller::describe(to);
        DocumentPath::describe(to);
        to.may_answer::<problem::DocumentNotFound>();
    }
}

impl Input for Editing {
    fn describe(to: &mut Description<'_>) {
        Viewing::describe(to);
        to.may_answer::<problem::RoleTooLow>();
    }
}

impl Input for Owning {
    fn describe(to: &mut Description<'_>) {
        Editing::describe(to);
    }
}
