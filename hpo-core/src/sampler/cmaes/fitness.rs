//! The fitness of a trial: its rank key in a generation.

use std::cmp::Ordering;

use crate::trial::{Direction, State, VisibleTrials};

/// The result of an ended trial; the variants are in order, the best first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fitness {
    /// The trial is complete and keeps its constraints. The value is its loss.
    Complete(f64),
    /// The trial is complete but violates its constraints. The value is the violation.
    Infeasible(f64),
    /// The trial was pruned. Its reports are from shorter trainings, and are not compared.
    Pruned,
    /// The trial has no value, or an infinitely bad one.
    Failed,
}

impl Fitness {
    pub(super) fn of(trial: VisibleTrials<'_>, direction: Direction) -> Self {
        match (trial.state(), trial.values().first().map(|value| direction.loss(*value))) {
            (Some(State::Complete), Some(loss)) if loss < f64::INFINITY => {
                match trial.violation() {
                    violation if violation > 0.0 => Self::Infeasible(violation),
                    _ => Self::Complete(loss),
                }
            }
            (Some(State::Pruned), _) => Self::Pruned,
            _ => Self::Failed,
        }
    }

    pub(super) fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Complete(a), Self::Complete(b)) | (Self::Infeasible(a), Self::Infeasible(b)) => {
                a.total_cmp(&b)
            }
            _ => self.class().cmp(&other.class()),
        }
    }

    fn class(self) -> u8 {
        match self {
            Self::Complete(_) => 0,
            Self::Infeasible(_) => 1,
            Self::Pruned => 2,
            Self::Failed => 3,
        }
    }

    /// Returns true if the trial has a finite loss.
    pub(super) fn is_finite(self) -> bool {
        self.loss().is_some_and(f64::is_finite)
    }

    pub(super) fn loss(self) -> Option<f64> {
        match self {
            Self::Complete(loss) => Some(loss),
            _ => None,
        }
    }
}
