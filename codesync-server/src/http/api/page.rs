//! The description as a page for people: plain HTML that is made here, once, without a script.
//!
//! It shows what stands in the document and knows nothing of the routes. Searching is the browser's.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::Response;
use serde_json::{Map, Value};

use super::{document, send as send_text};
use crate::http::problem::Code;

const STYLE: &str = include_str!("page.css");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The description of the REST interface as a page.
#[utoipa::path(
    get, path = "/api/docs", tag = "description", operation_id = "getDocs",
    responses((status = 200, description = "A page.", content((String = "text/html"))))
)]
pub(super) async fn send() -> Response {
    static PAGE: LazyLock<String> = LazyLock::new(page);
    send_text("text/html; charset=utf-8", &PAGE)
}

/// How that page looks.
#[utoipa::path(
    get, path = "/api/docs/style.css", tag = "description", operation_id = "getDocsStyle",
    responses((status = 200, description = "A style sheet.", content((String = "text/css"))))
)]
pub(super) async fn send_style() -> Response {
    send_text("text/css; charset=utf-8", STYLE)
}

fn page() -> String {
    let document = serde_json::to_value(document()).unwrap_or_default();
    render(&document)
}

/// The page of a document.
fn render(document: &Value) -> String {
    let mut html = String::with_capacity(256 * 1024);
    let title = escape(text(&document["info"]["title"]));
    let version = escape(text(&document["info"]["version"]));
    html += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    html += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    put(&mut html, format_args!("<title>{title} API</title>\n"));
    html += "<link rel=\"stylesheet\" href=\"/api/docs/style.css\">\n</head>\n<body>\n<header>\n";
    put(&mut html, format_args!("<h1>{title} API <small>{version}</small></h1>\n"));
    html += &paragraphs(text(&document["info"]["description"]));
    html += "<p><a href=\"/api/openapi.json\">As OpenAPI 3.1</a></p>\n</header>\n";
    contents(&mut html, document);
    html += "<main>\n";
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        put(&mut html, format_args!("<section id=\"{0}\">\n<h2>{0}</h2>\n", escape(name)));
        html += &paragraphs(text(&tag["description"]));
        for (path, method, operation) in operations(document, name) {
            show(&mut html, document, (path, method), operation);
        }
        html += "</section>\n";
    }
    problems(&mut html);
    schemas(&mut html, document);
    html += "</main>\n</body>\n</html>\n";
    html
}

fn contents(html: &mut String, document: &Value) {
    *html += "<nav aria-label=\"Contents\">\n";
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        put(html, format_args!("<p><a href=\"#{0}\">{0}</a></p>\n<ul>\n", escape(name)));
        for (_, _, operation) in operations(document, name) {
            let id = escape(text(&operation["operationId"]));
            put(html, format_args!("<li><a href=\"#{id}\">{id}</a></li>\n"));
        }
        *html += "</ul>\n";
    }
    *html += "<p><a href=\"#problems\">problems</a></p>\n<p><a href=\"#schemas\">schemas</a></p>\n</nav>\n";
}

/// The operations of a part: path, method, and what is said of it.
fn operations<'d>(
    document: &'d Value,
    tag: &str,
) -> impl Iterator<Item = (&'d str, &'static str, &'d Value)> {
    let all = entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path, *method, item.get(*method)?)))
    });
    all.filter(move |(_, _, operation)| list(&operation["tags"]).any(|it| it == tag))
}

fn show(html: &mut String, document: &Value, (path, method): (&str, &str), operation: &Value) {
    let (id, path) = (escape(text(&operation["operationId"])), escape(path));
    let label = method.to_uppercase();
    put(html, format_args!("<article id=\"{id}\">\n<h3><a href=\"#{id}\">{id}</a></h3>\n"));
    put(
        html,
        format_args!(
            "<p class=\"route\"><b class=\"{method}\">{label}</b> <code>{path}</code></p>\n"
        ),
    );
    *html += &paragraphs(text(&operation["summary"]));
    *html += &paragraphs(text(&operation["description"]));
    if let Some(ways) = operation["security"].as_array() {
        put(html, format_args!("<p class=\"who\">{}</p>\n", security(ways)));
    }
    parameters(html, operation);
    for (kind, content) in entries(&operation["requestBody"]["content"]) {
        let schema = schema(&content["schema"]);
        put(
            html,
            format_args!("<h4>Body</h4>\n<p>{schema} as <code>{}</code></p>\n", escape(kind)),
        );
    }
    answers(html, document, operation);
    *html += "</article>\n";
}

/// How to show who one is.
fn security(ways: &[Value]) -> String {
    let optional = ways.iter().any(|way| entries(way).next().is_none());
    let names: Vec<_> = ways.iter().flat_map(entries).map(|(name, _)| escape(name)).collect();
    let names = names.join("</code> or <code>");
    format!("Shows who asks by <code>{names}</code>{}.", if optional { ", if at all" } else { "" })
}

fn parameters(html: &mut String, operation: &Value) {
    let mut parameters = list(&operation["parameters"]).peekable();
    if parameters.peek().is_none() {
        return;
    }
    *html += "<h4>Parameters</h4>\n<table>\n";
    for parameter in parameters {
        let required = if parameter["required"] == true { "" } else { ", optional" };
        let (name, place) = (escape(text(&parameter["name"])), escape(text(&parameter["in"])));
        let (schema, about) =
            (schema(&parameter["schema"]), prose(text(&parameter["description"])));
        put(
            html,
            format_args!(
                "<tr><th scope=\"row\"><code>{name}</code> <small>{place}{required}</small></th><td>{schema}</td><td>{about}</td></tr>\n"
            ),
        );
    }
    *html += "</table>\n";
}

fn answers(html: &mut String, document: &Value, operation: &Value) {
    *html += "<h4>Answers</h4>\n<table>\n";
    let mut failures = String::new();
    for (status, answer) in entries(&operation["responses"]) {
        let answer = resolve(document, answer);
        let problem = &answer["content"]["application/problem+json"]["schema"];
        let codes = problem["allOf"][1]["properties"]["code"]["enum"].as_array();
        if let Some(codes) = codes {
            put(&mut failures, format_args!("<li>{status}"));
            for code in codes.iter().map(text) {
                put(
                    &mut failures,
                    format_args!(" <a href=\"#{0}\"><code>{0}</code></a>", escape(code)),
                );
            }
            failures += "</li>\n";
            continue;
        }
        let mut bodies = String::new();
        for (kind, content) in entries(&answer["content"]) {
            put(
                &mut bodies,
                format_args!("{} as <code>{}</code><br>", schema(&content["schema"]), escape(kind)),
            );
        }
        let headers =
            entries(&answer["headers"]).filter(|(_, header)| header.get("$ref").is_none());
        for (name, header) in headers {
            let about = prose(text(&header["description"]));
            put(&mut bodies, format_args!("<code>{}</code> {about}<br>", escape(name)));
        }
        let about = prose(text(&answer["description"]));
        put(
            html,
            format_args!(
                "<tr><th scope=\"row\">{status}</th><td>{about}</td><td>{bodies}</td></tr>\n"
            ),
        );
    }
    put(html, format_args!("</table>\n<ul class=\"failures\">\n{failures}</ul>\n"));
}

/// What a reference stands for.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn problems(html: &mut String) {
    *html += "<section id=\"problems\">\n<h2>problems</h2>\n<p>What a failure is called in <code>code</code>. The sentence in <code>detail</code> may change, the code does not.</p>\n<table>\n";
    for code in Code::ALL {
        let (name, status, about) = (code.name(), code.status().as_u16(), code.about());
        put(
            html,
            format_args!(
                "<tr id=\"{name}\"><th scope=\"row\"><code>{name}</code></th><td>{status}</td><td>{about}</td></tr>\n"
            ),
        );
    }
    *html += "</table>\n</section>\n";
}

fn schemas(html: &mut String, document: &Value) {
    *html += "<section id=\"schemas\">\n<h2>schemas</h2>\n";
    for (name, value) in entries(&document["components"]["schemas"]) {
        put(
            html,
            format_args!(
                "<article id=\"schema-{0}\">\n<h3><a href=\"#schema-{0}\">{0}</a></h3>\n",
                escape(name)
            ),
        );
        *html += &paragraphs(text(&value["description"]));
        let own = [value].into_iter().chain(list(&value["allOf"]));
        let mut fields = own
            .clone()
            .flat_map(|part| {
                let required = list(&part["required"]).collect::<Vec<_>>();
                entries(&part["properties"])
                    .map(move |(name, field)| (name, field, required.iter().any(|it| *it == name)))
            })
            .peekable();
        let bases: Vec<_> =
            list(&value["allOf"]).filter(|part| part.get("$ref").is_some()).map(schema).collect();
        if !bases.is_empty() {
            put(html, format_args!("<p>All of {}, and:</p>\n", bases.join(" and ")));
        }
        if fields.peek().is_none() {
            if bases.is_empty() {
                put(html, format_args!("<p>{}</p>\n", schema(value)));
            }
        } else {
            *html += "<table>\n";
            for (name, field, required) in fields {
                let optional = if required { "" } else { " <small>optional</small>" };
                let about = prose(text(&field["description"]));
                put(
                    html,
                    format_args!(
                        "<tr><th scope=\"row\"><code>{}</code>{optional}</th><td>{}</td><td>{about}</td></tr>\n",
                        escape(name),
                        schema(field)
                    ),
                );
            }
            *html += "</table>\n";
        }
        *html += "</article>\n";
    }
    *html += "</section>\n";
}

/// A schema in a few words.
fn schema(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    let join =
        |parts: &Value, word: &str| list(parts).map(self::schema).collect::<Vec<_>>().join(word);
    if schema["oneOf"].is_array() {
        return join(&schema["oneOf"], " or ");
    }
    if schema["allOf"].is_array() {
        return join(&schema["allOf"], " and ");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| format!("<code>{}</code>", escape(text(value))));
        return values.collect::<Vec<_>>().join(" | ");
    }
    if schema["items"].is_object() {
        return format!("list of {}", self::schema(&schema["items"]));
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind).to_owned(),
    };
    let mut words = escape(&kinds);
    let limits = [
        ("format", ""),
        ("minimum", "from "),
        ("maximum", "to "),
        ("minLength", "at least "),
        ("maxLength", "at most "),
        ("pattern", "pattern "),
    ];
    for (name, word) in limits {
        let value = match &schema[name] {
            Value::Null => continue,
            Value::String(value) => format!("<code>{}</code>", escape(value)),
            value => format!("{value}"),
        };
        put(&mut words, format_args!(" <small>{word}{value}</small>"));
    }
    words
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("a string takes everything");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with `code` in it.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    parts.collect()
}

fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").filter(|part| !part.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", prose(part))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_its_place_and_every_link_leads_to_one() {
        let document = serde_json::to_value(document()).expect("JSON");
        let page = render(&document);
        let values = |name: &str| -> Vec<String> {
            let parts = page.split(name).skip(1);
            parts.map(|part| part.split('"').next().unwrap_or_default().to_owned()).collect()
        };
        let places: BTreeSet<_> = values(" id=\"").into_iter().collect();
        assert_eq!(places.len(), values(" id=\"").len(), "each place is there once");
        for link in values("href=\"#") {
            assert!(places.contains(&link), "#{link}");
        }
        for (_, item) in entries(&document["paths"]) {
            for (_, operation) in entries(item) {
                assert!(places.contains(text(&operation["operationId"])), "{operation}");
            }
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_nothing_runs() {
        let page = page();
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("//"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn what_looks_like_a_tag_is_shown_as_it_is() {
        assert_eq!(prose("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
        assert_eq!(paragraphs("one\n\ntwo"), "<p>one</p>\n<p>two</p>\n");
    }
}
