//! A session's tokens: one before it connects, another before that ends, and one more when the
//! server refuses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use codesync_core::AccessToken;
use codesync_core::client::Event;
use tokio::task::JoinHandle;

use crate::login::{TokenError, TokenSource};

/// Waits between two questions for another token, in milliseconds; each is twice the one before.
const ASK_AGAIN_MS_MIN: u64 = 1_000;
const ASK_AGAIN_MS_MAX: u64 = 30_000;

/// What a token is wanted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wish {
    /// To connect with. If there is none at the moment, connecting has failed.
    ToConnect,
    /// In the place of one that is spent. It is asked for until it is there.
    Another,
}

/// Where the tokens come from, and what was asked.
pub(super) struct Tokens {
    source: Arc<dyn TokenSource>,
    asking: Option<Asking>,
    /// The newest that was given.
    given: Option<AccessToken>,
    /// Whether the server refused a token and another one was asked for since it was last reached.
    has_asked_again: bool,
}

struct Asking {
    wish: Wish,
    answer: JoinHandle<Result<AccessToken, TokenError>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn of(source: Arc<dyn TokenSource>) -> Self {
        Self { source, asking: None, given: None, has_asked_again: false }
    }

    /// Asks for a token, in place of what was asked before. A question is never broken off: its
    /// answer may be the only one that there will be, and the source remembers it.
    pub(super) fn ask(&mut self, wish: Wish) {
        let source = self.source.clone();
        let answer = match wish {
            Wish::ToConnect => tokio::spawn(async move { source.token(None).await }),
            Wish::Another => tokio::spawn(another(source, self.given.clone())),
        };
        self.asking = Some(Asking { wish, answer });
    }

    /// Nobody wants to connect any longer.
    pub(super) fn is_not_connecting(&mut self) {
        self.asking = self.asking.take().filter(|asking| asking.wish != Wish::ToConnect);
    }

    /// Does what follows from an event. Whether that is all, and nobody else need hear of it.
    pub(super) fn see_to(&mut self, event: &Event) -> bool {
        match event {
            Event::Online => {
                self.has_asked_again = false;
                false
            }
            Event::TokenExpiring { .. } => {
                self.ask(Wish::Another);
                true
            }
            Event::LoginNeeded { .. } if !self.has_asked_again => {
                self.has_asked_again = true;
                self.ask(Wish::Another);
                true
            }
            _ => false,
        }
    }

    async fn answer(&mut self) -> (Wish, Result<AccessToken, TokenError>) {
        let Some(asking) = &mut self.asking else { return std::future::pending().await };
        let wish = asking.wish;
        let answer = (&mut asking.answer).await.unwrap_or_else(|_| {
            let reason = "what brings the tokens has failed".to_owned();
            Err(TokenError::Unavailable { reason })
        });
        self.asking = None;
        match &answer {
            Ok(token) => self.given = Some(token.clone()),
            // Asking once more would bring the same answer.
            Err(TokenError::LoginNeeded { .. }) => self.has_asked_again = true,
            Err(TokenError::Unavailable { .. }) => {}
        }
        (wish, answer)
    }
}

/// What was asked for, once it is there. Cancel-safe.
pub(super) async fn answer(tokens: &mut Option<Tokens>) -> (Wish, Result<AccessToken, TokenError>) {
    match tokens {
        Some(tokens) => tokens.answer().await,
        None => std::future::pending().await,
    }
}

async fn another(
    source: Arc<dyn TokenSource>,
    spent: Option<AccessToken>,
) -> Result<AccessToken, TokenError> {
    let mut wait = ASK_AGAIN_MS_MIN;
    loop {
        match source.token(spent.as_ref()).await {
            Err(TokenError::Unavailable { .. }) => {}
            answer => return answer,
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
        wait = (2 * wait).min(ASK_AGAIN_MS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use codesync_core::protocol::RejectCode;

    use super::*;

    type Answer = Result<AccessToken, TokenError>;

    /// Gives these answers in their order, and remembers what it was told was spent.
    #[derive(Debug, Default)]
    struct Script {
        answers: Mutex<VecDeque<Answer>>,
        spent: Mutex<Vec<Option<AccessToken>>>,
    }

    #[async_trait]
    impl TokenSource for Script {
        async fn token(&self, spent: Option<&AccessToken>) -> Answer {
            self.spent.lock().expect("no test panics").push(spent.cloned());
            self.answers.lock().expect("no test panics").pop_front().expect("it is in the script")
        }
    }

    fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Tokens, Arc<Script>) {
        let answers = Mutex::new(answers.into_iter().collect());
        let script = Arc::new(Script { answers, ..Script::default() });
        (Tokens::of(script.clone()), script)
    }

    fn token(text: &str) -> Answer {
        Ok(AccessToken::from(text))
    }

    fn later() -> Answer {
        Err(TokenError::Unavailable { reason: "a test".into() })
    }

    fn never() -> Answer {
        Err(TokenError::LoginNeeded { reason: "a test".into() })
    }

    fn login_needed() -> Event {
        Event::LoginNeeded { code: RejectCode::NotAuthenticated, message: String::new() }
    }

    #[tokio::test]
    async fn one_refusal_costs_a_question_and_the_second_in_a_row_is_told() {
        let (mut tokens, script) = scripted([token("1st"), token("2nd"), token("3rd")]);
        tokens.ask(Wish::ToConnect);
        assert_eq!(tokens.answer().await, (Wish::ToConnect, token("1st")));
        assert!(tokens.see_to(&login_needed()), "another token may help");
        assert_eq!(tokens.answer().await, (Wish::Another, token("2nd")));
        assert!(!tokens.see_to(&login_needed()), "only the person can help");
        assert!(!tokens.see_to(&Event::Online), "everybody may hear of it");
        assert!(tokens.see_to(&login_needed()), "that was long ago");
        assert_eq!(tokens.answer().await, (Wish::Another, token("3rd")));
        let spent = script.spent.lock().expect("no test panics").clone();
        assert_eq!(spent, [None, token("1st").ok(), token("2nd").ok()]);
    }

    #[tokio::test]
    async fn who_is_said_to_have_no_login_is_told_at_once() {
        let (mut tokens, _) = scripted([never()]);
        tokens.ask(Wish::ToConnect);
        assert_eq!(tokens.answer().await, (Wish::ToConnect, never()));
        assert!(!tokens.see_to(&login_needed()));
    }

    #[tokio::test(start_paused = true)]
    async fn another_token_is_asked_for_until_it_is_there() {
        let (mut tokens, script) = scripted([later(), later(), later(), token("1st")]);
        assert!(tokens.see_to(&Event::TokenExpiring { left: Duration::from_secs(60) }));
        let started = tokio::time::Instant::now();
        assert_eq!(tokens.answer().await, (Wish::Another, token("1st")));
        assert_eq!(started.elapsed(), Duration::from_secs(1 + 2 + 4));
        assert_eq!(script.spent.lock().expect("no test panics").len(), 4);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_token_to_connect_with_when_connecting_was_given_up() {
        let (mut tokens, _) = scripted([later(), token("1st")]);
        tokens.ask(Wish::ToConnect);
        assert_eq!(tokens.answer().await, (Wish::ToConnect, later()), "not asked again by itself");
        tokens.ask(Wish::ToConnect);
        tokens.is_not_connecting();
        let answer = tokio::time::timeout(Duration::from_millis(20), tokens.answer()).await;
        assert!(answer.is_err());
    }
}
