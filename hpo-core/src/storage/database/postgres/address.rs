//! The URL of a database: its parts, the connection settings, and the form that messages may show.

use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::passfile::{self, Target};
use super::tls::Encryption;
use crate::storage::lease::{self, LEASE};
use crate::storage::redact::percent_decoded;
use crate::storage::{StorageError, redacted, redacted_text};

/// The default time limit for a connection to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// The time after which a silent network is taken to be dead.
const SILENCE: Duration = Duration::from_secs(30);

/// Settings of a URL that are for this library.
const OURS: [&str; 4] = ["sslmode", "sslrootcert", "hpo_lease", "passfile"];

/// Settings of a URL that are for the driver.
const SETTINGS: [&str; 18] = [
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "channel_binding",
    "sslnegotiation",
    "target_session_attrs",
    "load_balance_hosts",
];

fn settings() -> String {
    [&OURS[..], &SETTINGS].concat().join(", ")
}

/// The address of a database and its connection settings. It has no `Debug`, because it holds a
/// password.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) connector: MakeRustlsConnect,
    pub(super) lease: Duration,
    /// The location for messages, without the password.
    pub(super) location: String,
}

/// The settings of the URL for this library rather than for the driver.
#[derive(Default)]
struct ConnectionSettings {
    encryption: Encryption,
    certificates: Option<String>,
    lease: Option<Duration>,
    passfile: Option<PathBuf>,
}

impl Address {
    /// Parses `postgresql://USER:PASSWORD@HOST:PORT/NAME?KEY=VALUE`, and also `SQLAlchemy`'s
    /// `postgresql+DRIVER://`.
    ///
    /// # Errors
    /// If the URL is invalid; the message does not repeat a password.
    pub(super) fn parse(url: &str) -> Result<Self, StorageError> {
        Self::read(url).map_err(|problem| StorageError::Database {
            location: redacted(url),
            action: "understand the URL",
            problem,
            is_transient: false,
        })
    }

    fn read(url: &str) -> Result<Self, String> {
        let (_, rest) = url.split_once("://").ok_or("it has no `://`")?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        if rest.matches('@').count() > 1 || (query.contains('@') && !authority.contains('@')) {
            return Err(
                "write `%40` for each `@` within the password, and `%3F` for each `?`".to_owned()
            );
        }
        let mut own = ConnectionSettings::default();
        let mut others: Vec<&str> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decoded(value).ok_or("the part after its `?` is not UTF-8")?;
            if own.take(key, &value)? {
                continue;
            }
            if !SETTINGS.contains(&key) {
                // After a password, this may be the rest of it, if the password contains an `&`.
                let is_name = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                let is_shown = is_name
                    && pair.contains('=')
                    && !others.iter().any(|pair| redacted_text(pair) != **pair);
                let name =
                    if is_shown { format!("the setting `{key}`") } else { "a setting".to_owned() };
                return Err(format!("it has {name} that is unknown: write one of {}", settings()));
            }
            others.push(pair);
        }
        let url = format!("postgresql://{authority}?{}", others.join("&"));
        let mut config: Config = url.parse().map_err(|error| super::failure::words(&error))?;
        complete(&mut config, own.passfile);
        config.ssl_mode(own.encryption.mode());
        let connector = own.encryption.connector(own.certificates.as_deref())?;
        let location = location(&config);
        Ok(Self { config, connector, lease: own.lease.unwrap_or(LEASE), location })
    }
}

impl ConnectionSettings {
    /// Stores a setting of this library. Returns false if it is for the driver.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "sslmode" => {
                let words = "disable, prefer, require, verify-ca or verify-full";
                self.encryption =
                    Encryption::named(value).ok_or(format!("sslmode must be one of {words}"))?;
            }
            "passfile" => self.passfile = Some(value.into()),
            "sslrootcert" => self.certificates = Some(value.to_owned()),
            "hpo_lease" => {
                let lease = lease::parse(value);
                let remedy = "hpo_lease must be a time of at least 500ms, such as 60s or 5m";
                self.lease = Some(lease.ok_or(remedy)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Completes the settings that the URL leaves open. A password may come from the environment or
/// from a file, where lists of processes do not show it.
fn complete(config: &mut Config, passfile: Option<PathBuf>) {
    if config.get_password().is_none() {
        let set = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
        if let Some(password) = set.or_else(|| filed(config, passfile)) {
            config.password(password);
        }
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("hpo");
    }
    config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
}

/// Returns the password that the file of passwords has for the first host.
fn filed(config: &Config, passfile: Option<PathBuf>) -> Option<String> {
    let user = config
        .get_user()
        .map(str::to_owned)
        .or_else(|| std::env::var("USER").ok())
        .unwrap_or_default();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host,
        // A socket of this machine.
        _ => "localhost",
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().unwrap_or(&user);
    passfile::password(
        &passfile.or_else(passfile::usual)?,
        Target { host, port, database, user: &user },
    )
}

fn location(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let host = match host {
            Host::Tcp(name) => name.as_str().into(),
            #[cfg(unix)]
            Host::Unix(path) => path.to_string_lossy(),
        };
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        format!("{host}:{port}")
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
    redacted(&format!("postgresql://{user}{hosts}/{name}"))
}
