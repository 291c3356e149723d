//! Languages from syntect's grammars: what a text is written in, and what its scopes mean.
//!
//! A grammar gives every stretch a stack of scopes, such as `source.rust`, `string.quoted`,
//! `constant.character.escape`. The innermost one that means something to us decides.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use codesync_core::Text;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::parser::Parser;
use super::{Span, Subject, Token};

/// All grammars. They are unpacked by the first who asks, which is the worker's thread.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Languages whose usual short name is neither their grammar's name nor an ending.
const ALIASES: &[(&str, &str)] = &[
    ("text", "Plain Text"),
    ("plaintext", "Plain Text"),
    ("csharp", "C#"),
    ("fsharp", "F#"),
    ("cpp", "C++"),
    ("objective-c", "Objective-C"),
    ("shell", "Bourne Again Shell (bash)"),
    ("make", "Makefile"),
    ("jsonc", "JSON"),
    ("ini", "INI"),
    ("terraform", "Terraform"),
    ("proto", "Protocol Buffer"),
    ("vim", "VimL"),
];

/// What scopes mean: the longest beginning counts. `None` hides what the scopes outside mean, as
/// code within a string does.
const MEANINGS: &[(&str, Option<Token>)] = &[
    ("comment", Some(Token::Comment)),
    ("string", Some(Token::String)),
    ("constant.character.escape", Some(Token::Escape)),
    ("constant.other.placeholder", Some(Token::Escape)),
    ("constant.numeric", Some(Token::Number)),
    ("constant", Some(Token::Constant)),
    ("variable.language", Some(Token::Constant)),
    ("keyword", Some(Token::Keyword)),
    ("keyword.operator", None),
    ("keyword.operator.word", Some(Token::Keyword)),
    ("storage", Some(Token::Keyword)),
    ("entity.name.function", Some(Token::Function)),
    ("entity.name.macro", Some(Token::Function)),
    ("support.function", Some(Token::Function)),
    ("support.macro", Some(Token::Function)),
    ("variable.function", Some(Token::Function)),
    ("entity.name", Some(Token::Type)),
    ("entity.other.inherited-class", Some(Token::Type)),
    ("support.type", Some(Token::Type)),
    ("support.class", Some(Token::Type)),
    ("support.constant", Some(Token::Constant)),
    ("entity.name.tag", Some(Token::Tag)),
    ("entity.other.attribute-name", Some(Token::Attribute)),
    ("meta.annotation", Some(Token::Attribute)),
    ("variable.annotation", Some(Token::Attribute)),
    ("entity.name.section", Some(Token::Heading)),
    ("markup.heading", Some(Token::Heading)),
    ("markup.bold", Some(Token::Strong)),
    ("markup.italic", Some(Token::Emphasis)),
    ("markup.raw", Some(Token::String)),
    ("markup.underline.link", Some(Token::Link)),
    ("markup.inserted", Some(Token::Inserted)),
    ("markup.deleted", Some(Token::Deleted)),
    ("invalid", Some(Token::Invalid)),
    ("invalid.deprecated", None),
    ("source", None),
    ("text", None),
    ("meta.interpolation", None),
    ("meta.template.expression", None),
];

/// The names of all languages, in the order of the alphabet.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> =
        GRAMMARS.syntaxes().iter().map(|syntax| syntax.name.clone()).collect();
    names.sort_by_key(|name| name.to_lowercase());
    names.dedup();
    names
}

/// One language at work.
pub(super) struct Grammar {
    syntax: &'static SyntaxReference,
    meanings: RefCell<HashMap<Scope, Option<Option<Token>>>>,
    table: Vec<(Scope, Option<Token>)>,
}

impl Grammar {
    /// The grammar for a text: by its language, by its name, or by its first line.
    pub(super) fn of(subject: &Subject, text: &Text) -> Option<Self> {
        let found = match &subject.language {
            Some(language) => named(language),
            None => of_title(&subject.title).or_else(|| {
                let first = text.chars_from(0).take(200).take_while(|c| *c != '\n');
                GRAMMARS.find_syntax_by_first_line(&first.collect::<String>())
            }),
        };
        found.filter(|syntax| syntax.name != "Plain Text").map(Self::new)
    }

    fn new(syntax: &'static SyntaxReference) -> Self {
        let table = MEANINGS
            .iter()
            .filter_map(|(scope, token)| Some((Scope::new(scope).ok()?, *token)))
            .collect();
        Self { syntax, meanings: RefCell::default(), table }
    }

    pub(super) fn name(&self) -> &str {
        &self.syntax.name
    }

    fn token(&self, stack: &ScopeStack) -> Option<Token> {
        stack.as_slice().iter().rev().find_map(|scope| self.meaning(*scope)).flatten()
    }

    /// What one scope means: nothing, or a token, or that there is none whatever lies outside.
    fn meaning(&self, scope: Scope) -> Option<Option<Token>> {
        *self.meanings.borrow_mut().entry(scope).or_insert_with(|| {
            self.table
                .iter()
                .filter(|(prefix, _)| prefix.is_prefix_of(scope))
                .max_by_key(|(prefix, _)| prefix.len())
                .map(|(_, token)| *token)
        })
    }
}

fn named(language: &str) -> Option<&'static SyntaxReference> {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(language));
    let wanted = alias.map_or(language, |(_, name)| name);
    GRAMMARS
        .find_syntax_by_name(wanted)
        .or_else(|| GRAMMARS.find_syntax_by_token(&wanted.to_lowercase()))
}

fn of_title(title: &str) -> Option<&'static SyntaxReference> {
    let file = title.rsplit(['/', '\\']).next().unwrap_or(title);
    let ending = file.rsplit_once('.').map(|(_, ending)| ending);
    let known = |name: &str| GRAMMARS.find_syntax_by_extension(name);
    known(file).or_else(|| known(ending?)).or_else(|| known(&ending?.to_lowercase()))
}

impl Parser for Grammar {
    type State = (ParseState, ScopeStack);

    fn start(&self) -> Self::State {
        (ParseState::new(self.syntax), ScopeStack::new())
    }

    fn read(&self, (state, stack): &mut Self::State, line: &str) -> Vec<Span> {
        // A grammar that loses its way (its expressions have a limit) leaves the line plain.
        let Ok(changes) = state.parse_line(line, &GRAMMARS) else { return Vec::new() };
        let end = line.trim_end_matches('\n').len();
        let mut spans: Vec<Span> = Vec::new();
        let mut counted = (0, 0);
        let mut begin = 0;
        let mut take = |from: usize, to: usize, token: Option<Token>| {
            let (from, to) = (from.min(end), to.min(end));
            let Some(token) = token.filter(|_| from < to) else { return };
            let mut chars = |byte: usize| {
                counted = (byte, counted.1 + line[counted.0..byte].chars().count());
                counted.1
            };
            let range = chars(from)..chars(to);
            match spans.last_mut() {
                Some(last) if last.token == token && last.range.end == range.start => {
                    last.range.end = range.end;
                }
                _ => spans.push(Span { range, token }),
            }
        };
        for (at, change) in changes {
            take(begin, at, self.token(stack));
            begin = begin.max(at);
            if stack.apply(&change).is_err() {
                return Vec::new();
            }
        }
        take(begin, line.len(), self.token(stack));
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::highlight::engine::Engine;

    #[track_caller]
    fn check(title: &str, text: &str, expected: &[(&str, Token)]) {
        let text = Text::from(text);
        let subject = Subject { language: None, title: title.to_owned() };
        let grammar = Grammar::of(&subject, &text).expect("there is a grammar");
        let lines = 0..text.len_lines();
        let spans = Engine::new(grammar).spans(&text, &lines, &|| false).expect("it is read");
        let met: Vec<(String, Token)> = spans
            .into_iter()
            .map(|span| (text.slice(span.range).into_owned(), span.token))
            .collect();
        for (words, token) in expected {
            assert!(
                met.iter().any(|(met, of)| met == words && of == token),
                "{words:?} in {met:?}"
            );
        }
    }

    #[test]
    fn code_is_told_apart() {
        check(
            "main.rs",
            "// über\nfn main() { let é = \"a\\n\"; 42 } /* a\nb */ struct Foo;",
            &[
                ("// über", Token::Comment),
                ("fn", Token::Keyword),
                ("main", Token::Function),
                ("\\n", Token::Escape),
                ("42", Token::Number),
                ("b */", Token::Comment),
                ("Foo", Token::Type),
            ],
        );
        check(
            "x.py",
            "def f(a): # no\n  return f'{a}'",
            &[("def", Token::Keyword), ("# no", Token::Comment)],
        );
        check("README.md", "# One\n**two** `three`", &[("**two**", Token::Strong)]);
        check("Dockerfile", "FROM scratch # x", &[("FROM", Token::Keyword)]);
        check("tool", "#!/bin/sh\n# x\n", &[("# x", Token::Comment)]);
    }

    #[test]
    fn there_are_more_than_two_hundred_languages() {
        let names = names();
        assert!(names.len() >= 200, "{}", names.len());
        for name in &names {
            assert!(named(name).is_some(), "{name} is found by its name");
        }
    }

    #[test]
    fn every_alias_leads_somewhere() {
        let lost: Vec<_> = ALIASES.iter().filter(|(alias, _)| named(alias).is_none()).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}
