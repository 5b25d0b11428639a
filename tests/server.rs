//! PostgreSQL for tests: databases of their own on the server of `$HPO_TEST_POSTGRES`, and servers
//! of their own beside it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, NoTls, SimpleQueryMessage};

/// The server that tests may use; if there is none, what is left out is said.
fn server(what: &str) -> Option<String> {
    let url = std::env::var("HPO_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        // Straight to the terminal, past the test harness, which shows nothing of tests that pass.
        let told = format!(
            "left out, since HPO_TEST_POSTGRES is no URL of PostgreSQL (run scripts/postgres.sh): {what}"
        );
        let _ = writeln!(std::io::stderr(), "{told}");
    }
    url
}

/// A database of its own for one test, dropped in the end.
#[derive(Debug)]
pub struct Postgres {
    server: String,
    name: String,
}

impl Postgres {
    /// A new database on the server of `$HPO_TEST_POSTGRES`, or `None` without one.
    ///
    /// # Panics
    /// If the server does not make one.
    #[must_use]
    pub fn new(what: &str) -> Option<Self> {
        Some(Self::on(&server(what)?))
    }

    /// A new database on a server.
    ///
    /// # Panics
    /// If the server does not make one.
    #[must_use]
    pub fn on(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hpo_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { server: server.to_owned(), name };
        connect(server)
            .batch_execute(&format!("CREATE DATABASE {}", database.name))
            .expect("a database can be made");
        database
    }

    /// Its URL.
    ///
    /// # Panics
    /// If the server's names no database.
    #[must_use]
    pub fn url(&self) -> String {
        let (place, _) = self.server.rsplit_once('/').expect("a URL names a database");
        format!("{place}/{}", self.name)
    }

    /// The first column of what a statement yields.
    ///
    /// # Panics
    /// If the server refuses it.
    #[must_use]
    pub fn query(&self, sql: &str) -> Vec<String> {
        let messages =
            connect(&self.url()).simple_query(sql).expect("the server takes the statement");
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        rows.collect()
    }

    /// Removes all that is in it.
    ///
    /// # Panics
    /// If the server refuses that.
    pub fn empty(&self) {
        self.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    /// Runs statements.
    ///
    /// # Panics
    /// If the server refuses them.
    pub fn execute(&self, sql: &str) {
        connect(&self.url()).batch_execute(sql).expect("the server takes the statements");
    }

    /// Cuts all connections to it; how many those were.
    #[must_use]
    pub fn cut(&self) -> usize {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.query(cut).len()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(mut client) = Client::connect(&self.server, NoTls) {
            // What cannot be dropped goes with the server.
            let _ = client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).expect("the server is there")
}

/// A server of its own for one test that stops it, removed in the end.
#[derive(Debug)]
pub struct Server {
    /// Its URL.
    pub url: String,
}

impl Server {
    /// Starts one where `$HPO_TEST_POSTGRES` says that PostgreSQL is there, else `None`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(what: &str) -> Option<Self> {
        server(what)?;
        let output =
            script().arg("start").stderr(Stdio::inherit()).output().expect("the script runs");
        assert!(output.status.success(), "no server was started");
        Some(Self { url: String::from_utf8(output.stdout).expect("a URL").trim().to_owned() })
    }

    /// Runs `scripts/postgres.sh WORD` on it: `restart` or `crash`.
    ///
    /// # Panics
    /// If that fails.
    pub fn run(&self, word: &str) {
        let status = script()
            .args([word, &self.url])
            .stdout(Stdio::null())
            .status()
            .expect("the script runs");
        assert!(status.success(), "{word} failed");
    }

    /// The file of the certificate that it shows, if it has one.
    ///
    /// # Panics
    /// If the script cannot be run.
    #[must_use]
    pub fn certificate(&self) -> Option<String> {
        let output = script().args(["certificate", &self.url]).output().expect("the script runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ =
            script().args(["stop", &self.url]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn script() -> Command {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace");
    Command::new(root.join("scripts/postgres.sh"))
}
