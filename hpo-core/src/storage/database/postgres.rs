//! PostgreSQL: a server that any number of processes on any number of machines share.
//!
//! Each process has two connections: one writes, the other reads and waits for the server's disk.
//! The statements of a change are gathered and sent together with the next query or the end of the
//! change, so an event costs two round trips. A change is made under the lock of its study's row,
//! and is committed without waiting for the disk. The wait comes later, without any lock, and one
//! wait serves all waiting threads.
//!
//! The driver runs its own event loop within each call, so this storage cannot be used on a thread
//! that runs async tasks (use `spawn_blocking` there).

mod address;
mod failure;
mod leases;
mod status;
mod passfile;
mod statements;
mod tables;
mod tls;

use std::fmt;
use std::time::{Duration, Instant};

use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use self::address::Address;
use self::failure::{failure, is_clash, is_lost, is_soon_there};
use self::leases::Leases;
use self::statements::{HasNul, Statements};
pub(in crate::storage) use self::status::status;
use super::Database;
use super::connection::{Cell, Connection, Dialect, Each, SqlRow};
use crate::storage::StorageError;
use crate::storage::log::GroupCommit;

/// The time to wait for a starting server when a storage is opened.
const STARTING: Duration = Duration::from_secs(5);

impl Database {
    /// Opens a PostgreSQL database, and creates its tables if there are none:
    /// `postgresql://USER:PASSWORD@HOST:PORT/NAME`.
    ///
    /// The parameters after the `?`, each with its default:
    /// - `sslmode` (`prefer`): `disable`, `prefer` (encrypted if the server supports it), `require`
    ///   (encrypted, but the server is not verified), `verify-ca` (its certificate is signed by a
    ///   trusted authority), `verify-full` (and belongs to the host).
    /// - `sslrootcert` (`system`): a PEM file of the trusted authorities, or `system` for those
    ///   that Mozilla trusts; with it, `require` means `verify-ca`.
    /// - `passfile` (`PGPASSFILE`, or `~/.pgpass`): the file of passwords.
    /// - `hpo_lease` (`60s`): the time after its last heartbeat at which a worker is taken to be
    ///   dead, as `60s` or `5m`.
    /// - `connect_timeout` (10 s) and others: as in the `postgres` crate.
    ///
    /// A URL without a password takes it from the environment variable `PGPASSWORD`, or else from a
    /// file as libpq does: the one that `passfile` or `PGPASSFILE` names, or `~/.pgpass`, with
    /// lines of `HOST:PORT:DATABASE:USER:PASSWORD`. A file that others may read is not used. No
    /// message shows a password.
    ///
    /// # Errors
    /// If the URL is invalid, the server cannot be reached or refuses the connection, or its tables
    /// have another version.
    pub fn postgresql(url: &str) -> Result<Self, StorageError> {
        let address = Address::parse(url)?;
        let writer = Postgres::open(&address)?;
        let reader = Postgres::open(&address)?;
        let worker = Leases::new(address.lease);
        Self::new(
            Box::new(writer),
            Some(Box::new(reader)),
            Box::new(worker),
            GroupCommit::of_a_server(),
            address.location,
        )
    }
}

/// One connection to a PostgreSQL server.
struct Postgres {
    address: Address,
    /// The client; `None` after the connection was lost.
    client: Option<Client>,
    /// Statements to be sent with the next ones.
    gathered: Statements,
    is_changing: bool,
    /// The number of the next row of the log, if it was drawn already.
    line: Option<i64>,
    /// The last such number that was used.
    last_line: i64,
    epoch: u64,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = &self.address.location;
        f.debug_struct("Postgres")
            .field("location", location)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    fn open(address: &Address) -> Result<Self, StorageError> {
        let started = Instant::now();
        loop {
            let error = match connect(address) {
                Ok(client) => return Ok(Self::new(address.clone(), client)),
                Err(error) => error,
            };
            if !is_soon_there(&error) || started.elapsed() > STARTING {
                return Err(failure(&address.location, "connect", &error));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn new(address: Address, client: Client) -> Self {
        let (gathered, client) = (Statements::default(), Some(client));
        Self { address, client, gathered, is_changing: false, line: None, last_line: 0, epoch: 0 }
    }

    /// Sends the gathered statements, and returns the rows of the last one.
    fn ask(&mut self, action: &'static str) -> Result<Vec<SimpleQueryRow>, StorageError> {
        let Some(client) = &mut self.client else { return Err(self.lost()) };
        let answered = client.simple_query(&self.gathered.text);
        self.gathered.clear();
        let messages = answered.map_err(|error| {
            if is_lost(&error) {
                self.client = None;
            }
            failure(&self.address.location, action, &error)
        })?;
        let mut rows = Vec::with_capacity(messages.len());
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(_) => rows.clear(),
                SimpleQueryMessage::Row(row)
                    if row.columns().first().is_some_and(|it| it.name() == "hpo_line") =>
                {
                    self.line = row.int(0);
                }
                SimpleQueryMessage::Row(row) => rows.push(row),
                _ => {}
            }
        }
        Ok(rows)
    }

    fn lost(&self) -> StorageError {
        StorageError::Database {
            location: self.address.location.clone(),
            action: "reach the server",
            problem: "the connection was lost".to_owned(),
            is_transient: true,
        }
    }

    fn refused(&self, _nul: &HasNul) -> StorageError {
        StorageError::Database {
            location: self.address.location.clone(),
            action: "write",
            problem: "PostgreSQL cannot store the character NUL: leave it out of names".to_owned(),
            is_transient: false,
        }
    }
}

fn connect(address: &Address) -> Result<Client, postgres::Error> {
    let mut client = address.config.connect(address.connector.clone())?;
    client.batch_execute(tables::SESSION)?;
    Ok(client)
}

impl Connection for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &tables::DIALECT
    }

    fn begin(&mut self, study: Option<u64>, _is_durable: bool) -> Result<(), StorageError> {
        (self.is_changing, self.line) = (true, None);
        self.gathered.clear();
        self.gathered.push(tables::BEGIN);
        let Some(study) = study else {
            self.gathered.push(tables::LOCK_ALL);
            self.gathered.push(tables::GIVE_WAY);
            return Ok(());
        };
        let locked = self.gathered.add(tables::LOCK_STUDY, &[Cell::id(study)]);
        locked.map_err(|nul| self.refused(&nul))?;
        self.gathered.push(tables::GIVE_WAY);
        self.gathered.push(tables::NEXT_LINE);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        self.gathered.push("COMMIT");
        let committed = self.ask("write");
        match &committed {
            Ok(_) => self.is_changing = false,
            Err(_) => self.rollback(),
        }
        committed.map(drop)
    }

    fn rollback(&mut self) {
        self.gathered.clear();
        if std::mem::take(&mut self.is_changing) {
            self.gathered.push("ROLLBACK");
            // If the connection is lost, the server does this by itself.
            let _ = self.ask("roll back");
        }
        self.line = None;
    }

    fn execute(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<(), StorageError> {
        self.gathered.add_change(sql, cells).map_err(|nul| self.refused(&nul))
    }

    fn query(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
        each: Each<'_>,
    ) -> Result<(), StorageError> {
        self.gathered.add(sql, cells).map_err(|nul| self.refused(&nul))?;
        self.ask("read")?.iter().try_for_each(|row| each(row))
    }

    fn script(&mut self, sql: &str) -> Result<(), StorageError> {
        self.send()?;
        let Some(client) = &mut self.client else { return Err(self.lost()) };
        let Err(error) = client.batch_execute(sql) else { return Ok(()) };
        let reported = failure(&self.address.location, "make the tables", &error);
        if is_lost(&error) {
            self.client = None;
        }
        Err(match reported {
            // The tables will exist at the next try.
            StorageError::Database { location, action, problem, is_transient } => {
                StorageError::Database {
                    location,
                    action,
                    problem,
                    is_transient: is_transient || is_clash(&error),
                }
            }
            other => other,
        })
    }

    fn send(&mut self) -> Result<(), StorageError> {
        if self.gathered.text.is_empty() { Ok(()) } else { self.ask("write").map(drop) }
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        self.gathered.push(tables::FLUSH);
        self.ask("flush to the disk").map(drop)
    }

    fn version(&mut self) -> Result<Option<u64>, StorageError> {
        Ok(None)
    }

    fn reconnect(&mut self) -> Result<(), StorageError> {
        self.gathered.clear();
        (self.is_changing, self.line) = (false, None);
        if let Some(client) = self.client.as_mut().filter(|client| !client.is_closed())
            && client.batch_execute("ROLLBACK").is_ok()
        {
            return Ok(());
        }
        self.client = None;
        let client = connect(&self.address)
            .map_err(|error| failure(&self.address.location, "connect", &error))?;
        self.client = Some(client);
        self.epoch += 1;
        Ok(())
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Draws numbers until one is greater than the last. A server that crashed may give out the
    /// numbers of lost rows again, but each number that was used here must stand for one row only.
    fn new_line(&mut self) -> Result<i64, StorageError> {
        loop {
            let line = match self.line.take() {
                Some(line) => line,
                None => self.number(tables::DIALECT.new_line, &[])?.unwrap_or_default(),
            };
            if line > self.last_line {
                self.last_line = line;
                return Ok(line);
            }
        }
    }
}

impl SqlRow for SimpleQueryRow {
    fn int(&self, column: usize) -> Option<i64> {
        self.text(column)?.parse().ok()
    }

    fn real(&self, column: usize) -> Option<f64> {
        self.text(column)?.parse().ok()
    }

    fn text(&self, column: usize) -> Option<&str> {
        self.try_get(column).ok().flatten()
    }
}
