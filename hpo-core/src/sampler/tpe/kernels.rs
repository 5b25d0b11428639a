//! Kernels on one parameter, a row for each trial, kept up to date as trials come and go.
//!
//! On a line a kernel is a bell (`bells.rs`). On choices it is the trial's choice, with a little for each of the others.
//! Row 0 is the prior: wide, and there from the first. A row whose trial does not have the parameter is as the prior.
//!
//! Rows stay where they are, so that an addition or a removal touches the neighbours on the line alone, and sums over the
//! rows are taken in the same order whatever came and went before.

use std::ops::Range;

use super::bells::Bells;
use super::column::Column;

/// What the widths and the smoothing of kernels follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
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

/// The kernels on one parameter.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a parameter, and most of them the large one")]
pub(super) enum Kernels {
    Choices(Choices),
    Line(Box<Bells>),
}

/// Kernels on choices.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    count: u32,
    /// The choice of each row; [`NONE`] for the prior and for those without.
    codes: Vec<u32>,
    active: usize,
    /// Logarithms of the shares of another choice than a row's, of its own, and of any choice where it has none.
    shares: [f32; 3],
}

const NONE: u32 = u32::MAX;

impl Kernels {
    /// Only the prior.
    pub(super) fn new(column: &Column, shape: Shape, believes: bool) -> Self {
        match column {
            Column::Choices(count) => Self::Choices(Choices::new(*count, shape)),
            Column::Line(line) => Self::Line(Box::new(Bells::new(line.clone(), shape, believes))),
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
                choices.settle(choices.active + 1, shape);
            }
            Self::Line(bells) => bells.put(row, place, shape),
        }
    }

    /// Takes a row's kernel away, if it has one.
    pub(super) fn take(&mut self, row: usize, shape: Shape) {
        match self {
            Self::Choices(choices) => {
                let had = usize::from(choices.codes[row] != NONE);
                choices.codes[row] = NONE;
                choices.settle(choices.active - had, shape);
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
                choices.settle(choices.codes.iter().filter(|code| **code != NONE).count(), shape);
            }
            Self::Line(bells) => bells.replace(places, shape),
        }
    }

    /// Whether a row has a kernel.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Choices(choices) => choices.codes[row] != NONE,
            Self::Line(bells) => bells.has(row),
        }
    }

    /// The rows' densities, or masses, at a place.
    pub(super) fn at(&self, place: f64) -> At<'_> {
        match self {
            Self::Choices(choices) => {
                At::Choice { codes: &choices.codes, choice: place as u32, shares: choices.shares }
            }
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
    fn new(count: u32, shape: Shape) -> Self {
        let mut choices = Self { count, codes: vec![NONE], active: 0, shares: [0.0; 3] };
        choices.settle(0, shape);
        choices
    }

    /// Sets the number of rows with a choice.
    fn settle(&mut self, active: usize, shape: Shape) {
        self.active = active;
        let (miss, hit) = self.shares(shape);
        self.shares = [miss, hit, 1.0 / f64::from(self.count)].map(|share| share.ln() as f32);
    }

    /// The share of each choice that a kernel does not stand for, and of the one that it does.
    fn shares(&self, shape: Shape) -> (f64, f64) {
        let other = shape.prior_weight / (self.active as f64 + 1.0);
        let all = 1.0 + f64::from(self.count) * other;
        (other / all, (1.0 + other) / all)
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
