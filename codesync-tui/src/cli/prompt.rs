//! Questions to the person at the terminal: a line, yes or no, a secret that is not shown.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::{Context, Exit, Failure};
use crate::sanitize;

/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: u64 = 4 * 1024;

impl Context {
    /// Asks for a line. `otherwise` says how the answer can be given without being asked.
    pub(crate) fn ask(&self, question: &str, otherwise: &str) -> Result<String, Failure> {
        self.may_be_asked(question, otherwise)?;
        tell(question);
        let mut answer = String::new();
        let mut line = io::stdin().lock().take(ANSWER_BYTES_MAX);
        let read = line.read_line(&mut answer).map_err(|error| unreadable(&error))?;
        if read == 0 {
            eprintln!();
            return Err(interrupted());
        }
        Ok(answer.trim().to_owned())
    }

    /// Asks yes or no. Nothing is decided for somebody who cannot be asked.
    pub(crate) fn confirm(&self, question: &str, is_usual: bool) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        let choice = if is_usual { "[Y/n]" } else { "[y/N]" };
        let answer = self.ask(&format!("{question} {choice} "), "-y answers yes")?;
        Ok(match answer.to_lowercase().as_str() {
            "" => is_usual,
            "y" | "yes" => true,
            _ => false,
        })
    }

    /// Asks for a secret, which is not shown.
    pub(crate) async fn ask_secret(
        &self,
        question: &str,
        otherwise: &str,
    ) -> Result<String, Failure> {
        self.may_be_asked(question, otherwise)?;
        let answer = hidden::read(question).await;
        eprintln!();
        answer
    }

    fn may_be_asked(&self, question: &str, otherwise: &str) -> Result<(), Failure> {
        if self.may_ask() {
            return Ok(());
        }
        let question = question.trim_end().trim_end_matches(':');
        Err(Failure::usage(format!("there is nobody to ask: {question}")).help(otherwise))
    }
}

/// The lines of standard input that hold secrets, one each.
pub(crate) fn secrets_from_input(count: usize) -> Result<Vec<String>, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::usage("standard input is a terminal, where a secret would be seen")
            .help("pipe it in: codesync login ada --password-stdin < file"));
    }
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(ANSWER_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(&error))?;
    let secrets: Vec<String> = text.lines().take(count).map(str::to_owned).collect();
    if secrets.len() < count || secrets.iter().any(String::is_empty) {
        let lines = if count == 1 { "one line".to_owned() } else { format!("{count} lines") };
        return Err(Failure::usage(format!("standard input does not hold {lines} of secrets")));
    }
    Ok(secrets)
}

fn tell(question: &str) {
    eprint!("{}", sanitize::lines(question));
    // A question that cannot be shown will not be answered either.
    let _ = io::stderr().flush();
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(format!("standard input: {error}"))
}

/// Whoever was asked wants none of it.
fn interrupted() -> Failure {
    Failure::with(Exit::Interrupted, "interrupted; nothing was done")
}

#[cfg(unix)]
mod hidden {
    //! Reading without an echo: the terminal shows nothing, and is as it was afterwards, whatever
    //! ends the question.

    use std::io::{self, Read, Stdin};

    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };
    use tokio::signal::unix::{SignalKind, signal};

    use super::{ANSWER_BYTES_MAX, Failure, interrupted, tell, unreadable};

    struct Silence {
        stdin: Stdin,
        before: Termios,
    }

    impl Silence {
        fn begin() -> io::Result<Self> {
            let stdin = io::stdin();
            let before = tcgetattr(&stdin)?;
            let mut silent = before.clone();
            // Without signals Ctrl-C is a byte, and the terminal can be put back first.
            silent.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            silent.special_codes[SpecialCodeIndex::VMIN] = 1;
            silent.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&stdin, OptionalActions::Now, &silent)?;
            Ok(Self { stdin, before })
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            // The terminal may be gone, and then nobody sees it.
            let _ = tcsetattr(&self.stdin, OptionalActions::Now, &self.before);
        }
    }

    pub(super) async fn read(question: &str) -> Result<String, Failure> {
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| unreadable(&error))?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(|error| unreadable(&error))?;
        let silence = Silence::begin().map_err(|error| unreadable(&error))?;
        // Not before: an answer that comes at once would be shown.
        tell(question);
        let answer = tokio::task::spawn_blocking(line);
        let answer = tokio::select! {
            answer = answer => answer,
            _ = terminate.recv() => return Err(interrupted()),
            _ = hang_up.recv() => return Err(interrupted()),
        };
        drop(silence);
        answer.map_err(|error| Failure::new(error.to_string()))?
    }

    fn line() -> Result<String, Failure> {
        const INTERRUPT: u8 = 0x03;
        const END: u8 = 0x04;
        const KILL: u8 = 0x15;
        let mut bytes = Vec::new();
        for byte in io::stdin().lock().take(ANSWER_BYTES_MAX).bytes() {
            match byte.map_err(|error| unreadable(&error))? {
                b'\n' | b'\r' => return text(bytes),
                INTERRUPT => return Err(interrupted()),
                END if bytes.is_empty() => return Err(interrupted()),
                END => return text(bytes),
                KILL => bytes.clear(),
                0x08 | 0x7f => {
                    // A whole character, however many bytes it has.
                    while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                }
                byte => bytes.push(byte),
            }
        }
        Err(interrupted())
    }

    fn text(bytes: Vec<u8>) -> Result<String, Failure> {
        String::from_utf8(bytes).map_err(|_| Failure::usage("what was typed is not UTF-8"))
    }
}

#[cfg(not(unix))]
mod hidden {
    use super::Failure;

    pub(super) async fn read(_question: &str) -> Result<String, Failure> {
        Err(Failure::usage("secrets cannot be typed unseen on this system")
            .help("pipe it in with --password-stdin"))
    }
}
