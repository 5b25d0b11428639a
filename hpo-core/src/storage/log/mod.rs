//! The log of a study: its changes in one order, as lines in the format of Optuna's journals.
//!
//! What a journal keeps in a file and a database in a table is the same: lines. Here they are read ([`line`], [`scan`]), folded
//! into trials ([`study`]), judged and spelled ([`propose`], [`write`]), and gathered from many threads ([`request`], [`queue`]).

mod keeper;
mod line;
mod propose;
mod queue;
mod request;
mod scan;
mod study;
mod workers;
mod write;

pub(super) use keeper::Keeper;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use line::Template;
pub(super) use line::{Change, Line};
pub(super) use propose::Clerk;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use propose::Liveness;
pub(super) use queue::{Disk, Queue, Written};
#[cfg(test)]
pub(super) use request::Owned;
pub(super) use request::{Answer, Creation, Request, Wish};
pub(super) use scan::{read, trimmed};
pub(super) use study::StudyLog;
#[cfg(feature = "postgres")]
pub(super) use workers::PREFIX as WORKER_PREFIX;
pub(super) use workers::Worker;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use write::SEEN;
pub(super) use write::{GROUP, Lines};
