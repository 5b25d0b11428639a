//! The density of one parameter on a grid of at most 50 cells, by a Parzen estimator.
//!
//! The estimator is that of Watanabe et al. (2023), with the constants of Optuna's implementation:
//! - The trials are counted by cell. Each cell with trials has a normal kernel, truncated to the
//!   grid.
//! - The width of the kernels follows Scott's rule (Scott 1992): 1.059 times the smaller of the
//!   standard deviation and the interquartile range over 1.34, divided by the fifth root of the
//!   number of trials. The least width puts nine tenths of a kernel within one cell.
//! - For choices, each kernel has its weight at one choice, apart from a small part that is spread
//!   over all of them.
//! - A prior over the whole grid has the weight of one trial.

use super::data::ParamScale;
use crate::numeric::normal;

/// The maximum number of cells.
const CELLS: f64 = 50.0;
/// The least standard deviation of a kernel, in cells: nine tenths of its mass lie within one cell.
const LEAST_WIDTH: f64 = 0.5 / 1.64;
/// A constant added to each density, so that none is zero.
const LEAST_DENSITY: f64 = 1e-12;

/// The grid of cells of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DensityGrid {
    scale: ParamScale,
    cells: usize,
}

impl DensityGrid {
    pub(super) fn new(scale: ParamScale) -> Self {
        let cells = match scale {
            ParamScale::Choices(count) => count as usize,
            ParamScale::Number(range) if range.is_integer && range.step.is_none() => {
                // An integer on a logarithmic scale has as many cells as its range has bits.
                let count = range.high - range.low + 1.0;
                ((count.ln() / std::f64::consts::LN_2).ceil() + 1.0).min(CELLS) as usize
            }
            ParamScale::Number(range) => range.step_count().unwrap_or(CELLS).min(CELLS) as usize,
        };
        Self { scale, cells }
    }

    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// Returns the probability of each cell, estimated from one or more numbers.
    pub(super) fn density(&self, numbers: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut counts = vec![0.0; self.cells];
        for number in numbers {
            counts[self.cell(number)] += 1.0;
        }
        match self.scale {
            ParamScale::Choices(_) => of_choices(&counts),
            ParamScale::Number(_) => of_numbers(&counts),
        }
    }

    /// Returns the nearest cell, the lower one of two equally near.
    fn cell(&self, number: f64) -> usize {
        let last = self.cells - 1;
        match self.scale {
            ParamScale::Choices(_) => (number as usize).min(last),
            ParamScale::Number(range) => {
                let (low, high) = (range.scaled(range.low), range.scaled(range.high));
                let width = (high - low) / last as f64;
                ((number - low) / width - 0.5).ceil().clamp(0.0, last as f64) as usize
            }
        }
    }
}

fn of_choices(counts: &[f64]) -> Vec<f64> {
    let size = counts.len() as f64;
    let total: f64 = counts.iter().sum();
    let spill = 1.0 / (1.0 + counts.iter().filter(|count| **count > 0.0).count() as f64);
    // Each kernel spreads a small part of its weight over all cells.
    let all = 1.0 + size * spill;
    let spilled = (total * spill / all + 1.0 / size) / (total + 1.0);
    counts.iter().map(|count| count / all / (total + 1.0) + spilled + LEAST_DENSITY).collect()
}

fn of_numbers(counts: &[f64]) -> Vec<f64> {
    let size = counts.len() as f64;
    let total: f64 = counts.iter().sum();
    let mut density = vec![LEAST_DENSITY; counts.len()];
    let mut add = |center: f64, width: f64, weight: f64| {
        let below = |edge: f64| normal::cdf((edge - 0.5 - center) / width);
        let all = below(size) - below(0.0);
        for (cell, density) in (0..).zip(density.iter_mut()) {
            let cell = f64::from(cell);
            *density += weight * (below(cell + 1.0) - below(cell)) / all;
        }
    };
    let width = width(counts, total);
    for (center, count) in (0..).zip(counts).filter(|(_, count)| **count > 0.0) {
        add(f64::from(center), width, count / (total + 1.0));
    }
    add((size - 1.0) / 2.0, size, 1.0 / (total + 1.0));
    density
}

/// Returns the kernel width by Scott's rule, in cells.
fn width(counts: &[f64], total: f64) -> f64 {
    let seen = || (0..).map(f64::from).zip(counts).filter(|(_, count)| **count > 0.0);
    let mean = seen().map(|(cell, count)| cell * count).sum::<f64>() / total;
    let squares: f64 = seen().map(|(cell, count)| (cell - mean).powi(2) * count).sum();
    let deviation = (squares / (total - 1.0).max(1.0)).sqrt();
    let quartile = |is_reached: &dyn Fn(f64) -> bool| {
        let mut sum = 0.0;
        let mut last = 0.0;
        for (cell, count) in seen() {
            sum += count;
            last = cell;
            if is_reached(sum) {
                break;
            }
        }
        last
    };
    let lower = quartile(&|sum| sum >= (total / 4.0).floor());
    let upper = quartile(&|sum| sum > (total * 3.0 / 4.0).floor());
    (1.059 * ((upper - lower) / 1.34).min(deviation) * total.powf(-0.2)).max(LEAST_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Domain, Float};

    #[test]
    fn densities_sum_to_one_and_are_high_where_trials_are() {
        let numbers = ParamScale::of(&Domain::Float(Float::new(0.0, 1.0)));
        for (scale, seen) in [(numbers, 0.25), (ParamScale::Choices(3), 1.0)] {
            let grid = DensityGrid::new(scale);
            let density = grid.density([seen; 9].into_iter());
            assert!((density.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let likeliest = (0..grid.cells()).max_by(|a, b| density[*a].total_cmp(&density[*b]));
            assert_eq!(likeliest, Some(grid.cell(seen)));
        }
    }
}
