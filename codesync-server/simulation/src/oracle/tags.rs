//! What people meant: every char that somebody types exists once.
//!
//! Chars of the private use areas serve as *tags*. Whoever types one, deletes one or brings one
//! back by undo is noted, one *intent* for each edit. In the end the text is compared with the
//! intents that were not lost with a process before they were on its disk: what was typed and
//! never deleted is there exactly once, what was deleted is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use codesync_core::ClientId;

use super::{Check, hold};

/// A char that is typed once in a run.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Tag(u32);

/// The private use areas: of the basic plane, and planes 15 and 16.
const AREAS: [(u32, u32); 3] = [(0xe000, 0xf8ff), (0xf_0000, 0xf_fffd), (0x10_0000, 0x10_fffd)];

impl Tag {
    fn new(mut n: u32) -> Option<(Self, char)> {
        let tag = Self(n);
        for (first, last) in AREAS {
            if n <= last - first {
                return Some((tag, char::from_u32(first + n)?));
            }
            n -= last - first + 1;
        }
        None
    }

    fn of(char: char) -> Option<Self> {
        let mut before = 0;
        for (first, last) in AREAS {
            if (first..=last).contains(&u32::from(char)) {
                return Some(Self(before + u32::from(char) - first));
            }
            before += last - first + 1;
        }
        None
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "char #{}", self.0)
    }
}

/// The tags in a text, in order.
pub(crate) fn tags_in(text: &str) -> Vec<Tag> {
    text.chars().filter_map(Tag::of).collect()
}

/// What an edit did to the text of the person who made it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intent {
    pub(crate) inserted: Vec<Tag>,
    pub(crate) deleted: Vec<Tag>,
}

/// All that was meant in one document.
#[derive(Debug, Default)]
pub(crate) struct Intents {
    /// By client, in the order in which he made them.
    made: BTreeMap<usize, Vec<Intent>>,
    /// Made, but lost with the process before the disk had them.
    lost: BTreeSet<Tag>,
    /// Typed by somebody who could not write it any longer, and as which client: kept in a copy of
    /// his. It may be in the document, too, as what that client sent, and as nothing else.
    aside: BTreeMap<Tag, ClientId>,
    /// Deleted by somebody who could not write it any longer: it may be there or not.
    undecided: BTreeSet<Tag>,
    typed_by: BTreeMap<Tag, usize>,
    deleted_by: BTreeSet<(Tag, usize)>,
    restored_by: BTreeSet<(Tag, usize)>,
}

/// Gives out tags.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    next: u32,
}

impl Tags {
    /// As many chars as are left, up to `count`.
    pub(crate) fn take(&mut self, count: u64) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let Some((_, char)) = Tag::new(self.next) else { break };
            text.push(char);
            self.next += 1;
        }
        text
    }
}

impl Intents {
    /// How many edits a client has made that were not lost.
    pub(crate) fn count(&self, client: usize) -> usize {
        self.made.get(&client).map_or(0, Vec::len)
    }

    /// A client typed, deleted or replaced something.
    pub(crate) fn edited(&mut self, client: usize, intent: Intent) {
        for tag in &intent.inserted {
            self.typed_by.insert(*tag, client);
        }
        self.deleted_by.extend(intent.deleted.iter().map(|tag| (*tag, client)));
        self.made.entry(client).or_default().push(intent);
    }

    /// A client took something back, or brought it back again: only his own.
    pub(crate) fn stepped_back(&mut self, client: usize, intent: Intent) -> Check {
        for tag in &intent.deleted {
            let own = self.typed_by.get(tag) == Some(&client)
                || self.restored_by.contains(&(*tag, client));
            hold!("undo own", own, "undo of client {client} takes away {tag} of another");
        }
        for tag in &intent.inserted {
            let own = self.deleted_by.contains(&(*tag, client));
            hold!("undo own", own, "undo of client {client} brings {tag}, which he did not delete");
        }
        self.restored_by.extend(intent.inserted.iter().map(|tag| (*tag, client)));
        self.deleted_by.extend(intent.deleted.iter().map(|tag| (*tag, client)));
        self.made.entry(client).or_default().push(intent);
        Ok(())
    }

    /// A client's process ended when only this many of his edits were on the disk.
    pub(crate) fn crashed(&mut self, client: usize, kept: usize) {
        let Some(made) = self.made.get_mut(&client) else { return };
        for intent in made.drain(kept.min(made.len())..) {
            self.lost.extend(intent.inserted);
        }
    }

    /// A client, known to servers as `id`, kept its text aside. `count` says how often a char stands
    /// in the document, if it ever did. What is in the log is there; everything else must be in the
    /// copy.
    pub(crate) fn set_aside(
        &mut self,
        client: usize,
        id: ClientId,
        copy: &str,
        count: impl Fn(Tag) -> Option<u32>,
    ) -> Check {
        let copy: BTreeSet<_> = tags_in(copy).into_iter().collect();
        for intent in self.made.get(&client).into_iter().flatten() {
            for tag in intent.inserted.iter().filter(|tag| count(**tag).is_none()) {
                let is_expected =
                    !self.aside.contains_key(tag) && !self.deleted_by.contains(&(*tag, client));
                hold!(
                    "I16 kept",
                    !is_expected || copy.contains(tag),
                    "{tag} of client {client} is neither in the document nor in his copy"
                );
                self.aside.entry(*tag).or_insert(id);
            }
            self.undecided.extend(intent.deleted.iter().filter(|tag| count(**tag) != Some(0)));
        }
        Ok(())
    }

    /// Whether the text holds what was meant, nothing twice and nothing more. `origin` says as which
    /// client a char was first committed.
    pub(crate) fn check(&self, text: &str, origin: impl Fn(Tag) -> Option<ClientId>) -> Check {
        let (mut inserted, mut deleted) = (BTreeMap::new(), BTreeSet::new());
        for intent in self.made.values().flatten() {
            for tag in &intent.inserted {
                *inserted.entry(*tag).or_insert(0) += 1;
            }
            deleted.extend(intent.deleted.iter().copied());
        }
        let mut met: BTreeMap<Tag, u32> = BTreeMap::new();
        for tag in tags_in(text) {
            *met.entry(tag).or_default() += 1;
        }
        for (tag, count) in &met {
            let most = inserted.get(tag).copied().unwrap_or(0);
            let lost =
                if self.lost.contains(tag) { ", it was lost before it was sent" } else { "" };
            hold!(
                "I3 once",
                *count <= most,
                "{tag} stands {count} times, meant {most} times{lost}"
            );
        }
        for (tag, id) in self.aside.iter().filter(|(tag, _)| met.contains_key(tag)) {
            let origin = origin(*tag);
            hold!(
                "I16 kept",
                origin == Some(*id),
                "{tag} was set aside as client {id}, and is in the text as of {origin:?}"
            );
        }
        for (tag, times) in inserted {
            if self.aside.contains_key(&tag) || self.undecided.contains(&tag) {
                continue;
            }
            let met = met.get(&tag).copied().unwrap_or(0);
            let by = self.typed_by.get(&tag).copied().unwrap_or_default();
            if !deleted.contains(&tag) {
                hold!(
                    "I9 text",
                    met == times,
                    "{tag} of client {by} is not there, nobody deleted it"
                );
            } else if times == 1 {
                hold!(
                    "I9 text",
                    met == 0,
                    "{tag} of client {by} is there, although it was deleted"
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types two chars, deletes the second.
    fn typed() -> (Intents, char, char) {
        let (mut intents, text) = (Intents::default(), Tags::default().take(2));
        let tags = tags_in(&text);
        let chars: Vec<char> = text.chars().collect();
        intents.edited(0, Intent { inserted: tags.clone(), deleted: Vec::new() });
        intents.edited(1, Intent { inserted: Vec::new(), deleted: vec![tags[1]] });
        (intents, chars[0], chars[1])
    }

    const ID: ClientId = ClientId::from_bytes([1; 16]);
    const ANOTHER: ClientId = ClientId::from_bytes([2; 16]);

    #[track_caller]
    fn check(text: &str, law: Option<&str>) {
        assert_eq!(typed().0.check(text, |_| None).err().map(|violation| violation.law), law);
    }

    #[test]
    fn what_is_lost_doubled_or_back_again_is_noticed() {
        let (_, kept, deleted) = typed();
        check(&format!("{kept}"), None);
        check("", Some("I9 text"));
        check(&format!("{kept}{kept}"), Some("I3 once"));
        check(&format!("{kept}{deleted}"), Some("I9 text"));
    }

    #[test]
    fn what_was_lost_with_a_process_is_expected_nowhere() {
        let (mut intents, kept, _) = typed();
        intents.crashed(0, 0);
        assert_eq!(intents.check("", |_| None), Ok(()));
        assert_eq!(intents.check(&kept.to_string(), |_| None).unwrap_err().law, "I3 once");
    }

    #[test]
    fn what_is_kept_aside_is_expected_in_the_copy_and_nowhere_else() {
        let (mut intents, kept, deleted) = typed();
        let both = format!("{kept}{deleted}");
        assert_eq!(intents.set_aside(0, ID, "", |_| None).unwrap_err().law, "I16 kept");
        let (mut intents, ..) = typed();
        assert_eq!(intents.set_aside(0, ID, &both, |_| None), Ok(()));
        assert_eq!(intents.check("", |_| None), Ok(()));
        assert_eq!(intents.check(&both, |_| Some(ID)), Ok(()), "committed all the same");
        for origin in [None, Some(ANOTHER)] {
            assert_eq!(intents.check(&both, |_| origin).unwrap_err().law, "I16 kept");
        }
        let twice = format!("{both}{kept}");
        assert_eq!(intents.check(&twice, |_| Some(ID)).unwrap_err().law, "I3 once");
        // What the log had is in no copy, if another deleted it.
        let (mut intents, ..) = typed();
        assert_eq!(intents.set_aside(0, ID, "", |_| Some(0)), Ok(()));
    }

    #[test]
    fn undo_of_anothers_char_is_noticed() {
        let (mut intents, kept, _) = typed();
        let taken = Intent { inserted: Vec::new(), deleted: tags_in(&kept.to_string()) };
        assert!(intents.stepped_back(1, taken.clone()).is_err());
        assert!(intents.stepped_back(0, taken).is_ok());
    }

    #[test]
    fn a_tag_is_read_back_from_its_char_in_each_area() {
        for n in [0, 6399, 6400, 71_933, 71_934, 137_467] {
            let (tag, char) = Tag::new(n).expect("it is within the areas");
            assert_eq!(Tag::of(char), Some(tag));
        }
        assert!(Tag::new(137_468).is_none());
        assert_eq!(Tag::of('a'), None);
    }
}
