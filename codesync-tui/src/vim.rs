//! The `vim` preset: a machine that turns keys into the same commands as everybody's.
//!
//! It knows no text. What a key means depends on the mode, on what was typed before it (a count, an
//! operator, half a command), and on nothing else.

mod normal;

use crate::app::{Command, Motion};
use crate::input::{Code, Key};

/// Commands of an insertion that `.` can repeat.
const RECORD_MAX: usize = 10_000;
/// Largest count; what is asked for more often is done so often.
const COUNT_MAX: u32 = 9_999;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Mode {
    #[default]
    Normal,
    Insert,
    Visual,
    VisualLine,
}

impl Mode {
    /// The word in the status line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Insert => "INSERT",
            Self::Visual => "VISUAL",
            Self::VisualLine => "V-LINE",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    Delete,
    Change,
    Yank,
    Indent,
    Unindent,
}

/// Half a command.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Pending {
    #[default]
    Nothing,
    /// After `g`.
    G,
    /// After `r`.
    Replace,
    /// After `f`, `F`, `t`, `T`.
    Find { forward: bool, till: bool },
    /// After `i` or `a` in an operator or a visual mode.
    Object { around: bool },
}

/// What becomes of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reply {
    Run(Vec<Command>),
    /// It means what it means to everybody.
    Pass,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Vim {
    mode: Mode,
    pending: Pending,
    count: Option<u32>,
    /// With the count that was typed before it.
    operator: Option<(Operator, Option<u32>)>,
    found: Option<Motion>,
    /// What `.` does again.
    change: Vec<Command>,
    /// The change that is being typed.
    recording: Option<Vec<Command>>,
}

impl Vim {
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Takes a key.
    pub(crate) fn key(&mut self, key: Key) -> Reply {
        if self.mode == Mode::Insert {
            return match key.code {
                Code::Escape => self.leave_insert(),
                _ => Reply::Pass,
            };
        }
        match (key.code, key.ctrl, key.alt) {
            (Code::Escape, _, _) => self.escape(),
            (Code::Char(c), false, false) => Reply::Run(self.char(c)),
            (Code::Char('r'), true, false) => self.times(&[Command::Redo]),
            (Code::Char('d'), true, false) => self.travel(Motion::HalfPageDown),
            (Code::Char('u'), true, false) => self.travel(Motion::HalfPageUp),
            (Code::Char('f'), true, false) => self.travel(Motion::PageDown),
            (Code::Char('b'), true, false) => self.travel(Motion::PageUp),
            (Code::Enter, false, false) => self.travel(Motion::Down),
            (Code::Backspace, false, false) => self.travel(Motion::Left),
            _ => {
                self.forget_half();
                Reply::Pass
            }
        }
    }

    /// A command that was passed on while something is being typed: `.` will do it again.
    pub(crate) fn record(&mut self, command: Command) {
        if let Some(recording) = &mut self.recording {
            recording.push(command);
            if recording.len() > RECORD_MAX {
                self.recording = None;
            }
        }
    }

    fn leave_insert(&mut self) -> Reply {
        self.mode = Mode::Normal;
        let left = Command::Move { motion: Motion::LeftInLine, extend: false };
        if let Some(mut recorded) = self.recording.take() {
            recorded.push(left);
            self.change = recorded;
        }
        Reply::Run(vec![left])
    }

    fn escape(&mut self) -> Reply {
        self.forget_half();
        match std::mem::take(&mut self.mode) {
            Mode::Visual | Mode::VisualLine => Reply::Run(vec![Command::CollapseToHead]),
            Mode::Normal | Mode::Insert => Reply::Run(vec![Command::Cancel]),
        }
    }

    fn forget_half(&mut self) {
        self.pending = Pending::Nothing;
        self.count = None;
        self.operator = None;
    }

    fn is_visual(&self) -> bool {
        matches!(self.mode, Mode::Visual | Mode::VisualLine)
    }

    fn take_count(&mut self) -> Option<u32> {
        let after = self.count.take();
        let before = self.operator.and_then(|(_, count)| count);
        match (before, after) {
            (None, None) => None,
            (before, after) => Some((before.unwrap_or(1) * after.unwrap_or(1)).min(COUNT_MAX)),
        }
    }

    /// Something that is no change, as often as the count says.
    fn times(&mut self, commands: &[Command]) -> Reply {
        let count = self.take_count().unwrap_or(1);
        self.forget_half();
        Reply::Run(repeat(commands, count))
    }

    fn travel(&mut self, motion: Motion) -> Reply {
        let extend = self.is_visual();
        self.times(&[Command::Move { motion, extend }])
    }
}

fn repeat(commands: &[Command], count: u32) -> Vec<Command> {
    (0..count).flat_map(|_| commands.iter().copied()).collect()
}

#[cfg(test)]
mod tests;
