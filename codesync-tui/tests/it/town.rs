//! A server with accounts, and people who have a home on it.

use std::path::PathBuf;
use std::process::{Command, Output};

use codesync_server::embedded::{Options, bind};
use codesync_server::password::hashing::Cost;
use codesync_server::people::PeopleOptions;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::server::{PROGRAM, environment, run_to_end};

/// Good enough for everybody here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server with accounts, within the test.
pub(crate) struct Town {
    pub(crate) url: String,
    home: TempDir,
    runtime: Option<Runtime>,
    stop: CancellationToken,
}

impl Town {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().expect("there is room for a folder");
        let runtime = Runtime::new().expect("there are threads");
        let mut options = Options::new(home.path().join("data"));
        options.port = 0;
        // As little work for a password as there can be.
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        options.people = Some(PeopleOptions { cost, ..PeopleOptions::default() });
        let server = runtime.block_on(bind(options)).expect("the server starts");
        let url = format!("http://localhost:{}", server.address().port());
        let stop = CancellationToken::new();
        runtime.spawn(server.run(stop.clone()));
        Self { url, home, runtime: Some(runtime), stop }
    }

    /// The home of a person, who may be new in town.
    pub(crate) fn home(&self, person: &str) -> PathBuf {
        let home = self.home.path().join(person);
        std::fs::create_dir_all(&home).expect("there is room");
        home
    }

    /// The program as this person starts it, at home.
    pub(crate) fn command(&self, person: &str) -> Command {
        let home = self.home(person);
        let mut command = Command::new(PROGRAM);
        command.env_clear().envs(environment(&self.url, &home)).current_dir(home);
        command
    }

    /// What becomes of a command that this person starts.
    pub(crate) fn run(&self, person: &str, arguments: &[&str], input: &str) -> Output {
        run_to_end(self.command(person).args(arguments), input)
    }

    /// Standard output of a command that works.
    #[track_caller]
    pub(crate) fn says(&self, person: &str, arguments: &[&str], input: &str) -> String {
        let output = self.run(person, arguments, input);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("words")
    }

    /// Makes an account of this name, and logs it in at that person's home.
    #[track_caller]
    pub(crate) fn register(&self, person: &str) {
        self.says(person, &["register", person, "--password-stdin"], PASSWORD);
    }

    /// A document of this person's, by its link.
    #[track_caller]
    pub(crate) fn document(&self, person: &str, name: &str, text: &str) -> String {
        self.says(person, &["new", name, "-"], text).trim().to_owned()
    }

    /// The file that keeps a person's login.
    pub(crate) fn login_file(&self, person: &str) -> PathBuf {
        let folder = self.home(person).join("state/codesync/logins");
        std::fs::read_dir(&folder)
            .expect("somebody has logged in")
            .map(|entry| entry.expect("it is readable").path())
            .find(|path| path.extension().is_some_and(|extension| extension == "json"))
            .expect("there is a login")
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
