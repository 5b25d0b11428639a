//! Kernels on one parameter, a row for each trial, kept up to date as trials come and go.
//!
//! On a line a kernel is a bell (`truncated_normals.rs`). On choices it is the trial's choice, with a little for each of the others.
//! Row 0 is the prior: wide, and there from the first. A row whose trial does not have the parameter is as the prior.
//!
//! Rows stay where they are, so that an addition or a removal touches the neighbours on the line alone, and sums over the
//! rows are taken in the same order whatever came and went before.

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

/// Kernels on choices.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    count: u32,
    /// The choice of each row; [`NONE`] for the prior and for those without, and beyond the last row to whole [`LANES`].
    codes: Vec<u32>,
    rows: usize,
    active: usize,
    /// Logarithms of the shares of another choice than a row's, of its own, and of any choice where it has none.
    shares: [f32; 3],
}

const NONE: u32 = u32::MAX;

impl Kernels {
    /// Only the prior.
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

    /// Takes the last row away, which has no kernel.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Choices(choices) => choices.remove(choices.rows - 1),
            Self::NumericColumn(normals) => normals.pop(),
        }
    }

    /// Gives a row its kernel, at a place or on a choice.
    pub(super) fn insert_kernel(&mut self, row: usize, place: f64, shape: KernelSettings) {
        match self {
            Self::Choices(choices) => {
                choices.codes[row] = place as u32;
                choices.refit(choices.active + 1, shape);
            }
            Self::NumericColumn(normals) => normals.insert_kernel(row, place, shape),
        }
    }

    /// Takes a row's kernel away, if it has one.
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

    /// Inserts a row, with a kernel unless its place is NaN. It and [`remove`](Self::remove) are followed by
    /// [`refit`](Self::settle).
    pub(super) fn insert(&mut self, row: usize, place: f64) {
        match self {
            Self::Choices(choices) => choices.insert(row, place),
            Self::NumericColumn(normals) => normals.insert(row, place),
        }
    }

    /// Takes a row away; those behind it move up.
    pub(super) fn remove(&mut self, row: usize) {
        match self {
            Self::Choices(choices) => choices.remove(row),
            Self::NumericColumn(normals) => normals.remove(row),
        }
    }

    /// Shapes the kernels for as many as there are.
    pub(super) fn refit(&mut self, shape: KernelSettings) {
        match self {
            Self::Choices(choices) => choices.refit(choices.active, shape),
            Self::NumericColumn(normals) => normals.refit_all(shape),
        }
    }

    /// Whether a row has a kernel.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Choices(choices) => choices.codes[row] != NONE,
            Self::NumericColumn(normals) => normals.has(row),
        }
    }

    /// Adds the logarithm of each row's density, or mass, at a spot to what is there: for the rows from `start` on, whole
    /// [`LANES`] of them.
    #[inline]
    pub(super) fn add(&self, encoded: Encoded, start: usize, sums: &mut [f32]) {
        match self {
            Self::Choices(choices) => choices.add(encoded.place as u32, start, sums),
            Self::NumericColumn(normals) => normals.add(encoded, start, sums),
        }
    }

    /// A place of a row's distribution, by uniform numbers.
    pub(super) fn draw(&self, row: usize, shape: KernelSettings, unit: &mut impl FnMut() -> f64) -> f64 {
        match self {
            Self::Choices(choices) => choices.draw(row, shape, unit),
            Self::NumericColumn(normals) => normals.draw(row, row > 0 && shape.ends > 0.0 && unit() < shape.ends, unit),
        }
    }
}

/// All bits, or none.
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
        // Without branches, so that several rows are done at a time.
        let [miss, hit, any] = self.shares.map(f32::to_bits);
        let (hit, any) = (hit ^ miss, any ^ miss);
        let codes = &self.codes[start..start + sums.len()];
        for (sum, code) in sums.iter_mut().zip(codes) {
            *sum += f32::from_bits(miss ^ (hit & mask(*code == choice)) ^ (any & mask(*code == NONE)));
        }
    }

    /// Sets the number of rows with a choice.
    fn refit(&mut self, active: usize, shape: KernelSettings) {
        self.active = active;
        let (miss, hit) = self.shares(shape);
        self.shares = [miss, hit, 1.0 / f64::from(self.count)].map(|share| share.ln() as f32);
    }

    /// The share of each choice that a kernel does not stand for, and of the one that it does.
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
