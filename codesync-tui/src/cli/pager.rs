//! Long answers go through a pager where a person reads them.

use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

use super::output::printed;
use super::{Context, Failure};

impl Context {
    /// Shows a text that is harmless to a terminal: through the pager on one, as it is elsewhere.
    pub(crate) fn show(&self, text: &str) -> Result<(), Failure> {
        let is_read_by_a_person = io::stdout().is_terminal() && io::stdin().is_terminal();
        if is_read_by_a_person && self.page(text) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Whether a pager has taken it.
    fn page(&self, text: &str) -> bool {
        let mut words = self.settings.pager.value.split_whitespace();
        let Some(program) = words.next().filter(|program| *program != "cat") else { return false };
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            // Colours as colours; no pager for what fits on the screen; the screen stays as it is.
            command.env("LESS", "FRX");
        }
        if std::env::var_os("LESSCHARSET").is_none() {
            // Whatever the locale: the text is UTF-8.
            command.env("LESSCHARSET", "utf-8");
        }
        let Ok(mut pager) = command.spawn() else {
            self.note(&format!("the pager {program} cannot be started"));
            return false;
        };
        if let Some(mut input) = pager.stdin.take() {
            // Whoever has seen enough closes it.
            let _ = input.write_all(text.as_bytes());
        }
        pager.wait().is_ok()
    }
}
