//! The pauses of trials, in their order: a sampler learns from a trial each time that it pauses.

/// A pause of a trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    pub(super) number: u64,
    /// The last step that the trial had reported.
    pub(super) step: u64,
    /// The number of trials that had ended before.
    pub(super) after: usize,
}
