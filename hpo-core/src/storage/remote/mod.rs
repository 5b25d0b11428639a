//! Studies of a server: `http://HOST:PORT`, and `https://` with the feature `https`.
//!
//! Requests go up, lines come down. A client sends each change as a request ([`wire`]), and the
//! server's own storage checks and writes it, so there is one judge, and the changes of all clients
//! are committed together. A client reads by asking for the lines after those that it has, and
//! folds them with the code of every other storage, so its proposals and replays are the same bit
//! for bit.
//!
//! **Exactly once.** Each request has a number, and the lines of its change carry the number as
//! part of the worker's name (`hpo-guest-…:7`). A request without an answer is sent again: a server
//! that has it gives the same answer, and a server that was started in between refuses it, so that
//! the client looks for its number in the log first ([`client`]).
//!
//! **Leases.** A client is a guest of the server's storage: while its trials run it sends signs of
//! life. Its lease is kept in the storage, so it survives the server.

mod answers;
mod client;
mod follow;
mod host;
mod refusal;
mod transport;
mod wire;

pub use client::Remote;
pub use host::Host;
pub use refusal::Refusal;

/// The path of the requests, below the address of the server.
const ROOT: &str = "/storage/v1";
