//! Commands of the `vim` preset that are typed after a colon.

use regex::RegexBuilder;

use super::{App, Command, Prompt, PromptKind, parse_place};

impl App {
    pub(super) fn open_colon(&mut self) {
        self.prompt = Some(Prompt::new(PromptKind::Colon, String::new()));
    }

    pub(super) fn answer_colon(&mut self) {
        let Some(prompt) = self.prompt.take() else { return };
        let line = prompt.answer.text().trim().to_owned();
        if let Some((line, column)) = parse_place(&line) {
            return self.go_to(line, column);
        }
        match line.as_str() {
            "" => {}
            "w" => self.save_point(),
            "q" | "q!" => self.quit(),
            "wq" | "x" => {
                self.save_point();
                self.quit();
            }
            "noh" | "nohlsearch" => self.find.hide(),
            "set wrap" | "set nowrap" if self.wraps != (line == "set wrap") => {
                self.run(Command::ToggleWrap);
            }
            "set nu" | "set nonu" if self.has_numbers != (line == "set nu") => {
                self.run(Command::ToggleNumbers);
            }
            _ => self.answer_substitution(&line),
        }
    }

    /// `s/what/with/g`, for all lines with a `%` before it. Any sign can take the place of `/`.
    fn answer_substitution(&mut self, line: &str) {
        let (is_all, rest) = match line.strip_prefix('%') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let sign = rest.strip_prefix('s').and_then(|rest| rest.chars().next());
        let Some(sign) = sign.filter(|sign| sign.is_ascii_punctuation()) else {
            return self.notify(&format!("not a command: {line}"));
        };
        let mut parts = rest[1 + sign.len_utf8()..].split(sign);
        let (what, with) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let flags = parts.next().unwrap_or_default();
        let pattern = RegexBuilder::new(what).case_insensitive(flags.contains('i')).build();
        let pattern = match pattern {
            Ok(pattern) if !what.is_empty() => pattern,
            _ => return self.notify(&format!("not an expression: {what}")),
        };
        let here = self.text.line_of(self.carets.primary().head);
        let lines = if is_all { 0..self.text.len_lines() } else { here..here + 1 };
        self.substitute(&pattern, with, lines, flags.contains('g'));
    }
}
