//! What the name of a document tells about its language, and how its lines are indented.

use codesync_core::Text;

/// Lines that are looked at to find out how a text is indented.
const GUESS_LINES_MAX: usize = 500;

/// A language, as far as editing needs to know it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Language {
    /// The word in the status line.
    pub(crate) name: &'static str,
    /// Ends of file names, without the dot, and whole file names.
    endings: &'static [&'static str],
    /// What begins a comment up to the end of the line.
    pub(crate) comment: Option<&'static str>,
    /// What one step of indentation is where a text does not tell.
    indent: &'static str,
}

const fn language(
    name: &'static str,
    endings: &'static [&'static str],
    comment: &'static str,
    indent: &'static str,
) -> Language {
    let comment = if comment.is_empty() { None } else { Some(comment) };
    Language { name, endings, comment, indent }
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
    language("markdown", &["md", "markdown"], "", "  "),
    language("html", &["html", "htm", "vue", "svelte"], "", "  "),
    language("xml", &["xml", "svg"], "", "  "),
    language("css", &["css"], "", "  "),
    language("scss", &["scss", "less"], "//", "  "),
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

    /// The language of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.name.eq_ignore_ascii_case(name))
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
    fn a_text_tells_how_it_is_indented() {
        let guess = |text: &str| Indent::guess(&Text::from(text), Language::of_name("x.rs")).unit;
        assert_eq!(guess("a\n  b\n    c\n  d\n    e\n"), "  ");
        assert_eq!(guess("a {\n    b\n}\nc {\n    d\n}"), "    ");
        assert_eq!(guess("a\n\tb\n\tc\n  d"), "\t");
        assert_eq!(guess("nothing\nindented"), "    ");
    }
}
