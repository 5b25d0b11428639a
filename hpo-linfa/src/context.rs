//! The context of a fit besides rows and settings: a seed, and a time limit.

use std::fmt;

/// The seed of a fit, and a question that long fits ask from time to time.
#[derive(Clone, Copy)]
pub struct FitContext<'a> {
    /// The seed of all random draws.
    pub seed: u64,
    is_over: &'a (dyn Fn() -> bool + Sync),
}

impl FitContext<'static> {
    /// Creates a context without a time limit.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, is_over: &|| false }
    }
}

impl<'a> FitContext<'a> {
    /// Creates a context of a fit that ends with an error as soon as `is_over` returns true.
    #[must_use]
    pub fn until(seed: u64, is_over: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { seed, is_over }
    }

    /// Returns true if the fit should end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        (self.is_over)()
    }
}

impl fmt::Debug for FitContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FitContext").field("seed", &self.seed).finish_non_exhaustive()
    }
}
