//! The log of a study: its changes in one order, as lines in the format of Optuna's journals.
//!
//! A journal keeps these lines in a file, a database in a table. Here they are parsed ([`record`],
//! [`fast_parse`]), folded into trials ([`study`]), checked and written ([`transaction`],
//! [`write`]), and committed in groups from many threads ([`request`], [`group_commit`]).

mod backend;
mod record;
mod transaction;
mod group_commit;
mod request;
mod fast_parse;
mod study;
mod workers;
mod write;
#[cfg(feature = "http")]
mod kept_lines;

#[cfg(feature = "http")]
pub(super) use backend::GuestBackend;
pub(super) use backend::LogBackend;
pub(super) use fast_parse::{read, trimmed};
pub(super) use group_commit::{CommitTarget, GroupCommit, Written};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use record::TrialTemplate;
pub(super) use record::{Change, Record};
#[cfg(any(test, feature = "http"))]
pub(super) use request::OwnedEvent;
pub(super) use request::{Answer, Creation, Request, TrialRequest};
pub(super) use study::StudyLog;
pub(super) use transaction::Transaction;
#[cfg(feature = "http")]
pub(super) use workers::GUEST;
pub(super) use workers::{Liveness, PREFIX as WORKER_PREFIX, Worker};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "http"))]
pub(super) use workers::{guest, name_of};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use write::SEEN;
#[cfg(feature = "http")]
pub(super) use write::quoted;
pub(super) use write::{GROUP, Lines};
