//! When the next frame is due, and whether its bottom line tells anew how it is.
//!
//! A key is shown at once. What the bottom line says of it, where the caret is and that it is on its
//! way, changes with each. It goes with the frame of whatever else happens; where that is nothing but
//! typing it is told again when nobody has typed for a moment, or that long after it was told last. A
//! key is then a third of the bytes, and nothing flickers.

use std::time::{Duration, Instant};

/// Shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(16);
/// The same if a few words have another colour.
const TOUCH: Duration = Duration::from_millis(40);
/// How long what the bottom line says of what is typed waits for the next key, and how long it is not
/// told again of keys alone.
const STATUS: Duration = Duration::from_millis(300);

/// How much the last frame lacks, and so how soon the next one is due.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Unseen {
    Nothing,
    /// What the bottom line says of what was typed.
    Status,
    /// Another colour for what was just typed.
    Touch,
    /// What others did, what was found, what the time has brought.
    News,
    /// What the person typed: due at once.
    Typed,
    /// What else the person did: due at once.
    Own,
}

impl Unseen {
    /// How long after the last frame the next one is due.
    fn pause(self) -> Option<Duration> {
        match self {
            Self::Nothing | Self::Status => None,
            Self::Touch => Some(TOUCH),
            Self::News => Some(FRAME),
            Self::Typed | Self::Own => Some(Duration::ZERO),
        }
    }
}

/// The frames of an editor.
#[derive(Debug)]
pub(super) struct Frames {
    unseen: Unseen,
    drawn_at: Instant,
    /// Whether something but typing has happened since the bottom line told how it is.
    is_status_due: bool,
    /// When it is to tell what it does not of what was typed, if there is such a thing.
    status_at: Option<Instant>,
    told_at: Instant,
}

impl Frames {
    /// Nothing was drawn yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            unseen: Unseen::Own,
            drawn_at: now,
            is_status_due: true,
            status_at: None,
            told_at: now,
        }
    }

    /// The screen lacks this.
    pub(super) fn lack(&mut self, what: Unseen) {
        self.unseen = self.unseen.max(what);
        self.is_status_due |= matches!(what, Unseen::News | Unseen::Own);
        if what == Unseen::Status {
            self.status_at.get_or_insert(self.drawn_at + STATUS);
        }
    }

    /// When the next frame is due, if one is.
    pub(super) fn due(&self) -> Option<Instant> {
        let frame = self.unseen.pause().map(|pause| self.drawn_at + pause);
        frame.into_iter().chain(self.status_at).min()
    }

    /// Begins a frame; whether its bottom line tells how it is. It does in any case if it would claim
    /// that all is saved while that `is_too_good`.
    pub(super) fn begin(&mut self, now: Instant, is_too_good: bool) -> bool {
        let tells = std::mem::take(&mut self.is_status_due)
            || is_too_good
            || self.status_at.is_some_and(|at| at <= now)
            || self.unseen == Unseen::Typed && now - self.told_at >= STATUS;
        if tells {
            self.told_at = now;
            self.status_at = None;
        }
        tells
    }

    /// A frame is drawn; whether its bottom line is true.
    pub(super) fn end(&mut self, now: Instant, is_true: bool) {
        if is_true {
            self.status_at = None;
        } else if self.unseen == Unseen::Typed {
            self.status_at = Some(now + STATUS);
        } else {
            self.status_at.get_or_insert(now + STATUS);
        }
        self.drawn_at = now;
        self.unseen = Unseen::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the frame that is due at `ms`; whether its bottom line tells how it is.
    #[track_caller]
    fn draw(frames: &mut Frames, start: Instant, ms: u64) -> bool {
        let now = start + Duration::from_millis(ms);
        assert!(frames.due().is_some_and(|due| due <= now), "it is due");
        let tells = frames.begin(now, false);
        frames.end(now, tells);
        tells
    }

    #[test]
    fn a_key_is_due_at_once_and_what_is_said_of_it_now_and_then() {
        let start = Instant::now();
        let mut frames = Frames::new(start);
        assert!(draw(&mut frames, start, 0));
        assert_eq!(frames.due(), None);
        let tells = [400, 500, 600, 700, 800].map(|ms| {
            frames.lack(Unseen::Typed);
            draw(&mut frames, start, ms)
        });
        assert_eq!(tells, [true, false, false, true, false]);
        assert_eq!(frames.due(), Some(start + Duration::from_millis(800) + STATUS));
        assert!(draw(&mut frames, start, 1_100), "nobody types any more");
        assert_eq!(frames.due(), None);
    }

    #[test]
    fn colours_come_before_what_is_said_and_do_not_bring_it_along() {
        let start = Instant::now();
        let mut frames = Frames::new(start);
        draw(&mut frames, start, 0);
        frames.lack(Unseen::Typed);
        assert!(!draw(&mut frames, start, 10));
        frames.lack(Unseen::Touch);
        assert!(!draw(&mut frames, start, 50));
        assert_eq!(frames.due(), Some(start + Duration::from_millis(10) + STATUS), "and not off");
        assert!(draw(&mut frames, start, 310));
    }

    #[test]
    fn no_key_is_called_saved_for_a_moment() {
        let start = Instant::now();
        let mut frames = Frames::new(start);
        draw(&mut frames, start, 0);
        frames.lack(Unseen::Typed);
        assert!(frames.begin(start, true));
    }

    #[test]
    fn whatever_else_happens_is_told_with_the_next_frame() {
        let start = Instant::now();
        for what in [Unseen::News, Unseen::Own] {
            let mut frames = Frames::new(start);
            draw(&mut frames, start, 0);
            frames.lack(what);
            frames.lack(Unseen::Typed);
            assert!(draw(&mut frames, start, 16), "{what:?}");
        }
    }
}
