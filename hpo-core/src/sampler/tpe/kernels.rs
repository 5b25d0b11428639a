//! The kernels on one parameter, a row for each trial, updated as trials come and go.
//!
//! On a numeric parameter, a kernel is a truncated normal (`truncated_normals.rs`). On choices, it
//! is the trial's choice, with a small probability for each of the others. Row 0 is the prior:
//! wide, and always present. A row whose trial does not have the parameter equals the prior.
//!
//! Rows stay where they are. So an addition or a removal affects only the neighbors on the scale,
//! and sums over the rows are taken in the same order whatever was added and removed before.

use super::column::{Column, Encoded};
use super::column_store::LANES;
use super::kernel_settings::KernelSettings;
use super::truncated_normals::TruncatedNormals;

/// The kernels on one parameter.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a parameter, and most of them the large one")]
pub(super) enum Kernels {
    Choices(Choices),
    NumericColumn(Box<TruncatedNormals>),
}

/// The kernels on a parameter with unordered choices.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    count: u32,
    /// The choice of each row, padded to whole [`LANES`]. [`NONE`] for the prior, for rows without
    /// a choice, and for the padding.
    codes: Vec<u32>,
    rows: usize,
    active: usize,
    /// Logarithms of three probabilities: of each choice other than a row's own, of its own, and of
    /// any choice if it has none.
    shares: [f32; 3],
}

const NONE: u32 = u32::MAX;

impl Kernels {
    /// Creates the kernels with only the prior.
    pub(super) fn new(column: &Column, shape: KernelSettings, has_prior: bool) -> Self {
        match column {
            Column::Choices(count) => Self::Choices(Choices::new(*count, shape)),
            Column::NumericColumn(line) => {
                Self::NumericColumn(Box::new(TruncatedNormals::new(line.clone(), shape, has_prior)))
            }
        }
    }

    /// Adds a row without a kernel.
    pub(super) fn push(&mut self) {
        match self {
            Self::Choices(choices) => choices.insert(choices.rows, f64::NAN),
            Self::NumericColumn(normals) => normals.push(),
        }
    }

    /// Removes the last row, which has no kernel.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Choices(choices) => choices.remove(choices.rows - 1),
            Self::NumericColumn(normals) => normals.pop(),
        }
    }

    /// Sets the kernel of a row, at a position or on a choice.
    pub(super) fn insert_kernel(&mut self, row: usize, place: f64, shape: KernelSettings) {
        match self {
            Self::Choices(choices) => {
                choices.codes[row] = place as u32;
                choices.refit(choices.active + 1, shape);
            }
            Self::NumericColumn(normals) => normals.insert_kernel(row, place, shape),
        }
    }

    /// Removes the kernel of a row, if it has one.
    pub(super) fn remove_kernel(&mut self, row: usize, shape: KernelSettings) {
        match self {
            Self::Choices(choices) => {
                let had = usize::from(choices.codes[row] != NONE);
                choices.codes[row] = NONE;
                choices.refit(choices.active - had, shape);
            }
            Self::NumericColumn(normals) => normals.remove_kernel(row, shape),
        }
    }

    /// Inserts a row, with a kernel unless its position is NaN. After this and
    /// [`remove`](Self::remove), [`refit`](Self::refit) has to be called.
    pub(super) fn insert(&mut self, row: usize, place: f64) {
        match self {
            Self::Choices(choices) => choices.insert(row, place),
            Self::NumericColumn(normals) => normals.insert(row, place),
        }
    }

    /// Removes a row; those after it move up.
    pub(super) fn remove(&mut self, row: usize) {
        match self {
            Self::Choices(choices) => choices.remove(row),
            Self::NumericColumn(normals) => normals.remove(row),
        }
    }

    /// Recomputes the bandwidths and shares for the present number of kernels.
    pub(super) fn refit(&mut self, shape: KernelSettings) {
        match self {
            Self::Choices(choices) => choices.refit(choices.active, shape),
            Self::NumericColumn(normals) => normals.refit_all(shape),
        }
    }

    /// Returns true if a row has a kernel.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Choices(choices) => choices.codes[row] != NONE,
            Self::NumericColumn(normals) => normals.has(row),
        }
    }

    /// Adds the logarithm of each row's density, or mass, at a position to `sums`: for whole
    /// [`LANES`] of rows, from `start` on.
    #[inline]
    pub(super) fn add(&self, encoded: Encoded, start: usize, sums: &mut [f32]) {
        match self {
            Self::Choices(choices) => choices.add(encoded.place as u32, start, sums),
            Self::NumericColumn(normals) => normals.add(encoded, start, sums),
        }
    }

    /// Draws a position from a row's distribution, using uniform numbers.
    pub(super) fn draw(
        &self,
        row: usize,
        shape: KernelSettings,
        unit: &mut impl FnMut() -> f64,
    ) -> f64 {
        match self {
            Self::Choices(choices) => choices.draw(row, shape, unit),
            Self::NumericColumn(normals) => {
                normals.draw(row, row > 0 && shape.ends > 0.0 && unit() < shape.ends, unit)
            }
        }
    }
}

/// Returns all bits set, or none.
fn mask(is: bool) -> u32 {
    u32::from(is).wrapping_neg()
}

impl Choices {
    fn new(count: u32, shape: KernelSettings) -> Self {
        let mut choices = Self { count, codes: Vec::new(), rows: 0, active: 0, shares: [0.0; 3] };
        choices.insert(0, f64::NAN);
        choices.refit(0, shape);
        choices
    }

    fn insert(&mut self, row: usize, place: f64) {
        let code = if place.is_nan() { NONE } else { place as u32 };
        self.active += usize::from(code != NONE);
        self.codes.insert(row, code);
        self.rows += 1;
        self.codes.resize(self.rows.next_multiple_of(LANES), NONE);
    }

    fn remove(&mut self, row: usize) {
        self.active -= usize::from(self.codes.remove(row) != NONE);
        self.rows -= 1;
        self.codes.resize(self.rows.next_multiple_of(LANES), NONE);
    }

    fn add(&self, choice: u32, start: usize, sums: &mut [f32]) {
        // Written without branches, so that several rows are processed at a time.
        let [miss, hit, any] = self.shares.map(f32::to_bits);
        let (hit, any) = (hit ^ miss, any ^ miss);
        let codes = &self.codes[start..start + sums.len()];
        for (sum, code) in sums.iter_mut().zip(codes) {
            *sum +=
                f32::from_bits(miss ^ (hit & mask(*code == choice)) ^ (any & mask(*code == NONE)));
        }
    }

    /// Sets the number of rows with a choice.
    fn refit(&mut self, active: usize, shape: KernelSettings) {
        self.active = active;
        let (miss, hit) = self.shares(shape);
        self.shares = [miss, hit, 1.0 / f64::from(self.count)].map(|share| share.ln() as f32);
    }

    /// Returns the probabilities of each choice other than a kernel's own, and of its own.
    fn shares(&self, shape: KernelSettings) -> (f64, f64) {
        let other = shape.prior_weight / (self.active as f64 + 1.0);
        let all = 1.0 + f64::from(self.count) * other;
        (other / all, (1.0 + other) / all)
    }

    fn draw(&self, row: usize, shape: KernelSettings, unit: &mut impl FnMut() -> f64) -> f64 {
        let (miss, hit) = self.shares(shape);
        let code = self.codes[row];
        if code != NONE && unit() < hit - miss {
            return f64::from(code);
        }
        (unit() * f64::from(self.count)).floor().min(f64::from(self.count - 1))
    }
}
