//! The kernels on one parameter, a row for each trial, updated as trials come and go.
//!
//! On a numeric parameter, a kernel is a truncated normal (`truncated_normals.rs`). On choices, it
//! is the trial's choice, with a small probability for each of the others. Row 0 is the prior:
//! wide, and always present. A row whose trial does not have the parameter equals the prior.
//!
//! Rows stay where they are. So an addition or a removal affects only the neighbors on the scale,
//! and sums over the rows are taken in the same order whatever was added and removed before.

use super::column::{Encoded, ParamColumn};
use super::column_store::LANES;
use super::kernel_settings::KernelSettings;
use super::truncated_normals::TruncatedNormals;

/// The kernels on one parameter.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a parameter, and most of them the large one")]
pub(super) enum Kernels {
    Choices(Choices),
    Numeric(Box<TruncatedNormals>),
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
    pub(super) fn new(column: &ParamColumn, settings: KernelSettings, has_prior: bool) -> Self {
        match column {
            ParamColumn::Choices(count) => Self::Choices(Choices::new(*count, settings)),
            ParamColumn::Numeric(numeric) => {
                Self::Numeric(Box::new(TruncatedNormals::new(numeric.clone(), settings, has_prior)))
            }
        }
    }

    /// Adds a row without a kernel.
    pub(super) fn push(&mut self) {
        match self {
            Self::Choices(choices) => choices.insert(choices.rows, f64::NAN),
            Self::Numeric(normals) => normals.push(),
        }
    }

    /// Removes the last row, which has no kernel.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Choices(choices) => choices.remove(choices.rows - 1),
            Self::Numeric(normals) => normals.pop(),
        }
    }

    /// Sets the kernel of a row, at a position or on a choice.
    pub(super) fn insert_kernel(&mut self, row: usize, position: f64, settings: KernelSettings) {
        match self {
            Self::Choices(choices) => {
                choices.codes[row] = position as u32;
                choices.refit(choices.active + 1, settings);
            }
            Self::Numeric(normals) => normals.insert_kernel(row, position, settings),
        }
    }

    /// Removes the kernel of a row, if it has one.
    pub(super) fn remove_kernel(&mut self, row: usize, settings: KernelSettings) {
        match self {
            Self::Choices(choices) => {
                let had = usize::from(choices.codes[row] != NONE);
                choices.codes[row] = NONE;
                choices.refit(choices.active - had, settings);
            }
            Self::Numeric(normals) => normals.remove_kernel(row, settings),
        }
    }

    /// Inserts a row, with a kernel unless its position is NaN. After this and
    /// [`remove`](Self::remove), [`refit`](Self::refit) has to be called.
    pub(super) fn insert(&mut self, row: usize, position: f64) {
        match self {
            Self::Choices(choices) => choices.insert(row, position),
            Self::Numeric(normals) => normals.insert(row, position),
        }
    }

    /// Removes a row; those after it move up.
    pub(super) fn remove(&mut self, row: usize) {
        match self {
            Self::Choices(choices) => choices.remove(row),
            Self::Numeric(normals) => normals.remove(row),
        }
    }

    /// Recomputes the bandwidths and shares for the present number of kernels.
    pub(super) fn refit(&mut self, settings: KernelSettings) {
        match self {
            Self::Choices(choices) => choices.refit(choices.active, settings),
            Self::Numeric(normals) => normals.refit_all(settings),
        }
    }

    /// Returns true if a row has a kernel.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Choices(choices) => choices.codes[row] != NONE,
            Self::Numeric(normals) => normals.has(row),
        }
    }

    /// Adds the logarithm of each row's density, or mass, at a position to `sums`: for whole
    /// [`LANES`] of rows, from `start` on.
    #[inline]
    pub(super) fn add(&self, encoded: Encoded, start: usize, sums: &mut [f32]) {
        match self {
            Self::Choices(choices) => choices.add(encoded.position as u32, start, sums),
            Self::Numeric(normals) => normals.add(encoded, start, sums),
        }
    }

    /// Draws a position from a row's distribution, using uniform numbers.
    pub(super) fn draw(
        &self,
        row: usize,
        settings: KernelSettings,
        unit: &mut impl FnMut() -> f64,
    ) -> f64 {
        match self {
            Self::Choices(choices) => choices.draw(row, settings, unit),
            Self::Numeric(normals) => normals.draw(
                row,
                row > 0 && settings.boundary_mass > 0.0 && unit() < settings.boundary_mass,
                unit,
            ),
        }
    }
}

/// Returns all bits set, or none.
fn mask(is: bool) -> u32 {
    u32::from(is).wrapping_neg()
}

impl Choices {
    fn new(count: u32, settings: KernelSettings) -> Self {
        let mut choices = Self { count, codes: Vec::new(), rows: 0, active: 0, shares: [0.0; 3] };
        choices.insert(0, f64::NAN);
        choices.refit(0, settings);
        choices
    }

    fn insert(&mut self, row: usize, position: f64) {
        let code = if position.is_nan() { NONE } else { position as u32 };
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
    fn refit(&mut self, active: usize, settings: KernelSettings) {
        self.active = active;
        let (miss, hit) = self.shares(settings);
        self.shares = [miss, hit, 1.0 / f64::from(self.count)].map(|share| share.ln() as f32);
    }

    /// Returns the probabilities of each choice other than a kernel's own, and of its own.
    fn shares(&self, settings: KernelSettings) -> (f64, f64) {
        let other = settings.prior_weight / (self.active as f64 + 1.0);
        let all = 1.0 + f64::from(self.count) * other;
        (other / all, (1.0 + other) / all)
    }

    fn draw(&self, row: usize, settings: KernelSettings, unit: &mut impl FnMut() -> f64) -> f64 {
        let (miss, hit) = self.shares(settings);
        let code = self.codes[row];
        if code != NONE && unit() < hit - miss {
            return f64::from(code);
        }
        (unit() * f64::from(self.count)).floor().min(f64::from(self.count - 1))
    }
}
