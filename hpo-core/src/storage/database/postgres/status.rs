//! The state of a server: version, clock, connections.

use std::time::Instant;

use super::super::connection::Connection as _;
use super::Postgres;
use super::address::Address;
use crate::storage::{ServerStatus, StorageError};
use crate::trial::Timestamp;

/// One row, in one round trip. The connection that asks is not counted.
const STATUS: &str = "SELECT current_setting('server_version'), \
                      (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
                      (SELECT count(*) - 1 FROM pg_stat_activity \
                      WHERE backend_type = 'client backend'), \
                      current_setting('max_connections')::bigint";

/// Asks the server of a URL for its state, over a connection of its own.
pub(in crate::storage) fn status(url: &str) -> Result<ServerStatus, StorageError> {
    let mut connection = Postgres::open(&Address::parse(url)?)?;
    let (before, begin) = (Timestamp::now(), Instant::now());
    let mut status = None;
    connection.query(STATUS, &[], &mut |row| {
        let round_trip = begin.elapsed();
        let half = i64::try_from(round_trip.as_micros() / 2).unwrap_or_default();
        status = Some(ServerStatus {
            version: format!("PostgreSQL {}", row.text(0).unwrap_or("of unknown version")),
            time: Timestamp(row.int(1).unwrap_or_default()),
            local_time: Timestamp(before.0 + half),
            round_trip,
            connections: count(row.int(2)),
            most_connections: count(row.int(3)),
        });
        Ok(())
    })?;
    status.ok_or_else(|| connection.lost())
}

fn count(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
}
