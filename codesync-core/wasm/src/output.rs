//! Outputs and events as tagged objects.

use std::time::Duration;

use codesync_core::client::{Cause, Event, Output};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::shapes::{edits, object};

pub(crate) fn output(output: Output) -> JsValue {
    match output {
        Output::Connect => object([("type", "connect".into())]),
        Output::Disconnect => object([("type", "disconnect".into())]),
        Output::Save { document, record } => object([
            ("type", "save".into()),
            ("document", document.to_string().into()),
            ("record", bytes(&record)),
        ]),
        Output::Compact { document, records } => object([
            ("type", "compact".into()),
            ("document", document.to_string().into()),
            ("records", bytes(&records)),
        ]),
        Output::Send(frame) => object([("type", "send".into()), ("frame", bytes(&frame))]),
        Output::Event(it) => object([("type", "event".into()), ("event", event(it))]),
    }
}

fn event(event: Event) -> JsValue {
    match event {
        Event::Opened { document, text } => object([
            ("type", "opened".into()),
            ("document", document.to_string().into()),
            ("text", text.to_string().into()),
        ]),
        Event::Changed { document, edits: list, cause } => object([
            ("type", "changed".into()),
            ("document", document.to_string().into()),
            ("edits", edits(&list)),
            ("cause", cause_name(cause).into()),
        ]),
        Event::Status { document } => {
            object([("type", "status".into()), ("document", document.to_string().into())])
        }
        Event::Peers { document } => {
            object([("type", "peers".into()), ("document", document.to_string().into())])
        }
        Event::Renamed { document, name } => object([
            ("type", "renamed".into()),
            ("document", document.to_string().into()),
            ("name", name.into()),
        ]),
        Event::Conflict { document, text, reason } => object([
            ("type", "conflict".into()),
            ("document", document.to_string().into()),
            ("text", text.into()),
            ("reason", reason.to_string().into()),
        ]),
        Event::Refused { document, code, message } => object([
            ("type", "refused".into()),
            ("document", document.to_string().into()),
            ("code", code.number().into()),
            ("message", message.into()),
        ]),
        Event::Online => object([("type", "online".into())]),
        Event::Offline { retry_in } => object([
            ("type", "offline".into()),
            ("retryIn", retry_in.map_or(JsValue::UNDEFINED, |wait| milliseconds(wait).into())),
        ]),
        Event::TokenExpiring { left } => {
            object([("type", "token-expiring".into()), ("left", milliseconds(left).into())])
        }
        Event::LoginNeeded { code, message } => object([
            ("type", "login-needed".into()),
            ("code", code.number().into()),
            ("message", message.into()),
        ]),
    }
}

fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Remote => "remote",
        Cause::Undo => "undo",
        Cause::Redo => "redo",
    }
}

/// A copy that JavaScript owns.
fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

pub(crate) fn milliseconds(moment: Duration) -> f64 {
    moment.as_secs_f64() * 1000.0
}
