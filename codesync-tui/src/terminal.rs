//! The terminal itself: modes, input, output. The one file that knows crossterm.
//!
//! [`TerminalGuard`] switches the modes on and gives the terminal back as it was, whatever ends
//! the editor: quitting, an error, a panic, a signal.

pub(crate) mod painter;

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use crossterm::{cursor, event, execute, terminal};
use tokio::sync::mpsc;

use crate::input::{Code, Input, Key, Mouse, MouseWhat};
use crate::screen::Screen;
use painter::Painter;

/// Inputs that wait before the terminal is left unread.
const INPUTS_MAX: usize = 1_024;

/// Pastes are marked. Mouse: presses and releases, motion while a button is down, coordinates in
/// decimals; not every motion, which would be traffic over a slow line for nothing. And what does not
/// fit into a row does not go on in the next one: not what a terminal makes of a glyph at the edge that
/// it does not know.
const MODES_ON: &str = "\x1b[?2004h\x1b[?1000h\x1b[?1002h\x1b[?1006h\x1b[?7l";
const MODES_OFF: &str = "\x1b[?7h\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l";
/// The kitty keyboard protocol, first level: keys that a wire could not tell apart come with their
/// modifiers. A terminal that does not know it ignores the request.
const KEYS_ON: &str = "\x1b[>1u";
const KEYS_OFF: &str = "\x1b[<u";
/// Shapes of the cursor: a bar between characters, a block on one, and what the person had.
const CURSOR_BAR: &str = "\x1b[6 q";
const CURSOR_BLOCK: &str = "\x1b[2 q";
const CURSOR_USUAL: &str = "\x1b[0 q";
/// The usual colours.
const COLORS_USUAL: &str = "\x1b[m";
/// Synchronized output: the terminal shows a frame whole or not yet.
const FRAME_BEGIN: &str = "\x1b[?2026h";
const FRAME_END: &str = "\x1b[?2026l";
/// A frame of so many bytes, as one of a key, is read in one go: saying that it is one would double
/// it.
const BARE_FRAME_BYTES_MAX: usize = 64;

/// Whether the modes are on, for the panic hook.
static IS_ON: AtomicBool = AtomicBool::new(false);
/// Whether the cursor has another shape than the person's.
static IS_SHAPED: AtomicBool = AtomicBool::new(false);

/// Why there can be no editor here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TerminalError {
    #[error("this is no terminal: an editor needs one for input and output")]
    NotATerminal,
    #[error("the terminal calls itself {0:?} and cannot place a cursor")]
    Dumb(String),
    #[error("the terminal refused: {0}")]
    Io(#[from] io::Error),
}

/// Whether an editor can run here.
pub(crate) fn check() -> Result<(), TerminalError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(TerminalError::NotATerminal);
    }
    match std::env::var("TERM") {
        Ok(name) if name == "dumb" => Err(TerminalError::Dumb(name)),
        Err(_) if cfg!(unix) => Err(TerminalError::Dumb(String::new())),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The terminal in the editor's hands. Dropping it gives it back.
pub(crate) struct TerminalGuard {
    painter: Painter,
    screen: Screen,
    /// The shape of the cursor, once it has one of ours.
    is_bar: Option<bool>,
}

impl TerminalGuard {
    /// Takes the terminal: raw mode, alternate screen, paste and mouse reports.
    pub(crate) fn take() -> Result<Self, TerminalError> {
        check()?;
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |what| {
            give_back();
            before(what);
        }));
        modes_on().inspect_err(|_| give_back())?;
        Ok(Self { painter: Painter::default(), screen: Screen::default(), is_bar: None })
    }

    /// See [`Painter::spare_ears`].
    pub(crate) fn spare_ears(&mut self) {
        self.painter.spare_ears();
    }

    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        terminal::size()
    }

    /// Draws one frame of so many columns and rows in one write, shown whole where the terminal can.
    /// Nothing is written when the terminal shows it already.
    pub(crate) fn draw(
        &mut self,
        size: (u16, u16),
        render: impl FnOnce(&mut Screen),
    ) -> io::Result<()> {
        if self.screen.begin(size) {
            self.write(MODES_ON)?;
            self.painter.clear(size.0);
        }
        render(&mut self.screen);
        let cursor = self.screen.cursor();
        let frame = self.painter.frame(self.screen.end(), cursor);
        if frame.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match frame.len() <= BARE_FRAME_BYTES_MAX {
            true => out.write_all(&frame)?,
            false => {
                let whole = [FRAME_BEGIN.as_bytes(), &frame, FRAME_END.as_bytes()].concat();
                out.write_all(&whole)?;
            }
        }
        out.flush()
    }

    /// Takes nothing for granted of what the terminal shows: the next frame draws all of it.
    pub(crate) fn forget(&mut self) {
        self.screen = Screen::default();
        self.is_bar = None;
    }

    /// Gives the cursor a shape: a bar where text goes between characters, else a block.
    pub(crate) fn shape_cursor(&mut self, is_bar: bool) -> io::Result<()> {
        if self.is_bar == Some(is_bar) {
            return Ok(());
        }
        self.is_bar = Some(is_bar);
        IS_SHAPED.store(true, Ordering::SeqCst);
        self.write(if is_bar { CURSOR_BAR } else { CURSOR_BLOCK })
    }

    /// Writes a sequence that shows nothing, such as one for the clipboard.
    pub(crate) fn write(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }

    /// Gives the terminal back while this process is stopped, and takes it again afterwards.
    #[cfg(unix)]
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        use rustix::process::{Signal, getpid, kill_process};
        give_back();
        kill_process(getpid(), Signal::STOP)?;
        modes_on()?;
        self.forget();
        Ok(())
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        give_back();
    }
}

/// The console of Linux takes the request for better keys for something else.
fn has_better_keys() -> bool {
    std::env::var_os("TERM").is_none_or(|name| name != "linux")
}

fn modes_on() -> io::Result<()> {
    IS_ON.store(true, Ordering::SeqCst);
    terminal::enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(out, terminal::EnterAlternateScreen, terminal::Clear(terminal::ClearType::All))?;
    write!(out, "{MODES_ON}")?;
    if has_better_keys() {
        write!(out, "{KEYS_ON}")?;
    }
    out.flush()
}

/// Everything off, in the reverse order. Whoever calls it has no use for an error: the terminal
/// is gone then.
fn give_back() {
    if !IS_ON.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = write!(out, "{FRAME_END}{COLORS_USUAL}");
    if IS_SHAPED.swap(false, Ordering::SeqCst) {
        let _ = write!(out, "{CURSOR_USUAL}");
    }
    if has_better_keys() {
        let _ = write!(out, "{KEYS_OFF}");
    }
    let _ = write!(out, "{MODES_OFF}");
    let _ = execute!(out, terminal::LeaveAlternateScreen, cursor::Show);
    let _ = terminal::disable_raw_mode();
}

/// What a person does at the terminal, in order.
///
/// The thread that reads it lives as long as the process: one that is left waiting for a key would
/// take the first one from the editor of the next document. So whoever is done with it hands it on.
pub(crate) struct Inputs {
    receiver: Option<mpsc::Receiver<Input>>,
}

/// The inputs while nobody takes them.
static WAITING: Mutex<Option<mpsc::Receiver<Input>>> = Mutex::new(None);

impl Inputs {
    /// Takes the inputs over, or starts to read them. The thread ends when the terminal is gone.
    pub(crate) fn take() -> io::Result<Self> {
        let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner).take();
        let receiver = match waiting {
            Some(receiver) => receiver,
            None => start_reading()?,
        };
        Ok(Self { receiver: Some(receiver) })
    }

    /// The next input; `None` when the terminal is gone.
    pub(crate) async fn next(&mut self) -> Option<Input> {
        self.receiver.as_mut()?.recv().await
    }

    /// The next input, if it is there already.
    pub(crate) fn poll(&mut self) -> Option<Input> {
        self.receiver.as_mut()?.try_recv().ok()
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = self.receiver.take();
    }
}

fn start_reading() -> io::Result<mpsc::Receiver<Input>> {
    // From here on a change of the window's size is told, so that whoever asks for the size
    // afterwards misses none.
    event::poll(Duration::ZERO)?;
    let (sender, receiver) = mpsc::channel(INPUTS_MAX);
    thread::Builder::new().name("codesync-input".into()).spawn(move || {
        while let Ok(event) = event::read() {
            if let Some(input) = translate(event)
                && sender.blocking_send(input).is_err()
            {
                break;
            }
        }
    })?;
    Ok(receiver)
}

fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) => translate_key(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Mouse(mouse) => translate_mouse(mouse).map(Input::Mouse),
        Event::Resize(columns, rows) => Some(Input::Resize { columns, rows }),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn translate_key(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let code = match key.code {
        KeyCode::Char(c) if ctrl || alt => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) => {
            shift = false;
            Code::Char(c)
        }
        KeyCode::Enter => {
            shift = false;
            Code::Enter
        }
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Tab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Esc => Code::Escape,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::Function(n),
        _ => return None,
    };
    Some(Key { code, ctrl, alt, shift })
}

fn translate_mouse(mouse: MouseEvent) -> Option<Mouse> {
    let what = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseWhat::Press,
        MouseEventKind::Drag(MouseButton::Left) => MouseWhat::Drag,
        MouseEventKind::Up(MouseButton::Left) => MouseWhat::Release,
        MouseEventKind::ScrollUp => MouseWhat::WheelUp,
        MouseEventKind::ScrollDown => MouseWhat::WheelDown,
        MouseEventKind::ScrollLeft => MouseWhat::WheelLeft,
        MouseEventKind::ScrollRight => MouseWhat::WheelRight,
        MouseEventKind::Down(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Moved => return None,
    };
    Some(Mouse {
        what,
        column: mouse.column,
        row: mouse.row,
        shift: mouse.modifiers.contains(KeyModifiers::SHIFT),
        alt: mouse.modifiers.contains(KeyModifiers::ALT),
    })
}
