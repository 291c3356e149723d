//! Replacing what was found: one after another with a question, or all at once as one edit.
//!
//! In what stands in the place, `$1` or `${name}` means what the expression's groups matched, and
//! `\n` and `\t` a line feed and a tab. Where the query was taken as it is, so is this.

use std::ops::Range;

use codesync_core::{Bias, Selection, TextEdit};
use regex::Regex;

use super::edits::Landing;
use super::{App, Effect, Prompt, PromptKind};
use crate::input::{Code, Key};

impl App {
    /// What is to be replaced is known: asks by what.
    pub(super) fn ask_replacement(&mut self) {
        if !self.find.has_matches() && !self.find.is_looking() {
            self.notify(&format!("not found: {}", self.find.query()));
            return;
        }
        let before = self.replacement.clone();
        self.prompt = Some(Prompt::new(PromptKind::ReplaceWith, before));
    }

    /// Takes the answer and asks about the first match.
    pub(super) fn replace_each(&mut self) {
        self.take_replacement();
        let from = self.carets.primary().start();
        self.ask_about_match(from, 0);
    }

    fn take_replacement(&mut self) {
        if let Some(Prompt { kind: PromptKind::ReplaceWith, answer }) = self.prompt.take() {
            answer.text().clone_into(&mut self.replacement);
        }
    }

    /// Asks about the first match from an offset on, or says how many were replaced.
    fn ask_about_match(&mut self, from: usize, done: usize) {
        while self.find.is_looking() && self.find.at_or_after(from).is_none() {
            self.go_on_finding();
        }
        match self.find.at_or_after(from) {
            Some(found) => {
                self.jump(Selection::new(found.start, found.end));
                let kind = PromptKind::ReplaceEach { done };
                self.prompt = Some(Prompt::new(kind, String::new()));
            }
            None => self.end_replacing(done),
        }
    }

    fn end_replacing(&mut self, done: usize) {
        self.prompt = None;
        self.notify(&match done {
            0 => "nothing replaced".to_owned(),
            n => format!("{n} replaced"),
        });
    }

    /// The answer to whether the selected match is to be replaced.
    pub(super) fn replace_answered(&mut self, key: Key, done: usize) {
        let primary = self.carets.primary();
        match key.code {
            Code::Char('y' | 'Y' | ' ') | Code::Enter => {
                let mut edits = self.replacements(&primary.range());
                let Some(edit) = edits.pop().filter(|edit| edit.range == primary.range()) else {
                    // Others have changed it meanwhile.
                    return self.ask_about_match(primary.end(), done);
                };
                let after = edit.range.start + edit.text.chars().count();
                if self.replace(vec![edit]) {
                    self.ask_about_match(after, done + 1);
                }
            }
            Code::Char('n' | 'N') => self.ask_about_match(primary.end(), done),
            Code::Char('a' | 'A') => self.replace_from(primary.start(), done),
            Code::Escape | Code::Char('q') => self.end_replacing(done),
            _ => {}
        }
    }

    /// Replaces every match in the text.
    pub(super) fn replace_all(&mut self, done: usize) {
        self.take_replacement();
        self.replace_from(0, done);
    }

    fn replace_from(&mut self, from: usize, done: usize) {
        let edits = self.replacements(&(from..self.text.len()));
        let count = edits.len();
        if count == 0 || self.replace(edits) {
            self.end_replacing(done + count);
        }
    }

    /// One edit, undone at once.
    fn replace(&mut self, edits: Vec<TextEdit>) -> bool {
        if !self.may_edit() {
            self.prompt = None;
            return false;
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Left));
        self.has_moved = true;
        true
    }

    /// The edits that replace the matches within a stretch of the text.
    fn replacements(&self, within: &Range<usize>) -> Vec<TextEdit> {
        let Some(pattern) = self.find.pattern() else { return Vec::new() };
        let template = match pattern.is_literal() {
            true => self.replacement.clone(),
            false => unescape(&self.replacement),
        };
        let mut edits = Vec::new();
        pattern.captures(&self.text, within, |range, captures| {
            let mut text = String::new();
            match pattern.is_literal() {
                true => text.push_str(&template),
                false => captures.expand(&template, &mut text),
            }
            edits.push(TextEdit { range, text });
        });
        edits
    }

    /// Replaces in lines as `:s` of the `vim` preset does, and says how many were replaced.
    pub(super) fn substitute(
        &mut self,
        pattern: &Regex,
        template: &str,
        lines: Range<usize>,
        every: bool,
    ) {
        let mut edits = Vec::new();
        for line in lines {
            let start = self.text.line_start(line);
            let content = self.text.line(line).into_owned();
            let chars = |byte: usize| start + content[..byte].chars().count();
            let found = pattern.captures_iter(&content).take(if every { usize::MAX } else { 1 });
            for captures in found {
                let Some(whole) = captures.get(0) else { continue };
                let mut text = String::new();
                captures.expand(template, &mut text);
                edits.push(TextEdit { range: chars(whole.start())..chars(whole.end()), text });
            }
        }
        let count = edits.len();
        if count == 0 || self.replace(edits) {
            self.end_replacing(count);
        }
    }
}

/// `\n`, `\t` and `\\` as what they mean.
fn unescape(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('\\') | None => text.push('\\'),
                Some(other) => text.extend(['\\', other]),
            },
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::app::tests::stage::{Stage, check};

    #[test]
    fn all_are_replaced_as_one_edit() {
        let mut stage = Stage::new("x.txt", "foo bar\nFoo |baz foo");
        stage.press("Ctrl-R f o o Enter x y Alt-A");
        assert_eq!(stage.text().to_string(), "xy bar\nxy baz xy");
        assert_eq!(stage.app.notice(), Some("3 replaced"));
        stage.press("Ctrl-Z");
        assert_eq!(stage.text().to_string(), "foo bar\nFoo baz foo");
    }

    #[test]
    fn each_is_asked_about_from_the_caret_on() {
        let mut stage = Stage::new("x.txt", "a |a a a a");
        stage.press("Ctrl-R a Enter b Enter y n a");
        assert_eq!(stage.text().to_string(), "a b a b b");
        assert_eq!(stage.app.notice(), Some("3 replaced"));
        let mut stage = Stage::new("x.txt", "|a a");
        stage.press("Ctrl-R a Enter b Enter y Esc x");
        assert_eq!(stage.app.notice(), Some("1 replaced"));
        assert!(stage.text().to_string().starts_with('b'));
    }

    #[test]
    fn groups_of_the_expression_can_be_used() {
        let mut stage = Stage::new("x.txt", "|ab=1\ncd=2");
        stage.press("Ctrl-R");
        stage.paste(r"(\w+)=(\d)");
        stage.press("Enter");
        stage.paste(r"$2\t$1");
        stage.press("Alt-A");
        assert_eq!(stage.text().to_string(), "1\tab\n2\tcd");
        // What is no expression is taken as it is, and so is what replaces it.
        let mut stage = Stage::new("x.txt", "|f(x)");
        stage.press("Ctrl-R f ( Enter");
        stage.paste("$1");
        stage.press("Alt-A");
        assert_eq!(stage.text().to_string(), "$1x)");
    }

    #[test]
    fn what_is_not_there_is_not_replaced() {
        let mut stage = Stage::new("x.txt", "|abc");
        stage.press("Ctrl-R x Enter");
        assert_eq!(stage.app.notice(), Some("not found: x"));
        stage.press("Esc");
        check("|abc", "Ctrl-R b Enter x Esc", "a[b|c");
    }
}
