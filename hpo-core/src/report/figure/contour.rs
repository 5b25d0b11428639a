//! Two parameters at once: the value (contour), or the rank of the trials (rank).

use serde::Serialize;

use super::chart::{Chart, Color, ColorBar, Colormap, Field, Layer, Panel, Points, Symbol};
use super::sample::{Shown, direction, finite, value_phrase};
use super::scale::{Scale, selected_params};
use crate::numeric;
use crate::report::StudyView;
use crate::trial::Direction;

/// The maximum number of trials shown.
const MOST: usize = 600;
/// The maximum number of trials shown in each of several panels.
const MOST_RANKED: usize = 400;
/// The number of grid points of the surface along each axis.
const GRID: usize = 61;
/// The distance from the nearest trial, as a share of the ranges, beyond which nothing is drawn,
/// since nothing is known there.
const REACH: f64 = 0.15;

/// The trials over two parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The scale of the horizontal parameter.
    pub x: Scale,
    /// The scale of the vertical parameter.
    pub y: Scale,
    /// The numbers of the trials in which both parameters are active.
    pub numbers: Vec<u64>,
    /// The values of the horizontal parameter, or the indices of its choices.
    pub xs: Vec<f64>,
    /// The values of the vertical parameter, or the indices of its choices.
    pub ys: Vec<f64>,
    /// The objective values of the trials.
    pub values: Vec<f64>,
}

/// The value over two parameters, as points and as an interpolated surface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contour {
    /// The name of the values.
    pub value: String,
    /// The direction of the objective.
    pub direction: Direction,
    /// The trials over the two parameters.
    pub pair: Pair,
    /// The surface: the places on the horizontal axis, those on the vertical axis, and one row of
    /// values for each of the latter. NaN where no trial is within 0.15 of the ranges. The surface
    /// passes through the trials. Elsewhere, it is the mean of all values, weighted by the inverse
    /// of the fourth power of their distance: D. Shepard, *A two-dimensional interpolation function
    /// for irregularly-spaced data* (1968).
    pub surface: (Vec<f64>, Vec<f64>, Vec<Vec<f64>>),
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The trials over pairs of parameters, colored by their rank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rank {
    /// The name of the values.
    pub value: String,
    /// The pairs of parameters, one per panel.
    pub pairs: Vec<RankedPair>,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The trials over two parameters, with their ranks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankedPair {
    /// The trials over the two parameters.
    pub pair: Pair,
    /// The share of trials with smaller values, from 0 to 1; equal values share the mean of their
    /// ranks.
    pub ranks: Vec<f64>,
    /// The direction of the objective.
    pub direction: Direction,
}

impl Pair {
    fn of(view: &StudyView<'_>, ids: [crate::trial::ParamId; 2], trials: &[(u64, f64)]) -> Self {
        let [x, y] = ids.map(|id| Scale::of(view, id));
        let mut pair =
            Self { x, y, numbers: Vec::new(), xs: Vec::new(), ys: Vec::new(), values: Vec::new() };
        for (number, value) in trials {
            if let [Some(x), Some(y)] = ids.map(|id| view.value(*number, id)) {
                pair.numbers.push(*number);
                pair.xs.push(pair.x.place(x));
                pair.ys.push(pair.y.place(y));
                pair.values.push(*value);
            }
        }
        pair
    }

    fn points(&self, tint: Color) -> Points {
        Points {
            name: String::new(),
            xs: self.xs.clone(),
            ys: self.ys.clone(),
            trials: self.numbers.clone(),
            tint,
            symbol: Symbol::Circle,
            size: 7.0,
        }
    }

    /// Returns the surface on a grid over both ranges.
    fn surface(&self) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
        if self.values.is_empty() {
            return (Vec::new(), Vec::new(), Vec::new());
        }
        let shares: Vec<f64> = (0..GRID).map(|index| index as f64 / (GRID - 1) as f64).collect();
        // Scaled values keep the weighted sums from overflowing.
        let unit = numeric::unit(&self.values);
        let known: Vec<(f64, f64, f64)> = (0..self.values.len())
            .map(|index| {
                (
                    self.x.share(self.xs[index]),
                    self.y.share(self.ys[index]),
                    self.values[index] / unit,
                )
            })
            .collect();
        let row = |y: &f64| shares.iter().map(|x| shepard(&known, *x, *y) * unit).collect();
        let at = |scale: &Scale| shares.iter().map(|share| scale.at(*share)).collect();
        (at(&self.x), at(&self.y), shares.iter().map(row).collect())
    }
}

fn shepard(known: &[(f64, f64, f64)], x: f64, y: f64) -> f64 {
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for (at_x, at_y, value) in known {
        let distance = (x - at_x).powi(2) + (y - at_y).powi(2);
        nearest = distance.min(nearest);
        // Shepard's weights use the fourth power of the distance: with the square, many distant
        // trials would outweigh near ones.
        let weight = 1.0 / (distance * distance).max(1e-12);
        sum += weight * value;
        weights += weight;
    }
    if nearest <= REACH * REACH { sum / weights } else { f64::NAN }
}

impl Contour {
    /// Returns the contour of two parameters: the first two in `asked`, or else those that most
    /// trials have. Returns `None` if no complete trial has both.
    #[must_use]
    pub fn of(view: &StudyView<'_>, objective: usize, requested: &[String]) -> Option<Self> {
        let (trials, shown) = finite(view, objective, MOST);
        let pair = pairs(view, requested, 2, &trials).pop()?;
        let direction = direction(view, objective);
        Some(Self {
            value: view.value_name(objective),
            direction,
            surface: pair.surface(),
            pair,
            shown,
        })
    }

    /// Returns the chart that draws the contour.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let (xs, ys, zs) = self.surface.clone();
        let mut panel = Panel::new(self.pair.x.axis(), self.pair.y.axis())
            .with(Layer::Field(Field { xs, ys, zs }));
        let has_gaps = self.surface.2.iter().flatten().any(|value| value.is_nan());
        let gaps = has_gaps.then(|| "areas without colour are far from all trials".to_owned());
        let mut points = self.pair.points(Color::One("#222222"));
        points.size = 5.0;
        panel.layers.push(Layer::Points(points));
        Chart {
            title: format!("Contour: {} over two parameters", value_phrase(&self.value)),
            notes: self.shown.notes().into_iter().chain(gaps).collect(),
            panels: vec![panel],
            columns: 1,
            color_bar: ColorBar::worth(self.value.clone(), self.direction, &self.pair.values),
        }
    }
}

impl Rank {
    /// Returns the ranks for all pairs of four parameters: the first ones in `asked`, or else those
    /// that most trials have.
    #[must_use]
    pub fn of(view: &StudyView<'_>, objective: usize, requested: &[String]) -> Self {
        let (trials, shown) = finite(view, objective, MOST_RANKED);
        let direction = direction(view, objective);
        let pairs = pairs(view, requested, 4, &trials);
        let ranked = pairs.into_iter().map(|pair| RankedPair {
            ranks: ranks(&pair.values),
            pair,
            direction,
        });
        Self { value: view.value_name(objective), pairs: ranked.collect(), shown }
    }

    /// Returns the chart that draws the ranks.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let panels = self.pairs.iter().map(|ranked| {
            let goodness = |rank: &f64| match ranked.direction {
                Direction::Minimize => *rank,
                Direction::Maximize => 1.0 - rank,
            };
            let tint = Color::Scale(ranked.ranks.iter().map(goodness).collect());
            Panel::new(ranked.pair.x.axis(), ranked.pair.y.axis())
                .with(Layer::Points(ranked.pair.points(tint)))
        });
        Chart {
            title: format!("Trials by rank of {}", value_phrase(&self.value)),
            notes: self.shown.notes(),
            panels: panels.collect(),
            columns: self.pairs.len().clamp(1, 3),
            color_bar: Some(ColorBar {
                title: "share of better trials".to_owned(),
                ramp: Colormap::Worth,
                ends: (0.0, 1.0),
            }),
        }
    }
}

/// Returns the pairs of chosen parameters that are both active in some trial.
fn pairs(
    view: &StudyView<'_>,
    requested: &[String],
    most: usize,
    trials: &[(u64, f64)],
) -> Vec<Pair> {
    let (ids, _) = selected_params(view, requested, most.max(2));
    let all = if most == 2 && ids.len() >= 2 {
        vec![[ids[0], ids[1]]]
    } else {
        combinations(&ids[..ids.len().min(most)])
    };
    let mut pairs: Vec<Pair> = all.into_iter().map(|ids| Pair::of(view, ids, trials)).collect();
    pairs.retain(|pair| !pair.numbers.is_empty());
    pairs
}

fn combinations(ids: &[crate::trial::ParamId]) -> Vec<[crate::trial::ParamId; 2]> {
    (0..ids.len())
        .flat_map(|a| (a + 1..ids.len()).map(move |b| (a, b)))
        .map(|(a, b)| [ids[a], ids[b]])
        .collect()
}

/// Returns the share of smaller values for each value, from 0 to 1; equal values share the mean of
/// their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1).max(1) as f64;
    let position = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let up_to = sorted.partition_point(|other| other <= value);
        (below + up_to - 1) as f64 / 2.0 / last
    };
    values.iter().map(position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_mean_of_their_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 2.0, 2.0, 5.0]), [0.75, 0.0, 0.375, 0.375, 1.0]);
        assert_eq!(ranks(&[7.0]), [0.0]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn a_surface_passes_through_its_points_stays_between_them_and_ends_where_nothing_is_known() {
        let known = [(0.0, 0.0, 1.0), (0.2, 0.2, 3.0)];
        assert!((shepard(&known, 0.0, 0.0) - 1.0).abs() < 1e-9);
        assert!((shepard(&known, 0.2, 0.2) - 3.0).abs() < 1e-9);
        assert!((shepard(&known, 0.1, 0.1) - 2.0).abs() < 1e-12);
        assert!(shepard(&known, 0.4, 0.4).is_nan());
    }
}
