//! Kernels on one parameter, a row for each trial, kept up to date as trials come and go.
//!
//! On a line a kernel is a normal distribution around the trial's place, cut to the line; its width is the larger of the
//! distances to the neighbours on both sides. On choices it is the trial's choice, with a little for each of the others.
//! Row 0 is the prior: wide, and there from the first. A row whose trial does not have the parameter is as the prior.
//!
//! Rows stay where they are, so that an addition or a removal touches the neighbours on the line alone, and sums over the
//! rows are taken in the same order whatever came and went before.

use std::collections::HashMap;
use std::ops::Range;

use super::column::{Column, Line};
use crate::numeric::normal;

/// What the widths and the smoothing of kernels follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// The least width, as a share of the line.
    pub(super) floor: f64,
    /// The least width, as a share of a cell, where all values have one.
    pub(super) cells: f64,
    /// Whether the least width is one over the number of kernels plus one, while that is more than `floor`.
    pub(super) is_magic: bool,
    /// The weight of the prior beside that of one trial, and what other choices get of a kernel's.
    pub(super) prior_weight: f64,
    /// How often what would fall beyond an end of the line is drawn at that end.
    pub(super) ends: f64,
}

/// The kernels on one parameter.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a parameter, and most of them the large one")]
pub(super) enum Kernels {
    Choices(Choices),
    Line(Bells),
}

/// Kernels on choices.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    count: u32,
    /// The choice of each row; [`NONE`] for the prior and for those without.
    codes: Vec<u32>,
    active: usize,
}

const NONE: u32 = u32::MAX;

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

impl Kernels {
    /// Only the prior.
    pub(super) fn new(column: &Column, shape: Shape, believes: bool) -> Self {
        match column {
            Column::Choices(count) => Self::Choices(Choices { count: *count, codes: vec![NONE], active: 0 }),
            Column::Line(line) => Self::Line(Bells::new(line.clone(), shape, believes)),
        }
    }

    /// Adds a row without a kernel.
    pub(super) fn push(&mut self) {
        match self {
            Self::Choices(choices) => choices.codes.push(NONE),
            Self::Line(bells) => bells.push(),
        }
    }

    /// Takes the last row away, which has no kernel.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Choices(choices) => drop(choices.codes.pop()),
            Self::Line(bells) => bells.pop(),
        }
    }

    /// Gives a row its kernel, at a place or on a choice.
    pub(super) fn put(&mut self, row: usize, place: f64, shape: Shape) {
        match self {
            Self::Choices(choices) => {
                choices.codes[row] = place as u32;
                choices.active += 1;
            }
            Self::Line(bells) => bells.put(row, place, shape),
        }
    }

    /// Takes a row's kernel away, if it has one.
    pub(super) fn take(&mut self, row: usize, shape: Shape) {
        match self {
            Self::Choices(choices) => {
                choices.active -= usize::from(choices.codes[row] != NONE);
                choices.codes[row] = NONE;
            }
            Self::Line(bells) => bells.take(row, shape),
        }
    }

    /// Replaces all rows by those of these places; NaN for rows without a kernel.
    pub(super) fn replace(&mut self, places: impl Iterator<Item = f64>, shape: Shape) {
        match self {
            Self::Choices(choices) => {
                choices.codes.truncate(1);
                choices.codes.extend(places.map(|place| if place.is_nan() { NONE } else { place as u32 }));
                choices.active = choices.codes.iter().filter(|code| **code != NONE).count();
            }
            Self::Line(bells) => bells.replace(places, shape),
        }
    }

    /// Whether a row has a kernel.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Choices(choices) => choices.codes[row] != NONE,
            Self::Line(bells) => !bells.places[row].is_nan(),
        }
    }

    /// The rows' densities, or masses, at a place.
    pub(super) fn at(&self, place: f64, shape: Shape) -> At<'_> {
        match self {
            Self::Choices(choices) => choices.at(place as u32, shape),
            Self::Line(bells) => bells.at(place),
        }
    }

    /// A place of a row's distribution, by uniform numbers.
    pub(super) fn draw(&self, row: usize, shape: Shape, unit: &mut impl FnMut() -> f64) -> f64 {
        match self {
            Self::Choices(choices) => choices.draw(row, shape, unit),
            Self::Line(bells) => bells.draw(row, row > 0 && shape.ends > 0.0 && unit() < shape.ends, unit),
        }
    }
}

/// What the rows give one place, all that is the same for them being found out.
#[derive(Clone, Copy, Debug)]
pub(super) enum At<'a> {
    Choice {
        codes: &'a [u32],
        choice: u32,
        /// Logarithms: of another choice than the row's, of its own, and of any choice where it has none.
        shares: [f32; 3],
    },
    /// Logarithms of masses.
    Cell(&'a [f32]),
    Place {
        place: f32,
        means: &'a [f32],
        scales: &'a [f32],
        heights: &'a [f32],
    },
}

impl At<'_> {
    /// Adds the logarithm of each row's density, or mass, to what is there.
    pub(super) fn add(&self, rows: Range<usize>, sums: &mut [f32]) {
        match *self {
            Self::Choice { codes, choice, shares: [miss, hit, any] } => {
                for (sum, code) in sums.iter_mut().zip(&codes[rows]) {
                    let share = if *code == choice { hit } else { miss };
                    *sum += if *code == NONE { any } else { share };
                }
            }
            Self::Cell(masses) => {
                for (sum, mass) in sums.iter_mut().zip(&masses[rows]) {
                    *sum += mass;
                }
            }
            Self::Place { place, means, scales, heights } => {
                let (means, scales) = (&means[rows.clone()], &scales[rows.clone()]);
                for (((sum, mean), scale), height) in sums.iter_mut().zip(means).zip(scales).zip(&heights[rows]) {
                    let distance = (place - mean) * scale;
                    *sum += height - distance * distance;
                }
            }
        }
    }
}

impl Choices {
    /// The share of each choice that a kernel does not stand for, and of the one that it does.
    fn shares(&self, shape: Shape) -> (f64, f64) {
        let other = shape.prior_weight / (self.active as f64 + 1.0);
        let all = 1.0 + f64::from(self.count) * other;
        (other / all, (1.0 + other) / all)
    }

    fn at(&self, choice: u32, shape: Shape) -> At<'_> {
        let (miss, hit) = self.shares(shape);
        let shares = [miss, hit, 1.0 / f64::from(self.count)].map(|share| share.ln() as f32);
        At::Choice { codes: &self.codes, choice, shares }
    }

    fn draw(&self, row: usize, shape: Shape, unit: &mut impl FnMut() -> f64) -> f64 {
        let (miss, hit) = self.shares(shape);
        let code = self.codes[row];
        if code != NONE && unit() < hit - miss {
            return f64::from(code);
        }
        (unit() * f64::from(self.count)).floor().min(f64::from(self.count - 1))
    }
}

impl Bells {
    fn new(line: Line, shape: Shape, believes: bool) -> Self {
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

    fn push(&mut self) {
        self.grow();
        self.clear(self.places.len() - 1);
    }

    fn pop(&mut self) {
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

    fn replace(&mut self, places: impl Iterator<Item = f64>, shape: Shape) {
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

    fn put(&mut self, row: usize, place: f64, shape: Shape) {
        let at = self.position(row, place);
        self.sorted.insert(at, (place, row as u32));
        self.places[row] = place;
        self.widths[row] = 0.0;
        self.settle(at.saturating_sub(1)..at + 2, shape);
    }

    fn take(&mut self, row: usize, shape: Shape) {
        let place = self.places[row];
        if place.is_nan() {
            return;
        }
        let at = self.position(row, place);
        self.sorted.remove(at);
        self.clear(row);
        self.settle(at.saturating_sub(1)..at + 1, shape);
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

    fn at(&self, place: f64) -> At<'_> {
        match self.line.cell(place) {
            Some(cell) => At::Cell(&self.masses[cell]),
            None => At::Place { place: place as f32, means: &self.means, scales: &self.scales, heights: &self.heights },
        }
    }

    fn draw(&self, row: usize, ends: bool, unit: &mut impl FnMut() -> f64) -> f64 {
        let (mean, width) = (self.mean(row), self.widths[row]);
        let (below, within) = if ends { (0.0, 1.0) } else { self.cuts[row] };
        let z = normal::quantile((below + unit() * within).clamp(0.0, 1.0));
        let place = (mean + z * width).clamp(0.0, 1.0);
        if place.is_nan() { 0.5 } else { place }
    }

    /// The least width of so many kernels beside the prior.
    fn least(&self, shape: Shape, count: usize) -> f64 {
        let cell = if self.line.is_discrete() { shape.cells / self.masses.len() as f64 } else { 0.0 };
        let magic = if shape.is_magic { 1.0 / (count as f64 + 2.0) } else { 0.0 };
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
