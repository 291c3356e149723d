//! What the bottom line says of what is typed: it changes with every key, and need not be told of
//! each.

use super::{App, Condition, Saving};

/// The caret's place and how saving goes, as the bottom line tells them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Status {
    pub(crate) saving: Saving,
    /// Line and column of the caret in chars, from 0.
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl App {
    /// What the bottom line tells.
    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// Whether what the bottom line tells is how it is.
    pub(crate) fn is_status_true(&self) -> bool {
        self.status == self.present_status()
    }

    /// Whether the bottom line says that all is saved while that is not so.
    pub(crate) fn is_status_too_good(&self) -> bool {
        let [told, met] = [&self.status.saving, &self.saving].map(|it| it.condition);
        told == Condition::Saved && met != Condition::Saved
    }

    /// Has the bottom line tell how it is.
    pub(crate) fn renew_status(&mut self) {
        self.status = self.present_status();
    }

    fn present_status(&self) -> Status {
        let head = self.carets.primary().head;
        let line = self.text.line_of(head);
        let column = head - self.text.line_start(line);
        Status { saving: self.saving.clone(), line, column }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::app::tests::stage::Stage;
    use crate::app::{Condition, Event, Saving};
    use crate::input::Input;

    #[test]
    fn what_is_typed_is_told_when_that_is_wanted() {
        let mut stage = Stage::new("x.rs", "one\n|");
        stage.condition(Condition::Saved);
        let saved = stage.app.status().clone();
        assert_eq!((saved.line, saved.column), (1, 0));
        stage.app.handle(Duration::ZERO, Event::Input(Input::Paste("two".into())));
        assert_eq!(stage.app.status(), &saved);
        assert!(!stage.app.is_status_true() && !stage.app.is_status_too_good());
        let saving = Saving { condition: Condition::Saving, ..Saving::default() };
        stage.app.handle(Duration::ZERO, Event::Saving(saving));
        assert!(stage.app.is_status_too_good(), "it says that all is saved");
        stage.app.renew_status();
        assert!(stage.app.is_status_true() && !stage.app.is_status_too_good());
        assert_eq!((stage.app.status().line, stage.app.status().column), (1, 3));
    }
}
