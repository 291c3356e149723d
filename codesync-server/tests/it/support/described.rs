//! Whether an answer is one that the description of the REST interface knows.

use std::sync::LazyLock;

use codesync_server::http::api;
use reqwest::Method;
use serde_json::Value;

static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api::json()).expect("JSON"));

/// Fails if the operation is described and says nothing of this status, or of this code.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, status: u16, body: &Value) {
    let Some(operation) = operation(method, path) else { return };
    let name = operation["operationId"].as_str().expect("a name");
    let answer = &operation["responses"][status.to_string()];
    assert!(!answer.is_null(), "{name} is not described to answer {status}: {body}");
    if status < 400 {
        return;
    }
    let schema = &resolve(answer)["content"]["application/problem+json"]["schema"];
    let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array().expect("codes");
    assert!(codes.contains(&body["code"]), "{name} is not described to answer {status} so: {body}");
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let paths = DESCRIPTION["paths"].as_object()?;
    let fits = |template: &str| {
        let (mut asked, mut said) = (path.split('/'), template.split('/'));
        let same = said
            .by_ref()
            .all(|part| asked.next().is_some_and(|it| part.starts_with('{') || it == part));
        same && asked.next().is_none()
    };
    // A part that is said word for word goes before one that stands for any.
    let found = paths.iter().filter(|(template, _)| fits(template));
    let (_, item) = found.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.as_str().to_lowercase())
}

fn resolve(answer: &'static Value) -> &'static Value {
    let pointer = answer["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| DESCRIPTION.pointer(pointer)).unwrap_or(answer)
}
