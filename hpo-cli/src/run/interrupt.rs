//! Ctrl-C and requests to terminate.
//!
//! The first Ctrl-C starts no more trials, the second ends the running ones, the third kills them.
//! SIGTERM does what the second Ctrl-C does, since whoever sends it will not wait for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// The stage of the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The run goes on.
    Running,
    /// Running trials finish; no more start.
    Draining,
    /// Running trials receive SIGTERM, and go back to the queue.
    Ending,
    /// Running trials are killed.
    Killing,
}

/// The signals that this process has received.
#[derive(Debug)]
pub(crate) struct Interrupt {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    stage: AtomicUsize,
}

impl Interrupt {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// If the system refuses to.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let (interrupted, terminated) = (Arc::default(), Arc::default());
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
        signal_hook::flag::register(SIGTERM, Arc::clone(&terminated))?;
        Ok(Self { interrupted, terminated, stage: AtomicUsize::new(0) })
    }

    /// Returns the stage that the signals so far have led to.
    pub(crate) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Running,
            1 => Stage::Draining,
            2 => Stage::Ending,
            _ => Stage::Killing,
        }
    }

    /// Takes new signals into account. Returns the new stage, if it has changed.
    pub(crate) fn update(&self) -> Option<Stage> {
        let before = self.stage.load(Ordering::Relaxed);
        let interrupted = self.interrupted.swap(false, Ordering::Relaxed);
        let terminated = self.terminated.swap(false, Ordering::Relaxed);
        let mut stage = before + usize::from(interrupted);
        if terminated {
            stage = if stage < 2 { 2 } else { stage + 1 };
        }
        self.stage.store(stage.min(3), Ordering::Relaxed);
        (stage.min(3) != before).then(|| self.stage())
    }
}
