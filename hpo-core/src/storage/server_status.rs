//! The state of the server behind a storage.

use std::time::Duration;

use crate::trial::Timestamp;

/// The state of the server behind a storage, as it was asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerStatus {
    /// The name and the version of the server.
    pub version: String,
    /// The time of the server.
    pub time: Timestamp,
    /// The time of this machine, in the middle of the request.
    pub local_time: Timestamp,
    /// The time that the request took.
    pub round_trip: Duration,
    /// The number of connections that the server has.
    pub connections: u64,
    /// The largest number of connections that it accepts.
    pub most_connections: u64,
}
