//! The one class: [`codesync_core::client::Connection`], method by method.

use std::time::Duration;

use codesync_core::client::{self, ConnectionConfig, OpenDocument, Peer, Replica, journal};
use codesync_core::limits::SUBMIT_INTERVAL_MS;
use codesync_core::text::diff_typed;
use codesync_core::{AccessToken, DocumentId, Encoding, Selection, Text, TextEdit};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::output::{milliseconds, output};
use crate::shapes::{self, JsSelection, JsTextEdit};

/// One person's connection to a server, with any number of documents. It outlives every socket.
///
/// `now` is always milliseconds since one moment that the driver chose; `document` the hyphenated
/// form of a document's id. What names no open document throws.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Connection {
    inner: client::Connection,
}

#[wasm_bindgen]
impl Connection {
    /// `name` is what others see; `seed` 64 random bits; `token` says who the person is, where the
    /// server asks for that.
    #[wasm_bindgen(constructor)]
    pub fn new(name: String, seed: u64, token: Option<String>) -> Self {
        let token = token.map(AccessToken::from);
        let submit_interval = Duration::from_millis(SUBMIT_INTERVAL_MS);
        let config = ConnectionConfig { name, seed, token, submit_interval };
        let mut inner = client::Connection::new(config);
        inner.set_event_encoding(Encoding::Utf16);
        Self { inner }
    }

    /// Opens a document as a new client: 32 hexadecimal digits of fresh randomness.
    pub fn open(&mut self, document: &str, client: &str, now: f64) -> Result<(), JsError> {
        let open = OpenDocument { document: id(document)?, client: client.parse()? };
        self.inner.open(moment(now), open);
        Ok(())
    }

    /// Opens a document where its journal left off. Answers how many bytes of the journal are
    /// whole: what comes after was being written when the process ended, and is to be cut off.
    #[wasm_bindgen(js_name = openRestored)]
    pub fn open_restored(
        &mut self,
        document: &str,
        journal: &[u8],
        now: f64,
    ) -> Result<usize, JsError> {
        let replayed = journal::replay(journal)?;
        let valid_bytes = replayed.valid_bytes;
        self.inner.open_restored(moment(now), id(document)?, replayed)?;
        Ok(valid_bytes)
    }

    /// Closes a document. What is not sent stays in its journal.
    pub fn close(&mut self, document: &str, now: f64) -> Result<(), JsError> {
        self.inner.close(moment(now), id(document)?);
        Ok(())
    }

    /// Sends what waits for more to be typed: the page is about to go.
    #[wasm_bindgen(js_name = sendNow)]
    pub fn send_now(&mut self, now: f64) {
        self.inner.send_now(moment(now));
    }

    /// Makes edits of the user's: sorted, not overlapping, all about the text before.
    pub fn edit(
        &mut self,
        document: &str,
        edits: Vec<JsTextEdit>,
        now: f64,
    ) -> Result<(), JsError> {
        let edits: Vec<TextEdit> = edits.into_iter().map(TextEdit::from).collect();
        Ok(self.inner.edit(moment(now), id(document)?, &edits, Encoding::Utf16)?)
    }

    /// Makes the edit that a field tells by its text and its caret, and by nothing else: the document
    /// reads so now.
    pub fn retype(
        &mut self,
        document: &str,
        text: &str,
        caret: usize,
        now: f64,
    ) -> Result<(), JsError> {
        let before = self.replica(document)?.text().to_string();
        let Some(edit) = diff_typed(&before, text, caret, Encoding::Utf16) else { return Ok(()) };
        Ok(self.inner.edit(moment(now), id(document)?, &[edit], Encoding::Scalar)?)
    }

    /// Takes back the user's last edits. What changed comes as an event; `false` if nothing did.
    pub fn undo(&mut self, document: &str, now: f64) -> Result<bool, JsError> {
        Ok(self.inner.undo(moment(now), id(document)?).is_some())
    }

    /// Makes undone edits again. What changed comes as an event; `false` if nothing did.
    pub fn redo(&mut self, document: &str, now: f64) -> Result<bool, JsError> {
        Ok(self.inner.redo(moment(now), id(document)?).is_some())
    }

    /// Ends the group that is being typed: the next edit is undone by itself.
    #[wasm_bindgen(js_name = breakUndoGroup)]
    pub fn break_undo_group(&mut self, document: &str) -> Result<(), JsError> {
        self.inner.break_undo_group(id(document)?);
        Ok(())
    }

    /// Says where the user is.
    #[wasm_bindgen(js_name = setSelections)]
    pub fn set_selections(
        &mut self,
        document: &str,
        selections: Vec<JsSelection>,
        now: f64,
    ) -> Result<(), JsError> {
        let text = self.replica(document)?.text();
        let selections = selections.into_iter().map(|it| from_utf16(text, it.into())).collect();
        self.inner.set_selections(moment(now), id(document)?, selections);
        Ok(())
    }

    /// Uses another token from now on: shows it to the server at once, if there is a socket, and asks
    /// for one if only a login was missing.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&mut self, token: Option<String>, now: f64) {
        self.inner.set_token(moment(now), token.map(AccessToken::from));
    }

    /// The socket that was asked for is open.
    #[wasm_bindgen(js_name = handleConnected)]
    pub fn handle_connected(&mut self, now: f64) {
        self.inner.handle_connected(moment(now));
    }

    /// A frame arrived. Throws if it breaks the protocol; the socket is given up then.
    #[wasm_bindgen(js_name = handleFrame)]
    pub fn handle_frame(&mut self, frame: &[u8], now: f64) -> Result<(), JsError> {
        Ok(self.inner.handle_frame(moment(now), frame)?)
    }

    /// The socket is gone, or could not be opened.
    #[wasm_bindgen(js_name = handleDisconnected)]
    pub fn handle_disconnected(&mut self, now: f64) {
        self.inner.handle_disconnected(moment(now));
    }

    /// Time has passed, at least to what `pollTimeout` said.
    #[wasm_bindgen(js_name = handleTimeout)]
    pub fn handle_timeout(&mut self, now: f64) {
        self.inner.handle_timeout(moment(now));
    }

    /// Connects now instead of after a while: the network is back, say.
    pub fn reconnect(&mut self, now: f64) {
        self.inner.reconnect(moment(now));
    }

    /// The next piece of work for the driver. Drain it after every other call.
    #[wasm_bindgen(js_name = pollOutput, unchecked_return_type = "Output | undefined")]
    pub fn poll_output(&mut self) -> JsValue {
        self.inner.poll_output().map_or(JsValue::UNDEFINED, output)
    }

    /// When `handleTimeout` is to be called; undefined if nothing happens by itself.
    #[wasm_bindgen(js_name = pollTimeout)]
    pub fn poll_timeout(&self) -> Option<f64> {
        self.inner.poll_timeout().map(milliseconds)
    }

    /// The whole text. Costs its length.
    pub fn text(&self, document: &str) -> Result<String, JsError> {
        Ok(self.replica(document)?.text().to_string())
    }

    /// Length of the text in UTF-16 code units.
    pub fn length(&self, document: &str) -> Result<usize, JsError> {
        Ok(self.replica(document)?.text().len_utf16())
    }

    /// The document's name; empty as long as it is not known. Written by a stranger.
    pub fn name(&self, document: &str) -> Result<String, JsError> {
        Ok(self.replica(document)?.name().to_owned())
    }

    /// The newest revision that is contained in the text.
    pub fn revision(&self, document: &str) -> Result<f64, JsError> {
        Ok(self.replica(document)?.revision().get() as f64)
    }

    /// The truth about saving.
    #[wasm_bindgen(unchecked_return_type = "Status")]
    pub fn status(&self, document: &str) -> Result<JsValue, JsError> {
        Ok(shapes::status(self.replica(document)?.status()))
    }

    /// Whether there is something of the user's own to take back.
    #[wasm_bindgen(js_name = canUndo)]
    pub fn can_undo(&self, document: &str) -> Result<bool, JsError> {
        Ok(self.replica(document)?.can_undo())
    }

    /// Whether there is something to bring back.
    #[wasm_bindgen(js_name = canRedo)]
    pub fn can_redo(&self, document: &str) -> Result<bool, JsError> {
        Ok(self.replica(document)?.can_redo())
    }

    /// The user's own selections, as they are now.
    #[wasm_bindgen(unchecked_return_type = "Selection[]")]
    pub fn selections(&self, document: &str) -> Result<JsValue, JsError> {
        let replica = self.replica(document)?;
        Ok(shapes::selections(&to_utf16(replica.text(), replica.selections())))
    }

    /// Everybody else who has the document open, and where they are in the text as it is now.
    #[wasm_bindgen(unchecked_return_type = "Peer[]")]
    pub fn peers(&self, document: &str) -> Result<JsValue, JsError> {
        let replica = self.replica(document)?;
        let text = replica.text();
        let peer = |it: Peer<'_>| shapes::peer(&it, &to_utf16(text, &it.selections));
        Ok(replica.peers().map(peer).collect::<Array>().into())
    }

    /// Where they are and nothing else, in the order of `peers`: for each selection three numbers, the
    /// author, the anchor and the head. A key moves people and renames nobody, and an object for each
    /// of them costs seven times as much.
    pub fn carets(&self, document: &str) -> Result<Vec<u32>, JsError> {
        let replica = self.replica(document)?;
        let text = replica.text();
        let whole = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        let caret = |it: Peer<'_>| {
            let author = it.author.get();
            let at = to_utf16(text, &it.selections).into_iter();
            at.flat_map(move |at| [author, whole(at.anchor), whole(at.head)])
        };
        Ok(replica.peers().flat_map(caret).collect())
    }
}

impl Connection {
    fn replica(&self, document: &str) -> Result<&Replica, JsError> {
        let document = id(document)?;
        let not_open = || JsError::from(client::EditError::NotOpen { document });
        self.inner.document(document).ok_or_else(not_open)
    }
}

fn id(document: &str) -> Result<DocumentId, JsError> {
    Ok(document.parse()?)
}

/// A moment before the driver's first, or one that is no number, is taken for that first.
fn moment(now: f64) -> Duration {
    Duration::try_from_secs_f64(now / 1000.0).unwrap_or_default()
}

fn to_utf16(text: &Text, selections: &[Selection]) -> Vec<Selection> {
    let offset = |offset| text.offset_to(Encoding::Utf16, offset).unwrap_or(text.len_utf16());
    selections.iter().map(|it| Selection::new(offset(it.anchor), offset(it.head))).collect()
}

/// What names no gap of the text, such as the middle of a surrogate pair, is taken for its end.
fn from_utf16(text: &Text, selection: Selection) -> Selection {
    let offset = |offset| text.offset_from(Encoding::Utf16, offset).unwrap_or(text.len());
    Selection::new(offset(selection.anchor), offset(selection.head))
}
