//! Processes of trials, and what makes sure that none of them outlives its trial.
//!
//! Between `hpo run` (the driver) and the program of a trial stands a shim: the `hpo` binary again,
//! one process per worker for the whole run. It starts the programs of its worker one after
//! another, each in a process group of its own, and sends their ends to the driver over a socket.
//!
//! - The shim is the subreaper of all that its programs start, so it sees also processes that have
//!   changed their group or session. When a program ends, it kills what the program has left.
//! - When the driver ends, even by SIGKILL, the kernel closes its end of the socket. The shim reads
//!   the end of the stream and kills everything.
//! - When a shim is killed, its programs become children of the driver, which is a subreaper too.
//!   The driver kills them, and starts another shim.
//!
//! The alternatives were weaker. The parent-death signal reaches only the program itself, not its
//! children, and needs unsafe code between fork and exec. A shim per trial costs the start of a
//! large binary per trial. One watchdog for the run has a gap between the start of a program and
//! its registration.
//!
//! All of this without unsafe code: limits are inherited from the shim, groups are set by
//! `Command::process_group`, the rest is done by `rustix`.

mod client;
mod message;
mod shim;
mod tree;
pub(crate) mod usage;

pub(crate) use client::{ProcessEvent, Shim, Shims};
pub(crate) use message::{Ended, Signal, Start};
pub(crate) use shim::main as shim_main;

/// The first argument of a process that is a shim.
pub(crate) const SHIM: &str = "run-shim";
