//! Ctrl-C, and a request to terminate: the first ends the run gracefully, the second ends the process at once.
//!
//! While no run is active, both do what they do by default. The registration stays for the life of the process, since the
//! default cannot be restored otherwise.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};

/// `ends` tells whether the next signal ends the process: while no run is active, and after the first signal.
struct Signals {
    ends: Arc<AtomicBool>,
    runs: AtomicUsize,
}

static SIGNALS: LazyLock<Signals> = LazyLock::new(|| {
    let ends = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // Actions run in the order of their registration: the first signal finds `ends` false, and sets it.
        let registered = signal_hook::flag::register_conditional_default(signal, Arc::clone(&ends))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&ends)));
        if let Err(error) = registered {
            tracing::warn!(%error, signal, "the signal cannot be caught: it will end the process at once");
        }
    }
    Signals { ends, runs: AtomicUsize::new(0) }
});

/// While it lives, a signal is a request to end the run.
#[derive(Debug)]
pub(super) struct Watch(bool);

impl Watch {
    pub(super) fn start(active: bool) -> Self {
        if active && SIGNALS.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            SIGNALS.ends.store(false, Ordering::SeqCst);
        }
        Self(active)
    }

    /// Whether a signal has come.
    pub(super) fn interrupted(&self) -> bool {
        self.0 && SIGNALS.ends.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.0 && SIGNALS.runs.fetch_sub(1, Ordering::SeqCst) == 1 {
            SIGNALS.ends.store(true, Ordering::SeqCst);
        }
    }
}
