//! What the name of a document tells about its language, and how its lines are indented.

use codesync_core::Text;

use super::App;
use crate::config::Wish;

/// Lines that are looked at to find out how a text is indented.
const GUESS_LINES_MAX: usize = 500;

/// What makes a line a comment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comment {
    /// A word at its beginning.
    Line(&'static str),
    /// One at its beginning and one at its end.
    Block(&'static str, &'static str),
}

/// A language, as far as editing needs to know it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Language {
    /// The word in the status line.
    pub(crate) name: &'static str,
    /// Ends of file names, without the dot, and whole file names.
    endings: &'static [&'static str],
    pub(crate) comment: Option<Comment>,
    /// What one step of indentation is where a text does not tell.
    indent: &'static str,
}

const fn language(
    name: &'static str,
    endings: &'static [&'static str],
    comment: &'static str,
    indent: &'static str,
) -> Language {
    let comment = if comment.is_empty() { None } else { Some(Comment::Line(comment)) };
    Language { name, endings, comment, indent }
}

const fn block_language(
    name: &'static str,
    endings: &'static [&'static str],
    comment: (&'static str, &'static str),
    indent: &'static str,
) -> Language {
    Language { name, endings, comment: Some(Comment::Block(comment.0, comment.1)), indent }
}

const PLAIN: Language = language("text", &["txt"], "", "    ");

const LANGUAGES: &[Language] = &[
    PLAIN,
    language("rust", &["rs"], "//", "    "),
    language("python", &["py", "pyi"], "#", "    "),
    language("javascript", &["js", "mjs", "cjs", "jsx"], "//", "  "),
    language("typescript", &["ts", "mts", "cts", "tsx"], "//", "  "),
    language("go", &["go"], "//", "\t"),
    language("c", &["c", "h"], "//", "    "),
    language("cpp", &["cc", "cpp", "cxx", "hh", "hpp"], "//", "    "),
    language("csharp", &["cs"], "//", "    "),
    language("java", &["java"], "//", "    "),
    language("kotlin", &["kt", "kts"], "//", "    "),
    language("swift", &["swift"], "//", "    "),
    language("zig", &["zig"], "//", "    "),
    language("php", &["php"], "//", "    "),
    language("scala", &["scala", "sc"], "//", "  "),
    language("dart", &["dart"], "//", "  "),
    language("ruby", &["rb", "Gemfile", "Rakefile"], "#", "  "),
    language("perl", &["pl", "pm"], "#", "    "),
    language("shell", &["sh", "bash", "zsh"], "#", "    "),
    language("fish", &["fish"], "#", "    "),
    language("powershell", &["ps1"], "#", "    "),
    language("make", &["mk", "Makefile", "makefile"], "#", "\t"),
    language("cmake", &["cmake", "CMakeLists.txt"], "#", "  "),
    language("dockerfile", &["Dockerfile"], "#", "    "),
    language("toml", &["toml"], "#", "  "),
    language("yaml", &["yml", "yaml"], "#", "  "),
    language("json", &["json"], "", "  "),
    language("jsonc", &["jsonc", "json5"], "//", "  "),
    language("ini", &["ini", "cfg", "conf"], "#", "    "),
    language("nix", &["nix"], "#", "  "),
    language("terraform", &["tf", "tfvars", "hcl"], "#", "  "),
    language("r", &["r", "R"], "#", "  "),
    language("julia", &["jl"], "#", "    "),
    language("elixir", &["ex", "exs"], "#", "  "),
    language("erlang", &["erl", "hrl"], "%", "    "),
    language("latex", &["tex", "sty"], "%", "  "),
    language("haskell", &["hs"], "--", "    "),
    language("lua", &["lua"], "--", "    "),
    language("sql", &["sql"], "--", "    "),
    language("ada", &["adb", "ads"], "--", "   "),
    language("clojure", &["clj", "cljs", "edn"], ";;", "  "),
    language("lisp", &["lisp", "el", "scm"], ";;", "  "),
    language("vim", &["vim"], "\"", "    "),
    language("proto", &["proto"], "//", "  "),
    block_language("markdown", &["md", "markdown"], ("<!--", "-->"), "  "),
    block_language("html", &["html", "htm", "vue", "svelte"], ("<!--", "-->"), "  "),
    block_language("xml", &["xml", "svg"], ("<!--", "-->"), "  "),
    block_language("css", &["css"], ("/*", "*/"), "  "),
    block_language("ocaml", &["ml", "mli"], ("(*", "*)"), "  "),
    language("fsharp", &["fs", "fsx"], "//", "    "),
    language("verilog", &["v", "sv"], "//", "  "),
    language("vhdl", &["vhd", "vhdl"], "--", "  "),
    language("elm", &["elm"], "--", "    "),
    language("purescript", &["purs"], "--", "  "),
    language("idris", &["idr"], "--", "  "),
    language("groovy", &["groovy", "gradle"], "//", "    "),
    language("objective-c", &["m", "mm"], "//", "    "),
    language("glsl", &["glsl", "vert", "frag"], "//", "    "),
    language("d", &["d"], "//", "    "),
    language("nim", &["nim"], "#", "  "),
    language("crystal", &["cr"], "#", "  "),
    language("tcl", &["tcl"], "#", "    "),
    language("awk", &["awk"], "#", "    "),
    language("graphql", &["graphql", "gql"], "#", "  "),
    language("fortran", &["f90", "f95"], "!", "  "),
    language("matlab", &["matlab"], "%", "    "),
    language("assembly", &["asm", "s", "nasm"], ";", "    "),
    language("typst", &["typ"], "//", "  "),
    language("solidity", &["sol"], "//", "    "),
    language("nginx", &["nginx"], "#", "    "),
    language("scss", &["scss", "less"], "//", "  "),
];

/// Grammars that go by another name than ours.
const ALIASES: &[(&str, &str)] = &[
    ("Plain Text", "text"),
    ("plaintext", "text"),
    ("C++", "cpp"),
    ("C#", "csharp"),
    ("Bourne Again Shell (bash)", "shell"),
    ("Makefile", "make"),
    ("Protocol Buffer", "proto"),
    ("VimL", "vim"),
    ("F#", "fsharp"),
    ("x86_64 Assembly", "assembly"),
    ("Sass", "scss"),
    ("Vue", "html"),
    ("Svelte", "html"),
    ("Literate Haskell", "haskell"),
    ("JavaScript (Babel)", "javascript"),
    ("TypeScriptReact", "typescript"),
    ("Vue Component", "html"),
];

impl Language {
    /// The language of a document of this name.
    pub(crate) fn of_name(name: &str) -> &'static Self {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        let knows = |wanted: &str| {
            LANGUAGES
                .iter()
                .find(|language| !wanted.is_empty() && language.endings.contains(&wanted))
        };
        knows(file).or_else(|| knows(ending)).unwrap_or(&LANGUAGES[0])
    }

    /// The language of this name: our own, or the one of a grammar.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        let name = alias.map_or(name, |(_, name)| name);
        let ending = name.to_lowercase();
        LANGUAGES
            .iter()
            .find(|language| language.name.eq_ignore_ascii_case(name))
            .or_else(|| LANGUAGES.iter().find(|l| l.endings.contains(&ending.as_str())))
    }

    /// Whether a line that ends in this character is followed by deeper ones.
    pub(crate) fn opens_block(&self, last: char) -> bool {
        matches!(last, '{' | '[' | '(') || (last == ':' && self.name == "python")
    }
}

/// How the lines of a text are indented.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Indent {
    /// One step.
    pub(crate) unit: String,
    /// Columns from one tab stop to the next.
    pub(crate) tab: usize,
}

impl Default for Indent {
    fn default() -> Self {
        Self { unit: PLAIN.indent.to_owned(), tab: 4 }
    }
}

impl Indent {
    /// The same, as far as nothing else is wanted.
    pub(super) fn wanted(self, wish: Wish) -> Self {
        let tab = wish.tab.or(wish.step.filter(|_| wish.uses_tabs == Some(true)));
        let tab = tab.unwrap_or(self.tab);
        let step = if self.unit.starts_with('\t') { tab } else { self.unit.len() };
        let unit = match wish.uses_tabs {
            Some(true) => "\t".to_owned(),
            Some(false) => " ".repeat(wish.step.unwrap_or(step)),
            None if self.unit.starts_with('\t') => self.unit,
            None => " ".repeat(wish.step.unwrap_or(step)),
        };
        Self { unit, tab }
    }

    /// Learns it from the text, or takes the language's habit.
    pub(crate) fn guess(text: &Text, language: &Language) -> Self {
        let mut tabs = 0;
        let mut steps = [0_usize; 9];
        let mut before = 0_usize;
        for line in 0..text.len_lines().min(GUESS_LINES_MAX) {
            let range = text.line_range(line);
            let mut chars = text.chars_from(range.start).take(range.len()).peekable();
            if chars.peek() == Some(&'\t') {
                tabs += 1;
                continue;
            }
            let mut spaces = 0_usize;
            while chars.peek() == Some(&' ') && spaces < 64 {
                chars.next();
                spaces += 1;
            }
            if chars.peek().is_none() {
                continue;
            }
            let step = spaces.saturating_sub(before);
            if (2..steps.len()).contains(&step) {
                steps[step] += 1;
            }
            before = spaces;
        }
        let (width, votes) = steps
            .iter()
            .copied()
            .enumerate()
            .rev()
            .max_by_key(|(_, votes)| *votes)
            .unwrap_or_default();
        let unit = if tabs > votes {
            "\t".to_owned()
        } else if votes > 0 {
            " ".repeat(width)
        } else {
            language.indent.to_owned()
        };
        Self { unit, tab: 4 }
    }
}

impl App {
    /// What a project wants goes before what the text seems to tell.
    pub(crate) fn heed(&mut self, wish: Wish) {
        self.wish = wish;
        self.indent = Indent::guess(&self.text, self.language).wanted(wish);
        self.refit();
    }

    pub(super) fn handle_renamed(&mut self, name: &str) {
        self.title = crate::sanitize::one_line(name);
        if self.language_given.is_none() {
            self.language = Language::of_name(name);
        }
    }

    /// The document says what it is written in.
    pub(super) fn handle_described(&mut self, language: Option<String>) {
        if let Some(name) = language.filter(|name| !name.is_empty()) {
            self.language = Language::named(&name).unwrap_or(&LANGUAGES[0]);
            self.language_given = Some(name);
        }
    }

    /// Somebody found out what the text is written in, by its first line perhaps.
    pub(super) fn recognize_language(&mut self) {
        if self.language == &PLAIN
            && let Some(language) = self.colors.found().and_then(Language::named)
        {
            self.language = language;
        }
    }

    /// The language in a word, for the status line.
    pub(crate) fn language_name(&self) -> String {
        match (self.language == &PLAIN, self.colors.found()) {
            (true, Some(found)) => found.to_lowercase(),
            _ => self.language.name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_language() {
        assert_eq!(Language::of_name("src/main.rs").name, "rust");
        assert_eq!(Language::of_name("Makefile").name, "make");
        assert_eq!(Language::of_name("CMakeLists.txt").name, "cmake");
        assert_eq!(Language::of_name("notes").name, "text");
        assert_eq!(Language::of_name("").name, "text");
        assert_eq!(Language::named("Rust").map(|language| language.name), Some("rust"));
    }

    #[test]
    fn what_a_project_wants_goes_before_what_the_text_tells() {
        let guessed = || Indent { unit: "  ".into(), tab: 4 };
        let tabs = Wish { uses_tabs: Some(true), step: Some(8), tab: None };
        assert_eq!(guessed().wanted(tabs), Indent { unit: "\t".into(), tab: 8 });
        let three = Wish { uses_tabs: Some(false), step: Some(3), tab: None };
        assert_eq!(guessed().wanted(three), Indent { unit: "   ".into(), tab: 4 });
        assert_eq!(guessed().wanted(Wish::default()), guessed());
    }

    #[test]
    fn a_text_tells_how_it_is_indented() {
        let guess = |text: &str| Indent::guess(&Text::from(text), Language::of_name("x.rs")).unit;
        assert_eq!(guess("a\n  b\n    c\n  d\n    e\n"), "  ");
        assert_eq!(guess("a {\n    b\n}\nc {\n    d\n}"), "    ");
        assert_eq!(guess("a\n\tb\n\tc\n  d"), "\t");
        assert_eq!(guess("nothing\nindented"), "    ");
    }
}
