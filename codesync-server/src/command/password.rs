//! Reading a password: never from the command line, where every user of the machine sees it.

use std::io::{self, BufRead, IsTerminal, Write};

/// Bytes of a line that is read as a password.
const LINE_BYTES_MAX: u64 = 8192;

/// Asks at the terminal, twice and without an echo, or else reads a line of standard input.
pub fn read() -> io::Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = ask("New password: ")?;
    if ask("Once more: ")? != first {
        let unequal = "the two passwords differ; nothing was changed";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, unequal));
    }
    Ok(first)
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    io::Read::take(io::stdin().lock(), LINE_BYTES_MAX).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(unix)]
fn ask(question: &str) -> io::Result<String> {
    let mut terminal = io::stderr();
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let _silent = Silence::begin()?;
    let answer = line();
    writeln!(terminal)?;
    answer
}

#[cfg(not(unix))]
fn ask(_: &str) -> io::Result<String> {
    let unknown = "cannot ask without showing it; send the password through standard input";
    Err(io::Error::new(io::ErrorKind::Unsupported, unknown))
}

/// The terminal shows nothing that is typed, until this is dropped.
#[cfg(unix)]
struct Silence(rustix::termios::Termios);

#[cfg(unix)]
impl Silence {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        // Whoever has closed the terminal meanwhile needs no echo.
        let _ = rustix::termios::tcsetattr(
            io::stdin(),
            rustix::termios::OptionalActions::Flush,
            &self.0,
        );
    }
}
