//! Going where somebody is, and staying with him until a key is pressed.

use codesync_core::Selection;

use super::App;
use crate::sanitize;

/// Whom this person goes after.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Following {
    #[default]
    Nobody,
    /// Jumped to just now: the same key once more follows.
    Visited(u32),
    Followed(u32),
}

impl App {
    /// The person whose caret the window stays with.
    pub(crate) fn followed(&self) -> Option<u32> {
        match self.following {
            Following::Followed(author) => Some(author),
            Following::Nobody | Following::Visited(_) => None,
        }
    }

    /// Follows whoever has this name, as soon as he is here. Capitals do not matter.
    pub(crate) fn follow_when_here(&mut self, name: &str) {
        self.awaited = Some(name.to_lowercase());
        self.notify(&format!("waiting for {}", sanitize::one_line(name)));
    }

    /// A key or a click ends it. What the key is for, it does besides.
    pub(super) fn end_following(&mut self) -> Following {
        self.awaited = None;
        std::mem::take(&mut self.following)
    }

    /// Goes to the next person after the caret, round the end.
    pub(super) fn go_to_next_person(&mut self) {
        let here = self.carets.primary().head;
        let mut places: Vec<(usize, u32)> = self
            .people
            .iter()
            .filter_map(|person| Some((person.caret()?, person.author)))
            .collect();
        places.sort_unstable();
        let next = places.iter().find(|(at, _)| *at > here).or(places.first());
        match next {
            Some((_, author)) => self.go_to_author(*author),
            None => self.notify("nobody else is here"),
        }
    }

    /// Goes to a person by place in the status line, counted from 0; follows, when that is where
    /// the last key went.
    pub(super) fn go_to_person(&mut self, n: usize, before: Following) {
        let Some(author) = self.people.iter().nth(n).map(|person| person.author) else {
            self.notify(&format!("there is no person {}", n + 1));
            return;
        };
        if before == Following::Visited(author) {
            self.following = Following::Followed(author);
            self.notice = None;
            self.stay_with_followed();
        } else {
            self.go_to_author(author);
        }
    }

    pub(super) fn go_to_author(&mut self, author: u32) {
        let found = self.people.iter().find(|person| person.author == author);
        let Some((name, at)) = found.map(|person| (person.name.clone(), person.caret())) else {
            self.notify("no longer here");
            return;
        };
        let Some(at) = at else {
            self.notify(&format!("{name} has no caret in the text yet"));
            return;
        };
        self.back = Some(self.carets.primary());
        self.jump(Selection::caret(at.min(self.text.len())));
        self.following = Following::Visited(author);
        self.notify(&format!("at {name}; again follows, Alt-B goes back"));
    }

    pub(super) fn go_back(&mut self) {
        match self.back.take() {
            Some(selection) => {
                let here = self.carets.primary();
                self.jump(selection);
                self.back = Some(here);
            }
            None => self.notify("there is nowhere to go back to"),
        }
    }

    /// Moves the window, not the caret, to where the followed person is.
    pub(super) fn stay_with_followed(&mut self) {
        let is_awaited = |name: &str| self.awaited.as_deref() == Some(&*name.to_lowercase());
        let mut here = self.people.iter().filter(|person| person.caret().is_some());
        if let Some(person) = here.find(|person| is_awaited(&person.name)) {
            self.following = Following::Followed(person.author);
            self.awaited = None;
        }
        let Some(author) = self.followed() else { return };
        let Some(person) = self.people.iter().find(|person| person.author == author) else {
            self.following = Following::Nobody;
            return;
        };
        if let Some(at) = person.caret() {
            let rows = crate::editor::rows::Rows { text: &self.text, rulers: &self.rulers };
            self.view.show_centred(rows, at.min(self.text.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use codesync_core::Selection;

    use crate::app::tests::stage::Stage;
    use crate::app::{Event, Person};

    fn bo(at: usize) -> Event {
        Event::People(vec![Person::new(2, "Bo", 1, vec![Selection::caret(at)])])
    }

    #[test]
    fn the_same_key_again_follows_and_any_key_ends_it() {
        let text: String = (0..200).map(|n| format!("{n}\n")).collect();
        let mut stage = Stage::new("x.txt", &format!("|{text}"));
        let line = |stage: &Stage, line: usize| stage.text().line_start(line);
        stage.handle(bo(line(&stage, 100)));
        stage.press("Alt-1");
        assert_eq!(stage.app.followed(), None);
        stage.press("Alt-1");
        assert_eq!(stage.app.followed(), Some(2));
        let top = stage.app.view().top.line;
        stage.handle(bo(line(&stage, 150)));
        assert!(stage.app.view().top.line > top + 30, "the window goes along");
        let head = stage.app.carets().primary().head;
        assert_eq!(head, line(&stage, 100), "the caret does not");
        stage.press("x");
        assert_eq!(stage.app.followed(), None);
        let shown = stage.app.view().top.line..stage.app.view().top.line + 11;
        assert!(shown.contains(&100), "and the window is back at the caret");
    }

    #[test]
    fn who_is_awaited_is_followed_once_he_is_here_unless_a_key_comes_first() {
        let text: String = (0..200).map(|n| format!("{n}\n")).collect();
        for (keys, followed) in [("", Some(2)), ("Down", None)] {
            let mut stage = Stage::new("x.txt", &format!("|{text}"));
            stage.app.follow_when_here("bO");
            stage.handle(Event::People(vec![Person::new(2, "Bo", 1, vec![])]));
            assert_eq!(stage.app.followed(), None, "it is not known where he is");
            stage.press(keys);
            let at = stage.text().line_start(100);
            stage.handle(bo(at));
            assert_eq!(stage.app.followed(), followed);
        }
    }

    #[test]
    fn who_leaves_is_followed_no_longer() {
        let mut stage = Stage::new("x.txt", "|abc");
        stage.handle(bo(2));
        stage.press("Alt-1 Alt-1");
        stage.handle(Event::People(vec![]));
        assert_eq!(stage.app.followed(), None);
        assert_eq!(stage.app.notice(), Some("Bo left"));
    }
}
