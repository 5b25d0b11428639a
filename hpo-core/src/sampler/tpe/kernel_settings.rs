//! Bounds of the bandwidths and smoothing of the kernels.

/// The settings that all kernels share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KernelSettings {
    /// The least bandwidth, as a share of the range.
    pub(super) floor: f64,
    /// The least bandwidth, as a share of a cell, for parameters all of whose values have cells.
    pub(super) cells: f64,
    /// The least bandwidth is this number / (number of kernels + 1), prior included, while that is
    /// more than `floor`. It is replaced by 1 where all values have cells.
    pub(super) magic: f64,
    /// The weight of the prior relative to one trial, and the smoothing of choices.
    pub(super) prior_weight: f64,
    /// The probability that a draw outside the range is placed at its end.
    pub(super) boundary_mass: f64,
}
