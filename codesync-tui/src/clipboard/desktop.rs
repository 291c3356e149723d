//! The clipboard of a desktop on this machine, on a thread of its own: it may be slow to answer.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// Texts that wait for a desktop. One that is copied while so many wait is not put there.
const TEXTS_MAX: usize = 4;

/// A clipboard, or none where there is no desktop.
#[derive(Default)]
pub(crate) struct Desktop {
    texts: Option<SyncSender<String>>,
    is_asked: bool,
}

impl Desktop {
    /// Puts a text there, if that is possible. Never waits. The first text starts the thread.
    pub(crate) fn put(&mut self, text: &str) {
        if !std::mem::replace(&mut self.is_asked, true) && is_there() {
            self.texts = start();
        }
        if let Some(texts) = &self.texts {
            // A desktop that does not answer is no reason to wait; the terminal has it as well.
            let _ = texts.try_send(text.to_owned());
        }
    }
}

fn start() -> Option<SyncSender<String>> {
    let (sender, texts) = sync_channel::<String>(TEXTS_MAX);
    let work = move || {
        let Ok(mut clipboard) = arboard::Clipboard::new() else { return };
        for text in texts {
            // What the desktop refuses the terminal may still have taken.
            let _ = clipboard.set_text(text);
        }
    };
    thread::Builder::new().name("codesync-clipboard".into()).spawn(work).ok()?;
    Some(sender)
}

/// Whether there is a desktop to ask. Elsewhere the attempt would only take time.
fn is_there() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || is_set("DISPLAY")
}
