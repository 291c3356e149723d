//! The description of the REST interface (OpenAPI 3.1), made from the routes themselves.
//!
//! Each `route!` brings what its handler takes and may answer. Here
//! this becomes a document: what all operations have in common is added, and the codes of failure
//! are put together by status. It is served as JSON, and as a `page` for people.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{AllOfBuilder, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, Content, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::http::describe::{BEARER, REFRESH_COOKIE, operations, route};
use crate::http::grant::SECURE_NAME;
use crate::http::guard::is_health;
use crate::http::problem::{Code, Problem};
use crate::http::{Http, kind};

const ABOUT: &str = "\
Documents that many people edit at once. What they type goes over a WebSocket, which docs/protocol.md \
describes; this is the rest.

Failures are problem bodies (RFC 9457) with a `code` that does not change. Lists come in pages: \
`next` is the `cursor` of the page that follows, and `null` on the last one. On a server without \
accounts nobody logs in, and there are no limits; whoever reaches it is the machine's own user.";

/// Which parts there are, in the order in which people read of them.
const TAGS: [(&str, &str); 10] = [
    ("auth", "Registering, logging in and out."),
    ("users", "One's own account and logins, and finding others."),
    ("documents", "Making, finding, changing and deleting documents."),
    ("content", "The text as a whole."),
    ("history", "What a document was, who changed it, and back again."),
    ("versions", "States of a document that have a name, or that the server kept."),
    ("members", "Who may do what with a document."),
    ("links", "Letting in whoever knows a secret."),
    ("server", "How the server is."),
    ("description", "This description."),
];

/// The codes that every operation may answer.
const OF_ALL: [Code; 5] =
    [Code::WrongHost, Code::WrongOrigin, Code::Timeout, Code::InternalError, Code::Draining];
/// Those of every operation but health.
const OF_WORK: [Code; 2] = [Code::TooManyRequests, Code::Unavailable];

/// The description, from what the routes say of themselves.
pub(crate) fn document() -> OpenApi {
    let mut document = super::routes(|routes, _| routes).into_openapi();
    document.merge(crate::ws::routes().into_openapi());
    let mut components = document.components.take().unwrap_or_default();
    components.schemas.extend(kind::all());
    for schema in
        [(Problem::name(), Problem::schema()), (<Code as ToSchema>::name(), Code::schema())]
    {
        components.schemas.insert(schema.0.into_owned(), schema.1);
    }
    components.headers = headers();
    for (path, item) in &mut document.paths.paths {
        for (writes, operation) in operations(item) {
            let common = Common { writes, health: is_health(path) };
            common.finish(operation, &mut components);
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        SECURE_NAME,
        "Without encryption, on the machine itself, it is called `codesync-refresh`.",
    ));
    components.add_security_scheme(REFRESH_COOKIE, SecurityScheme::ApiKey(cookie));
    let info = InfoBuilder::new().title("CodeSync").description(Some(ABOUT));
    let license =
        LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = info.version(env!("CARGO_PKG_VERSION")).license(Some(license.build()));
    let tag = |(name, about)| TagBuilder::new().name(name).description(Some(about)).build();
    OpenApiBuilder::from(document)
        .info(info.build())
        .tags(Some(TAGS.map(tag)))
        .components(Some(components))
        .build()
}

/// The description as text.
#[must_use]
pub fn json() -> String {
    let mut text = document().to_pretty_json().expect("a description is made of texts and numbers");
    text.push('\n');
    text
}

/// What an operation has in common with others.
#[derive(Clone, Copy)]
struct Common {
    writes: bool,
    /// Nobody is counted who asks for that.
    health: bool,
}

impl Common {
    /// Adds it, and puts the codes of one status together.
    fn finish(self, operation: &mut Operation, components: &mut Components) {
        let mut codes: BTreeMap<_, BTreeSet<Code>> = BTreeMap::new();
        let mut add = |code: Code| {
            codes.entry(code.status().as_u16()).or_default().insert(code);
        };
        self.codes().for_each(&mut add);
        let mut answers = BTreeMap::new();
        for (status, mut answer) in std::mem::take(&mut operation.responses.responses) {
            if let Some(code) = Code::named(&status) {
                add(code);
                continue;
            }
            if let RefOr::T(answer) = &mut answer {
                answer.headers.extend(self.headers());
            }
            answers.insert(status, answer);
        }
        for (status, codes) in codes {
            let answer = self.problem(status, &codes);
            // What is alike everywhere is said once.
            let answer = match (codes.first(), codes.len()) {
                (Some(code), 1) if !self.health => {
                    let name = format!("{code:?}");
                    components.responses.insert(name.clone(), answer.into());
                    RefOr::Ref(Ref::from_response_name(name))
                }
                _ => answer.into(),
            };
            answers.insert(status.to_string(), answer);
        }
        operation.responses.responses = answers;
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                parameter.schema = parameter.schema.take().map(without_null);
            }
        }
    }

    fn codes(self) -> impl Iterator<Item = Code> {
        let work = OF_WORK.into_iter().filter(move |_| !self.health);
        let writing = [Code::DiskFull].into_iter().filter(move |_| self.writes);
        OF_ALL.into_iter().chain(work).chain(writing)
    }

    /// Every answer has them, or may have.
    fn headers(self) -> impl Iterator<Item = (String, RefOr<Header>)> {
        let limits = ["RateLimit", "RateLimit-Policy"].into_iter().filter(move |_| !self.health);
        ["Request-Id"].into_iter().chain(limits).map(named)
    }

    fn problem(self, status: u16, codes: &BTreeSet<Code>) -> utoipa::openapi::Response {
        let names = codes.iter().map(|code| code.name());
        let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        let own = ObjectBuilder::new().property("code", code).required("code");
        let whole = Ref::from_schema_name(Problem::name());
        let body = Schema::AllOf(AllOfBuilder::new().item(whole).item(own).build());
        let about = codes.iter().map(|code| format!("`{}`: {}", code.name(), code.about()));
        let mut answer = ResponseBuilder::new()
            .description(about.collect::<Vec<_>>().join("\n"))
            .content("application/problem+json", Content::new(Some(body)))
            .build();
        let comes_again = codes.contains(&Code::RequestUnderway);
        let own = match status {
            401 => Some("WWW-Authenticate"),
            429 | 503 | 507 => Some("Retry-After"),
            409 if comes_again => Some("Retry-After"),
            _ => None,
        };
        answer.headers.extend(self.headers().chain(own.map(named)));
        answer
    }
}

/// What stands in a query or in a head is there or not, and never `null`.
fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::OneOf(mut choice)) = schema else { return schema };
    let null = SchemaType::Type(Type::Null);
    choice.items.retain(
        |item| !matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == null),
    );
    match choice.items.len() {
        1 => choice.items.remove(0),
        _ => RefOr::T(Schema::OneOf(choice)),
    }
}

fn named(name: &str) -> (String, RefOr<Header>) {
    (name.to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))))
}

fn headers() -> BTreeMap<String, RefOr<Header>> {
    let text = |about: &str, example: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String).examples([json!(example)]);
        HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()
    };
    let wait = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let wait =
        HeaderBuilder::new().schema(Some(wait)).description(Some("Seconds to wait.")).build();
    let policy = "The limits that hold (draft-ietf-httpapi-ratelimit-headers), with accounts.";
    let headers = [
        ("Request-Id", text("Under it the request stands in the log.", "8c1f2ab0d94e3c57-2a")),
        ("RateLimit", text("How whoever asks stands, with accounts.", "\"user\";r=599;t=1")),
        ("RateLimit-Policy", text(policy, "\"user\";q=600;w=60")),
        ("WWW-Authenticate", text("How to show who one is.", "Bearer")),
        ("Retry-After", wait),
    ];
    headers.map(|(name, header)| (name.to_owned(), header.into())).into()
}

/// The routes of the description itself.
pub(super) fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(route!(send_json))
        .routes(route!(page::send))
        .routes(route!(page::send_style))
}

/// This description.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "description", operation_id = "getOpenApi",
    responses((status = 200, description = "OpenAPI 3.1.", content((Object = "application/json")))),
)]
async fn send_json() -> Response {
    static JSON: LazyLock<String> = LazyLock::new(json);
    send("application/json", &JSON)
}

/// A text that stays the same as long as the server runs.
fn send(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_and_a_part() {
        let document = serde_json::to_value(document()).expect("JSON");
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let mut names = BTreeSet::new();
        for item in document["paths"].as_object().expect("paths").values() {
            for operation in item.as_object().expect("operations").values() {
                let name = operation["operationId"].as_str().expect("a name");
                assert!(names.insert(name), "{name} is there twice");
                assert!(operation["summary"].is_string(), "{name} says what it does");
                let tag = operation["tags"][0].as_str();
                assert!(TAGS.iter().any(|(known, _)| Some(*known) == tag), "{name} in {tag:?}");
            }
        }
    }

    fn collect<'v>(value: &'v serde_json::Value, found: &mut Vec<&'v str>) {
        match value {
            serde_json::Value::Object(map) => {
                found.extend(map.get("$ref").and_then(|it| it.as_str()));
                map.values().for_each(|it| collect(it, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|it| collect(it, found)),
            _ => {}
        }
    }

    #[test]
    fn the_copy_in_the_repository_is_what_the_code_says() {
        let kept = include_str!("../../../docs/openapi.json");
        let remedy = "cargo run -p codesync-server -- openapi > docs/openapi.json";
        assert!(kept == json(), "docs/openapi.json is not what the code says: {remedy}");
    }
}
