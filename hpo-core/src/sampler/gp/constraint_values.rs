//! The values of one constraint as a process models them.
//!
//! A value above 0 is a violation, one below 0 the slack. Both take part: how far a trial is from
//! the boundary says where the boundary is. Values are divided by a unit of their own, then
//! compressed by `sign(c) ln(1 + |c|)` (the bilog of SCBO, [Eriksson and Poloczek
//! 2021](https://arxiv.org/abs/2002.08526)), which keeps sign and zero, so that wild values neither
//! hide nor move the boundary, and finally standardized.

use crate::gp::output_transform::moments;

/// Values beyond this number of units count the same.
const MOST: f64 = 1e3;

/// Standardized values of a constraint, with the limit below which it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConstraintValues {
    /// Mean 0, variance 1.
    pub(super) values: Vec<f64>,
    /// The place of 0 among them.
    pub(super) limit: f64,
}

impl ConstraintValues {
    /// Transforms the values of a constraint.
    pub(super) fn new(constraint: &[f64]) -> Self {
        let unit = unit(constraint);
        let has_slack = constraint.iter().any(|value| *value < 0.0);
        let transform = |value: &f64| {
            // Without any slack, the values are violations only, and 0 says nothing of the margin.
            let value = if has_slack || *value > 0.0 { *value } else { -0.5 * unit };
            bilog((value / unit).clamp(-MOST, MOST))
        };
        let values: Vec<f64> = constraint.iter().map(transform).collect();
        let (mean, deviation) = moments(&values);
        let values = values.into_iter().map(|value| (value - mean) / deviation).collect();
        Self { values, limit: -mean / deviation }
    }
}

/// The constraints that are modeled, each by a process. One that no trial came near is not, and if
/// there are more than [`MOST_MODELED`], those that were violated least often are one together: the
/// largest of them.
#[derive(Clone, Debug)]
pub(super) struct ModeledConstraints {
    /// The index of the process of each constraint.
    places: Vec<Option<usize>>,
    /// The unit of each constraint, by which those are divided that are one together.
    units: Vec<f64>,
    count: usize,
}

/// The largest number of processes for constraints.
const MOST_MODELED: usize = 8;

impl ModeledConstraints {
    /// Chooses among `count` constraints by what trials reported.
    pub(super) fn new(reported: &[&[(u32, f64)]], count: usize) -> Self {
        let mut columns = vec![Vec::new(); count];
        for (index, value) in reported.iter().copied().flatten() {
            columns[*index as usize].push(unless_nan(*value));
        }
        let mut order: Vec<usize> =
            (0..count).filter(|index| comes_near(&columns[*index])).collect();
        let broken = |index: &usize| columns[*index].iter().filter(|value| **value > 0.0).count();
        order.sort_by_key(|index| std::cmp::Reverse(broken(index)));
        let (mut places, mut units) = (vec![None; count], vec![1.0; count]);
        for (place, index) in order.iter().enumerate() {
            places[*index] = Some(place.min(MOST_MODELED - 1));
            if order.len() > MOST_MODELED && place >= MOST_MODELED - 1 {
                units[*index] = unit(&columns[*index]);
            }
        }
        Self { places, units, count: order.len().min(MOST_MODELED) }
    }

    /// Returns the targets of a trial, one per process; NaN where it reported nothing.
    pub(super) fn row(&self, reported: &[(u32, f64)]) -> Vec<f64> {
        let mut row = vec![f64::NAN; self.count];
        for (index, value) in reported {
            let index = *index as usize;
            if let Some(place) = self.places[index] {
                let value = unless_nan(*value) / self.units[index];
                // The other one, if one is NaN.
                row[place] = row[place].max(value);
            }
        }
        row
    }
}

/// Returns false if a constraint was always kept, with a slack of more than all of its range.
fn comes_near(values: &[f64]) -> bool {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    largest >= 0.0 || -largest <= largest - smallest
}

fn unless_nan(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

/// Returns `sign(x) ln(1 + |x|)`.
fn bilog(x: f64) -> f64 {
    x.signum() * x.abs().ln_1p()
}

/// Returns the median magnitude of the values other than 0, without `f64::MAX`, which stands for
/// infinity; 1 if there are none.
pub(super) fn unit(values: &[f64]) -> f64 {
    let magnitudes = values.iter().map(|value| value.abs());
    let mut ordinary: Vec<f64> =
        magnitudes.filter(|value| value.is_normal() && *value < f64::MAX).collect();
    ordinary.sort_unstable_by(f64::total_cmp);
    if ordinary.is_empty() { 1.0 } else { ordinary[(ordinary.len() - 1) / 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_keeps_order_sign_and_zero_whatever_the_scale() {
        let plain = [-3.0, -0.5, -1e-9, 0.0, 1e-9, 0.25, 2.0, 40.0];
        for scale in [1.0, 1e-200, 1e200, 1e300] {
            let scaled: Vec<f64> = plain.iter().map(|value| value * scale).collect();
            let known = ConstraintValues::new(&scaled);
            assert!(known.values.is_sorted(), "{known:?}");
            for (value, standardized) in scaled.iter().zip(&known.values) {
                assert_eq!(*value > 0.0, *standardized > known.limit, "{value}: {known:?}");
            }
            assert!((known.values[3] - known.limit).abs() < 1e-12, "{known:?}");
        }
    }

    /// The mean of equal values may be rounded: the limit must not be a difference of roundings.
    #[test]
    fn a_constraint_of_one_value_has_a_limit_near_it() {
        for count in 1..200 {
            let known = ConstraintValues::new(&vec![1.0; count]);
            assert!(known.values.iter().all(|value| *value == 0.0), "{count}: {known:?}");
            assert!((known.limit + std::f64::consts::LN_2).abs() < 1e-12, "{count}: {known:?}");
        }
    }

    /// Infinite violations are stored as `f64::MAX`, and may be the majority.
    #[test]
    fn infinite_values_are_no_unit() {
        let known = ConstraintValues::new(&[f64::MAX, -0.4, f64::MAX, 0.4, f64::MAX, f64::MAX]);
        assert!(known.values[3] - known.values[1] > 0.2, "{known:?}");
        assert!(known.values[1] < known.limit - 0.1 && known.values[3] > known.limit + 0.1);
    }

    #[test]
    fn wild_values_leave_the_others_apart() {
        for wild in [1e9, f64::MAX, f64::INFINITY, f64::NEG_INFINITY] {
            let known = ConstraintValues::new(&[-0.4, 0.4, -1.0, 1.0, 0.7, wild]);
            assert!(known.values.iter().all(|value| value.is_finite()), "{known:?}");
            assert!(known.values[1] - known.values[0] > 0.2, "{known:?}");
        }
    }

    /// Who reports violations only writes 0 for everything that is kept.
    #[test]
    fn without_slack_zero_is_below_the_limit() {
        let known = ConstraintValues::new(&[0.0, 2.0, 0.0, 4.0]);
        assert!(known.values[0] < known.limit - 0.1 && known.values[1] > known.limit + 0.1);
        let always = ConstraintValues::new(&[0.0, 0.0]);
        assert!(always.values[0] < always.limit, "{always:?}");
    }

    #[test]
    fn a_constraint_that_no_trial_came_near_is_not_modeled() {
        let reported: [&[(u32, f64)]; 3] =
            [&[(0, -10.0), (1, 1.0)], &[(0, -11.0), (1, -1.0)], &[(0, -9.0)]];
        let modeled = ModeledConstraints::new(&reported, 2);
        assert_eq!(modeled.row(reported[0]), [1.0]);
        assert!(modeled.row(reported[2])[0].is_nan());
        let near: [&[(u32, f64)]; 2] = [&[(0, -1.0)], &[(0, -5.0)]];
        assert_eq!(ModeledConstraints::new(&near, 1).row(near[1]), [-5.0]);
        assert_eq!(
            ModeledConstraints::new(&[&[(0, f64::NAN)]], 1).row(&[(0, f64::NAN)]),
            [f64::INFINITY]
        );
    }

    /// The largest of several is above 0 if and only if one of them is.
    #[test]
    fn beyond_eight_the_least_broken_are_one_together() {
        let trial = |number: u32| -> Vec<(u32, f64)> {
            (0..12).map(|index| (index, f64::from(number) - f64::from(index) - 0.5)).collect()
        };
        let trials: Vec<Vec<(u32, f64)>> = (0..13).map(trial).collect();
        let reported: Vec<&[(u32, f64)]> = trials.iter().map(Vec::as_slice).collect();
        let modeled = ModeledConstraints::new(&reported, 12);
        for (number, trial) in reported.iter().enumerate() {
            let row = modeled.row(trial);
            assert_eq!(row.len(), MOST_MODELED);
            assert_eq!(row[..7], (0..7).map(|index| trial[index].1).collect::<Vec<_>>());
            assert_eq!(row[7] > 0.0, trial[7..].iter().any(|(_, value)| *value > 0.0), "{number}");
        }
    }
}
