//! Leases, which show the live workers of all machines: a worker that runs trials holds one,
//! measured by the server's clock.
//!
//! A lease is a row of `hpo_workers`, renewed by a heartbeat while trials run. A worker that was
//! killed or cut off does not renew it. After it has expired, any recovery takes the worker's
//! trials back. A worker that was only away takes a new lease.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rand::Rng as _;

use super::super::connection::{Cell, Connection};
use super::super::guests::Signed;
use super::super::workers::Workers;
use crate::storage::StorageError;
use crate::storage::lease::BEATS;
use crate::storage::log::{Liveness, TrialRequest, WORKER_PREFIX, guest, name_of};
use crate::sync::lock;

const HOLD: &str = "INSERT INTO hpo_workers (name, expires) \
                    VALUES (?1, clock_timestamp() + ?2 * interval '1 millisecond') \
                    ON CONFLICT (name) DO UPDATE SET expires = excluded.expires";
#[cfg(feature = "http")]
const HOLD_GUESTS: &str = "UPDATE hpo_workers \
                           SET expires = clock_timestamp() + ?1 * interval '1 millisecond' \
                           WHERE name LIKE 'hpo-guest-%'";
const LEAVE: &str = "DELETE FROM hpo_workers WHERE name = ?1";
const ALIVE: &str = "SELECT name FROM hpo_workers WHERE expires > clock_timestamp()";
/// Skips locked rows, because other processes may delete the same ones in another order.
const CLEAN: &str = "DELETE FROM hpo_workers WHERE name IN \
                     (SELECT name FROM hpo_workers WHERE expires <= clock_timestamp() \
                     FOR UPDATE SKIP LOCKED)";

/// The lease of this worker, and its knowledge of the others.
#[derive(Debug)]
pub(super) struct Leases {
    name: String,
    lease: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The time of the last renewal of this worker's lease; `None` before it runs its first trial.
    renewed: Option<Instant>,
    /// The workers that held a lease when it was last checked, at the time `met`.
    alive: HashSet<String>,
    met: Option<Instant>,
    /// The guests of this process, with the times of the last renewals of their leases.
    guests: HashMap<String, Instant>,
}

impl Leases {
    pub(super) fn new(lease: Duration) -> Self {
        let name = format!("{WORKER_PREFIX}{:016x}", rand::rng().next_u64());
        Self { name, lease, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    fn interval(&self) -> Duration {
        self.lease / BEATS
    }

    fn renew(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        let lease = Cell::Int(self.lease.as_millis() as i64);
        connection.execute(HOLD, &[Cell::Text(&self.name), lease])?;
        self.known().renewed = Some(Instant::now());
        Ok(())
    }

    /// Renews the lease of a guest of this process.
    fn renew_for(&self, connection: &mut dyn Connection, guest: &str) -> Result<(), StorageError> {
        let is_due = |renewed: &Instant| renewed.elapsed() > self.interval() / 2;
        if self.known().guests.get(guest).is_some_and(|renewed| !is_due(renewed)) {
            return Ok(());
        }
        let lease = Cell::Int(self.lease.as_millis() as i64);
        connection.execute(HOLD, &[Cell::Text(guest), lease])?;
        self.known().guests.insert(guest.to_owned(), Instant::now());
        Ok(())
    }

    fn read(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        let mut alive = HashSet::new();
        connection.query(ALIVE, &[], &mut |row| {
            alive.extend(row.text(0).map(str::to_owned));
            Ok(())
        })?;
        let mut known = self.known();
        (known.alive, known.met) = (alive, Some(Instant::now()));
        Ok(())
    }

    fn is_alive(&self, worker: &str) -> bool {
        self.known().alive.contains(name_of(worker))
    }
}

impl Workers for Leases {
    fn as_liveness(&self) -> &dyn Liveness {
        self
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_another_alive(&self, worker: &str) -> bool {
        worker != self.name && self.is_alive(worker)
    }

    fn prepare(
        &self,
        connection: &mut dyn Connection,
        requests: &[Signed],
    ) -> Result<(), StorageError> {
        let is_due =
            self.known().renewed.is_some_and(|renewed| renewed.elapsed() > self.interval());
        let is_own = |signed: &&Signed| signed.by.is_none();
        let starts = |signed: &Signed| signed.request.starts_a_trial();
        if is_due || requests.iter().filter(is_own).any(starts) {
            self.renew(connection)?;
        }
        for signed in requests.iter().filter(|signed| starts(signed)) {
            if let Some(guest) = signed.by.as_deref().and_then(guest) {
                self.renew_for(connection, guest)?;
            }
        }
        let recovers = |signed: &Signed| matches!(signed.request, TrialRequest::Recover { .. });
        if requests.iter().any(recovers) {
            self.read(connection)?;
            connection.execute(CLEAN, &[])?;
        }
        Ok(())
    }

    #[cfg(feature = "http")]
    fn renew_guest(
        &self,
        connection: &mut dyn Connection,
        guest: &str,
    ) -> Result<(), StorageError> {
        self.renew_for(connection, guest)
    }

    #[cfg(feature = "http")]
    fn renew_known_guests(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        let lease = Cell::Int(self.lease.as_millis() as i64);
        connection.execute(HOLD_GUESTS, &[lease]).map(drop)
    }

    #[cfg(feature = "http")]
    fn guest_lease(&self) -> Duration {
        self.lease
    }

    fn refresh_workers(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        // A program that polls need not query each time.
        let is_known = self
            .known()
            .met
            .is_some_and(|met| met.elapsed() < self.interval().min(Duration::from_secs(1)));
        if is_known { Ok(()) } else { self.read(connection) }
    }

    fn heartbeat(&self) -> Option<Duration> {
        Some(self.interval())
    }

    fn send_heartbeat(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        if self.known().renewed.is_none() {
            return Ok(());
        }
        self.renew(connection)
    }

    fn deregister(&self, connection: &mut dyn Connection) {
        if self.known().renewed.take().is_some() {
            // If this fails, the lease expires by itself.
            let _ = connection.execute(LEAVE, &[Cell::Text(&self.name)]);
        }
    }
}

impl Liveness for Leases {
    /// Does nothing: the lease was renewed when the change was prepared.
    fn renew(&self, _by: &str) -> Result<(), StorageError> {
        Ok(())
    }

    fn is_dead(&self, worker: &str) -> bool {
        worker.starts_with(WORKER_PREFIX) && worker != self.name && !self.is_alive(worker)
    }
}
