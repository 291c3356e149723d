//! A login that outlives the program: one file for each server, readable by its owner only.
//!
//! ```text
//! $XDG_STATE_HOME/codesync/logins/<server>.json    who, the refresh token, the access token
//! $XDG_STATE_HOME/codesync/logins/<server>.lock    held while the tokens are changed
//! ```
//!
//! Refresh tokens change with each use, and one that is used twice ends the login. So whoever wants
//! the next one takes the lock, and looks whether another process has fetched it meanwhile. If the
//! process dies between the answer and the disk, the server gives the same answer again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use codesync_core::AccessToken;
use serde::{Deserialize, Serialize};

use super::{MARGIN_MS, RefreshToken, TokenError, TokenSource, why};
use crate::outbox::{create_folder, private, write_whole};
use crate::rest::{Account, Grant, Rest};
use crate::{ServerUrl, places};

/// The file that holds a login at one server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoginFile {
    path: PathBuf,
}

/// What stands in it. `Debug` leaves out the tokens.
#[derive(Clone, Deserialize, Serialize)]
struct Kept {
    account: Account,
    refresh_token: String,
    access_token: String,
    /// Seconds since 1970.
    access_ends_at: u64,
}

impl LoginFile {
    /// The login in this folder.
    #[must_use]
    pub fn at(folder: &Path, server: &ServerUrl) -> Self {
        Self { path: folder.join(format!("{}.json", server.folder_name())) }
    }

    /// The usual place: `$XDG_STATE_HOME/codesync/logins`. `None` without a home.
    #[must_use]
    pub fn usual(server: &ServerUrl) -> Option<Self> {
        Some(Self::at(&places::state()?.join("logins"), server))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who is logged in. `Ok(None)` when nobody is.
    ///
    /// # Errors
    /// When the disk refuses, or the file holds something else.
    pub fn account(&self) -> io::Result<Option<Account>> {
        Ok(self.read()?.map(|kept| kept.account))
    }

    /// The token with which the login goes on, to end it with. `Ok(None)` when nobody is logged in.
    ///
    /// # Errors
    /// When the disk refuses, or the file holds something else.
    pub fn refresh_token(&self) -> io::Result<Option<RefreshToken>> {
        Ok(self.read()?.map(|kept| kept.refresh_token.into()))
    }

    /// Keeps a login in place of the one before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, grant: &Grant) -> io::Result<()> {
        let _lock = self.lock()?;
        self.write(grant)
    }

    /// Forgets the login. Nothing is told to the server.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn forget(&self) -> io::Result<()> {
        let _lock = self.lock()?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn read(&self) -> io::Result<Option<Kept>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let path = self.path.display();
            io::Error::other(format!("{path} holds no login: {error}"))
        })
    }

    fn write(&self, grant: &Grant) -> io::Result<()> {
        let kept = Kept {
            account: grant.account.clone(),
            refresh_token: grant.refresh_token.expose().to_owned(),
            access_token: grant.access_token.expose().to_owned(),
            access_ends_at: now() + grant.expires_in.as_secs(),
        };
        write_whole(&self.path, &serde_json::to_vec(&kept).map_err(io::Error::other)?)
    }

    /// Waits until no other process changes the tokens. The lock lives as long as the handle.
    fn lock(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            create_folder(folder)?;
        }
        let path = self.path.with_extension("lock");
        let file = private().create(true).write(true).truncate(false).open(path)?;
        file.lock()?;
        Ok(file)
    }
}

/// The access tokens of the login in a file. Several of these, in several processes, may share it.
#[derive(Clone, Debug)]
pub struct FileTokens {
    rest: Rest,
    file: LoginFile,
}

impl FileTokens {
    /// The login at the server of `rest` that this file holds.
    #[must_use]
    pub fn new(rest: Rest, file: LoginFile) -> Self {
        // What brings the tokens does not wait for one itself.
        Self { rest: rest.without_tokens(), file }
    }

    async fn fetch(self, spent: Option<AccessToken>) -> Result<AccessToken, TokenError> {
        // Usually the file has one that is good, and nobody need wait for anybody.
        if let Some(token) = self.kept(spent.as_ref()).await?.1 {
            return Ok(token);
        }
        let file = self.file.clone();
        let _lock = blocking(move || file.lock()).await?;
        let (kept, token) = self.kept(spent.as_ref()).await?;
        if let Some(token) = token {
            return Ok(token);
        }
        let grant = self.rest.refresh(&kept.refresh_token.into()).await.map_err(why)?;
        let token = grant.access_token.clone();
        let file = self.file.clone();
        blocking(move || file.write(&grant)).await?;
        Ok(token)
    }

    /// What the file holds, and its access token if that is of use.
    async fn kept(
        &self,
        spent: Option<&AccessToken>,
    ) -> Result<(Kept, Option<AccessToken>), TokenError> {
        let file = self.file.clone();
        let Some(kept) = blocking(move || file.read()).await? else {
            let reason = "nobody is logged in".to_owned();
            return Err(TokenError::LoginNeeded { reason });
        };
        let token = AccessToken::from(kept.access_token.as_str());
        let is_good = kept.access_ends_at > now() + MARGIN_MS / 1_000 && spent != Some(&token);
        Ok((kept, is_good.then_some(token)))
    }
}

#[async_trait]
impl TokenSource for FileTokens {
    async fn token(&self, spent: Option<&AccessToken>) -> Result<AccessToken, TokenError> {
        let (tokens, spent) = (self.clone(), spent.cloned());
        // A refresh token is used up by the question: whoever loses patience must not break it off.
        let asked = tokio::spawn(tokens.fetch(spent));
        asked
            .await
            .unwrap_or_else(|error| Err(TokenError::Unavailable { reason: error.to_string() }))
    }
}

/// Does what waits for the disk, or for another process, where nobody else waits.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, TokenError> {
    let unavailable = |reason: String| TokenError::Unavailable { reason };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| unavailable(error.to_string()))?
        .map_err(|error| unavailable(error.to_string()))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
