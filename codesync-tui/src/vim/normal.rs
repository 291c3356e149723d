//! Characters in the normal and visual modes: counts, operators, motions, commands.

use super::{Mode, Operator, Pending, Vim, repeat};
use crate::app::{Command, Motion, Object};

const fn go(motion: Motion) -> Command {
    Command::Move { motion, extend: false }
}

const fn reach(motion: Motion) -> Command {
    Command::Move { motion, extend: true }
}

/// How much an operator takes of what a motion passes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Span {
    /// Up to where it leads.
    Exclusive,
    /// And the character there.
    Inclusive,
    /// Whole lines.
    Lines,
}

impl Vim {
    /// A character that is not typed into the text.
    pub(super) fn char(&mut self, c: char) -> Vec<Command> {
        match std::mem::take(&mut self.pending) {
            Pending::Nothing => self.first_char(c),
            Pending::G => match c {
                'g' => {
                    let to = self.count.map_or(Motion::DocumentStart, Motion::Line);
                    self.count = None;
                    self.motion(to, Span::Lines)
                }
                _ => self.give_up(),
            },
            Pending::Replace => {
                let count = self.take_count().unwrap_or(1);
                let mut commands = repeat(&[reach(Motion::RightInLine), Command::Type(c)], count);
                commands.push(go(Motion::LeftInLine));
                self.changed(commands)
            }
            Pending::Find { forward, till } => {
                let motion = Motion::Char { c, forward, till };
                self.found = Some(motion);
                self.motion(motion, if forward { Span::Inclusive } else { Span::Exclusive })
            }
            Pending::Object { around } => match object(c, around) {
                Some(object) => self.select_object(object),
                None => self.give_up(),
            },
        }
    }

    fn give_up(&mut self) -> Vec<Command> {
        self.forget_half();
        Vec::new()
    }

    fn first_char(&mut self, c: char) -> Vec<Command> {
        if let Some(digit) = c.to_digit(10).filter(|digit| *digit > 0 || self.count.is_some()) {
            let count = self.count.unwrap_or(0) * 10 + digit;
            self.count = Some(count.min(super::COUNT_MAX));
            return Vec::new();
        }
        if let Some((motion, span)) = self.motion_of(c) {
            return self.motion(motion, span);
        }
        let pending = match c {
            'g' => Some(Pending::G),
            'f' | 't' => Some(Pending::Find { forward: true, till: c == 't' }),
            'F' | 'T' => Some(Pending::Find { forward: false, till: c == 'T' }),
            'i' | 'a' if self.operator.is_some() || self.is_visual() => {
                Some(Pending::Object { around: c == 'a' })
            }
            'r' if !self.is_visual() && self.operator.is_none() => Some(Pending::Replace),
            _ => None,
        };
        if let Some(pending) = pending {
            self.pending = pending;
            return Vec::new();
        }
        if let Some(operator) = operator_of(c) {
            return self.operator_key(operator);
        }
        if self.operator.is_some() {
            return self.give_up();
        }
        if self.is_visual() { self.visual_command(c) } else { self.command(c) }
    }

    fn motion_of(&self, c: char) -> Option<(Motion, Span)> {
        let changes = matches!(self.operator, Some((Operator::Change, _)));
        Some(match c {
            'h' => (Motion::LeftInLine, Span::Exclusive),
            'l' | ' ' => (Motion::RightInLine, Span::Exclusive),
            'j' => (Motion::Down, Span::Lines),
            'k' => (Motion::Up, Span::Lines),
            // To change a word leaves the blanks behind it.
            'w' if changes => (Motion::WordRight, Span::Exclusive),
            'w' if self.operator.is_some() => (Motion::WordNextInLine, Span::Exclusive),
            'w' => (Motion::WordNext, Span::Exclusive),
            'b' => (Motion::WordLeft, Span::Exclusive),
            'e' => (Motion::WordEnd, Span::Inclusive),
            '0' => (Motion::LineBegin, Span::Exclusive),
            '^' => (Motion::FirstNonblank, Span::Exclusive),
            '$' => (Motion::LineEnd, Span::Exclusive),
            'G' => (self.count.map_or(Motion::DocumentEnd, Motion::Line), Span::Lines),
            '{' => (Motion::ParagraphUp, Span::Exclusive),
            '}' => (Motion::ParagraphDown, Span::Exclusive),
            '%' => (Motion::Bracket, Span::Inclusive),
            ';' => (self.found?, Span::Inclusive),
            ',' => match self.found? {
                Motion::Char { c, forward, till } => {
                    (Motion::Char { c, forward: !forward, till }, Span::Exclusive)
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    fn motion(&mut self, motion: Motion, span: Span) -> Vec<Command> {
        let is_absolute = matches!(motion, Motion::Line(_));
        let count = match self.take_count() {
            Some(count) if !is_absolute => count,
            _ => 1,
        };
        let Some((operator, _)) = self.operator.take() else {
            let extend = self.is_visual();
            return repeat(&[Command::Move { motion, extend }], count);
        };
        let mut commands = repeat(&[reach(motion)], count);
        match span {
            Span::Exclusive => {}
            Span::Inclusive => commands.push(Command::IncludeEnd),
            Span::Lines => commands.push(Command::SelectLines),
        }
        self.operate(operator, commands, span == Span::Lines)
    }

    /// An operator's letter: once it waits for a motion, twice it takes lines.
    fn operator_key(&mut self, operator: Operator) -> Vec<Command> {
        if self.is_visual() {
            let is_lines = self.mode == Mode::VisualLine;
            self.forget_half();
            self.mode = Mode::Normal;
            let take = if is_lines { Command::SelectLines } else { Command::IncludeEnd };
            return self.operate(operator, vec![take], is_lines);
        }
        match self.operator {
            None => {
                self.operator = Some((operator, self.count.take()));
                Vec::new()
            }
            Some((before, _)) if before == operator => {
                let count = self.take_count().unwrap_or(1);
                self.operator = None;
                if operator == Operator::Change && count == 1 {
                    let line = [go(Motion::FirstNonblank), reach(Motion::LineEnd)];
                    return self.operate(operator, line.to_vec(), false);
                }
                let mut commands = repeat(&[reach(Motion::Down)], count - 1);
                commands.push(Command::SelectLines);
                self.operate(operator, commands, true)
            }
            Some(_) => self.give_up(),
        }
    }

    /// Does what the operator does with what the commands select.
    fn operate(
        &mut self,
        operator: Operator,
        mut commands: Vec<Command>,
        is_lines: bool,
    ) -> Vec<Command> {
        match (operator, is_lines) {
            (Operator::Delete, true) => {
                commands.extend([Command::CutLine, go(Motion::FirstNonblank)]);
            }
            (Operator::Delete, false) => commands.push(Command::CutSelected),
            (Operator::Change, true) => {
                commands.extend([Command::CutLine, Command::NewlineAbove]);
                return self.inserting(commands);
            }
            (Operator::Change, false) => {
                commands.push(Command::CutSelected);
                return self.inserting(commands);
            }
            (Operator::Yank, true) => {
                commands.extend([Command::CopyLines, Command::CollapseToStart]);
                return commands;
            }
            (Operator::Yank, false) => {
                commands.extend([Command::Copy, Command::CollapseToStart]);
                return commands;
            }
            (Operator::Indent, _) => {
                commands.extend([Command::IndentLines, Command::CollapseToStart]);
            }
            (Operator::Unindent, _) => {
                commands.extend([Command::Unindent, Command::CollapseToStart]);
            }
        }
        self.changed(commands)
    }

    fn select_object(&mut self, object: Object) -> Vec<Command> {
        self.count = None;
        let select = Command::Select(object);
        match self.operator.take() {
            Some((operator, _)) => self.operate(operator, vec![select], false),
            // A visual selection ends on a character, ours behind it.
            None => vec![select, reach(Motion::LeftInLine)],
        }
    }

    fn command(&mut self, c: char) -> Vec<Command> {
        let count = self.take_count().unwrap_or(1);
        self.forget_half();
        let chars = repeat(&[reach(Motion::RightInLine)], count);
        let with = |mut commands: Vec<Command>, more: &[Command]| {
            commands.extend_from_slice(more);
            commands
        };
        match c {
            'i' => self.inserting(vec![]),
            'a' => self.inserting(vec![go(Motion::RightInLine)]),
            'I' => self.inserting(vec![go(Motion::FirstNonblank)]),
            'A' => self.inserting(vec![go(Motion::LineEnd)]),
            'o' => self.inserting(vec![go(Motion::LineEnd), Command::Newline]),
            'O' => self.inserting(vec![Command::NewlineAbove]),
            's' => self.inserting(with(chars, &[Command::CutSelected])),
            'S' => {
                let line = vec![go(Motion::FirstNonblank), reach(Motion::LineEnd)];
                self.inserting(with(line, &[Command::CutSelected]))
            }
            'C' => self.inserting(vec![reach(Motion::LineEnd), Command::CutSelected]),
            'D' => self.changed(vec![reach(Motion::LineEnd), Command::CutSelected]),
            'x' => self.changed(with(chars, &[Command::CutSelected])),
            'X' => {
                let chars = repeat(&[reach(Motion::LeftInLine)], count);
                self.changed(with(chars, &[Command::CutSelected]))
            }
            '~' => self.changed(repeat(&[Command::ToggleCase], count)),
            'J' => self.changed(repeat(&[Command::JoinLines], count.max(2) - 1)),
            'p' => self.changed(repeat(&[Command::PasteAfter], count)),
            'P' => self.changed(repeat(&[Command::Paste], count)),
            'Y' => vec![Command::CopyLines],
            'u' => repeat(&[Command::Undo], count),
            '.' => repeat(&self.change.clone(), count.min(100)),
            'n' => repeat(&[Command::FindNext], count),
            'N' => repeat(&[Command::FindPrevious], count),
            '*' => vec![Command::FindWord],
            '/' => vec![Command::Find],
            ':' => vec![Command::Colon],
            'v' => self.select_by(Mode::Visual),
            'V' => self.select_by(Mode::VisualLine),
            _ => Vec::new(),
        }
    }

    fn visual_command(&mut self, c: char) -> Vec<Command> {
        let is_lines = self.mode == Mode::VisualLine;
        let take = if is_lines { Command::SelectLines } else { Command::IncludeEnd };
        self.forget_half();
        match c {
            'v' if is_lines => self.select_by(Mode::Visual),
            'V' if !is_lines => self.select_by(Mode::VisualLine),
            'v' | 'V' => {
                self.mode = Mode::Normal;
                vec![Command::CollapseToHead]
            }
            'x' => self.operator_key(Operator::Delete),
            's' => self.operator_key(Operator::Change),
            ':' | '/' => {
                self.mode = Mode::Normal;
                vec![if c == ':' { Command::Colon } else { Command::Find }]
            }
            '~' | 'J' | 'p' => {
                self.mode = Mode::Normal;
                let what = match c {
                    '~' => Command::ToggleCase,
                    'J' => Command::JoinLines,
                    _ => Command::Paste,
                };
                self.changed(vec![take, what, Command::CollapseToStart])
            }
            _ => Vec::new(),
        }
    }

    fn select_by(&mut self, mode: Mode) -> Vec<Command> {
        self.mode = mode;
        Vec::new()
    }

    fn changed(&mut self, commands: Vec<Command>) -> Vec<Command> {
        self.change.clone_from(&commands);
        commands
    }

    fn inserting(&mut self, commands: Vec<Command>) -> Vec<Command> {
        self.mode = Mode::Insert;
        self.recording = Some(commands.clone());
        commands
    }
}

fn operator_of(c: char) -> Option<Operator> {
    Some(match c {
        'd' => Operator::Delete,
        'c' => Operator::Change,
        'y' => Operator::Yank,
        '>' => Operator::Indent,
        '<' => Operator::Unindent,
        _ => return None,
    })
}

fn object(c: char, around: bool) -> Option<Object> {
    let pair = |open, close| Object::Pair { open, close, around };
    Some(match c {
        'w' => Object::Word { around },
        '(' | ')' | 'b' => pair('(', ')'),
        '[' | ']' => pair('[', ']'),
        '{' | '}' | 'B' => pair('{', '}'),
        '<' | '>' => pair('<', '>'),
        '"' | '\'' | '`' => Object::Quotes { quote: c, around },
        _ => return None,
    })
}
