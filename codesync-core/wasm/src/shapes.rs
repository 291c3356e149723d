//! The plain objects that cross the boundary: their TypeScript types, and how they are read and made.

use codesync_core::client::{Peer, State, Status};
use codesync_core::{Selection, TextEdit};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Replace the text between two gaps, both counted in UTF-16 code units of the text before. */
export interface TextEdit { readonly from: number; readonly to: number; readonly text: string }

/** A caret (`anchor === head`) or a selected range; `head` is the end that moves. */
export interface Selection { readonly anchor: number; readonly head: number }

/** Somebody else who has the document open. */
export interface Peer {
  readonly author: number;
  readonly name: string;
  /** Which of the palette's colours stands for this person. */
  readonly color: number;
  readonly selections: readonly Selection[];
}

export type State = "loading" | "synchronized" | "sending" | "waiting" | "read-only" | "ended";

export interface Status {
  readonly state: State;
  /** The last revision known to be on the server. */
  readonly saved: number;
  /** How many edits the server has not acknowledged. */
  readonly unsavedEdits: number;
}

/** What the driver has to do. A `send` may leave only after every earlier `save` and `compact` is durable. */
export type Output =
  | { readonly type: "connect" }
  | { readonly type: "disconnect" }
  | { readonly type: "save"; readonly document: string; readonly record: Uint8Array<ArrayBuffer> }
  | { readonly type: "compact"; readonly document: string; readonly records: Uint8Array<ArrayBuffer> }
  | { readonly type: "send"; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly type: "event"; readonly event: Event };

export type Cause = "remote" | "undo" | "redo";

/** What the user interface may want to know. Edits of one event are relative to the same text before. */
export type Event =
  /**
   * The text is there. Comes again when all of it was replaced, after a conflict. The `changed` that follow are about
   * this text, while the replica may have them already.
   */
  | { readonly type: "opened"; readonly document: string; readonly text: string }
  | { readonly type: "changed"; readonly document: string; readonly edits: readonly TextEdit[]; readonly cause: Cause }
  | { readonly type: "status"; readonly document: string }
  | { readonly type: "peers"; readonly document: string }
  | { readonly type: "renamed"; readonly document: string; readonly name: string }
  /** This copy's text, to be kept under another name: it cannot be brought together with the server's. */
  | { readonly type: "conflict"; readonly document: string; readonly text: string; readonly reason: string }
  | { readonly type: "refused"; readonly document: string; readonly code: number; readonly message: string }
  | { readonly type: "online" }
  /** `retryIn` in milliseconds; undefined when only `reconnect` or another token makes another attempt. */
  | { readonly type: "offline"; readonly retryIn: number | undefined }
  /** The token ends in `left` milliseconds: another one is wanted by `setToken`. */
  | { readonly type: "token-expiring"; readonly left: number }
  /** The server wants to know who this is. Editing goes on; nothing is sent until `setToken` brings another token. */
  | { readonly type: "login-needed"; readonly code: number; readonly message: string };
"#;

#[wasm_bindgen]
extern "C" {
    /// A `TextEdit` that came from JavaScript.
    #[wasm_bindgen(typescript_type = "TextEdit")]
    pub type JsTextEdit;
    #[wasm_bindgen(method, getter, structural)]
    fn from(this: &JsTextEdit) -> u32;
    #[wasm_bindgen(method, getter, structural)]
    fn to(this: &JsTextEdit) -> u32;
    #[wasm_bindgen(method, getter, structural)]
    fn text(this: &JsTextEdit) -> String;

    /// A `Selection` that came from JavaScript.
    #[wasm_bindgen(typescript_type = "Selection")]
    pub type JsSelection;
    #[wasm_bindgen(method, getter, structural)]
    fn anchor(this: &JsSelection) -> u32;
    #[wasm_bindgen(method, getter, structural)]
    fn head(this: &JsSelection) -> u32;
}

impl From<JsTextEdit> for TextEdit {
    fn from(edit: JsTextEdit) -> Self {
        Self { range: edit.from() as usize..edit.to() as usize, text: edit.text() }
    }
}

impl From<JsSelection> for Selection {
    fn from(selection: JsSelection) -> Self {
        Self::new(selection.anchor() as usize, selection.head() as usize)
    }
}

/// A plain object with these members.
pub(crate) fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a fresh object that nobody froze does not fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

pub(crate) fn edits(edits: &[TextEdit]) -> JsValue {
    edits.iter().map(edit).collect::<Array>().into()
}

fn edit(edit: &TextEdit) -> JsValue {
    object([
        ("from", number(edit.range.start)),
        ("to", number(edit.range.end)),
        ("text", edit.text.as_str().into()),
    ])
}

pub(crate) fn selections(selections: &[Selection]) -> JsValue {
    selections
        .iter()
        .map(|selection| {
            object([("anchor", number(selection.anchor)), ("head", number(selection.head))])
        })
        .collect::<Array>()
        .into()
}

/// `at` are the peer's selections in UTF-16.
pub(crate) fn peer(peer: &Peer<'_>, at: &[Selection]) -> JsValue {
    object([
        ("author", peer.author.get().into()),
        ("name", peer.name.into()),
        ("color", peer.color.into()),
        ("selections", selections(at)),
    ])
}

pub(crate) fn status(status: Status) -> JsValue {
    let state = match status.state {
        State::Loading => "loading",
        State::Synchronized => "synchronized",
        State::Sending => "sending",
        State::Waiting => "waiting",
        State::ReadOnly => "read-only",
        State::Ended => "ended",
    };
    object([
        ("state", state.into()),
        ("saved", (status.saved.get() as f64).into()),
        ("unsavedEdits", number(status.unsaved_edits)),
    ])
}

/// Counts of a text fit a JavaScript number many times over.
pub(crate) fn number(count: usize) -> JsValue {
    (count as f64).into()
}
