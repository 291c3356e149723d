//! A terminal that a test can look at: a pseudo-terminal with a screen behind it.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::server::{PROGRAM, Server, environment};

/// Longest wait for something that must come. Far more than it takes.
const WAIT: Duration = Duration::from_secs(60);

/// What has been seen of the program's output.
struct Seen {
    screen: vt100::Parser,
    bytes: Vec<u8>,
    is_over: bool,
}

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

impl Terminal {
    /// Opens a document as a person with this name, in a terminal of 80×12 cells.
    pub(crate) fn open(server: &Server, person: &str, arguments: &[&str]) -> Self {
        Self::open_as("xterm-256color", server, person, arguments)
    }

    /// [`Terminal::open`] in a terminal that calls itself something else.
    pub(crate) fn open_as(kind: &str, server: &Server, person: &str, arguments: &[&str]) -> Self {
        let all = [&["open", "--name", person], arguments].concat();
        Self::run(kind, &server.url, &server.home(person), &all)
    }

    /// Runs any command in a terminal of 80×12 cells.
    pub(crate) fn run(kind: &str, url: &str, home: &Path, arguments: &[&str]) -> Self {
        let size = PtySize { rows: 12, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("the system has a terminal");
        let mut command = CommandBuilder::new(PROGRAM);
        command.env_clear();
        command.cwd(home);
        for (name, value) in environment(url, home) {
            command.env(name, value);
        }
        command.env("TERM", kind);
        command.args(arguments);
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let seen = Arc::new((
            Mutex::new(Seen {
                screen: vt100::Parser::new(cells(12), cells(80), 0),
                bytes: Vec::new(),
                is_over: false,
            }),
            Condvar::new(),
        ));
        let mut reader = pty.master.try_clone_reader().expect("it can be read");
        let news = seen.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                // A test that failed while it looked needs no more news.
                let Ok(mut seen) = news.0.lock() else { break };
                if read == 0 {
                    seen.is_over = true;
                } else {
                    seen.screen.process(&buffer[..read]);
                    seen.bytes.extend_from_slice(&buffer[..read]);
                }
                news.1.notify_all();
                if read == 0 {
                    break;
                }
            }
        });
        let writer = pty.master.take_writer().expect("it can be written");
        Self { master: pty.master, writer, child, seen }
    }

    pub(crate) fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes it");
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        self.wait_until(what, |seen| is_so(seen.screen.screen()));
    }

    /// Waits until this has been printed so many times.
    #[track_caller]
    pub(crate) fn has_printed(&self, text: &str, times: usize) {
        let count = |seen: &Seen| String::from_utf8_lossy(&seen.bytes).matches(text).count();
        self.wait_until(text, |seen| count(seen) == times);
    }

    #[track_caller]
    fn wait_until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + WAIT;
        let mut seen = self.seen.0.lock().expect("no test has panicked in here");
        while !is_so(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.is_over,
                "waited for {what}; the screen shows\n{}",
                seen.screen.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).expect("no test has panicked in here").0;
        }
    }

    /// Waits until some line holds this.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until a line, counted from 0, is this, without blanks at its end.
    #[track_caller]
    pub(crate) fn line_is(&self, row: u16, text: &str) {
        self.wait(&format!("{text:?} in row {row}"), |screen| {
            let line =
                screen.rows(0, screen.size().1.get()).nth(usize::from(row)).unwrap_or_default();
            line.trim_end() == text
        });
    }

    #[track_caller]
    pub(crate) fn cursor_is(&self, row: u16, column: u16) {
        self.wait(&format!("the cursor at {row}, {column}"), |screen| {
            screen.cursor_position() == (row, column)
        });
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let mut seen = self.seen.0.lock().expect("no test has panicked in here");
        seen.screen.screen_mut().set_size(cells(rows), cells(columns));
        drop(seen);
        self.master.resize(size).expect("it can be resized");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.process_id().and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, signal).expect("it is ours");
    }

    /// Waits until the program is stopped, as by Ctrl-Z in a shell.
    pub(crate) fn is_stopped(&self) {
        use rustix::process::{WaitOptions, waitpid};
        let id = self.child.process_id().and_then(|id| i32::try_from(id).ok());
        let status = waitpid(id.and_then(Pid::from_raw), WaitOptions::UNTRACED);
        assert!(status.is_ok_and(|status| status.is_some_and(|(_, status)| status.stopped())));
    }

    /// Waits until the program has ended, and returns its exit code.
    pub(crate) fn end(&mut self) -> u32 {
        let code = self.child.wait().expect("it ends").exit_code();
        let mut seen = self.seen.0.lock().expect("no test has panicked in here");
        while !seen.is_over {
            seen = self.seen.1.wait(seen).expect("no test has panicked in here");
        }
        code
    }

    /// Everything that was printed, escape sequences included.
    pub(crate) fn output(&self) -> String {
        let seen = self.seen.0.lock().expect("no test has panicked in here");
        String::from_utf8_lossy(&seen.bytes).into_owned()
    }

    /// Whether any of the modes of the editor is on.
    pub(crate) fn is_in_editor(screen: &vt100::Screen) -> bool {
        screen.alternate_screen()
            || screen.bracketed_paste()
            || screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
            || screen.hide_cursor()
    }

    /// The settings of the line: echo, signals, and so on.
    pub(crate) fn line_settings(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
