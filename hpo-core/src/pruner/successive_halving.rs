//! Asynchronous successive halving that stops trials: L. Li et al., *A System for Massively Parallel Hyperparameter Tuning*
//! (Proceedings of Machine Learning and Systems 2, 2020), in the form of Optuna 5.0's `SuccessiveHalvingPruner`, which pauses nobody.
//!
//! Rung `k` lies at the step `min_resource * reduction_factor^(min_early_stopping_rate + k)`, in whole numbers. A trial that
//! reports this step or a later one is compared, with the value of its last step, with all that were here before: it goes on if
//! no more than a `1/reduction_factor` of them, itself included, are as good, and always if none is better. A step beyond several
//! rungs climbs them one by one with the same value. A value of NaN stops at the first rung.
//!
//! The rungs and values are noted on the trial as Optuna notes them, so that workers of both libraries can share a study. JSON
//! has no infinity: the largest finite numbers stand for it.

use super::ended::Reach;
use super::words::ordinal;
use super::{Judgement, Pruner, PrunerError, Race, Standings, Verdict, rung_step};

/// Asynchronous successive halving: at steps that grow by a factor, the best share goes on and the others stop.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `min_resource` | a hundredth of the last step of the first complete trial that has reports, at least 1; nothing stops before | from 1, in steps | Optuna (`"auto"`) |
/// | `rungs` | – | from 1, and no `min_resource`: the first rung lies so many factors below the last step of the first complete trial | measured in `sampler/ABLATIONS.md`: fewer rungs stop fewer trials by mistake |
/// | `reduction_factor` | 4 | from 2 | Li et al. |
/// | `min_early_stopping_rate` | 0 | from 0: so many rungs at the bottom are left out | Li et al. |
/// | `bootstrap_count` | 0 | from 0, and 0 without a `min_resource`: the first so many trials at each rung stop there | Optuna |
///
/// Optuna takes the furthest of the trials that are complete when it first asks. With one worker that asks after each report this
/// is the first one.
///
/// ```
/// use hpo_core::pruner::{Pruner, SuccessiveHalving};
///
/// let pruner = SuccessiveHalving::default().min_resource(1).reduction_factor(3);   // rungs at 1, 3, 9, 27, ...
/// assert!(pruner.check().is_ok());
/// ```
#[derive(Debug)]
pub struct SuccessiveHalving {
    min_resource: Option<u64>,
    rungs: Option<u32>,
    ladder: Ladder,
    reach: Reach,
    standings: Standings,
}

impl Default for SuccessiveHalving {
    fn default() -> Self {
        let ladder = Ladder { min_resource: 1, reduction_factor: 4, min_early_stopping_rate: 0, bootstrap_count: 0 };
        Self { min_resource: None, rungs: None, ladder, reach: Reach::default(), standings: Standings::default() }
    }
}

impl SuccessiveHalving {
    /// The step of the first rung, if `min_early_stopping_rate` is 0. Default: from the first complete trial.
    #[must_use]
    pub fn min_resource(mut self, steps: u64) -> Self {
        self.min_resource = Some(steps);
        self
    }

    /// How many rungs there are below the full training, which is as long as the first complete trial is: with a factor of 3 and
    /// 2 rungs at a ninth and a third of it. Nothing stops before. Fewer rungs stop fewer trials that only learn slowly. Default:
    /// the first rung at a hundredth, as in Optuna.
    #[must_use]
    pub fn rungs(mut self, count: u32) -> Self {
        self.rungs = Some(count);
        self
    }

    /// The factor from rung to rung, and how many of the trials at one make room for one that goes on. Default 4, at least 2.
    #[must_use]
    pub fn reduction_factor(mut self, factor: u64) -> Self {
        self.ladder.reduction_factor = factor;
        self
    }

    /// How many rungs at the bottom are left out. Default 0.
    #[must_use]
    pub fn min_early_stopping_rate(mut self, rate: u32) -> Self {
        self.ladder.min_early_stopping_rate = rate;
        self
    }

    /// So many trials stop at each rung before one goes on, to give later ones something to be compared with. Default 0.
    #[must_use]
    pub fn bootstrap_count(mut self, count: u64) -> Self {
        self.ladder.bootstrap_count = count;
        self
    }
}

impl Pruner for SuccessiveHalving {
    fn judge(&self, race: Race<'_>, number: u64) -> Judgement {
        let share = self.rungs.map_or(100, |rungs| self.ladder.reduction_factor.saturating_pow(rungs)).max(1);
        let guessed = || self.reach.last_step(race).map(|step| (step / share).max(1));
        match self.min_resource.or_else(guessed) {
            Some(min_resource) => Ladder { min_resource, ..self.ladder }.climb(race, number, &self.standings, 0, |_| 0),
            None => Judgement::go_on(),
        }
    }

    fn name(&self) -> &'static str {
        "successive_halving"
    }

    fn check(&self) -> Result<(), PrunerError> {
        if self.min_resource.is_some() && self.rungs.is_some() {
            let problem = "says where the first rung lies, and so does `min_resource`: write one of them";
            return Err(PrunerError::new(self.name(), "rungs", problem));
        }
        if self.rungs == Some(0) {
            return Err(PrunerError::new(self.name(), "rungs", "is 0, which stops nothing: write at least 1"));
        }
        if self.min_resource.is_none() && self.ladder.bootstrap_count > 0 {
            let problem = format!(
                "is {}, which asks for rungs from the first trial on: write a `min_resource` too, or 0",
                self.ladder.bootstrap_count
            );
            return Err(PrunerError::new(self.name(), "bootstrap_count", problem));
        }
        Ladder { min_resource: self.min_resource.unwrap_or(1), ..self.ladder }.check(self.name())
    }
}

/// The rungs of trials that are compared among themselves, and the rule at each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ladder {
    pub(super) min_resource: u64,
    pub(super) reduction_factor: u64,
    pub(super) min_early_stopping_rate: u32,
    pub(super) bootstrap_count: u64,
}

impl Ladder {
    /// Lets a trial climb as far as its last report takes it.
    pub(super) fn climb(
        self,
        race: Race<'_>,
        number: u64,
        standings: &Standings,
        cohort: u32,
        cohort_of: impl Fn(u64) -> u32,
    ) -> Judgement {
        let mut judgement = Judgement::go_on();
        let Some((last, value)) = race.last_report(number) else {
            return judgement;
        };
        let value = value.clamp(f64::MIN, f64::MAX);
        for rung in race.trials.rungs_reached(number).. {
            let Some(step) = self.step(rung).filter(|step| *step <= last) else {
                break;
            };
            if value.is_nan() {
                judgement.verdict = Verdict::Stop(format!("rung {step}: the value is NaN"));
                break;
            }
            judgement.rungs.push((rung, value));
            let placed = standings
                .look(race, &cohort_of, (cohort, rung), |standing| standing.placed(race.direction, number, value));
            if let Some(reason) = self.refuse(step, placed) {
                judgement.verdict = Verdict::Stop(reason);
                break;
            }
        }
        judgement
    }

    fn step(self, rung: u32) -> Option<u64> {
        // The bounds are checked elsewhere; here they see to it that the rungs have an end.
        let (min, factor) = (self.min_resource.max(1), self.reduction_factor.max(2));
        rung_step(min, factor, self.min_early_stopping_rate.checked_add(rung)?)
    }

    /// Why a trial does not go on from a rung: its place, from 0, and the number of trials that were there, itself included.
    fn refuse(self, step: u64, (place, count): (usize, usize)) -> Option<String> {
        if count as u64 <= self.bootstrap_count {
            return Some(format!("rung {step}: one of the first {}, all of which stop here", self.bootstrap_count));
        }
        let promoted = (count as u64 / self.reduction_factor.max(2)).max(1);
        let reason = || format!("rung {step}: {} of {count}", ordinal(place + 1));
        (place as u64 >= promoted).then(reason)
    }

    pub(super) fn check(self, pruner: &'static str) -> Result<(), PrunerError> {
        if self.min_resource == 0 {
            return Err(PrunerError::new(pruner, "min_resource", "is 0: write at least 1"));
        }
        if self.reduction_factor < 2 {
            let problem = format!("is {}: write at least 2", self.reduction_factor);
            return Err(PrunerError::new(pruner, "reduction_factor", problem));
        }
        Ok(())
    }
}
