//! What a user may do with a document: asked of the database, and remembered in Redis for a few
//! seconds where there is one.
//!
//! A document's hash holds a field for each user and the number of the newest permissions. An answer
//! counts only under that number, and is written only if nothing newer is known. So whoever read
//! the database just before a change cannot bring the old permissions back. An edit does not depend
//! on any of this: its author's rights are compared with the database when it is committed.

use std::sync::Arc;

use codesync_core::DocumentId;

use crate::access::{AccessVersion, Rights};
use crate::db::documents::Documents;
use crate::ids::UserId;
use crate::oplog::LogError;

/// Who may do what. A clone remembers the same.
#[derive(Clone)]
pub struct RightsOf {
    documents: Arc<dyn Documents>,
    #[cfg(feature = "cloud")]
    shared: Option<cloud::SharedRights>,
}

impl RightsOf {
    /// Asks each time.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            #[cfg(feature = "cloud")]
            shared: None,
        }
    }

    /// Remembers the answers for all servers that use this Redis.
    #[cfg(feature = "cloud")]
    #[must_use]
    pub fn shared(documents: Arc<dyn Documents>, redis: crate::redis::Redis) -> Self {
        Self { documents, shared: Some(cloud::SharedRights::new(redis)) }
    }

    /// What a user may do, if anything.
    pub async fn find(
        &self,
        document: DocumentId,
        user: UserId,
    ) -> Result<Option<Rights>, LogError> {
        #[cfg(feature = "cloud")]
        if let Some(shared) = &self.shared
            && let Some(known) = shared.get(document, user).await
        {
            return Ok(known);
        }
        let table = self.documents.access(document, &[user]).await?;
        let rights = table.rights.get(&user).copied();
        #[cfg(feature = "cloud")]
        if let Some(shared) = &self.shared {
            shared.put(document, user, table.version, rights).await;
        }
        Ok(rights)
    }

    /// From now on other permissions are in force.
    pub async fn changed(&self, document: DocumentId, version: AccessVersion) {
        #[cfg(feature = "cloud")]
        if let Some(shared) = &self.shared {
            shared.changed(document, version).await;
        }
        #[cfg(not(feature = "cloud"))]
        let _ = (document, version);
    }
}

#[cfg(feature = "cloud")]
mod cloud {
    use std::time::Duration;

    use ::redis::Script;
    use codesync_core::DocumentId;

    use crate::access::{AccessVersion, Rights, Role};
    use crate::db::now_ms;
    use crate::ids::UserId;
    use crate::redis::Redis;

    /// How long answers are remembered, which is how long a change that Redis did not hear of stays
    /// unseen by readers.
    const KNOWN_MAX: Duration = Duration::from_secs(4);
    const VERSION: &str = "version";

    /// Writes a user's answer unless newer permissions are known, or none if there is no user.
    const SCRIPT: &str = r"
local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
local version = tonumber(ARGV[1])
if version > known then
    redis.call('HSET', KEYS[1], 'version', ARGV[1])
end
if version >= known and ARGV[3] then
    redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
end
if redis.call('PTTL', KEYS[1]) < 0 or not ARGV[3] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
";

    /// Rights in Redis.
    #[derive(Clone)]
    pub(super) struct SharedRights {
        redis: Redis,
        script: std::sync::Arc<Script>,
    }

    impl SharedRights {
        pub(super) fn new(redis: Redis) -> Self {
            Self { redis, script: std::sync::Arc::new(Script::new(SCRIPT)) }
        }

        /// What is known of a user's rights, if anything.
        pub(super) async fn get(
            &self,
            document: DocumentId,
            user: UserId,
        ) -> Option<Option<Rights>> {
            let mut get = ::redis::cmd("HMGET");
            get.arg(self.key(document)).arg(VERSION).arg(user.to_string());
            let (version, written): (Option<u64>, Option<String>) =
                self.redis.query(&get).await.ok()?;
            let known = read(&written?, version?)?;
            let has_ended =
                known.is_some_and(|rights| rights.until.is_some_and(|until| until <= now_ms()));
            (!has_ended).then_some(known)
        }

        pub(super) async fn put(
            &self,
            document: DocumentId,
            user: UserId,
            version: AccessVersion,
            rights: Option<Rights>,
        ) {
            let mut script = self.begin(document, version);
            script.arg(user.to_string()).arg(write(version, rights));
            if let Err(error) = self.redis.invoke::<()>(&script).await {
                tracing::debug!(doc = %document, %error, "rights are not remembered");
            }
        }

        pub(super) async fn changed(&self, document: DocumentId, version: AccessVersion) {
            if let Err(error) = self.redis.invoke::<()>(&self.begin(document, version)).await {
                tracing::warn!(doc = %document, %error, "other servers learn later of new permissions");
            }
        }

        fn begin(
            &self,
            document: DocumentId,
            version: AccessVersion,
        ) -> ::redis::ScriptInvocation<'_> {
            let mut script = self.script.key(self.key(document));
            let known_ms = u64::try_from(KNOWN_MAX.as_millis()).unwrap_or(u64::MAX);
            script.arg(version.get()).arg(known_ms);
            script
        }

        fn key(&self, document: DocumentId) -> String {
            self.redis.key(format_args!("{{doc:{document}}}:rights"))
        }
    }

    /// `version role until`, with a dash for what is not there.
    fn write(version: AccessVersion, rights: Option<Rights>) -> String {
        let role = rights.map_or("-", |rights| rights.role.name());
        let until = rights.and_then(|rights| rights.until);
        let until = until.map_or("-".to_owned(), |until| until.to_string());
        format!("{} {role} {until}", version.get())
    }

    /// What was written under this version; anything else is not known.
    fn read(written: &str, version: u64) -> Option<Option<Rights>> {
        let mut parts = written.split(' ');
        if parts.next()?.parse() != Ok(version) {
            return None;
        }
        let (role, until) = (parts.next()?, parts.next()?);
        if role == "-" {
            return Some(None);
        }
        let until = if until == "-" { None } else { Some(until.parse().ok()?) };
        Some(Some(Rights { role: Role::from_name(role)?, until }))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn rights_read_back_under_their_own_version_alone() {
            let (role, version) = (Role::Editor, AccessVersion::new(7));
            for until in [None, Some(1_700_000_000_000)] {
                let rights = Some(Rights { role, until });
                assert_eq!(read(&write(version, rights), 7), Some(rights));
                assert_eq!(read(&write(version, rights), 8), None);
            }
            assert_eq!(read(&write(version, None), 7), Some(None));
            for wrong in ["", "7", "7 editor", "7 god -", "7 editor soon"] {
                assert_eq!(read(wrong, 7), None, "{wrong}");
            }
        }
    }
}
