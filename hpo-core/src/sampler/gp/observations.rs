//! What the history tells the model: points with their losses, and points that are being evaluated.
//!
//! A loss is a value turned so that small is good. Not every trial has one:
//! - a failed trial, or one that ended with an infinitely bad value, counts as the worst finite value: the model has to learn
//!   to keep away, and a figure beyond would only say how far, which nobody knows;
//! - a pruned trial counts as its last report, but no better than the median, and without a report as the worst: that it is not
//!   good is what its pruner has found out, while a report is a value of a shorter training, which may look better than it is,
//!   or worse. Left out, it would draw the search back;
//! - several objectives are made one loss, by weights of the trial for which a config is asked (`sampler/scalar.rs`); then a pruned
//!   trial, whose reports are of one of them, counts as a failed one.

use super::super::scalar::Scalar;
use super::embed::Embedding;
use crate::sampler::Ask;
use crate::trial::{Direction, History, State, View};

/// The most trials under way that are taken into account, the latest ones.
const MOST_PENDING: usize = 64;

/// Points and their losses, in the order in which the trials ended; and the points that are being evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Observations {
    points: Vec<Vec<f64>>,
    ends: Vec<End>,
    pub(super) pending: Vec<Vec<f64>>,
}

/// How a trial ended, its values turned so that small is good.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Complete(f64),
    /// With the last report.
    Pruned(f64),
    Failed,
}

impl Observations {
    /// Of all trials whose parameters are a point of the space.
    pub(super) fn new(history: History<'_>, embedding: &Embedding, ask: Ask) -> Self {
        let direction = history.directions()[0];
        let several = history.directions().len() > 1;
        let mut losses = Vec::new();
        let mut found = Self::default();
        for number in history.finished() {
            let trial = history.trial(*number);
            if let Some(point) = embedding.point(trial.params())
                && let Some(end) = End::of(trial, direction)
            {
                found.points.push(point);
                found.ends.push(if several && matches!(end, End::Pruned(_)) { End::Failed } else { end });
                if several && matches!(end, End::Complete(_)) {
                    let turned = trial.values().iter().zip(history.directions());
                    losses.push(turned.map(|(value, direction)| direction.loss(*value)).collect());
                }
            }
        }
        if several {
            found.scalarize(&losses, &Scalar::of_trial(history.directions().len(), ask.number, ask.seed));
        }
        found.pending = history.pending().filter_map(|trial| embedding.point(trial.params())).collect();
        let old = found.pending.len().saturating_sub(MOST_PENDING);
        found.pending.drain(..old);
        found
    }

    /// Puts one loss in the place of several, for each complete trial in order.
    fn scalarize(&mut self, losses: &[Vec<f64>], scalar: &Scalar) {
        let complete = self.ends.iter_mut().filter(|end| matches!(end, End::Complete(_)));
        for (end, loss) in complete.zip(scalar.losses(losses)) {
            *end = End::Complete(loss);
        }
    }

    /// The number of points that have ended.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// The points and losses of the first `count`; `None` if there is no finite value among them.
    pub(super) fn first(&self, count: usize) -> Option<(Vec<&[f64]>, Vec<f64>)> {
        let ends = &self.ends[..count];
        let mut finite: Vec<f64> =
            ends.iter().filter_map(|end| end.complete()).filter(|loss| loss.is_finite()).collect();
        finite.sort_unstable_by(f64::total_cmp);
        let (best, worst) = (*finite.first()?, *finite.last()?);
        let median = finite[finite.len() / 2];
        let loss = |end: &End| match *end {
            End::Complete(loss) => loss.clamp(best, worst),
            End::Pruned(report) => report.clamp(median, worst),
            End::Failed => worst,
        };
        Some((self.points[..count].iter().map(Vec::as_slice).collect(), ends.iter().map(loss).collect()))
    }
}

impl End {
    fn of(trial: View<'_>, direction: Direction) -> Option<Self> {
        let loss = |value: f64| match direction {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        };
        match trial.state()? {
            State::Complete => trial.values().first().map(|value| End::Complete(loss(*value))),
            State::Pruned => {
                let report = trial.reports().last().map(|(_, value)| loss(*value)).filter(|loss| !loss.is_nan());
                Some(report.map_or(End::Failed, End::Pruned))
            }
            State::Failed => Some(End::Failed),
            State::Running | State::Waiting | State::Paused => None,
        }
    }

    fn complete(self) -> Option<f64> {
        match self {
            End::Complete(loss) => Some(loss),
            End::Pruned(_) | End::Failed => None,
        }
    }
}

/// At most so many of the losses, by index, in order: the better half of them from the best, the others evenly from the rest.
pub(super) fn thinned(losses: &[f64], most: usize) -> Vec<usize> {
    if losses.len() <= most {
        return (0..losses.len()).collect();
    }
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    let rest = order.split_off(most / 2);
    let wanted = most - most / 2;
    order.extend((0..wanted).map(|index| rest[index * rest.len() / wanted]));
    order.sort_unstable();
    order
}
