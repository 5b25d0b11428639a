//! A database's URL: where it is, how to connect, and what may be shown of it.

use std::borrow::Cow;
use std::time::Duration;

use postgres::Config;
use postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::Encryption;
use crate::storage::{StorageError, redacted};

/// How long a connection may take to come about, unless the URL says otherwise.
const CONNECT: Duration = Duration::from_secs(10);

/// After how long a silent network is taken to be dead.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a worker is taken to be alive after its last heartbeat, unless the URL says otherwise.
const LEASE: Duration = Duration::from_secs(60);

/// A lease shorter than this would run out while a change is being written.
const LEAST_LEASE: Duration = Duration::from_millis(500);

/// Where to connect, and how. It is not shown: it holds a password.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) connector: MakeRustlsConnect,
    pub(super) lease: Duration,
    /// Without the password.
    pub(super) location: String,
}

/// What the URL says to this library rather than to the driver.
#[derive(Default)]
struct Wishes {
    encryption: Encryption,
    certificates: Option<String>,
    lease: Option<Duration>,
}

impl Address {
    /// Understands `postgresql://USER:PASSWORD@HOST:PORT/NAME?KEY=VALUE`, `SQLAlchemy`'s `postgresql+DRIVER://` too.
    ///
    /// # Errors
    /// In words that do not repeat a password.
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
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if rest.matches('@').count() > 1 || (query.contains('@') && !place.contains('@')) {
            return Err("write `%40` for each `@` within the password, and `%3F` for each `?`".to_owned());
        }
        let mut wishes = Wishes::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !wishes.take(key, &decoded(value)?)? {
                others.push(pair);
            }
        }
        let url = format!("postgresql://{place}?{}", others.join("&"));
        let mut config: Config = url.parse().map_err(|error| super::failure::words(&error))?;
        complete(&mut config);
        config.ssl_mode(wishes.encryption.mode());
        let connector = wishes.encryption.connector(wishes.certificates.as_deref())?;
        let location = location(&config);
        Ok(Self { config, connector, lease: wishes.lease.unwrap_or(LEASE), location })
    }
}

impl Wishes {
    /// Whether this was for us.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "sslmode" => {
                let words = "disable, prefer, require, verify-ca or verify-full";
                self.encryption = Encryption::named(value).ok_or(format!("sslmode is one of {words}"))?;
            }
            "sslrootcert" => self.certificates = Some(value.to_owned()),
            "hpo_lease" => {
                let lease = duration(value).filter(|lease| *lease >= LEAST_LEASE);
                self.lease = Some(lease.ok_or("hpo_lease is a time of at least 500ms, such as 60s or 5m")?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// What the URL leaves open. A password may come from the environment, where lists of processes do not show it.
fn complete(config: &mut Config) {
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
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
    format!("postgresql://{user}{hosts}/{name}")
}

/// `60s`, `500ms`, `5m`, or seconds.
fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..end].parse().ok()?;
    match &text[end..] {
        "ms" => Some(Duration::from_millis(count)),
        "" | "s" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_secs(count.checked_mul(60)?)),
        _ => None,
    }
}

/// A value without its `%XX`.
fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('%') {
        return Ok(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| "after its `?` there is what is no UTF-8".to_owned())
}
