//! Ctrl-C and requests to terminate: the first signal ends the run gracefully, the second ends the
//! process at once.
//!
//! A line on standard error tells the user what happens now, because the run has taken the signal
//! from the program, which cannot answer itself.
//!
//! While no run is active, both signals have their default effect. The registration stays for the
//! life of the process, since the default cannot be restored otherwise.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::sync::lock;

/// The state of the signal handlers. `kills_process` is true if the next signal ends the process:
/// while no run is active, and after the first signal.
struct Signals {
    kills_process: Arc<AtomicBool>,
    /// The number of active runs. The lock is held while `kills_process` changes with it; otherwise
    /// the end of one run would look like a signal to the next.
    runs: Mutex<usize>,
}

impl Signals {
    fn runs(&self) -> MutexGuard<'_, usize> {
        lock(&self.runs)
    }
}

static SIGNALS: LazyLock<Signals> = LazyLock::new(|| {
    let kills_process = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // Actions run in the order of their registration: the first signal finds `kills_process`
        // false, and sets it.
        let registered =
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&kills_process))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&kills_process)));
        if let Err(error) = registered {
            tracing::warn!(%error, signal, "the signal cannot be caught: it will end the process \
                at once");
        }
    }
    Signals { kills_process, runs: Mutex::new(0) }
});

/// A guard: while it lives, a signal is a request to end the run.
#[derive(Debug)]
pub struct Watch {
    is_active: bool,
    is_announced: AtomicBool,
}

impl Watch {
    /// Starts to catch signals, if `active`.
    #[must_use]
    pub fn start(active: bool) -> Self {
        if active {
            let mut runs = SIGNALS.runs();
            if *runs == 0 {
                SIGNALS.kills_process.store(false, Ordering::SeqCst);
            }
            *runs += 1;
        }
        Self { is_active: active, is_announced: AtomicBool::new(false) }
    }

    /// Returns true if a signal has come.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.is_active && SIGNALS.kills_process.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// After a signal, writes one line to standard error, with the running trials. Later calls
    /// write nothing.
    pub(super) fn announce(&self, running: impl FnOnce() -> Vec<u64>) {
        if !self.interrupted() || self.is_announced.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut error = std::io::stderr();
        // A terminal shows `^C` or a bar in the current line.
        let start = if error.is_terminal() { "\n" } else { "" };
        let _ = writeln!(error, "{start}{}", answer(&running()));
    }
}

/// Returns the line that answers the first signal.
fn answer(running: &[u64]) -> String {
    let what = match running {
        [] => "ending the run".to_owned(),
        [trial] => format!("finishing trial {trial}"),
        trials => {
            let numbers: Vec<String> = trials.iter().map(ToString::to_string).collect();
            format!("finishing trials {}", numbers.join(", "))
        }
    };
    format!("{what}; press Ctrl-C again to abort")
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_active {
            let mut runs = SIGNALS.runs();
            *runs -= 1;
            if *runs == 0 {
                SIGNALS.kills_process.store(true, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_the_trials() {
        assert_eq!(answer(&[12]), "finishing trial 12; press Ctrl-C again to abort");
        assert_eq!(answer(&[3, 5]), "finishing trials 3, 5; press Ctrl-C again to abort");
        assert_eq!(answer(&[]), "ending the run; press Ctrl-C again to abort");
    }
}
