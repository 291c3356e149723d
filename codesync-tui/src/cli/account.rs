//! `codesync register`, `login`, `logout`, `whoami`, `passwd`: who somebody is at a server.
//!
//! A password is typed unseen or comes from standard input; it is never an argument, which every
//! user of the machine could read. What is kept is the login's tokens, in a file of its owner's.

use std::io;

use clap::Args;
use codesync_client::{
    Account, Grant, LoginFile, NewAccount, RefreshToken, Rest, RestError, ServerUrl,
};
use serde::Serialize;

use super::prompt::secrets_from_input;
use super::{Context, Exit, Failure, output};

const OTHERWISE: &str = "codesync login LOGIN --password-stdin < FILE asks nothing";

#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The name to log in with; asked for if it is left out.
    login: Option<String>,
    /// What others see; the login if it is left out.
    #[arg(long)]
    name: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The name to log in with; asked for if it is left out.
    login: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Read a refresh token from standard input, as POST /api/auth/login gives one.
    #[arg(long, conflicts_with_all = ["password_stdin", "login"])]
    token_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Passwd {
    /// Read the present and the new password from standard input, a line each.
    #[arg(long)]
    password_stdin: bool,
}

/// Who is logged in, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    server: String,
    #[serde(flatten)]
    account: &'a Account,
}

pub(crate) async fn register(context: &Context, options: Register) -> Result<(), Failure> {
    let server = context.server()?;
    let rest = Rest::new(server.clone());
    let login = wanted_login(context, options.login)?;
    let password = match options.password_stdin {
        true => one(secrets_from_input(1)?),
        false => new_password(context).await?,
    };
    let account =
        NewAccount { login: login.clone(), password: password.clone(), name: options.name };
    context
        .wait("registering", rest.register(&account))
        .await
        .map_err(|error| Failure::rest(&error, &server))?;
    // The server does not say whether the login was free; logging in shows it.
    let grant = match context.wait("logging in", rest.log_in(&login, &password)).await {
        Ok(grant) => grant,
        Err(RestError::LoginNeeded { .. }) => {
            return Err(Failure::new(format!("the login {login} is taken"))
                .help("choose another, or codesync login if it is yours"));
        }
        Err(error) => return Err(Failure::rest(&error, &server)),
    };
    keep(context, &server, &grant)
}

pub(crate) async fn login(context: &Context, options: Login) -> Result<(), Failure> {
    let server = context.server()?;
    let rest = Rest::new(server.clone());
    let granted = if options.token_stdin {
        let token = RefreshToken::from(one(secrets_from_input(1)?).trim().to_owned());
        context.wait("logging in", rest.refresh(&token)).await
    } else {
        let login = wanted_login(context, options.login)?;
        let password = match options.password_stdin {
            true => one(secrets_from_input(1)?),
            false => context.ask_secret("Password: ", OTHERWISE).await?,
        };
        context.wait("logging in", rest.log_in(&login, &password)).await
    };
    let grant = granted.map_err(|error| match error {
        // "Log in" is no help to somebody who is just doing it.
        RestError::LoginNeeded { reason } => Failure::with(Exit::LoginNeeded, reason),
        error => Failure::rest(&error, &server),
    })?;
    keep(context, &server, &grant)
}

pub(crate) async fn logout(context: &Context) -> Result<(), Failure> {
    let server = context.server()?;
    let file = login_file(&server)?;
    let Some(token) = file.refresh_token().map_err(|error| unreadable(&error))? else {
        context.note(&format!("nobody is logged in at {server}"));
        return Ok(());
    };
    let told = context.wait("logging out", Rest::new(server.clone()).log_out(&token)).await;
    file.forget().map_err(|error| unreadable(&error))?;
    match told {
        Ok(()) | Err(RestError::LoginNeeded { .. }) => {}
        // The login is gone from here, and ends there by itself when nobody uses it.
        Err(error) => context.note(&format!("the server was not told: {error}")),
    }
    context.say(&format!("logged out at {server}"));
    Ok(())
}

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let server = context.server()?;
    let rest = context.rest(&server);
    let account = match context.wait("asking the server", rest.me()).await {
        Ok(account) => account,
        Err(error @ RestError::Unreachable { .. }) => {
            let kept = login_file(&server)?.account().map_err(|error| unreadable(&error))?;
            let Some(account) = kept else { return Err(Failure::rest(&error, &server)) };
            context.note(&format!("{error}; this is who logged in last"));
            account
        }
        Err(error) => return Err(Failure::rest(&error, &server)),
    };
    if context.json {
        return output::json(&Shown { server: server.to_string(), account: &account });
    }
    output::line(&called(&account))
}

pub(crate) async fn passwd(context: &Context, options: Passwd) -> Result<(), Failure> {
    let server = context.server()?;
    let (current, new) = if options.password_stdin {
        let [current, new] = <[String; 2]>::try_from(secrets_from_input(2)?)
            .expect("as many lines come as were asked for");
        (current, new)
    } else {
        let otherwise = "codesync passwd --password-stdin reads both passwords, a line each";
        let current = context.ask_secret("Present password: ", otherwise).await?;
        (current, new_password(context).await?)
    };
    let rest = context.rest(&server);
    let grant = context
        .wait("changing the password", rest.change_password(&current, &new))
        .await
        .map_err(|error| Failure::rest(&error, &server))?;
    login_file(&server)?.keep(&grant).map_err(|error| unreadable(&error))?;
    context.say("the password is changed; every other login of the account has ended");
    Ok(())
}

fn wanted_login(context: &Context, given: Option<String>) -> Result<String, Failure> {
    match given {
        Some(login) => Ok(login),
        None => context.ask("Login: ", OTHERWISE),
    }
}

/// A password that was typed twice alike.
async fn new_password(context: &Context) -> Result<String, Failure> {
    let otherwise = "--password-stdin reads it from standard input";
    let first = context.ask_secret("New password: ", otherwise).await?;
    let second = context.ask_secret("Once more: ", otherwise).await?;
    match first == second {
        true => Ok(first),
        false => Err(Failure::usage("the two passwords differ").kept("nothing was changed")),
    }
}

fn one(mut secrets: Vec<String>) -> String {
    secrets.pop().unwrap_or_default()
}

fn keep(context: &Context, server: &ServerUrl, grant: &Grant) -> Result<(), Failure> {
    login_file(server)?.keep(grant).map_err(|error| unreadable(&error))?;
    if context.json {
        output::json(&Shown { server: server.to_string(), account: &grant.account })?;
    }
    context.say(&format!("logged in at {server} as {}", called(&grant.account)));
    if context.token_from_environment(server).is_some() {
        context.note("CODESYNC_TOKEN is set and goes before this login");
    }
    Ok(())
}

fn called(account: &Account) -> String {
    let name = crate::sanitize::one_line(&account.name);
    match &account.login {
        Some(login) if *login != account.name => {
            format!("{name} ({})", crate::sanitize::one_line(login))
        }
        Some(_) => name,
        None => format!("{name} ({})", crate::sanitize::one_line(&account.kind)),
    }
}

fn login_file(server: &ServerUrl) -> Result<LoginFile, Failure> {
    LoginFile::usual(server).ok_or_else(|| {
        Failure::new("there is no home folder to keep the login in")
            .help("set HOME, or XDG_STATE_HOME")
    })
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(format!("the login on this disk: {error}"))
}
