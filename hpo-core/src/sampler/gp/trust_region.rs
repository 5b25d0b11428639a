//! The region of a local search: a box around the best config.
//!
//! As in the trust regions of `TuRBO` ([Eriksson et al. 2019](https://arxiv.org/abs/1910.01739)),
//! its sides are proportional to the length scales: longer where the function turns less. Its size
//! does not depend on successes and failures but is drawn for each trial. So the proposal remains a
//! function of the history, and wider and narrower searches take turns.

use crate::gp::encoding::{Column, INACTIVE, Kind};
use crate::gp::kernel::Hyperparameters;
use crate::rng::Rng;
use crate::sampler::AskContext;

/// The bounds of half the side of the box, log-uniform, before it is scaled by the length scales.
const HALF_SIDE: (f64, f64) = (0.02, 0.2);

/// The least and the largest half of any side.
const LIMITS: (f64, f64) = (0.002, 0.5);

/// Bounds to which the length scales are clipped.
const LENGTHS: (f64, f64) = (0.05, 20.0);

/// The random stream from which the size is drawn.
const STREAM: u32 = u32::MAX - 1;

/// A box around a point, in those numeric columns that are active there.
#[derive(Clone, Debug)]
pub(super) struct TrustRegion<'a> {
    columns: &'a [Column],
    center: &'a [f64],
    half_sides: Vec<f64>,
}

impl<'a> TrustRegion<'a> {
    /// Returns the region of a trial, around `center`.
    pub(super) fn of_trial(
        columns: &'a [Column],
        center: &'a [f64],
        hyper: &Hyperparameters,
        ask: AskContext,
    ) -> Self {
        let draw = Rng::retry(ask.seed, ask.number, STREAM).unit();
        let half_side = HALF_SIDE.0 * (HALF_SIDE.1 / HALF_SIDE.0).powf(draw);
        let length = |weight: &f64| weight.sqrt().recip().clamp(LENGTHS.0, LENGTHS.1);
        let lengths: Vec<f64> = hyper.weights.iter().map(length).collect();
        let mean = (lengths.iter().map(|length| length.ln()).sum::<f64>()
            / lengths.len().max(1) as f64)
            .exp();
        let half_sides =
            lengths.iter().map(|length| (half_side * length / mean).clamp(LIMITS.0, LIMITS.1));
        Self { columns, center, half_sides: half_sides.collect() }
    }

    /// Moves a point of the whole space into the box, so that points that fill the one fill the
    /// other. Choices do not move, nor do numbers that are inactive at the point or at the center.
    pub(super) fn draw_in(&self, point: &mut [f64]) {
        for (index, column) in self.columns.iter().enumerate() {
            let middle = self.center[index];
            if !matches!(column.kind, Kind::Choices(_))
                && point[index] != INACTIVE
                && middle != INACTIVE
            {
                let (low, high) = self.bounds(index, middle);
                point[index] = (low + point[index] * (high - low)).clamp(0.0, 1.0);
            }
        }
    }

    /// Returns the bounds in a column for a climb that begins at `place`, inside or outside the
    /// box.
    pub(super) fn bounds(&self, index: usize, place: f64) -> (f64, f64) {
        let (middle, half_side) = (self.center[index], self.half_sides[index]);
        if middle == INACTIVE {
            return (0.0, 1.0);
        }
        ((middle - half_side).max(0.0).min(place), (middle + half_side).min(1.0).max(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::encoding::Encoding;
    use crate::space::{FlatSpace, Space};

    /// The ends of the space go to the ends of the box, wherever its center is.
    #[test]
    fn what_is_drawn_in_fills_all_that_a_climb_may_reach() {
        let line = Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap();
        let encoding = Encoding::new(&FlatSpace::new(&line).unwrap());
        let hyper = Hyperparameters {
            weights: vec![1.0],
            signal: 1.0,
            lag_variance: 0.0,
            noise: vec![1e-3],
        };
        for middle in [0.0, 0.03, 0.5, 0.9] {
            for number in 0..20 {
                let ask = AskContext { number, attempt: 0, seed: 7 };
                let center = [middle, 0.0];
                let region = TrustRegion::of_trial(encoding.columns(), &center, &hyper, ask);
                let drawn = [0.0, 1.0].map(|end| {
                    let mut point = [end, 0.0];
                    region.draw_in(&mut point);
                    point[0]
                });
                let (low, high) = region.bounds(0, middle);
                let is_filled = (drawn[0] - low).abs().max((drawn[1] - high).abs()) < 1e-12;
                assert!(is_filled, "{drawn:?} of {low} to {high}");
            }
        }
    }

    #[test]
    fn numbers_are_drawn_near_and_what_the_middle_does_not_have_stays() {
        let json = r#"{"all": {
            "x": {"float": {"low": 0, "high": 1}},
            "y": {"float": {"low": 0, "high": 1}},
            "kind": {"one_of": {"plain": {"all": {}}, 
                "bent": {"all": {"by": {"float": {"low": 0, "high": 1}}}}}}
        }}"#;
        let flat = FlatSpace::new(&Space::from_json(json).unwrap()).unwrap();
        let encoding = Encoding::new(&flat);
        // The length scale of `y` is the longest.
        let hyper = Hyperparameters {
            weights: vec![4.0, 0.25, 1.0, 1.0],
            signal: 1.0,
            lag_variance: 0.0,
            noise: vec![1e-3],
        };
        let center = [0.9, 0.5, 0.0, INACTIVE, 0.0];
        for number in 0..50 {
            let ask = AskContext { number, attempt: 0, seed: 7 };
            let region = TrustRegion::of_trial(encoding.columns(), &center, &hyper, ask);
            let mut point = [0.0, 1.0, 1.0, 0.25, 0.0];
            region.draw_in(&mut point);
            assert!(
                (0.6..0.9).contains(&point[0]) && point[1] > 0.5 && point[1] <= 1.0,
                "{point:?}"
            );
            assert!(point[1] - 0.5 > 0.9 - point[0], "{point:?}");
            assert_eq!(point[2..4], [1.0, 0.25]);
            let (low, high) = region.bounds(0, 0.9);
            assert!(low <= point[0] && high > 0.9 && high <= 1.0, "{low} {high}");
            assert_eq!(region.bounds(0, 0.1), (0.1, high), "a climb may begin outside");
            assert_eq!(region.bounds(3, 0.25), (0.0, 1.0));
        }
    }
}
