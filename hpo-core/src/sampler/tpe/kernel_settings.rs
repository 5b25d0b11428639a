//! What the widths and the smoothing of kernels follow.

/// The settings of all kernels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KernelSettings {
    /// The least width, as a share of the line.
    pub(super) floor: f64,
    /// The least width, as a share of a cell, where all values have one.
    pub(super) cells: f64,
    /// The least width is this over the number of kernels plus one, while that is more than `floor`; 1 where all values have cells.
    pub(super) magic: f64,
    /// The weight of the prior beside that of one trial, and what other choices get of a kernel's.
    pub(super) prior_weight: f64,
    /// How often what would fall beyond an end of the line is drawn at that end.
    pub(super) ends: f64,
}
