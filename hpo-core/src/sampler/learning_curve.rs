//! Learning curves: forecasts of the final values of trials that were stopped.
//!
//! A report is not a final value: a training that was stopped early looks worse than it would have
//! become, and some configs learn slowly. So a report is extrapolated from one milestone to the
//! next, using the trials that went on: by a line through their values at both milestones.
//! Milestones lie at the last step of the longest trainings and at a half, a quarter, ... of it;
//! the last line leads to the final values themselves. Asynchronous successive halving compares
//! trials in the same way, at rungs ([Li et al. 2020](https://arxiv.org/abs/1810.05934)). [Falkner
//! et al. 2018](https://arxiv.org/abs/1807.01774) also take each trial at its highest rung, and
//! [Salinas et al. 2023](https://arxiv.org/abs/2305.03623) also use all of them with one model.
//!
//! The slope is shrunk towards 1, as if two more trials had kept their distance: with few trials,
//! values are only shifted.

use crate::numeric::ordinary::Ordinary;

/// The number of pseudo-trials that shrink a slope towards 1.
const SHRINKAGE: f64 = 2.0;

/// A trial's reports, and its value if it is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve<'a> {
    pub(super) reports: &'a [(u64, f64)],
    pub(super) value: Option<f64>,
    /// 1 if small values are good, -1 if large values are good.
    pub(super) sign: f64,
}

/// The forecast of a trial that was stopped or is running.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Forecast {
    /// The forecast final loss.
    pub(super) loss: f64,
    /// The distance from the end, on the scale of milestones: 0 at the last milestone, 1 at the
    /// first.
    pub(super) lag: f64,
}

/// Linear maps from the values at milestones to final values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LearningCurves {
    /// The steps of the milestones, descending.
    milestones: Vec<u64>,
    /// Slope and offset of the line from each milestone to the final value.
    lines: Vec<(f64, f64)>,
}

impl Curve<'_> {
    /// Returns the loss at a step, or at the last report before it.
    fn at(&self, step: u64) -> Option<f64> {
        let end = self.reports.partition_point(|(own, _)| *own <= step);
        let (_, value) = self.reports[..end].last()?;
        Some(self.sign * value).filter(|loss| loss.is_finite())
    }

    fn last_step(&self) -> u64 {
        self.reports.last().map_or(0, |(step, _)| *step)
    }

    /// Returns true if the trial has reported at this step or later.
    fn reaches(&self, step: u64) -> bool {
        self.last_step() >= step
    }

    fn loss(&self) -> Option<f64> {
        self.value.map(|value| self.sign * value).filter(|loss| loss.is_finite())
    }
}

impl LearningCurves {
    /// Fits the lines to all trials with reports.
    pub(super) fn new(curves: &[Curve<'_>]) -> Self {
        let of_complete =
            curves.iter().filter(|curve| curve.value.is_some()).map(Curve::last_step).max();
        let longest = of_complete
            .filter(|step| *step > 0)
            .or_else(|| curves.iter().map(Curve::last_step).max());
        let mut milestones = Vec::new();
        let mut step = longest.unwrap_or(0);
        while step > 0 {
            milestones.push(step);
            step /= 2;
        }
        let mut lines = Vec::with_capacity(milestones.len());
        let mut line = (1.0, 0.0);
        for (index, step) in milestones.iter().enumerate() {
            let pairs = curves.iter().filter(|curve| curve.reaches(*step)).filter_map(|curve| {
                let later = if index == 0 {
                    curve.loss()?
                } else {
                    let next = milestones[index - 1];
                    curve.reaches(next).then(|| curve.at(next))??
                };
                Some((curve.at(*step)?, later))
            });
            let (slope, offset) = fitted(&ordinary(pairs.collect()));
            line = (line.0 * slope, line.0 * offset + line.1);
            lines.push(line);
        }
        Self { milestones, lines }
    }

    /// Forecasts the final loss of a trial with these reports; `None` if it has no finite loss at
    /// its milestone.
    pub(super) fn forecast(&self, curve: &Curve<'_>) -> Option<Forecast> {
        let index = self.milestones.iter().position(|step| curve.reaches(*step))?;
        let (slope, offset) = self.lines[index];
        let lag = index as f64 / (self.milestones.len().max(2) - 1) as f64;
        let loss = slope * curve.at(self.milestones[index])? + offset;
        // Reports near `f64::MAX` would overflow the sums.
        loss.is_finite().then_some(Forecast { loss, lag })
    }
}

/// Drops pairs with absurd values: one diverged training would tilt the line for all.
fn ordinary(mut pairs: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let of =
        |pick: fn(&(f64, f64)) -> f64| Ordinary::of(&pairs.iter().map(pick).collect::<Vec<_>>());
    if let (Some(early), Some(late)) = (of(|pair| pair.0), of(|pair| pair.1)) {
        pairs.retain(|pair| early.holds(pair.0) && late.holds(pair.1));
    }
    pairs
}

/// Fits a line to pairs, with its slope shrunk towards 1. Without any pairs, it is the identity.
fn fitted(pairs: &[(f64, f64)]) -> (f64, f64) {
    if pairs.is_empty() {
        return (1.0, 0.0);
    }
    let count = pairs.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / count;
    let (early, late) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let square: f64 = pairs.iter().map(|pair| (pair.0 - early).powi(2)).sum();
    let product: f64 = pairs.iter().map(|pair| (pair.0 - early) * (pair.1 - late)).sum();
    let extra = SHRINKAGE * square / count;
    let slope = if square > 0.0 { ((product + extra) / (square + extra)).max(0.0) } else { 1.0 };
    (slope, late - slope * early)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports of a training whose distance from `end` halves with each milestone.
    fn reports(end: f64, last: u64) -> Vec<(u64, f64)> {
        (1..=last).map(|step| (step, end + 8.0 / step as f64)).collect()
    }

    fn curve(reports: &[(u64, f64)], value: Option<f64>) -> Curve<'_> {
        Curve { reports, value, sign: 1.0 }
    }

    #[test]
    fn a_training_cut_short_counts_as_what_it_would_have_come_to() {
        let complete: Vec<_> = [1.0, 2.0, 3.0].map(|end| reports(end, 16)).into();
        let mut curves: Vec<_> = complete.iter().map(|own| curve(own, Some(own[15].1))).collect();
        let short = reports(2.5, 4);
        curves.push(curve(&short, None));
        let learning_curves = LearningCurves::new(&curves);
        // Milestones at 16, 8, 4, 2, 1: all keep their distances, so the forecast is exact.
        let forecast = learning_curves.forecast(&curves[3]).unwrap();
        assert!(
            (forecast.loss - 3.0).abs() < 1e-12,
            "{forecast:?}: 2.5 + 8 / 16, though the last report was 4.5"
        );
        assert!((forecast.lag - 0.5).abs() < 1e-12, "{forecast:?}: the third of five milestones");
        let longest = learning_curves.forecast(&curve(&complete[0], None)).unwrap();
        assert!(longest.lag == 0.0 && (longest.loss - 1.5).abs() < 1e-12, "{longest:?}");
    }

    #[test]
    fn large_values_may_be_good() {
        let (long, short) = (reports(1.0, 8), reports(2.0, 4));
        let turned = |reports, value| Curve { reports, value, sign: -1.0 };
        let curves = [turned(&long[..], Some(long[7].1)), turned(&short[..], None)];
        let forecast = LearningCurves::new(&curves).forecast(&curves[1]).unwrap();
        assert!((forecast.loss + 3.0).abs() < 1e-12, "{forecast:?}: 2 + 8 / 8, turned");
    }

    /// If early values do not predict the final ones, forecasts approach the mean of the latter
    /// with more pairs.
    #[test]
    fn early_values_without_meaning_are_not_believed() {
        let ends: Vec<_> =
            (0..40).map(|i| vec![(1, f64::from(i * 7 % 40)), (2, f64::from(i * 11 % 2))]).collect();
        let curves: Vec<_> = ends.iter().map(|own| curve(own, Some(own[1].1))).collect();
        let learning_curves = LearningCurves::new(&curves);
        let forecast = learning_curves.forecast(&curve(&[(1, 39.0)], None)).unwrap();
        assert!(forecast.loss < 4.0, "{forecast:?}: the final values are 0 and 1");
    }

    /// A trial whose reports or value are absurd counts as one that did not report.
    #[test]
    fn a_training_that_diverged_changes_no_forecast() {
        let complete: Vec<_> = (0..6).map(|end| reports(f64::from(end), 16)).collect();
        let short = reports(2.5, 4);
        let forecast = |absurd: &[(u64, f64)]| {
            let mut curves: Vec<_> =
                complete.iter().map(|own| curve(own, Some(own[15].1))).collect();
            curves.push(curve(absurd, absurd.last().map(|report| report.1)));
            LearningCurves::new(&curves).forecast(&curve(&short, None)).unwrap()
        };
        for absurd in [1e9, 1e300, f64::MAX, f64::MIN] {
            let diverged: Vec<(u64, f64)> =
                (1..=16).map(|step| (step, if step > 5 { absurd } else { 3.0 })).collect();
            let found = forecast(&diverged);
            assert!((found.loss - 3.0).abs() < 0.2, "{absurd}: {found:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        let none = LearningCurves::new(&[]);
        assert_eq!(none.forecast(&curve(&[(3, 1.0)], None)), None);
        let odd = [(1, f64::NAN), (2, f64::INFINITY), (4, f64::MAX)];
        let curves = [curve(&odd, Some(-f64::MAX)), curve(&odd[..1], None), curve(&odd[..2], None)];
        let learning_curves = LearningCurves::new(&curves);
        for curve in &curves {
            assert!(
                learning_curves.forecast(curve).is_none_or(|forecast| forecast.loss.is_finite()),
                "{curve:?}"
            );
        }
    }
}
