//! `codesync new [NAME] [FILE|-]`: creates a document and prints its link, and nothing else.

use std::io::{self, IsTerminal};
use std::path::Path;

use clap::Args;
use codesync_client::NewDocument;

use super::{Context, Failure, output, text_file};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Name of the document; without one, that of the file.
    name: Option<String>,
    /// A file with its first text, or - for standard input.
    file: Option<String>,
    /// Language, where the name does not tell it.
    #[arg(long)]
    lang: Option<String>,
}

enum Source {
    Nothing,
    Input,
    File(String),
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let server = context.server()?;
    let (name, source) = arrange(options.name, options.file);
    let text = match &source {
        Source::Nothing => {
            if !io::stdin().is_terminal() && has_input() {
                context.note("standard input was not read; add - after the name to read it");
            }
            None
        }
        Source::Input => Some(text_file::read("-")?),
        Source::File(path) => Some(text_file::read(path)?),
    };
    let document = NewDocument { name, text, language: options.lang };
    let rest = context.rest(&server);
    let made = context.wait("creating the document", rest.create(&document)).await;
    let made = made.map_err(|error| {
        let failure = Failure::rest(&error, &server);
        match &source {
            Source::File(path) => failure.kept(format!("{path} is as it was")),
            Source::Nothing | Source::Input => failure,
        }
    })?;
    if context.json {
        return output::json(&made);
    }
    output::line(&server.link(made.id).to_string())
}

/// Tells a name from a file: a lone argument with a slash that is a file is one, and without any
/// argument what is piped in is the text.
fn arrange(name: Option<String>, file: Option<String>) -> (String, Source) {
    let file_name = |path: &str| {
        Path::new(path).file_name().map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into())
    };
    match (name, file) {
        (Some(name), Some(file)) if file == "-" => (name, Source::Input),
        (Some(name), Some(file)) => (name, Source::File(file)),
        (Some(only), None) if only == "-" => ("untitled".into(), Source::Input),
        (Some(only), None) if only.contains(['/', '\\']) && Path::new(&only).is_file() => {
            (file_name(&only), Source::File(only))
        }
        (Some(name), None) => (name, Source::Nothing),
        (None, _) if io::stdin().is_terminal() => ("untitled".into(), Source::Nothing),
        (None, _) => ("untitled".into(), Source::Input),
    }
}

/// Whether standard input is a pipe or a file, and not merely absent.
fn has_input() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let stdin = io::stdin();
        let Ok(file) = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from) else {
            return false;
        };
        file.metadata().is_ok_and(|data| data.file_type().is_fifo() || data.is_file())
    }
    #[cfg(not(unix))]
    false
}
