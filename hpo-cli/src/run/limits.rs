//! The limits of a trial, and the messages of those that are exceeded.

use std::time::Duration;

use super::process::usage::{self, Usage};
use super::quantity::{bytes_in_words, time_in_words};

/// The limits of a trial; `None` for no limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) time: Option<Duration>,
    pub(crate) cpu: Option<Duration>,
    pub(crate) memory: Option<u64>,
    pub(crate) processes: Option<u64>,
    /// The time between SIGTERM and SIGKILL.
    pub(crate) grace: Duration,
}

/// A limit that a trial has exceeded.
#[derive(Debug, PartialEq)]
pub(crate) struct Exceeded {
    pub(crate) message: String,
    /// True if it must be killed at once, because it would take more in the time of grace.
    pub(crate) at_once: bool,
}

impl Limits {
    /// Returns true if the use of resources must be watched.
    pub(crate) fn need_usage(&self) -> bool {
        self.cpu.is_some() || self.memory.is_some() || self.processes.is_some()
    }

    /// Returns the largest amount of private memory that one process may map: twice the limit,
    /// which catches a process that takes a lot between two looks at it.
    pub(crate) fn data(&self) -> Option<u64> {
        self.memory.map(|bytes| bytes.saturating_mul(2).max(64 << 20))
    }

    /// Returns the limit of time that a trial has exceeded.
    pub(crate) fn late(&self, elapsed: Duration) -> Option<Exceeded> {
        let limit = self.time.filter(|limit| elapsed > *limit)?;
        let message =
            format!("it took longer than its limit of {} (--trial-timeout)", time_in_words(limit));
        Some(Exceeded { message, at_once: false })
    }

    /// Returns the limit that a program exceeds.
    pub(crate) fn exceeded(&self, program: i32, usage: &Usage) -> Option<Exceeded> {
        if let Some(limit) = self.memory.filter(|limit| usage.memory > *limit) {
            let exact = usage::exact_memory(program).unwrap_or(usage.memory);
            if exact > limit {
                return Some(too_much_memory(exact, limit));
            }
        }
        if let Some(limit) = self.processes.filter(|limit| usage.processes > *limit) {
            let message = format!(
                "it had {} processes, more than its limit of {limit} (--trial-processes)",
                usage.processes
            );
            return Some(Exceeded { message, at_once: true });
        }
        let limit = self.cpu.filter(|limit| usage.cpu > *limit)?;
        let message = format!(
            "it used {} of processor time, more than its limit of {} (--trial-cpu-time)",
            time_in_words(usage.cpu),
            time_in_words(limit)
        );
        Some(Exceeded { message, at_once: false })
    }
}

fn too_much_memory(used: u64, limit: u64) -> Exceeded {
    let message = format!(
        "it ran out of memory: it used {}, more than its limit of {} (--trial-memory)",
        bytes_in_words(used),
        bytes_in_words(limit)
    );
    Exceeded { message, at_once: true }
}

/// Describes the end of a program by a signal that `hpo run` has not sent.
pub(crate) fn killed_by(signal: i32, peak: u64, out_of_memory: bool) -> String {
    let peak =
        if peak > 0 { format!(", when it used {}", bytes_in_words(peak)) } else { String::new() };
    if signal == 9 && out_of_memory {
        return format!(
            "the system ran out of memory and killed it{peak}: set --trial-memory, or use fewer \
             workers"
        );
    }
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => "",
    };
    let name = if name.is_empty() { format!("signal {signal}") } else { name.to_owned() };
    match signal {
        9 => format!("killed by {name}, which `hpo run` did not send{peak}"),
        _ => format!("killed by {name}"),
    }
}
