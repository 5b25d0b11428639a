//! A hint for builds without optimisation, in which proposals can take longer than the objective.
//!
//! It goes to standard error, once per process, whether or not a callback is set: the first run of
//! a program is in such a build, has no callbacks, and would otherwise look as if it hung.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The total time of proposals from which the hint may be shown.
const NOTICEABLE: Duration = Duration::from_secs(1);

static HINT: Once = Once::new();

/// The part of a run's time that goes into proposals.
#[derive(Debug)]
pub(super) struct ProposalTime {
    started: Instant,
    workers: u32,
    microseconds: AtomicU64,
}

impl ProposalTime {
    /// Creates the measurement of a run that begins now.
    pub(super) fn of(workers: usize) -> Self {
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        Self { started: Instant::now(), workers, microseconds: AtomicU64::new(0) }
    }

    /// Makes a proposal, and measures its time.
    pub(super) fn measure<T>(&self, propose: impl FnOnce() -> T) -> T {
        if !cfg!(hpo_unoptimized) {
            return propose();
        }
        let begin = Instant::now();
        let proposed = propose();
        let own = begin.elapsed().as_micros() as u64;
        let proposing =
            Duration::from_micros(own + self.microseconds.fetch_add(own, Ordering::Relaxed));
        let working = self.started.elapsed() * self.workers;
        if is_slow(proposing, working) {
            HINT.call_once(|| say(proposing, working));
        }
        proposed
    }
}

/// Returns true if proposals take noticeable time, and more of it than everything else that the
/// workers do.
fn is_slow(proposing: Duration, working: Duration) -> bool {
    proposing >= NOTICEABLE && proposing * 2 > working
}

/// Prints the hint. A reader that has gone away is no reason to end a search.
fn say(proposing: Duration, working: Duration) {
    let _ = writeln!(
        std::io::stderr(),
        "hpo-core is compiled without optimisation: {proposing:.1?} of {working:.1?} went into \
         proposals so far. Run with --release, or add to Cargo.toml:\n\n\
         [profile.dev.package.hpo-core]\nopt-level = 2\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_noticeable_time_that_outweighs_the_objective_is_worth_a_hint() {
        let seconds = Duration::from_secs_f64;
        assert!(is_slow(seconds(1.1), seconds(1.2)));
        assert!(!is_slow(seconds(0.9), seconds(1.0)), "too little to notice");
        assert!(!is_slow(seconds(5.0), seconds(11.0)), "the objective takes longer");
    }
}
