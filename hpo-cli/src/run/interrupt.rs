//! Ctrl-C and requests to terminate.
//!
//! The first Ctrl-C starts no more trials, the second ends the running ones, the third kills them.
//! SIGTERM does what the second Ctrl-C does, since whoever sends it will not wait for long.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

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
    /// A byte for each SIGINT.
    interrupts: UnixStream,
    /// A byte for each SIGTERM.
    terminations: UnixStream,
    stage: AtomicUsize,
}

impl Interrupt {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// If the system refuses to.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let (interrupts, terminations) = (received(SIGINT)?, received(SIGTERM)?);
        Ok(Self { interrupts, terminations, stage: AtomicUsize::new(0) })
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
        let mut stage = before + count(&self.interrupts);
        for _ in 0..count(&self.terminations) {
            stage = if stage < 2 { 2 } else { stage + 1 };
        }
        self.stage.store(stage.min(3), Ordering::Relaxed);
        (stage.min(3) != before).then(|| self.stage())
    }
}

/// Returns a stream that receives a byte for each such signal.
fn received(signal: i32) -> std::io::Result<UnixStream> {
    let (received, sent) = UnixStream::pair()?;
    received.set_nonblocking(true)?;
    pipe::register(signal, sent)?;
    Ok(received)
}

/// Returns the number of bytes that have come since the last call.
fn count(mut stream: &UnixStream) -> usize {
    let mut bytes = [0; 64];
    stream.read(&mut bytes).unwrap_or(0)
}
