//! What drawing reads.

use codesync_core::Text;

use super::{App, Carets, Colors, Find, Past, People, Picker, Prompt, Saving, Sharing, View};
use crate::editor::rows::Rows;
use crate::keymap::Keymap;
use crate::vim::Mode;

impl App {
    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn carets(&self) -> &Carets {
        &self.carets
    }

    pub(crate) fn view(&self) -> View {
        self.view
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn colors(&self) -> &Colors {
        &self.colors
    }

    /// The text as rows of the screen.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows { text: &self.text, rulers: &self.rulers }
    }

    /// The row and the column of the screen, beside the line numbers, at which an offset is drawn.
    pub(crate) fn cell_of(&self, offset: usize) -> Option<(usize, usize)> {
        let rows = self.rows();
        let (place, column) = rows.place_of(offset);
        let row = self.view.row_of(rows, place)?;
        let column = column.checked_sub(self.view.left).filter(|at| *at < self.view.columns)?;
        Some((row, column))
    }

    pub(crate) fn is_crlf(&self) -> bool {
        self.is_crlf
    }

    pub(crate) fn saving(&self) -> &Saving {
        &self.saving
    }

    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    pub(crate) fn picker(&self) -> Option<&Picker> {
        self.picker.as_ref()
    }

    pub(crate) fn past(&self) -> Option<&Past> {
        self.past.as_ref()
    }

    pub(crate) fn sharing(&self) -> Option<&Sharing> {
        self.sharing.as_ref()
    }

    /// Whether nothing lies over the text.
    pub(super) fn shows_text(&self) -> bool {
        self.help.is_none()
            && self.picker.is_none()
            && self.past.is_none()
            && self.sharing.is_none()
    }

    pub(crate) fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// The mode of the `vim` preset, in a word.
    pub(crate) fn mode_name(&self) -> Option<&'static str> {
        self.vim.as_ref().map(|vim| vim.mode().name())
    }

    /// Whether the cursor marks a gap, into which is typed, or else a character.
    pub(crate) fn is_typing(&self) -> bool {
        self.vim.as_ref().is_none_or(|vim| vim.mode() == Mode::Insert)
            || self.prompt.is_some()
            || self.picker.is_some()
    }

    pub(crate) fn is_read_aloud(&self) -> bool {
        self.is_read_aloud
    }

    pub(crate) fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    pub(crate) fn help(&self) -> Option<usize> {
        self.help
    }

    pub(crate) fn notice(&self) -> Option<&str> {
        self.notice.as_ref().map(|(sentence, _)| sentence.as_str())
    }

    pub(crate) fn find(&self) -> &Find {
        &self.find
    }

    /// Columns before the text: the line numbers and a space, or nothing.
    pub(crate) fn gutter_columns(&self) -> usize {
        if self.has_numbers { self.text.len_lines().to_string().len().max(3) + 1 } else { 0 }
    }
}
