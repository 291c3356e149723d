//! Keys on their way to commands, and what each command does.

use codesync_core::Selection;

use super::follow::Following;
use super::question::Question;
use super::{App, Command, Effect, Motion, Prompt, PromptKind};
use crate::input::Key;
use crate::vim::{Mode, Reply};

impl App {
    pub(super) fn handle_key(&mut self, key: Key) {
        // Whatever the key is for: the screen may be unreadable.
        if self.keymap.command(key) == Some(Command::Redraw) {
            return self.run(Command::Redraw);
        }
        let before = self.end_following();
        // Enter in that prompt waits for what is not found yet; any key afterwards does not.
        let asks = self.prompt.as_ref().map(|prompt| &prompt.kind);
        if !matches!(asks, Some(PromptKind::Find { .. })) {
            self.find.awaits_nothing();
        }
        if self.help.is_some() {
            self.handle_help_key(key);
        } else if self.picker.is_some() {
            self.handle_picker_key(key);
        } else if self.prompt.is_some() {
            self.handle_prompt_key(key);
        } else if self.past.is_some() {
            self.handle_past_key(key);
        } else if self.sharing.is_some() {
            self.handle_sharing_key(key);
        } else if self.vim.is_some() {
            self.handle_vim_key(key, before);
        } else if let Some(command) = self.keymap.command(key) {
            self.run_after(command, before);
        }
    }

    fn handle_vim_key(&mut self, key: Key, before: Following) {
        let Some(vim) = &mut self.vim else { return };
        let was_normal = vim.mode() == Mode::Normal;
        match vim.key(key) {
            Reply::Run(commands) => {
                let is_search = matches!(
                    commands.first(),
                    Some(Command::FindNext | Command::FindPrevious | Command::Cancel)
                );
                if was_normal && !is_search && !self.carets.iter().all(Selection::is_caret) {
                    self.collapse(false);
                }
                commands.into_iter().for_each(|command| self.run(command));
            }
            Reply::Pass => {
                if let Some(command) = self.keymap.command(key) {
                    if let Some(vim) = &mut self.vim {
                        vim.record(command);
                    }
                    self.run_after(command, before);
                }
            }
        }
        if self.vim.as_ref().is_some_and(|vim| vim.mode() == Mode::Normal) {
            self.stand_on_characters();
        }
    }

    /// Runs a command of which it matters what came before it.
    fn run_after(&mut self, command: Command, before: Following) {
        match command {
            Command::Person(number) => self.go_to_person(usize::from(number) - 1, before),
            _ => self.run(command),
        }
    }

    pub(super) fn run(&mut self, command: Command) {
        match command {
            Command::Type(c) => self.type_text(&c.to_string()),
            Command::Newline => self.newline(),
            Command::NewlineAbove => self.newline_above(),
            Command::Backspace => self.backspace(),
            Command::Delete => self.delete(),
            Command::DeleteWordLeft => self.delete_word_left(),
            Command::DeleteWordRight => self.delete_word_right(),
            Command::Indent => self.indent(),
            Command::IndentLines => self.indent_lines(),
            Command::Unindent => self.unindent(),
            Command::ToggleComment => self.toggle_comment(),
            Command::MoveLineUp => self.move_lines_up(),
            Command::MoveLineDown => self.move_lines_down(),
            Command::DuplicateLine => self.duplicate_lines(),
            Command::JoinLines => self.join_lines(),
            Command::ToggleCase => self.toggle_case(),
            Command::CutLine => self.cut_lines(),
            Command::Copy => self.copy(),
            Command::CopyLines => self.copy_lines(),
            Command::Cut => self.cut(),
            Command::CutSelected => self.cut_selected(),
            Command::Paste => self.paste(),
            Command::PasteAfter => self.paste_after(),
            Command::Undo => self.effects.push_back(Effect::Undo),
            Command::Redo => self.effects.push_back(Effect::Redo),
            Command::Move { motion, extend } => self.move_carets(motion, extend),
            Command::SelectAll => self.select_all(),
            Command::SelectLines => self.select_lines(),
            Command::IncludeEnd => self.include_end(),
            Command::CollapseToStart => self.collapse(false),
            Command::CollapseToHead => self.collapse(true),
            Command::Select(object) => self.select_object(object),
            Command::AddNextMatch => self.add_next_match(),
            Command::CaretAbove => self.add_caret_beside(-1),
            Command::CaretBelow => self.add_caret_beside(1),
            Command::Find => self.open_find(false),
            Command::Replace => self.open_find(true),
            Command::FindWord => self.find_word(),
            Command::FindNext => self.find_step(true),
            Command::FindPrevious => self.find_step(false),
            Command::GoToLine => self.prompt = Some(Prompt::go_to_line()),
            Command::OpenDocument => {
                self.notify("looking for documents");
                self.ask(Question::Documents);
            }
            Command::PeopleList => self.open_people(),
            Command::NextPerson => self.go_to_next_person(),
            Command::Person(number) => {
                self.go_to_person(usize::from(number) - 1, Following::Nobody);
            }
            Command::Review => self.review(),
            Command::Past => self.open_past(),
            Command::Share => self.open_sharing(),
            Command::Writers => self.toggle_writers(),
            Command::Back => self.go_back(),
            Command::ToggleNumbers => {
                self.has_numbers = !self.has_numbers;
                self.refit();
            }
            Command::ToggleWrap => {
                self.wraps = !self.wraps;
                self.refit();
                self.notify(if self.wraps { "lines are wrapped" } else { "lines are not wrapped" });
            }
            Command::SavePoint => self.save_point(),
            Command::Redraw => self.effects.push_back(Effect::Redraw),
            Command::Languages => self.open_languages(),
            Command::Palette => self.open_palette(),
            Command::Help => self.help = Some(0),
            Command::Colon => self.open_colon(),
            Command::Cancel => self.cancel(),
            Command::Quit => self.quit(),
        }
    }

    fn cancel(&mut self) {
        self.notice = None;
        if self.carets.is_single() {
            self.carets.each(|caret| caret.selection = Selection::caret(caret.selection.head));
        } else {
            self.carets.collapse_to_primary();
        }
        self.find.hide();
    }

    pub(super) fn handle_help_key(&mut self, key: Key) {
        let Some(top) = self.help else { return };
        self.help = match self.keymap.command(key) {
            Some(Command::Move { motion: Motion::Down, .. }) => Some(top + 1),
            Some(Command::Move { motion: Motion::Up, .. }) => Some(top.saturating_sub(1)),
            Some(Command::Move { motion: Motion::PageDown, .. }) => Some(top + self.view.rows),
            Some(Command::Move { motion: Motion::PageUp, .. }) => {
                Some(top.saturating_sub(self.view.rows))
            }
            _ => None,
        };
        let rows = self.keymap.help().count();
        self.help = self.help.map(|top| top.min(rows.saturating_sub(self.view.rows.max(3) - 2)));
    }
}
