//! Kernels on a numeric parameter: normal distributions around the trials' positions, truncated to
//! the range.
//!
//! A kernel's bandwidth is the larger of the distances to its two neighbors, within bounds (J.
//! Bergstra et al. 2011). Values that are needed often are cached: densities in single precision,
//! and masses of cells.

use std::collections::HashMap;
use std::ops::Range;

use super::column::{Encoded, NumericColumn};
use super::column_store::ColumnStore;
use super::kernel_settings::KernelSettings;
use crate::numeric::normal;

/// The kernels on one numeric parameter, by row.
#[derive(Clone, Debug)]
pub(super) struct TruncatedNormals {
    numeric: NumericColumn,
    /// The rows with a kernel, sorted by position.
    sorted: Vec<(f64, u32)>,
    /// The position of each row, shape `(rows,)`; NaN for rows without a kernel.
    positions: Vec<f64>,
    widths: Vec<f64>,
    /// The probability that the untruncated distribution is below the range, and that it is within.
    cuts: Vec<(f64, f64)>,
    /// One column per cell, with the logarithm of each row's mass there. Unless all of the range
    /// consists of cells, three more columns: mean, inverse bandwidth over the root of 2, and log
    /// density at the mean.
    table: ColumnStore,
    /// The mean of the prior.
    center: f64,
    least: f64,
    /// Masses by position and bandwidth: with few levels, the same ones occur again and again.
    mass_cache: HashMap<(u64, u64), Vec<f32>>,
}

impl TruncatedNormals {
    /// Creates the kernels with only the prior, in row 0.
    pub(super) fn new(numeric: NumericColumn, settings: KernelSettings, has_prior: bool) -> Self {
        let (mean, width) = numeric.prior.filter(|_| has_prior).unwrap_or((0.5, 1.0));
        let table = ColumnStore::new(numeric.cells() + if numeric.is_discrete() { 0 } else { 3 });
        let (sorted, positions, widths, cuts, mass_cache) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), HashMap::new());
        let center = f64::from(mean as f32);
        let mut normals = Self {
            numeric,
            sorted,
            positions,
            widths,
            cuts,
            table,
            center,
            least: 0.0,
            mass_cache,
        };
        normals.least = normals.least(settings, 0);
        normals.positions.push(f64::NAN);
        normals.widths.push(0.0);
        normals.cuts.push((0.0, 1.0));
        normals.table.push();
        normals.set(0, mean, width);
        normals.positions[0] = f64::NAN;
        normals
    }

    pub(super) fn push(&mut self) {
        self.positions.push(f64::NAN);
        self.widths.push(self.widths[0]);
        self.cuts.push(self.cuts[0]);
        self.table.push();
        self.table.copy(0, self.positions.len() - 1);
    }

    pub(super) fn pop(&mut self) {
        self.positions.pop();
        self.widths.pop();
        self.cuts.pop();
        self.table.pop();
    }

    /// Makes a row equal to the prior.
    fn clear(&mut self, row: usize) {
        self.positions[row] = f64::NAN;
        self.widths[row] = self.widths[0];
        self.cuts[row] = self.cuts[0];
        self.table.copy(0, row);
    }

    /// Inserts a row, with a kernel unless `position` is NaN. The bandwidths are invalid until
    /// [`refit_all`](Self::refit_all) is called.
    pub(super) fn insert(&mut self, row: usize, position: f64) {
        self.positions.insert(row, position);
        self.widths.insert(row, self.widths[0]);
        self.cuts.insert(row, self.cuts[0]);
        self.table.insert(row);
        self.table.copy(0, row);
        for (_, other) in self.sorted.iter_mut().filter(|(_, other)| *other >= row as u32) {
            *other += 1;
        }
        if !position.is_nan() {
            self.sorted.insert(self.sorted_index(row, position), (position, row as u32));
            self.widths[row] = 0.0;
        }
    }

    /// Removes a row. The bandwidths are invalid, as after [`insert`](Self::insert).
    pub(super) fn remove(&mut self, row: usize) {
        let position = self.positions.remove(row);
        if !position.is_nan() {
            self.sorted.remove(self.sorted_index(row, position));
        }
        self.widths.remove(row);
        self.cuts.remove(row);
        self.table.remove(row);
        for (_, other) in self.sorted.iter_mut().filter(|(_, other)| *other > row as u32) {
            *other -= 1;
        }
    }

    /// Recomputes the bandwidths of all kernels.
    pub(super) fn refit_all(&mut self, settings: KernelSettings) {
        self.least = self.least(settings, self.sorted.len());
        (0..self.sorted.len()).for_each(|at| self.refresh(at));
    }

    pub(super) fn insert_kernel(&mut self, row: usize, position: f64, settings: KernelSettings) {
        let at = self.sorted_index(row, position);
        self.sorted.insert(at, (position, row as u32));
        self.positions[row] = position;
        self.widths[row] = 0.0;
        self.refit(at.saturating_sub(1)..at + 2, settings);
    }

    pub(super) fn remove_kernel(&mut self, row: usize, settings: KernelSettings) {
        let position = self.positions[row];
        if position.is_nan() {
            return;
        }
        let at = self.sorted_index(row, position);
        self.sorted.remove(at);
        self.clear(row);
        self.refit(at.saturating_sub(1)..at + 1, settings);
    }

    pub(super) fn has(&self, row: usize) -> bool {
        !self.positions[row].is_nan()
    }

    fn sorted_index(&self, row: usize, position: f64) -> usize {
        let key = (position, row as u32);
        self.sorted.partition_point(|other| *other < key)
    }

    /// Recomputes the bandwidths at these positions of `sorted`, and all of them if the least
    /// bandwidth has changed.
    fn refit(&mut self, indices: Range<usize>, settings: KernelSettings) {
        let least = self.least(settings, self.sorted.len());
        let before = std::mem::replace(&mut self.least, least);
        if before == least {
            for at in indices.start..indices.end.min(self.sorted.len()) {
                self.refresh(at);
            }
        } else {
            (0..self.sorted.len()).for_each(|at| self.refresh(at));
        }
    }

    fn refresh(&mut self, at: usize) {
        let (position, row) = self.sorted[at];
        let width = self.gap(at).clamp(self.least, 1.0);
        if width != self.widths[row as usize] {
            self.set(row as usize, position, width);
        }
    }

    /// Returns the larger distance to a neighbor. The ends of the range do not count, unless the
    /// kernel is alone.
    fn gap(&self, at: usize) -> f64 {
        let position = self.sorted[at].0;
        let below = at.checked_sub(1).map(|at| position - self.sorted[at].0);
        let above = self.sorted.get(at + 1).map(|(next, _)| next - position);
        match (below, above) {
            (Some(below), Some(above)) => below.max(above),
            (Some(gap), None) | (None, Some(gap)) => gap,
            (None, None) => position.max(1.0 - position),
        }
    }

    fn set(&mut self, row: usize, mean: f64, width: f64) {
        let below = normal::cdf(-mean / width);
        let within = normal::cdf((1.0 - mean) / width) - below;
        let logarithm = within.ln();
        self.positions[row] = mean;
        self.widths[row] = width;
        self.cuts[row] = (below, within);
        let cells = self.numeric.cells();
        if !self.numeric.is_discrete() {
            let scale = (1.0 / (width * std::f64::consts::SQRT_2)) as f32;
            let height = (-width.ln() - HALF_LOG_TAU - logarithm) as f32;
            self.table.write(row, cells, &[mean as f32, scale, height]);
        }
        if cells == 0 {
            return;
        }
        if self.mass_cache.len() > MOST_CACHED {
            self.mass_cache.clear();
        }
        let edges = &self.numeric.edges;
        let masses = self.mass_cache.entry((mean.to_bits(), width.to_bits()));
        self.table.write(
            row,
            0,
            masses.or_insert_with(|| log_masses(edges, mean, width, logarithm)),
        );
    }

    #[inline]
    pub(super) fn add(&self, encoded: Encoded, start: usize, sums: &mut [f32]) {
        let count = sums.len();
        let column = |index: usize| self.table.column(index, start, count);
        if let Some(cell) = encoded.cell {
            for (sum, mass) in sums.iter_mut().zip(column(cell as usize)) {
                *sum += mass;
            }
            return;
        }
        let (position, cells) = (encoded.position as f32, self.numeric.cells());
        let (means, scales, heights) = (column(cells), column(cells + 1), column(cells + 2));
        for (((sum, mean), scale), height) in sums.iter_mut().zip(means).zip(scales).zip(heights) {
            let distance = (position - mean) * scale;
            *sum += height - distance * distance;
        }
    }

    pub(super) fn draw(&self, row: usize, clamped: bool, unit: &mut impl FnMut() -> f64) -> f64 {
        let (mean, width) = (self.mean(row), self.widths[row]);
        let (below, within) = if clamped { (0.0, 1.0) } else { self.cuts[row] };
        let z = normal::quantile((below + unit() * within).clamp(0.0, 1.0));
        let position = (mean + z * width).clamp(0.0, 1.0);
        if position.is_nan() { 0.5 } else { position }
    }

    /// Returns the least bandwidth for `count` kernels besides the prior.
    fn least(&self, settings: KernelSettings, count: usize) -> f64 {
        let cell = if self.numeric.is_discrete() {
            settings.cells / self.numeric.cells() as f64
        } else {
            0.0
        };
        let magic =
            if self.numeric.is_discrete() { 1.0 } else { settings.magic } / (count as f64 + 2.0);
        magic.max(settings.floor).max(cell).min(1.0)
    }

    fn mean(&self, row: usize) -> f64 {
        if self.positions[row].is_nan() { self.center } else { self.positions[row] }
    }
}

/// Half the logarithm of `2 pi`.
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// The largest number of masses that are cached for a parameter.
const MOST_CACHED: usize = 4096;

/// Returns the logarithm of the mass of a normal distribution in each cell between these edges,
/// relative to the mass of the whole range, whose logarithm is `within`.
fn log_masses(edges: &[f64], mean: f64, width: f64, within: f64) -> Vec<f32> {
    /// Beyond this, the asymptotic tail is used instead of the distribution function.
    const FAR: f64 = 8.0;
    // Each end uses the tail on its own side, so that small masses are differences of small
    // numbers.
    let ends = edges.iter().map(|edge| {
        let z = (edge - mean) / width;
        (z, if z.abs() > FAR { 0.0 } else { normal::cdf(-z.abs()) })
    });
    let ends: Vec<(f64, f64)> = ends.collect();
    let masses = ends.windows(2).map(|ends| {
        let [(from, below), (to, above)] = [ends[0], ends[1]];
        let near = if from > 0.0 { from } else { -to };
        if near > FAR {
            return -0.5 * near * near - near.ln() - HALF_LOG_TAU;
        }
        let mass = if from >= 0.0 {
            below - above
        } else if to <= 0.0 {
            above - below
        } else {
            1.0 - below - above
        };
        mass.max(f64::MIN_POSITIVE).ln()
    });
    masses.map(|mass| (mass - within) as f32).collect()
}
