//! Locations of storages: the one parser of URLs and paths, for the library and for `hpo`.
//!
//! - `memory`: memory.
//! - `journal:PATH`: a journal at this path, from the root if it begins with `/`. With
//!   `?lock=link` it may lie on a file system that several machines share.
//! - `sqlite:///PATH`: an SQLite database at this path; from the root with a fourth slash, as in
//!   `SQLAlchemy`.
//! - `postgresql://USER@HOST/NAME`: a PostgreSQL database; `SQLAlchemy`'s drivers may be named, as
//!   in `postgresql+psycopg2://`.
//! - `http://HOST:PORT`, `https://HOST:PORT`: a storage behind `hpo server`.
//! - a plain path: the kind is found by the first bytes of the file; a new file is a database if it
//!   ends with `.db`, `.db3`, `.sqlite` or `.sqlite3`, else a journal.
//!
//! Any other text that looks like a URL is refused, with advice on what to write instead: a
//! mistyped URL must not become a file. So a path holds no `?`, no `:` before its first slash and
//! none before an `@`, and does not begin with `//`. A plain path of a new file must not begin with
//! an assignment to the name of a secret, as in `token=1`. A leading `./` makes any such text a
//! path.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::Database;
#[cfg(feature = "sqlite")]
use super::database::is_sqlite;
use super::journal::Sharing;
use super::redact::{is_scheme, may_hold_secret};
use super::{Journal, Memory, ServerStatus, Storage, StorageError, redacted};
use crate::space::distance;

/// The form in which each storage is written.
const MEMORY: &str = "memory";
const JOURNAL: &str = "journal:PATH";
const SQLITE: &str = "sqlite:///PATH";
const POSTGRESQL: &str = "postgresql://USER@HOST/NAME";

/// Words that a user may write for one of the storages.
const NAMES: [(&str, &str); 11] = [
    ("memory", MEMORY),
    ("in-memory", MEMORY),
    ("journal", JOURNAL),
    ("file", JOURNAL),
    ("sqlite", SQLITE),
    ("sqlite3", SQLITE),
    ("postgresql", POSTGRESQL),
    ("postgres", POSTGRESQL),
    ("psql", POSTGRESQL),
    ("pgsql", POSTGRESQL),
    ("pg", POSTGRESQL),
];

/// Keys of PostgreSQL connection strings, as in `host=db dbname=hpo`.
const KEYWORDS: [&str; 6] = ["host", "hostaddr", "port", "dbname", "user", "service"];

/// File name extensions of databases.
const ENDINGS: [&str; 4] = ["db", "db3", "sqlite", "sqlite3"];

/// The location of a storage. It is displayed without its password.
///
/// ```
/// use hpo_core::storage::Location;
///
/// assert_eq!(Location::parse("runs/a.db")?.to_string(), "sqlite:///runs/a.db");
/// assert_eq!(Location::parse("runs/a.journal")?.to_string(), "journal:runs/a.journal");
/// let error = Location::parse("postgres//ann:s3cret@db/hpo").unwrap_err().to_string();
/// assert!(error.contains("postgresql://USER@HOST/NAME") && !error.contains("s3cret"));
/// # Ok::<(), hpo_core::storage::StorageError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Location(LocationKind);

#[derive(Clone, PartialEq, Eq)]
enum LocationKind {
    Memory,
    Journal(PathBuf, Sharing),
    Sqlite(PathBuf),
    Postgresql(String),
    Http(String),
}

impl Location {
    /// Parses a URL or the path of a file: `memory`, `journal:PATH`, `sqlite:///PATH`
    /// (`sqlite:////PATH` from the root), `postgresql://USER:PASSWORD@HOST:PORT/NAME`, or a plain
    /// path. `journal:PATH?lock=link` is a journal that several machines share. The first bytes of
    /// the file at a plain path tell a journal from an SQLite database. A new file is a database if
    /// its name ends with `.db`, `.db3`, `.sqlite` or `.sqlite3`.
    ///
    /// # Errors
    /// [`StorageError::UnknownUrl`] for any text that may be a mistyped URL, with advice on what to
    /// write instead.
    pub fn parse(text: &str) -> Result<Self, StorageError> {
        let unknown = |remedy: String| {
            let remedy = if remedy == general() {
                remedy
            } else {
                format!("{remedy} (storages are {})", forms("and"))
            };
            StorageError::UnknownUrl { url: redacted(text), remedy }
        };
        parse_kind(text).map(Self).map_err(unknown)
    }

    /// Opens the storage, and creates the file if it does not exist.
    ///
    /// # Errors
    /// The errors of the storage if it cannot be opened.
    pub fn open(&self) -> Result<Arc<dyn Storage>, StorageError> {
        match &self.0 {
            LocationKind::Memory => Ok(Arc::new(Memory::new())),
            LocationKind::Journal(path, sharing) => {
                Ok(Arc::new(Journal::open_with(path, *sharing)?))
            }
            LocationKind::Sqlite(path) => sqlite(path),
            LocationKind::Postgresql(url) => postgresql(url),
            LocationKind::Http(url) => http(url),
        }
    }

    /// Asks the server of the storage for its state; `None` if the storage has no server.
    ///
    /// # Errors
    /// If the server cannot be reached, with the reason.
    pub fn server_status(&self) -> Result<Option<ServerStatus>, StorageError> {
        match &self.0 {
            LocationKind::Postgresql(url) => postgresql_status(url).map(Some),
            LocationKind::Memory
            | LocationKind::Journal(..)
            | LocationKind::Sqlite(_)
            | LocationKind::Http(_) => Ok(None),
        }
    }

    /// Returns the location of another file of the same kind, with the same settings; `None` if
    /// the storage is not a file.
    #[doc(hidden)]
    #[must_use]
    pub fn with_file(&self, path: PathBuf) -> Option<Self> {
        match &self.0 {
            LocationKind::Journal(_, sharing) => Some(Self(LocationKind::Journal(path, *sharing))),
            LocationKind::Sqlite(_) => Some(Self(LocationKind::Sqlite(path))),
            LocationKind::Memory | LocationKind::Postgresql(_) | LocationKind::Http(_) => None,
        }
    }

    /// Returns the path of the file; `None` if the storage is not a file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            LocationKind::Journal(path, _) | LocationKind::Sqlite(path) => Some(path),
            LocationKind::Memory | LocationKind::Postgresql(_) | LocationKind::Http(_) => None,
        }
    }

    /// Returns true if the storage is a database, rather than a journal or memory.
    #[must_use]
    pub fn is_database(&self) -> bool {
        matches!(self.0, LocationKind::Sqlite(_) | LocationKind::Postgresql(_))
    }

    /// Returns true if workers on several machines may open the storage: it is a server, or a
    /// journal with `?lock=link` or `?lock=open`.
    #[must_use]
    pub fn spans_machines(&self) -> bool {
        match &self.0 {
            LocationKind::Memory | LocationKind::Sqlite(_) => false,
            LocationKind::Journal(_, sharing) => sharing.spans_machines(),
            LocationKind::Postgresql(_) | LocationKind::Http(_) => true,
        }
    }

    /// Opens the storage for the clients of a server. A client that sends no sign of life for the
    /// time of `lease` is taken to be dead; in PostgreSQL, the lease is that of its URL instead.
    ///
    /// # Errors
    /// The errors of the storage if it cannot be opened, and [`StorageError::UnknownUrl`] for
    /// memory and for the address of a server, which cannot be served.
    #[cfg(feature = "http")]
    pub fn host(&self, lease: std::time::Duration) -> Result<super::Host, StorageError> {
        match &self.0 {
            LocationKind::Journal(_, sharing) if sharing.spans_machines() => {
                Err(StorageError::UnknownUrl {
                    url: self.to_string(),
                    remedy: "leave out `?` and what follows: the machines reach the journal \
                             through the server"
                        .to_owned(),
                })
            }
            LocationKind::Journal(path, _) => {
                Ok(super::Host::of(Arc::new(Journal::hosted(path, lease)?)))
            }
            #[cfg(feature = "sqlite")]
            LocationKind::Sqlite(path) => {
                Ok(super::Host::of(Arc::new(Database::sqlite_hosted(path, lease)?)))
            }
            #[cfg(feature = "postgres")]
            LocationKind::Postgresql(url) => {
                Ok(super::Host::of(Arc::new(Database::postgresql(url)?.keeping_lines()?)))
            }
            #[cfg(not(feature = "sqlite"))]
            LocationKind::Sqlite(_) => Err(StorageError::FeatureDisabled { feature: "sqlite" }),
            #[cfg(not(feature = "postgres"))]
            LocationKind::Postgresql(_) => {
                Err(StorageError::FeatureDisabled { feature: "postgres" })
            }
            LocationKind::Memory | LocationKind::Http(_) => Err(StorageError::UnknownUrl {
                url: self.to_string(),
                remedy: "a server keeps what it acknowledges: give it a journal or a database"
                    .to_owned(),
            }),
        }
    }

    /// Returns true if the storage is behind a server, at the address of which it is known.
    #[must_use]
    pub fn is_server(&self) -> bool {
        matches!(self.0, LocationKind::Http(_))
    }

    /// Returns true if the storage lives in the memory of this process.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.0 == LocationKind::Memory
    }
}

impl FromStr for Location {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, StorageError> {
        Self::parse(text)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LocationKind::Memory => f.write_str(MEMORY),
            LocationKind::Journal(path, sharing) => {
                write!(f, "journal:{}{sharing}", path.display())
            }
            LocationKind::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
            LocationKind::Postgresql(url) | LocationKind::Http(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &Path) -> Result<Arc<dyn Storage>, StorageError> {
    Ok(Arc::new(Database::sqlite(path)?))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_path: &Path) -> Result<Arc<dyn Storage>, StorageError> {
    Err(StorageError::FeatureDisabled { feature: "sqlite" })
}

#[cfg(feature = "postgres")]
fn postgresql(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    Ok(Arc::new(Database::postgresql(url)?))
}

#[cfg(not(feature = "postgres"))]
fn postgresql(_url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    Err(StorageError::FeatureDisabled { feature: "postgres" })
}

#[cfg(feature = "postgres")]
fn postgresql_status(url: &str) -> Result<ServerStatus, StorageError> {
    super::database::postgresql_status(url)
}

#[cfg(not(feature = "postgres"))]
fn postgresql_status(_url: &str) -> Result<ServerStatus, StorageError> {
    Err(StorageError::FeatureDisabled { feature: "postgres" })
}

#[cfg(feature = "http")]
fn http(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    if cfg!(not(feature = "https")) && url.starts_with("https:") {
        return Err(StorageError::FeatureDisabled { feature: "https" });
    }
    Ok(Arc::new(super::Remote::open(url)?))
}

#[cfg(not(feature = "http"))]
fn http(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    let feature = if url.starts_with("https:") { "https" } else { "http" };
    Err(StorageError::FeatureDisabled { feature })
}

/// Returns the kind of location that a text means, or advice on what to write instead.
fn parse_kind(text: &str) -> Result<LocationKind, String> {
    match text.split_once(':') {
        None if text == MEMORY => Ok(LocationKind::Memory),
        Some(("journal", path)) => journal(path),
        Some((scheme, rest)) if is_dialect(scheme, &["sqlite"]) => database(rest),
        Some((scheme, rest))
            if is_dialect(scheme, &["postgresql", "postgres"]) && is_address(rest) =>
        {
            Ok(LocationKind::Postgresql(text.to_owned()))
        }
        Some(("http" | "https", rest)) if is_address(rest) => server(text, rest),
        _ => plain(text),
    }
}

/// Returns true if `scheme` is one of `names`. `SQLAlchemy` adds the driver: `postgresql+psycopg2`.
fn is_dialect(scheme: &str, names: &[&str]) -> bool {
    scheme.split('+').next().is_some_and(|name| names.contains(&name))
}

fn is_address(rest: &str) -> bool {
    rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty())
}

fn journal(rest: &str) -> Result<LocationKind, String> {
    let (path, sharing) = match rest.split_once('?') {
        Some((path, query)) => {
            let settings = "the settings of a journal are `?lock=link`, `?lock=open` and \
                `&hpo_lease=60s`: leave out `?` and what follows, or write one of them";
            (path, Sharing::parse(query).ok_or(settings)?)
        }
        None => (rest, Sharing::default()),
    };
    let path = checked(path, "journal:", "journal:/")?;
    Ok(LocationKind::Journal(path, sharing))
}

/// Parses the address of a server: a host, a port and perhaps a path, and nothing that may be a
/// secret.
fn server(url: &str, rest: &str) -> Result<LocationKind, String> {
    if rest.contains('@') {
        return Err("leave out what is before the `@`: a server takes a token, which the \
                    environment variable HPO_TOKEN holds"
            .to_owned());
    }
    if rest.contains(['?', '#']) {
        return Err(
            "leave out `?` and what follows: the environment variable HPO_TOKEN holds the \
                    token"
                .to_owned(),
        );
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~:[]%".contains(&byte);
    let host = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    if host.is_empty() || rest.starts_with("///") || !rest.bytes().all(is_plain) {
        return Err("write `http://HOST:PORT`, as `hpo server` prints it".to_owned());
    }
    Ok(LocationKind::Http(url.to_owned()))
}

fn database(rest: &str) -> Result<LocationKind, String> {
    match rest.strip_prefix("///") {
        Some("" | ":memory:") => Err(format!("write `{MEMORY}` or `{SQLITE}`")),
        // `sqlite:////PATH`: what follows the third slash is a path from the root.
        Some(path) if !path.starts_with("//") => {
            checked(path, "sqlite:///", "sqlite:////").map(LocationKind::Sqlite)
        }
        _ => Err(either(rest.trim_start_matches('/'), "sqlite:///", "sqlite:////")),
    }
}

/// Parses a plain path, without a scheme.
fn plain(text: &str) -> Result<LocationKind, String> {
    let suggested = text
        .trim()
        .trim_matches(':')
        .split([':', '/', '?', '@', '=', ' '])
        .next()
        .and_then(nearest);
    let looks_like_url = text.contains("://")
        || text.split_once("//").is_some_and(|(word, _)| nearest(word).is_some());
    let is_keywords = text.split_once('=').is_some_and(|(key, _)| KEYWORDS.contains(&key.trim()));
    if is_keywords {
        return Err(format!("write `{POSTGRESQL}`"));
    }
    let path = if looks_like_url { Err(general()) } else { checked(text, "", "/") };
    let path = path.map_err(|remedy| suggested.map_or(remedy, |form| format!("write `{form}`")))?;
    let is_bare = !text.contains(['/', '\\', '.']);
    if is_bare && !path.exists() {
        return Err(match suggested {
            Some(form) => format!("write `{form}`"),
            None => format!("for a new file write `journal:{text}` or `sqlite:///{text}`"),
        });
    }
    Ok(if is_database(&path) {
        LocationKind::Sqlite(path)
    } else {
        LocationKind::Journal(path, Sharing::default())
    })
}

/// Returns `path` if it cannot be anything but a path. The advice puts `here` before a relative
/// path and `root` before an absolute one.
fn checked(path: &str, here: &str, root: &str) -> Result<PathBuf, String> {
    if path.is_empty() {
        return Err(general());
    }
    if path.trim() != path {
        return Err("leave out the space around it".to_owned());
    }
    if path.starts_with("//") {
        return Err(either(path.trim_start_matches('/'), here, root));
    }
    if path.starts_with("~/") {
        return Err("only shells expand `~`: write the path of your home folder in full".to_owned());
    }
    if path.contains('?') {
        return Err("a file takes no settings: leave out `?` and what follows".to_owned());
    }
    if may_hold_secret(path, !here.is_empty() || Path::new(path).exists()) {
        let is_name = !path.contains(['@', '=', '/']);
        let file = if is_name { path } else { "PATH" };
        return Err(format!(
            "for a file of such a name write `{here}./{file}`, for a server `{POSTGRESQL}`"
        ));
    }
    Ok(path.into())
}

/// Returns advice for a path that may be relative or absolute.
fn either(path: &str, here: &str, root: &str) -> String {
    let path = if path.is_empty() || may_hold_secret(path, false) { "PATH" } else { path };
    format!(
        "write `{here}{path}` for a path from the present folder, or `{root}{path}` for one from \
         the root"
    )
}

fn general() -> String {
    format!("write {}", forms("or"))
}

fn forms(or: &str) -> String {
    format!("`{MEMORY}`, `{JOURNAL}`, `{SQLITE}` {or} `{POSTGRESQL}`")
}

/// Returns the form of the storage that a mistyped scheme may mean.
fn nearest(word: &str) -> Option<&'static str> {
    let word = word.trim().to_lowercase();
    if !is_scheme(&word) {
        return None;
    }
    let word = word.split('+').next().unwrap_or_default();
    let (far, form) = NAMES
        .iter()
        .map(|(name, form)| (distance(word, name), *form))
        .min_by_key(|(far, _)| *far)?;
    (far <= word.len() / 3).then_some(form)
}

/// Returns true if a file is a database. An empty or missing file is one if its extension says so.
fn is_database(path: &Path) -> bool {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
        return is_sqlite(path);
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.contains(&&*ending.to_lowercase())
}

#[cfg(not(feature = "sqlite"))]
fn is_sqlite(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && &head == b"SQLite format 3\0"
}
