//! A text that is looked at and not edited, and the part of it that is on the screen.

use codesync_core::{Revision, Text};

use super::comparison::Compared;
use super::{Past, list_columns};
use crate::app::View;
use crate::editor::rows::{RowPlace, Rows};
use crate::editor::ruler::Rulers;
use crate::highlight::Span;

/// Rows that one notch of the wheel scrolls.
pub(super) const WHEEL_ROWS: isize = 3;

/// What is shown of the past.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) revision: Revision,
    /// What differs from now, rather than the text itself.
    pub(crate) is_comparison: bool,
    pub(crate) text: Text,
    /// Which lines came and which went.
    pub(crate) spans: Vec<Span>,
    pub(crate) view: View,
    rulers: Rulers,
}

impl Sheet {
    /// The text as it was, from this line on.
    pub(super) fn of_text(revision: Revision, text: Text, top: usize) -> Self {
        let top = RowPlace { line: top, row: 0 };
        Self {
            revision,
            is_comparison: false,
            text,
            spans: Vec::new(),
            view: View { top, ..View::default() },
            rulers: Rulers::default(),
        }
    }

    pub(super) fn of_comparison(revision: Revision, compared: Compared) -> Self {
        let Compared { text, spans } = compared;
        Self { is_comparison: true, spans, ..Self::of_text(revision, text, 0) }
    }

    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows { text: &self.text, rulers: &self.rulers }
    }

    /// Columns before the text: its line numbers, unless these are no lines of it.
    pub(crate) fn gutter_columns(&self) -> usize {
        if self.is_comparison { 0 } else { self.text.len_lines().to_string().len().max(3) + 1 }
    }

    /// Takes the room beside the list and above the status line.
    pub(super) fn fit(&mut self, (columns, rows): (u16, u16), tab: usize) {
        let columns = columns.saturating_sub(list_columns(columns));
        self.view.rows = usize::from(rows.saturating_sub(1));
        self.view.columns = usize::from(columns).saturating_sub(self.gutter_columns());
        // What is only looked at is seen whole.
        self.rulers.fit(Some(self.view.columns.saturating_sub(1)), tab);
        self.view.fill(Rows { text: &self.text, rulers: &self.rulers });
    }
}

impl Past {
    pub(super) fn scroll(&mut self, by: isize) {
        if let Some(sheet) = &mut self.sheet {
            sheet.view.scroll(by, Rows { text: &sheet.text, rulers: &sheet.rulers });
        }
    }

    pub(super) fn show(&mut self, sheet: Sheet) {
        self.sheet = Some(sheet);
    }
}
