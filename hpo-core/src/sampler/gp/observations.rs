//! What the history tells the model: points with their losses, and points that are being evaluated.
//!
//! A loss is a value turned so that small is good. Not every trial has one:
//! - a failed trial, or one that ended with an infinitely bad value, counts as the worst finite value: the model has to learn
//!   to keep away, and a figure beyond would only say how far, which nobody knows;
//! - a trial that was stopped, or is still running, counts as what it would have come to ([`Fidelity`]), and says so by its
//!   [lag](super::embed): the model believes it less. One without reports counts as failed if it was stopped;
//! - a trial that broke constraints counts as the worst finite value, like a failed one: however good it looks, it is no answer.
//!   Until some trial keeps them, the loss of a trial is by how much it broke them: the search for a feasible config comes first.

use super::embed::Embedding;
use crate::sampler::fidelity::{Curve, Fidelity};
use crate::trial::{Direction, History, State, View};

/// The most trials under way that are taken into account, the latest ones.
const MOST_PENDING: usize = 64;

/// Points and what became of them, in the order in which the trials ended; and the points that are being evaluated.
#[derive(Clone, Debug, Default)]
pub(super) struct Observations<'a> {
    points: Vec<Vec<f64>>,
    ends: Vec<End<'a>>,
    running: Vec<(Vec<f64>, Curve<'a>)>,
    pub(super) pending: Vec<Vec<f64>>,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug)]
enum End<'a> {
    /// With a value, or stopped with reports.
    Curve(Curve<'a>),
    /// By how much it broke its constraints in all.
    Infeasible(f64),
    Failed,
}

/// Points, their losses, and which of them are complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) points: Vec<Vec<f64>>,
    pub(super) losses: Vec<f64>,
}

impl<'a> Observations<'a> {
    /// Of all trials whose parameters are a point of the space.
    pub(super) fn new(history: History<'a>, embedding: &Embedding) -> Self {
        let sign = match history.directions()[0] {
            Direction::Minimize => 1.0,
            Direction::Maximize => -1.0,
        };
        let mut found = Self::default();
        for number in history.finished() {
            let trial = history.trial(*number);
            if let Some(point) = embedding.point(trial.params())
                && let Some(end) = End::of(trial, sign)
            {
                found.points.push(point);
                found.ends.push(end);
            }
        }
        for trial in history.pending() {
            let Some(point) = embedding.point(trial.params()) else { continue };
            let curve = Curve { reports: trial.reports(), value: None, sign };
            if curve.reports.is_empty() {
                found.pending.push(point);
            } else {
                found.running.push((point, curve));
            }
        }
        let old = found.pending.len().saturating_sub(MOST_PENDING);
        found.pending.drain(..old);
        found
    }

    /// The number of points that have ended.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// The first `count` that have ended; `None` if there is no finite value or violation among them.
    pub(super) fn first(&self, count: usize) -> Option<Rows> {
        self.rows(count, &[])
    }

    /// All that have ended, and those under way that have reported.
    pub(super) fn all(&self) -> Option<Rows> {
        self.rows(self.len(), &self.running)
    }

    fn rows(&self, count: usize, running: &[(Vec<f64>, Curve<'a>)]) -> Option<Rows> {
        if !self.ends[..count].iter().any(|end| matches!(end, End::Curve(_)))
            && let Some(rows) = self.violations(count)
        {
            return Some(rows);
        }
        let ended = self.ends[..count].iter().filter_map(|end| end.curve());
        let curves: Vec<Curve<'_>> = ended.chain(running.iter().map(|(_, curve)| *curve)).collect();
        let fidelity = Fidelity::new(&curves);
        let finite = || curves.iter().filter_map(|curve| believed(&fidelity, curve));
        let best = finite().map(|(loss, _)| loss).min_by(f64::total_cmp)?;
        let worst = finite().map(|(loss, _)| loss).max_by(f64::total_cmp)?;
        let mut rows = Rows::default();
        let ended = self.points.iter().zip(self.ends[..count].iter().map(|end| end.curve()));
        for (point, curve) in ended.chain(running.iter().map(|(point, curve)| (point, Some(*curve)))) {
            let infinitely_good =
                curve.is_some_and(|curve| curve.value.is_some_and(|value| value * curve.sign == f64::NEG_INFINITY));
            let otherwise = if infinitely_good { best } else { worst };
            let (loss, lag) = curve.and_then(|curve| believed(&fidelity, &curve)).unwrap_or((otherwise, 0.0));
            let mut point = point.clone();
            *point.last_mut()? = lag;
            rows.points.push(point);
            rows.losses.push(loss);
        }
        Some(rows)
    }

    /// By how much trials broke their constraints, if that is known of one; the others count as much as any of these.
    fn violations(&self, count: usize) -> Option<Rows> {
        let broken = |end: &End<'_>| match end {
            End::Infeasible(by) => Some(*by).filter(|by| by.is_finite()),
            _ => None,
        };
        let worst = self.ends[..count].iter().filter_map(broken).max_by(f64::total_cmp)?;
        let losses = self.ends[..count].iter().map(|end| broken(end).unwrap_or(worst)).collect();
        Some(Rows { points: self.points[..count].to_vec(), losses })
    }
}

/// A trial's loss, and how far from the end it was measured; `None` if there is no finite one.
fn believed(fidelity: &Fidelity, curve: &Curve<'_>) -> Option<(f64, f64)> {
    match curve.value {
        Some(value) => Some((curve.sign * value, 0.0)).filter(|(loss, _)| loss.is_finite()),
        None => fidelity.forecast(curve).map(|forecast| (forecast.loss, forecast.lag)),
    }
}

impl<'a> End<'a> {
    fn of(trial: View<'a>, sign: f64) -> Option<Self> {
        let (reports, violation) = (trial.reports(), trial.violation());
        match trial.state()? {
            State::Complete | State::Pruned if violation > 0.0 => Some(End::Infeasible(violation)),
            State::Complete => {
                trial.values().first().map(|value| End::Curve(Curve { reports, value: Some(*value), sign }))
            }
            State::Pruned if reports.is_empty() => Some(End::Failed),
            State::Pruned => Some(End::Curve(Curve { reports, value: None, sign })),
            State::Failed => Some(End::Failed),
            State::Running | State::Waiting | State::Paused => None,
        }
    }

    fn curve(self) -> Option<Curve<'a>> {
        match self {
            End::Curve(curve) => Some(curve),
            End::Infeasible(_) | End::Failed => None,
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
