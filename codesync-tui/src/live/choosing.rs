//! Choosing a document before there is an editor: the list that Ctrl-O shows, with a screen of its
//! own.

use std::time::{Duration, Instant};

use codesync_client::core::DocumentId;

use super::signals::{Signal, Signals};
use crate::app::{App, Command, Effect, Event, Listed, Reply};
use crate::input::Input;
use crate::terminal::{Inputs, TerminalError, TerminalGuard};
use crate::ui;
use crate::ui::theme::Theme;

/// Takes the terminal until one is chosen, or none.
pub(crate) async fn choose(
    mut app: App,
    documents: Vec<Listed>,
    theme: &Theme,
) -> Result<Option<DocumentId>, TerminalError> {
    let mut guard = TerminalGuard::take()?;
    let mut inputs = Inputs::take()?;
    let mut signals = Signals::new()?;
    let started = Instant::now();
    let (columns, rows) = guard.size()?;
    app.handle(Duration::ZERO, Event::Input(Input::Resize { columns, rows }));
    app.handle(Duration::ZERO, Event::Answered(Reply::Documents(Ok(documents))));
    loop {
        while let Some(effect) = app.poll_effect() {
            match effect {
                Effect::Open(document) => return Ok(Some(document)),
                Effect::Quit => return Ok(None),
                Effect::Redraw => guard.forget(),
                _ => {}
            }
        }
        let Some(picker) = app.picker() else { return Ok(None) };
        guard.draw(app.size(), |screen| ui::draw_picker(picker, theme, screen))?;
        tokio::select! {
            input = inputs.next() => match input {
                // There is nothing here to be copied: it is meant as anywhere outside an editor.
                Some(Input::Key(key)) if app.keymap().command(key) == Some(Command::Copy) => {
                    return Ok(None);
                }
                Some(input) => {
                    if matches!(input, Input::Resize { .. }) {
                        guard.forget();
                    }
                    app.handle(started.elapsed(), Event::Input(input));
                }
                None => return Ok(None),
            },
            signal = signals.next() => match signal {
                Signal::End => return Ok(None),
                #[cfg(unix)]
                Signal::Suspend => {
                    guard.suspend()?;
                    let (columns, rows) = guard.size()?;
                    app.handle(started.elapsed(), Event::Input(Input::Resize { columns, rows }));
                }
            },
        }
    }
}
