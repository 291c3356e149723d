//! Who may use a server: nobody but the machine's own user, or people with accounts.
//!
//! [`People::open`] puts together what the rest asks: [`Auth`] for who is asking, [`Accounts`] for
//! what people do with their own, and [`Limits`] for how often.

use std::sync::Arc;

use crate::accounts::{Accounts, Registration};
use crate::auth::Auth;
use crate::bus::Bus;
use crate::db::Database;
use crate::db::documents::Documents;
use crate::http::rate::Limits;
use crate::password::hashing::{Cost, HashError, Hasher};
use crate::rate::{Limiter, Quotas};
use crate::rights::RightsOf;
use crate::tokens::keys::Keys;

/// How a server with accounts works.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeopleOptions {
    pub registration: Registration,
    pub quotas: Quotas,
    pub cost: Cost,
}

/// Who may use a server.
#[derive(Clone)]
pub struct People {
    pub auth: Auth,
    pub accounts: Option<Accounts>,
    pub limits: Limits,
}

/// What the servers of one database remember and count together.
#[derive(Clone, Debug, Default)]
pub struct Together {
    #[cfg(feature = "cloud")]
    pub redis: Option<crate::redis::Redis>,
}

impl Together {
    fn auth(&self, keys: Keys, database: Database) -> Auth {
        #[cfg(feature = "cloud")]
        if let Some(redis) = &self.redis {
            return Auth::shared(keys, database, redis.clone());
        }
        Auth::accounts(keys, database)
    }

    fn limiter(&self) -> Limiter {
        #[cfg(feature = "cloud")]
        if let Some(redis) = &self.redis {
            return Limiter::shared(redis.clone());
        }
        Limiter::local()
    }

    /// Who may do what with the documents of a list.
    #[must_use]
    pub fn rights(&self, documents: Arc<dyn Documents>) -> RightsOf {
        #[cfg(feature = "cloud")]
        if let Some(redis) = &self.redis {
            return RightsOf::shared(documents, redis.clone());
        }
        RightsOf::new(documents)
    }
}

impl People {
    /// Whoever reaches the server is the machine's own user.
    #[must_use]
    pub fn of_machine() -> Self {
        Self { auth: Auth::open(), accounts: None, limits: Limits::off() }
    }

    /// Those who have an account in this database, and their guests.
    pub fn open(
        options: PeopleOptions,
        keys: Keys,
        database: Database,
        bus: Arc<dyn Bus>,
        together: &Together,
    ) -> Result<Self, HashError> {
        let PeopleOptions { registration, quotas, cost } = options;
        let auth = together.auth(keys.clone(), database.clone());
        let hasher = Hasher::new(cost)?;
        let accounts = Accounts::new(database, keys, hasher, auth.clone(), bus, registration);
        let limits = Limits::new(together.limiter(), quotas);
        Ok(Self { auth, accounts: Some(accounts), limits })
    }
}
