//! What an operator does with accounts at his command line, whether or not a server is running.
//!
//! A running server sees the change within a second: it asks the database who may come in.

use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::config::stores::StoreConfig;
use crate::data_dir::{self, DataDir, DataDirError};
use crate::db::audit::Actor;
use crate::db::housekeeping::Adopt;
use crate::db::users::{AddPerson, Reopen, SetPassword, Shut, Shutting, User};
use crate::db::write::Write as Change;
use crate::db::{Database, SqliteOptions};
use crate::ids::UserId;
use crate::logins::Login;
use crate::names::visible_name;
use crate::password::Password;
use crate::password::hashing::{Cost, Hasher};
use crate::server::{StartError, parts};

#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account. The password is asked for, or read from standard input.
    Add {
        login: String,
        /// What others see; the login, if nothing is said.
        #[arg(long)]
        name: Option<String>,
    },
    /// Give an account another password, which ends all its logins.
    Passwd { login: String },
    /// Shut an account, which ends all its logins.
    Disable { login: String },
    /// Open an account that was shut.
    Enable { login: String },
    /// List all accounts.
    List,
}

/// Opens the database that a server of these settings uses, whether or not one does.
pub async fn open(config: &StoreConfig) -> anyhow::Result<(Database, Option<DataDir>)> {
    let options = SqliteOptions::default();
    match parts::database(config, options).await {
        // A running server has the lock, and minds nobody else who writes a row.
        Err(StartError::DataDir(DataDirError::Locked { .. })) => {
            let file = data_dir::database_in(&config.data);
            Ok((Database::open_file(&file, options).await?, None))
        }
        opened => Ok(opened?),
    }
}

/// Does what was asked for. `password` reads one, if that is needed.
pub async fn run(
    command: UserCommand,
    database: &Database,
    password: impl FnOnce() -> io::Result<String>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { login, name } => {
            let login: Login = login.parse()?;
            let name = visible_name(name.as_deref().unwrap_or(login.as_str()))?;
            let password = hashed(password()?, &login).await?;
            let id = UserId::random()?;
            let by = Actor::operator();
            let added = AddPerson { id, login: login.clone(), name, password, by };
            if certainly(database, added).await?.is_err() {
                bail!("the login {login} is taken");
            }
            writeln!(out, "{login} can log in")?;
        }
        UserCommand::Passwd { login } => {
            let (login, user) = find(database, &login).await?;
            let password = hashed(password()?, &login).await?;
            let by = Actor::operator();
            let ended = certainly(database, SetPassword { user: user.id, password, by }).await?;
            writeln!(out, "{login} has a new password; {} logins ended", ended.len())?;
        }
        UserCommand::Disable { login } => {
            let (login, user) = find(database, &login).await?;
            let (how, by) = (Shutting::Disabled, Actor::operator());
            let ended = certainly(database, Shut { user: user.id, how, by }).await?;
            writeln!(out, "{login} is shut; {} logins ended", ended.len())?;
        }
        UserCommand::Enable { login } => {
            let (login, user) = find(database, &login).await?;
            let (how, by) = (Shutting::Disabled, Actor::operator());
            certainly(database, Reopen { user: user.id, how, by }).await?;
            writeln!(out, "{login} can log in again")?;
        }
        UserCommand::List => list(database, out).await?,
    }
    Ok(())
}

/// Gives everything that was made before there were accounts to one of them.
pub async fn adopt(database: &Database, login: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let (login, user) = find(database, login).await?;
    let count = certainly(database, Adopt { user: user.id }).await?;
    writeln!(out, "{login} has got {count} documents")?;
    Ok(())
}

async fn list(database: &Database, out: &mut impl Write) -> anyhow::Result<()> {
    let mut after = String::new();
    loop {
        let people = database.people(&after).await?;
        let Some(last) = people.last().and_then(|user| user.login.clone()) else { return Ok(()) };
        for user in people {
            let state = match (user.disabled_at, user.deleted_at) {
                (_, Some(_)) => "deleted",
                (Some(_), None) => "shut",
                (None, None) => "open",
            };
            let login = user.login.unwrap_or_default();
            // Names hold nothing that a terminal obeys.
            writeln!(out, "{login}\t{state}\t{}", user.name)?;
        }
        after = last;
    }
}

async fn find(database: &Database, login: &str) -> anyhow::Result<(Login, User)> {
    let login: Login = login.parse()?;
    let found = database.user_of_login(&login).await?;
    let found = found.with_context(|| format!("nobody has the login {login}"))?;
    Ok((login, found.user))
}

async fn hashed(password: String, login: &Login) -> anyhow::Result<String> {
    let password = Password::chosen(password, login.as_str())?;
    Ok(Hasher::new(Cost::default())?.hash(password).await?)
}

async fn certainly<W>(database: &Database, change: W) -> anyhow::Result<W::Done>
where
    W: Change<Refusal = std::convert::Infallible>,
{
    match database.change(change).await? {
        Ok(done) => Ok(done),
        Err(never) => match never {},
    }
}
