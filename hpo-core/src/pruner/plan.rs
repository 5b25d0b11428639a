//! The brackets of Hyperband as a table: the number of trials and steps of each round, and the
//! total cost.
//!
//! The sizes are those of Keras Tuner's `Hyperband`, a variant of [Li et al.
//! 2018](https://jmlr.org/papers/v18/16-558.html) that rounds up. They are computed in integers, so
//! that exact powers are not rounded down.

use std::fmt;

use crate::space::counted;

/// One round of a bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Round {
    /// The number of trials in the round.
    pub trials: u64,
    /// The last step that these trials reach, counted from 1.
    pub steps: u64,
}

/// The brackets of one iteration, those with the most trials first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The rounds of each bracket, in the order in which they are run.
    pub brackets: Vec<Vec<Round>>,
    /// The number of times that all brackets are run; `None` if they run until the search is
    /// stopped.
    pub iterations: Option<u64>,
}

impl Plan {
    /// Returns the plan for `1 <= min <= max` and `factor >= 2`.
    pub(super) fn new(min: u64, max: u64, factor: u64, iterations: Option<u64>) -> Self {
        // `divisions` is how often `max` can be divided by `factor` and stay at `min` or above;
        // `width` is one more than the number of divisions that it takes to get to `min` or below.
        let divisions = (1..64)
            .take_while(|power| reaches(min, factor, *power, |floor| floor <= u128::from(max)))
            .count() as u32;
        let exact = reaches(min, factor, divisions, |floor| floor == u128::from(max));
        let width = u64::from(divisions + 1 + u32::from(!exact));
        let bracket = |s: u32| (0..=s).map(|r| round((max, factor, width), s, r)).collect();
        Self { brackets: (0..=divisions).rev().map(bracket).collect(), iterations }
    }

    /// Returns the number of configs of one iteration: the trials of the first rounds.
    #[must_use]
    pub fn configs(&self) -> u64 {
        self.brackets
            .iter()
            .filter_map(|rounds| rounds.first())
            .fold(0, |sum, round| sum.saturating_add(round.trials))
    }

    /// Returns the number of rounds of all trials of one iteration, which is what Keras Tuner
    /// counts as its trials.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.brackets.iter().flatten().fold(0, |sum, round| sum.saturating_add(round.trials))
    }

    /// Returns the number of steps of one iteration if each round continues where the previous one
    /// ended.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let cost = |rounds: &Vec<Round>| {
            let starts = std::iter::once(0).chain(rounds.iter().map(|round| round.steps));
            rounds.iter().zip(starts).fold(0_u64, |sum, (round, start)| {
                sum.saturating_add(round.trials.saturating_mul(round.steps - start))
            })
        };
        self.brackets.iter().map(cost).fold(0, u64::saturating_add)
    }

    /// Returns the number of steps of one iteration if each round starts from step 0.
    #[must_use]
    pub fn steps_without_checkpoints(&self) -> u64 {
        self.brackets
            .iter()
            .flatten()
            .fold(0, |sum, round| sum.saturating_add(round.trials.saturating_mul(round.steps)))
    }
}

fn reaches(min: u64, factor: u64, power: u32, is: impl Fn(u128) -> bool) -> bool {
    u128::from(factor)
        .checked_pow(power)
        .and_then(|times| times.checked_mul(u128::from(min)))
        .is_some_and(is)
}

/// Returns round `r` (from 0) of the bracket that has `s` rounds after its first.
fn round((max, factor, width): (u64, u64, u64), s: u32, r: u32) -> Round {
    let left = factor.saturating_pow(s - r);
    let trials = width.saturating_mul(left).div_ceil(u64::from(s) + 1);
    Round { trials, steps: max.div_ceil(left) }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rounds) in self.brackets.iter().enumerate() {
            write!(f, "bracket {}:", index + 1)?;
            for (place, Round { trials, steps }) in rounds.iter().enumerate() {
                let arrow = if place == 0 { "" } else { " ->" };
                write!(f, "{arrow} {trials} to step {steps}")?;
            }
            writeln!(f)?;
        }
        let (configs, steps, anew) =
            (self.configs(), self.steps(), self.steps_without_checkpoints());
        let (configs, steps) = (counted(configs, "config"), counted(steps, "step"));
        write!(f, "{configs}, {steps} ({anew} if the model keeps no checkpoints)")?;
        match self.iterations {
            Some(1) => Ok(()),
            Some(iterations) => write!(f, ", {iterations} times"),
            None => f.write_str(", repeated until stopped"),
        }
    }
}
