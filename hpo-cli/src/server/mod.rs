//! `hpo server`: the studies of a storage over HTTP. `docs/server.md` describes it for users.
//!
//! Three kinds of clients use it: programs of this library, for which it is a storage
//! (`/storage/v1`, answered by [`Host`]); programs in any language, which ask and tell
//! (`/api/v1`, [`sessions`]); and people with a browser ([`page`], [`dashboard`], [`figures`]),
//! whose pages follow changes by [`events`]. [`routes`] is the one table of all paths, from which
//! the description of the interface is made too.
//!
//! Connections are handled by hyper on two threads ([`listen`]). Each request is answered on a
//! thread of its own, since storages and samplers block.

mod asking;
mod changes;
mod dashboard;
mod events;
mod figures;
mod guard;
mod listen;
mod lookup;
mod openapi;
mod page;
mod reply;
mod route;
mod routes;
mod sessions;
mod snapshot;
mod studies;
mod trials;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Result, ensure};
use hpo_core::storage::Host;

use events::Events;
use figures::Made;
use guard::Guard;
use listen::Room;
use sessions::Sessions;
use snapshot::Snapshots;
use studies::Summaries;

/// The state of a running server.
pub(crate) struct App {
    host: Host,
    guard: Guard,
    sessions: Sessions,
    room: Room,
    events: Events,
    made: Made,
    snapshots: Snapshots,
    summaries: Summaries,
}

/// Refuses an address that other machines reach, unless there is a token.
pub(crate) fn check_address(address: SocketAddr, token: Option<&str>) -> Result<()> {
    ensure!(
        token.is_some() || address.ip().is_loopback(),
        "{address} is reachable from other machines: give a token with --token-file, or listen on \
         127.0.0.1"
    );
    Ok(())
}

/// Serves the storage until a signal ends it, and returns after the last answer.
pub(crate) fn run(host: Host, address: SocketAddr, token: Option<String>) -> Result<()> {
    let app = App {
        host,
        guard: Guard::new(token),
        sessions: Sessions::default(),
        room: Room::new(),
        events: Events::default(),
        made: Made::default(),
        snapshots: Snapshots::default(),
        summaries: Summaries::default(),
    };
    listen::serve(&Arc::new(app), address)
}
