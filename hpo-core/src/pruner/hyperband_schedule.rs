//! Hyperband with budgets: trials pause at the end of each round, and the best of a bracket are
//! promoted.
//!
//! From [Li et al. 2018](https://jmlr.org/papers/v18/16-558.html), with the table and the early
//! promotion of Keras Tuner's `Hyperband`: a trial is promoted as soon as enough trials of its
//! round have ended that it is certain to be among the best. Differences from Keras Tuner: a trial
//! that fails counts as the worst of its round, so that its bracket does not wait for it; a
//! promoted trial goes on as the same trial; and the bracket of a trial follows from its number. A
//! bracket that is cut short by the requested number of trials promotes proportionally fewer
//! trials, and its losers stay paused, because more trials may be requested later.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::plan::Plan;
use super::rungs::check_rung_settings;
use super::settings::{named, refuse};
use super::{
    Budget, NextJob, PruneContext, Pruner, PrunerConfig, RungTable, Schedule, StepDecision,
};
use crate::numeric::format::ordinal;
use crate::setting::{SettingError, is_its_settings};
use crate::trial::{HistoryCache, State};

/// Hyperband with budgets: the schedule of the tuner of that name.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `max_resource` | 100 | from 1 | Keras Tuner |
/// | `min_resource` | 1 | 1 to `max_resource` | Keras Tuner (fixed there) |
/// | `factor` | 3 | from 2 | the paper |
/// | `iterations` | 1 | from 1, or none | Keras Tuner |
///
/// ```
/// use hpo_core::pruner::HyperbandSchedule;
///
/// let brackets = HyperbandSchedule::builder().max_resource(9).build()?;
/// let plan = brackets.table();
/// let text = plan.to_string();
/// assert!(text.starts_with("bracket 1: 9 to step 1 -> 3 to step 3 -> 1 to step 9\n"), "{text}");
/// assert_eq!((plan.configs(), plan.rounds(), plan.steps()), (17, 23, 75));
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "HyperbandScheduleBuilder", into = "HyperbandScheduleBuilder")]
pub struct HyperbandSchedule {
    settings: HyperbandScheduleBuilder,
    plan: Plan,
    rung_table: RungTable,
    /// The number below which all trials have ended, by the ID of the fold of trials. Brackets of
    /// these trials are not examined again.
    closed: HistoryCache<u64, u64>,
}

/// Settings of [`HyperbandSchedule`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct HyperbandScheduleBuilder {
    max_resource: u64,
    min_resource: u64,
    factor: u64,
    iterations: Option<u64>,
}

is_its_settings!(HyperbandSchedule, HyperbandScheduleBuilder, default);

impl Default for HyperbandScheduleBuilder {
    fn default() -> Self {
        Self { max_resource: 100, min_resource: 1, factor: 3, iterations: Some(1) }
    }
}

impl HyperbandScheduleBuilder {
    /// Sets the last step of a trial that is promoted to the end. Default 100, at least 1.
    pub fn max_resource(self, steps: u64) -> Self {
        Self { max_resource: steps, ..self }
    }

    /// Sets the fewest steps of a first round: 1 to `max_resource`. Default 1.
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min_resource: steps, ..self }
    }

    /// Sets the share of trials that is promoted: one in `factor`. Default 3, at least 2.
    pub fn factor(self, factor: u64) -> Self {
        Self { factor, ..self }
    }

    /// Sets the number of times that all brackets are run, at least 1; `None` runs them until the
    /// search is stopped. Default 1.
    pub fn iterations(self, iterations: Option<u64>) -> Self {
        Self { iterations, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<HyperbandSchedule, SettingError> {
        let Self { max_resource, min_resource, factor, iterations } = self;
        check_rung_settings("brackets", min_resource, max_resource, factor)?;
        if iterations == Some(0) {
            return refuse("brackets", "iterations", "is 0: write at least 1, or none for no end");
        }
        if max_resource.checked_mul(64).is_none() {
            return refuse(
                "brackets",
                "max_resource",
                format!("is {max_resource}: count in larger steps"),
            );
        }
        Ok(HyperbandSchedule::with(self))
    }
}

/// The trials of one bracket.
struct Group {
    /// The index of the bracket among the brackets of all iterations, from 0.
    index: u32,
    /// The index of the bracket in the plan of one iteration, from 0.
    bracket: usize,
    numbers: Range<u64>,
}

/// The progress of the trials of a round.
struct BracketState {
    /// The number of trials that have finished the round, in whatever way.
    done: u64,
    promoted: u64,
    /// The trials that may be promoted, best first, each as its number and its rank among all
    /// trials that have reached the rung, from 0.
    paused: Vec<(u64, u64)>,
}

impl HyperbandSchedule {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> HyperbandScheduleBuilder {
        HyperbandScheduleBuilder::default()
    }

    fn with(settings: HyperbandScheduleBuilder) -> Self {
        let HyperbandScheduleBuilder { max_resource, min_resource, factor, iterations } = settings;
        Self {
            settings,
            plan: Plan::new(min_resource, max_resource, factor, iterations),
            rung_table: RungTable::default(),
            closed: HistoryCache::default(),
        }
    }

    /// Returns the brackets of one iteration and their cost.
    #[must_use]
    pub fn table(&self) -> &Plan {
        &self.plan
    }

    /// Returns the bracket of a trial: the brackets are filled in order, by trial number, and
    /// repeat with each iteration.
    fn group(plan: &Plan, number: u64) -> Group {
        let iteration = number / plan.configs();
        let mut start = iteration * plan.configs();
        let sizes = plan.brackets.iter().map(|rounds| rounds[0].trials);
        for (bracket, size) in sizes.enumerate() {
            if number < start + size {
                let index = iteration * plan.brackets.len() as u64 + bracket as u64;
                return Group { index: index as u32, bracket, numbers: start..start + size };
            }
            start += size;
        }
        unreachable!("an iteration has so many configs")
    }

    /// Returns the next job of the brackets from trial `closed` on, and moves `closed` beyond those
    /// in which all trials have ended.
    fn next_after(
        &self,
        closed: &mut u64,
        context: PruneContext<'_>,
        most: Option<u64>,
    ) -> NextJob {
        let ended = |number: u64| {
            context.trials.state(number).is_some_and(State::is_finished) || !context.counts(number)
        };
        let mut number = *closed;
        while number < context.trials.len() {
            let group = Self::group(&self.plan, number);
            if let Some(job) = self.next_in(&self.plan, context, &group, most) {
                return job;
            }
            if *closed == number && group.numbers.clone().all(ended) {
                *closed = group.numbers.end;
            }
            number = group.numbers.end;
        }
        NextJob::New
    }

    fn next_in(
        &self,
        plan: &Plan,
        context: PruneContext<'_>,
        group: &Group,
        most: Option<u64>,
    ) -> Option<NextJob> {
        let rounds = &plan.brackets[group.bracket];
        let numbers = &group.numbers;
        // The study may already have more trials than are requested now.
        let last = most.map_or(numbers.end, |most| most.max(context.trials.len()));
        let mut expected = last.clamp(numbers.start, numbers.end) - numbers.start;
        let is_full = expected == rounds[0].trials;
        let mut job = None;
        for (round, pair) in (0..).zip(rounds.windows(2)) {
            let [size, next] = [pair[0].trials, pair[1].trials];
            // With fewer trials than planned, proportionally fewer are promoted.
            let slots = if expected < size { (next * expected).div_ceil(size) } else { next };
            let BracketState { done, promoted, paused } = self.bracket_state(context, group, round);
            let is_settled = done >= expected;
            let is_sure = promoted < slots && done + slots > expected + promoted;
            match (paused.first(), paused.last()) {
                // A trial that was added late, when the search was given more trials, may deserve a
                // promotion that others have already taken.
                (Some((best, rank)), _) if is_sure || (is_settled && *rank < slots) => {
                    job = Some(NextJob::Promote(*best));
                }
                (_, Some((worst, _))) if is_settled && is_full && job.is_none() => {
                    job = Some(NextJob::Discard(
                        *worst,
                        self.reason(context, group, round, *worst, pair[0].steps),
                    ));
                }
                _ => {}
            }
            expected = if is_settled && job.is_none() { promoted } else { slots.max(promoted) };
        }
        job.or_else(|| Self::leftover_promotion(context, group, rounds.len() as u32))
    }

    /// Returns a trial that was paused under other settings, in a round that is now the last one or
    /// no longer exists. It is promoted, and runs to its end.
    fn leftover_promotion(
        context: PruneContext<'_>,
        group: &Group,
        rounds: u32,
    ) -> Option<NextJob> {
        let paused =
            context.trials.paused().iter().copied().filter(|number| group.numbers.contains(number));
        paused
            .filter(|number| context.counts(*number))
            .find(|number| context.trials.promotions(*number) + 1 >= rounds)
            .map(NextJob::Promote)
    }

    fn bracket_state(&self, context: PruneContext<'_>, group: &Group, round: u32) -> BracketState {
        let mut progress = BracketState { done: 0, promoted: 0, paused: Vec::new() };
        let created = group.numbers.start..group.numbers.end.min(context.trials.len());
        for number in created.filter(|number| context.trials.promotions(*number) >= round) {
            if !context.counts(number) {
                // It uses up its slot in the first round, but does not compete in later rounds.
                progress.done += u64::from(round == 0);
                continue;
            }
            let is_promoted = context.trials.promotions(number) > round;
            let state = context.trials.state(number);
            progress.promoted += u64::from(is_promoted);
            progress.done += u64::from(
                is_promoted
                    || state.is_some_and(|state| state == State::Paused || state.is_finished()),
            );
            if !is_promoted && state == Some(State::Paused) {
                progress.paused.push((number, 0));
            }
        }
        self.with_results(context, group.index, round, |results| {
            for (number, rank) in &mut progress.paused {
                *rank = results.place_of(context.direction, *number) as u64;
            }
        });
        progress.paused.sort_unstable_by_key(|(number, rank)| (*rank, *number));
        progress
    }

    fn reason(
        &self,
        context: PruneContext<'_>,
        group: &Group,
        round: u32,
        number: u64,
        step: u64,
    ) -> String {
        self.with_results(context, group.index, round, |results| {
            let rank = results.place_of(context.direction, number) + 1;
            format!("rung {step}: {} of {}", ordinal(rank), results.ranked().len())
        })
    }

    fn with_results<T>(
        &self,
        context: PruneContext<'_>,
        group: u32,
        rung: u32,
        read: impl FnOnce(&super::RungResults) -> T,
    ) -> T {
        let plan = &self.plan;
        self.rung_table.look(context, |number| Self::group(plan, number).index, (group, rung), read)
    }
}

impl Pruner for HyperbandSchedule {
    fn judge(&self, _: PruneContext<'_>, _: u64) -> StepDecision {
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "brackets"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::HyperbandSchedule(self.clone()))
    }

    fn settings(&self) -> Map<String, Json> {
        named(&self.settings)
    }

    fn schedule(&self) -> Option<&dyn Schedule> {
        Some(self)
    }
}

impl Schedule for HyperbandSchedule {
    fn budget(&self, context: PruneContext<'_>, number: u64) -> Budget {
        let plan = &self.plan;
        let rounds = &plan.brackets[Self::group(plan, number).bracket];
        let round = (context.trials.promotions(number) as usize).min(rounds.len() - 1);
        let from = if round == 0 { 0 } else { rounds[round - 1].steps };
        Budget::new(from, rounds[round].steps, self.settings.max_resource, round as u32)
    }

    fn next(&self, context: PruneContext<'_>, most: Option<u64>) -> NextJob {
        self.closed.with(context.trials.id(), || 0, |closed| self.next_after(closed, context, most))
    }

    fn trials(&self) -> Option<u64> {
        Some(self.settings.iterations?.saturating_mul(self.plan.configs()))
    }

    fn plan(&self) -> Option<String> {
        Some(self.plan.to_string())
    }
}
