//! Kernels on a line: normal distributions around the places of trials, cut to the line.
//!
//! A kernel's width is the larger of the distances to its neighbours on both sides, within bounds (J. Bergstra et al. 2011). What
//! is asked for often is kept: densities in single precision, and masses of cells.

use std::collections::HashMap;
use std::ops::Range;

use super::column::Line;
use super::kernels::{At, Shape};
use crate::numeric::normal;

/// Kernels on a line, in columns by row.
#[derive(Clone, Debug)]
pub(super) struct Bells {
    line: Line,
    /// The rows with a kernel, by place.
    sorted: Vec<(f64, u32)>,
    /// NaN where a row has none.
    places: Vec<f64>,
    widths: Vec<f64>,
    /// What of the uncut distribution lies below the line, and what on it.
    cuts: Vec<(f64, f64)>,
    /// Mean, inverse width over the root of 2, and logarithm of the density at the mean.
    means: Vec<f32>,
    scales: Vec<f32>,
    heights: Vec<f32>,
    /// For each cell of the line the logarithm of each row's mass.
    masses: Vec<Vec<f32>>,
    least: f64,
    /// Masses by place and width: with few levels, the same come again and again.
    known: HashMap<(u64, u64), Vec<f32>>,
}

impl Bells {
    /// Only the prior, in row 0.
    pub(super) fn new(line: Line, shape: Shape, believes: bool) -> Self {
        let (mean, width) = line.belief.filter(|_| believes).unwrap_or((0.5, 1.0));
        let masses = vec![Vec::new(); line.edges.len().saturating_sub(1)];
        let [places, widths] = [Vec::new(), Vec::new()];
        let [means, scales, heights] = [Vec::new(), Vec::new(), Vec::new()];
        let (sorted, cuts, known) = (Vec::new(), Vec::new(), HashMap::new());
        let mut bells = Self { line, sorted, places, widths, cuts, means, scales, heights, masses, least: 0.0, known };
        bells.least = bells.least(shape, 0);
        bells.grow();
        bells.set(0, mean, width);
        bells.places[0] = f64::NAN;
        bells
    }

    fn grow(&mut self) {
        self.places.push(f64::NAN);
        self.widths.push(0.0);
        self.cuts.push((0.0, 1.0));
        for column in [&mut self.means, &mut self.scales, &mut self.heights] {
            column.push(0.0);
        }
        self.masses.iter_mut().for_each(|masses| masses.push(0.0));
    }

    pub(super) fn push(&mut self) {
        self.grow();
        self.clear(self.places.len() - 1);
    }

    pub(super) fn pop(&mut self) {
        self.places.pop();
        self.widths.pop();
        self.cuts.pop();
        for column in [&mut self.means, &mut self.scales, &mut self.heights] {
            column.pop();
        }
        for masses in &mut self.masses {
            masses.pop();
        }
    }

    /// Makes a row as the prior.
    fn clear(&mut self, row: usize) {
        self.places[row] = f64::NAN;
        self.widths[row] = self.widths[0];
        self.cuts[row] = self.cuts[0];
        for column in [&mut self.means, &mut self.scales, &mut self.heights] {
            column[row] = column[0];
        }
        self.masses.iter_mut().for_each(|masses| masses[row] = masses[0]);
    }

    pub(super) fn replace(&mut self, places: impl Iterator<Item = f64>, shape: Shape) {
        while self.places.len() > 1 {
            self.pop();
        }
        self.sorted.clear();
        for place in places {
            self.push();
            if !place.is_nan() {
                self.sorted.push((place, self.places.len() as u32 - 1));
            }
        }
        self.sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.least = self.least(shape, self.sorted.len());
        for at in 0..self.sorted.len() {
            let (place, row) = self.sorted[at];
            self.set(row as usize, place, self.gap(at).clamp(self.least, 1.0));
        }
    }

    pub(super) fn put(&mut self, row: usize, place: f64, shape: Shape) {
        let at = self.position(row, place);
        self.sorted.insert(at, (place, row as u32));
        self.places[row] = place;
        self.widths[row] = 0.0;
        self.settle(at.saturating_sub(1)..at + 2, shape);
    }

    pub(super) fn take(&mut self, row: usize, shape: Shape) {
        let place = self.places[row];
        if place.is_nan() {
            return;
        }
        let at = self.position(row, place);
        self.sorted.remove(at);
        self.clear(row);
        self.settle(at.saturating_sub(1)..at + 1, shape);
    }

    pub(super) fn has(&self, row: usize) -> bool {
        !self.places[row].is_nan()
    }

    fn position(&self, row: usize, place: f64) -> usize {
        let key = (place, row as u32);
        self.sorted.partition_point(|other| *other < key)
    }

    /// Sets the widths at these positions on the line, and all that a change of the least width moves.
    fn settle(&mut self, positions: Range<usize>, shape: Shape) {
        let least = self.least(shape, self.sorted.len());
        let before = std::mem::replace(&mut self.least, least);
        let all = 0..self.sorted.len();
        if before == least {
            for at in positions.start..positions.end.min(all.end) {
                self.refresh(at);
            }
        } else {
            all.for_each(|at| self.refresh(at));
        }
    }

    fn refresh(&mut self, at: usize) {
        let (place, row) = self.sorted[at];
        let width = self.gap(at).clamp(self.least, 1.0);
        if width != self.widths[row as usize] {
            self.set(row as usize, place, width);
        }
    }

    /// The larger distance to a neighbour. The ends of the line are none, unless the kernel is alone.
    fn gap(&self, at: usize) -> f64 {
        let place = self.sorted[at].0;
        let below = at.checked_sub(1).map(|at| place - self.sorted[at].0);
        let above = self.sorted.get(at + 1).map(|(next, _)| next - place);
        match (below, above) {
            (Some(below), Some(above)) => below.max(above),
            (Some(gap), None) | (None, Some(gap)) => gap,
            (None, None) => place.max(1.0 - place),
        }
    }

    fn set(&mut self, row: usize, mean: f64, width: f64) {
        let below = normal::cdf(-mean / width);
        let within = normal::cdf((1.0 - mean) / width) - below;
        let logarithm = within.ln();
        self.places[row] = mean;
        self.widths[row] = width;
        self.cuts[row] = (below, within);
        self.means[row] = mean as f32;
        self.scales[row] = (1.0 / (width * std::f64::consts::SQRT_2)) as f32;
        if !self.line.is_discrete() {
            self.heights[row] = (-width.ln() - HALF_LOG_TAU - logarithm) as f32;
        }
        if self.masses.is_empty() {
            return;
        }
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
        let edges = &self.line.edges;
        let known = self.known.entry((mean.to_bits(), width.to_bits()));
        let known = known.or_insert_with(|| log_masses(edges, mean, width, logarithm));
        for (masses, known) in self.masses.iter_mut().zip(known) {
            masses[row] = *known;
        }
    }

    pub(super) fn at(&self, place: f64) -> At<'_> {
        match self.line.cell(place) {
            Some(cell) => At::Cell(&self.masses[cell]),
            None => At::Place { place: place as f32, means: &self.means, scales: &self.scales, heights: &self.heights },
        }
    }

    pub(super) fn draw(&self, row: usize, ends: bool, unit: &mut impl FnMut() -> f64) -> f64 {
        let (mean, width) = (self.mean(row), self.widths[row]);
        let (below, within) = if ends { (0.0, 1.0) } else { self.cuts[row] };
        let z = normal::quantile((below + unit() * within).clamp(0.0, 1.0));
        let place = (mean + z * width).clamp(0.0, 1.0);
        if place.is_nan() { 0.5 } else { place }
    }

    /// The least width of so many kernels beside the prior.
    fn least(&self, shape: Shape, count: usize) -> f64 {
        let cell = if self.line.is_discrete() { shape.cells / self.masses.len() as f64 } else { 0.0 };
        let magic = if self.line.is_discrete() { 1.0 } else { shape.magic } / (count as f64 + 2.0);
        magic.max(shape.floor).max(cell).min(1.0)
    }

    fn mean(&self, row: usize) -> f64 {
        if self.places[row].is_nan() { f64::from(self.means[row]) } else { self.places[row] }
    }
}

/// Half the logarithm of `2 pi`.
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// The most masses that are kept for a parameter.
const MOST_KNOWN: usize = 4096;

/// The logarithm of the mass of a normal distribution in each of the cells between these edges, beside that of all of the line.
fn log_masses(edges: &[f64], mean: f64, width: f64, within: f64) -> Vec<f32> {
    /// Beyond, a distribution function is that of its tail to all digits.
    const FAR: f64 = 8.0;
    // Each end by the tail on its side, so that small masses are differences of small numbers.
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
