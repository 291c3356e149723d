//! Who is connected: how many sockets a person and a place have, and whose logins are in use.

use std::collections::{BTreeMap, BTreeSet};

use crate::auth::Caller;
use crate::bus::{Notice, Sessions};
use crate::ids::{SessionId, UserId};
use crate::ws::Word;
use crate::ws::inbox::Inbox;

/// All open sockets by their numbers.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    sockets: BTreeMap<u64, Socket>,
    people: Counts<UserId>,
    places: Counts<String>,
}

#[derive(Debug)]
struct Socket {
    inbox: Inbox,
    /// Where it comes from, if that counts.
    place: Option<String>,
    /// Whose it is, once that is known. The machine's own user has no login and is not counted.
    login: Option<(UserId, SessionId)>,
}

/// As many sockets are open as there may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Crowded;

impl Crowd {
    pub(super) fn len(&self) -> usize {
        self.sockets.len()
    }

    pub(super) fn is_full_at(&self, place: &str, sockets_max: usize) -> bool {
        self.places.of(place) >= sockets_max
    }

    /// A socket is open, and hears what is put into its inbox.
    pub(super) fn arrive(&mut self, socket: u64, inbox: Inbox, place: Option<String>) {
        if let Some(place) = &place {
            self.places.add(place.clone());
        }
        self.sockets.insert(socket, Socket { inbox, place, login: None });
    }

    /// It is known whose a socket is, perhaps under another login than before.
    pub(super) fn recognise(
        &mut self,
        socket: u64,
        caller: &Caller,
        sockets_max: usize,
    ) -> Result<(), Crowded> {
        let Some(entry) = self.sockets.get_mut(&socket) else { return Ok(()) };
        let Some(session) = caller.session else { return Ok(()) };
        if entry.login.is_none_or(|(user, _)| user != caller.user) {
            if self.people.of(&caller.user) >= sockets_max {
                return Err(Crowded);
            }
            self.people.add(caller.user);
            if let Some((before, _)) = entry.login {
                self.people.take(&before);
            }
        }
        entry.login = Some((caller.user, session));
        Ok(())
    }

    pub(super) fn leave(&mut self, socket: u64) {
        let Some(Socket { place, login, .. }) = self.sockets.remove(&socket) else { return };
        if let Some(place) = place {
            self.places.take(&place);
        }
        if let Some((user, _)) = login {
            self.people.take(&user);
        }
    }

    /// Everybody.
    pub(super) fn all(&self) -> Vec<Inbox> {
        self.sockets.values().map(|socket| socket.inbox.clone()).collect()
    }

    /// All logins in use.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        let sessions: BTreeSet<_> = self.logins().map(|(_, session)| session).collect();
        sessions.into_iter().collect()
    }

    /// Tells those whose login is among these.
    pub(super) fn end_sessions(&self, ended: &[SessionId]) {
        self.end(|_, session| ended.contains(&session));
    }

    /// Tells those whom a notice concerns.
    pub(super) fn heed(&self, notice: &Notice) {
        match notice {
            Notice::SessionsEnded { user, sessions: Sessions::All } => {
                self.end(|whose, _| whose == *user);
            }
            Notice::SessionsEnded { user, sessions: Sessions::These(ended) } => {
                self.end(|whose, session| whose == *user && ended.contains(&session));
            }
        }
    }

    fn end(&self, is_meant: impl Fn(UserId, SessionId) -> bool) {
        for socket in self.sockets.values() {
            if socket.login.is_some_and(|(user, session)| is_meant(user, session)) {
                // One that has as many words waiting hears of it in a second, when this comes again.
                socket.inbox.say(Word::LoginEnded);
            }
        }
    }

    fn logins(&self) -> impl Iterator<Item = (UserId, SessionId)> {
        self.sockets.values().filter_map(|socket| socket.login)
    }
}

/// How often something is there.
#[derive(Debug)]
struct Counts<K>(BTreeMap<K, usize>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Counts<K> {
    fn of<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(key).copied().unwrap_or(0)
    }

    fn add(&mut self, key: K) {
        *self.0.entry(key).or_default() += 1;
    }

    fn take(&mut self, key: &K) {
        if let Some(count) = self.0.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn caller(user: u8, session: u8) -> Caller {
        Caller {
            user: UserId::from_bytes([user; 16]),
            session: Some(SessionId::from_bytes([session; 16])),
            ..Caller::LOCAL
        }
    }

    /// Sockets 1, 2, … of these people, and what each hears.
    fn crowd(logins: &[(u8, u8)]) -> (Crowd, Vec<Inbox>) {
        let mut crowd = Crowd::default();
        let mut heard = Vec::new();
        for (socket, (user, session)) in (1..).zip(logins) {
            let inbox = Inbox::default();
            crowd.arrive(socket, inbox.clone(), Some("here".to_owned()));
            crowd.recognise(socket, &caller(*user, *session), 20).expect("there is room");
            heard.push(inbox);
        }
        (crowd, heard)
    }

    fn told(heard: &[Inbox]) -> Vec<bool> {
        let context = Context::from_waker(Waker::noop());
        let is_told = |it: &Inbox| it.poll_take(&context) == Poll::Ready(Word::LoginEnded);
        heard.iter().map(is_told).collect()
    }

    #[test]
    fn a_person_has_so_many_sockets_and_room_again_when_one_has_gone() {
        let (mut crowd, _heard) = crowd(&[(1, 1), (1, 2), (2, 3), (9, 9)]);
        crowd.leave(4);
        crowd.arrive(4, Inbox::default(), None);
        assert_eq!(crowd.recognise(4, &caller(1, 1), 2), Err(Crowded));
        assert_eq!(crowd.recognise(4, &caller(2, 3), 2), Ok(()));
        crowd.leave(4);
        crowd.leave(1);
        crowd.arrive(5, Inbox::default(), None);
        assert_eq!(crowd.recognise(5, &caller(1, 1), 2), Ok(()));
        assert_eq!(crowd.recognise(5, &caller(1, 7), 2), Ok(()), "the same socket, renewed");
        assert_eq!(crowd.people.of(&UserId::from_bytes([1; 16])), 2);
    }

    #[test]
    fn the_machines_own_user_may_have_any_number() {
        let mut crowd = Crowd::default();
        for socket in 0..3 {
            crowd.arrive(socket, Inbox::default(), None);
            assert_eq!(crowd.recognise(socket, &Caller::LOCAL, 1), Ok(()));
        }
        assert_eq!(crowd.sessions(), []);
    }

    #[test]
    fn a_place_has_so_many_sockets_whosever_they_are() {
        let (mut crowd, _heard) = crowd(&[(1, 1), (2, 2)]);
        assert!(crowd.is_full_at("here", 2) && !crowd.is_full_at("here", 3));
        assert!(!crowd.is_full_at("there", 1));
        crowd.leave(1);
        assert!(!crowd.is_full_at("here", 2));
        crowd.leave(2);
        assert!(crowd.places.0.is_empty() && crowd.people.0.is_empty(), "nothing is left behind");
    }

    #[test]
    fn those_whose_login_ended_are_told_and_nobody_else() {
        let logins = [(1, 1), (1, 2), (2, 3), (1, 1)];
        let (crowd, heard) = crowd(&logins);
        let [first, second, third] = [1, 2, 3].map(|it| SessionId::from_bytes([it; 16]));
        assert_eq!(crowd.sessions(), [first, second, third]);
        crowd.end_sessions(&[first]);
        assert_eq!(told(&heard), [true, false, false, true]);

        let user = UserId::from_bytes([1; 16]);
        crowd.heed(&Notice::SessionsEnded { user, sessions: Sessions::All });
        assert_eq!(told(&heard), [true, true, false, true]);
        let sessions = Sessions::These(vec![second, third]);
        crowd.heed(&Notice::SessionsEnded { user, sessions });
        assert_eq!(told(&heard), [false, true, false, false]);
    }
}
