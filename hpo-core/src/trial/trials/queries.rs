//! Read access to the fold of trials.

use std::collections::BTreeMap;

use super::{NEVER, Param, ParamId, Trials, UNKNOWN};
use crate::space::Value;
use crate::trial::rungs::RungEntry;
use crate::trial::violations::constraints;
use crate::trial::{
    Attributes, CHECKPOINT, Direction, FIXED_PARAMS, QUEUED, State, Timestamp, UNEXPLAINED, pareto,
};

impl Trials {
    /// Returns the rungs reached by all trials, in the order in which they were recorded. The list
    /// only grows, so a cache may continue from the index up to which it has read.
    #[must_use]
    pub fn rungs(&self) -> &[RungEntry] {
        self.rungs.log()
    }

    /// Returns the number of rungs that a trial has reached in its present attempt.
    #[must_use]
    pub fn rungs_reached(&self, number: u64) -> u32 {
        self.rungs.reached(number)
    }

    /// Returns the number of promotions of a trial: the times that it was paused and started again.
    #[must_use]
    pub fn promotions(&self, number: u64) -> u32 {
        self.rungs.promotions(number)
    }

    /// Returns the step of a trial's last checkpoint, from which it continues if it is started
    /// again.
    #[must_use]
    pub fn checkpoint(&self, number: u64) -> Option<u64> {
        self.attributes(number)?.system.get(CHECKPOINT)?.as_u64()
    }

    /// Returns the total violation of the constraints that a trial reported: 0 if it satisfied
    /// them, or has none.
    #[must_use]
    pub fn violation(&self, number: u64) -> f64 {
        self.violations.of(number)
    }

    /// Returns the number of different constraints that trials have reported.
    pub(crate) fn constraint_count(&self) -> usize {
        self.violations.count()
    }

    /// Returns the constraints that a trial reported, each with its index among those of the study;
    /// a value above 0 is the violation.
    pub(crate) fn constraint_values(&self, number: u64) -> &[(u32, f64)] {
        self.violations.values(number)
    }

    /// Returns the constraints that a trial reported, by name; a value above 0 is the violation.
    #[must_use]
    pub fn constraints(&self, number: u64) -> BTreeMap<String, f64> {
        self.attributes(number)
            .map(|attributes| constraints(&attributes.system))
            .unwrap_or_default()
    }

    /// Returns the complete trials that satisfy their constraints, best first; with several
    /// objectives, the non-dominated ones among them, by number.
    #[must_use]
    pub fn best(&self, directions: &[Direction]) -> Vec<u64> {
        self.best_among(directions, self.complete())
    }

    /// Returns the same as [`best`](Self::best), among the given complete trials only.
    pub(crate) fn best_among(
        &self,
        directions: &[Direction],
        complete: impl Iterator<Item = u64>,
    ) -> Vec<u64> {
        let mut feasible: Vec<u64> =
            complete.filter(|number| self.violation(*number) <= 0.0).collect();
        if let [direction] = directions {
            feasible.sort_by(|a, b| direction.order(self.values(*a)[0], self.values(*b)[0]));
            return feasible;
        }
        let points: Vec<&[f64]> = feasible.iter().map(|number| self.values(*number)).collect();
        pareto(directions, &points).into_iter().map(|index| feasible[index]).collect()
    }

    /// Returns the complete trials, by number, without those
    /// [of another space](Self::seen_through).
    pub fn complete(&self) -> impl Iterator<Item = u64> + use<'_> {
        let is_complete = |number: &u64| {
            self.state(*number) == Some(State::Complete) && !self.is_set_aside(*number)
        };
        (0..self.len()).filter(is_complete)
    }

    /// Returns true if a trial was found to be [of another space](Self::seen_through).
    #[must_use]
    pub fn is_set_aside(&self, number: u64) -> bool {
        self.aside.contains(&number)
    }

    /// Returns the sampler that chose a trial's parameters and why, in one line, or else their
    /// origin.
    #[must_use]
    pub fn explain(&self, number: u64) -> &str {
        let is_fixed = || {
            self.attributes(number)
                .is_some_and(|attributes| attributes.system.contains_key(FIXED_PARAMS))
        };
        match (self.explanations.of(number), self.ordinals(number)) {
            (Some(text), _) => text,
            (None, [created, sampled, finished]) if created == sampled && finished == created => {
                "added by hand, with its values"
            }
            (None, [created, sampled, _]) if created == sampled || is_fixed() => QUEUED,
            (None, [_, None, Some(_)]) => "it ended before it had parameters",
            (None, [_, None, None]) => "its parameters are not chosen yet",
            (None, _) => UNEXPLAINED,
        }
    }

    /// Returns the id of this fold, unique within the process. A fold only grows, so what a cache
    /// has read of it remains valid.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.identity.0
    }

    /// Returns the number of changes so far.
    #[must_use]
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// Returns the number of trials, in any state.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Returns true if there is no trial.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the number of objectives.
    #[must_use]
    pub fn objectives(&self) -> usize {
        self.objectives
    }

    /// Returns the parameters declared so far, by their [`ParamId`].
    #[must_use]
    pub fn declared(&self) -> &[Param] {
        &self.params
    }

    /// Returns the number of a declared parameter.
    #[must_use]
    pub fn param_id(&self, path: &str) -> Option<ParamId> {
        self.by_path.get(path).copied()
    }

    /// Returns a trial's state.
    #[must_use]
    pub fn state(&self, number: u64) -> Option<State> {
        self.entries.get(number as usize).map(|entry| entry.state)
    }

    /// Returns a trial's values, one per objective; empty unless it is complete.
    #[must_use]
    pub fn values(&self, number: u64) -> &[f64] {
        match self.state(number) {
            Some(State::Complete) => {
                let start = number as usize * self.objectives;
                &self.values[start..start + self.objectives]
            }
            _ => &[],
        }
    }

    /// Returns a trial's active parameters, in the order in which they came.
    #[must_use]
    pub fn params(
        &self,
        number: u64,
    ) -> impl ExactSizeIterator<Item = (ParamId, Value)> + Clone + use<'_> {
        let range = self.entries.get(number as usize).map_or(0..0, |entry| {
            let start = entry.start as usize;
            start..start + entry.len as usize
        });
        self.arena.slice(range)
    }

    /// Returns true if a trial has its parameters.
    #[must_use]
    pub fn is_sampled(&self, number: u64) -> bool {
        self.entries.get(number as usize).is_some_and(|entry| entry.sampled != NEVER)
    }

    /// Returns a trial's reports, by step.
    #[must_use]
    pub fn reports(&self, number: u64) -> &[(u64, f64)] {
        self.reports.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Returns a trial's attributes, if it has any.
    #[must_use]
    pub fn attributes(&self, number: u64) -> Option<&Attributes> {
        self.attributes.get(&number)
    }

    /// Returns the reason why a trial failed or was pruned.
    #[must_use]
    pub fn message(&self, number: u64) -> Option<&str> {
        self.messages.get(&number).map(String::as_str)
    }

    /// Returns the times of a trial's start and end.
    #[must_use]
    pub fn times(&self, number: u64) -> (Option<Timestamp>, Option<Timestamp>) {
        let known = |at| (at != UNKNOWN).then_some(at);
        self.entries
            .get(number as usize)
            .map_or((None, None), |entry| (known(entry.started_at), known(entry.finished_at)))
    }

    /// Returns the number of changes that a trial's sampler had seen.
    #[must_use]
    pub fn seen(&self, number: u64) -> u64 {
        self.entries.get(number as usize).map_or(0, |entry| entry.seen)
    }

    /// Returns the change numbers of a trial's creation, sampling and end; `None` for those that
    /// have not happened.
    #[must_use]
    pub fn ordinals(&self, number: u64) -> [Option<u64>; 3] {
        let happened = |ordinal| (ordinal != NEVER).then_some(ordinal);
        self.entries.get(number as usize).map_or([None; 3], |entry| {
            [Some(entry.created), happened(entry.sampled), happened(entry.finished)]
        })
    }

    /// Returns the ended trials, in the order in which they ended.
    #[must_use]
    pub fn finished(&self) -> &[u64] {
        &self.finished
    }

    /// Returns the results in the order in which they arrived: the number of each trial that
    /// paused, with the last step that it had reported, and of each that ended. A trial that paused
    /// is there again for its next pause and its end. The list only grows.
    pub(crate) fn results(&self) -> impl Iterator<Item = (u64, Option<u64>)> + use<'_> {
        self.results_after(0, 0)
    }

    /// Returns the [`results`](Self::results) without the first ones, which have these numbers of
    /// ends and of pauses.
    pub(crate) fn results_after(
        &self,
        end_count: usize,
        pause_count: usize,
    ) -> impl Iterator<Item = (u64, Option<u64>)> + use<'_> {
        let mut pauses = self.pauses.iter().skip(pause_count).peekable();
        let mut ended = self.finished.iter().enumerate().skip(end_count).peekable();
        std::iter::from_fn(move || {
            let place = ended.peek().map_or(self.finished.len(), |(place, _)| *place);
            match pauses.next_if(|pause| pause.after <= place) {
                Some(pause) => Some((pause.number, Some(pause.step))),
                None => ended.next().map(|(_, number)| (*number, None)),
            }
        })
    }

    /// Returns the queued trials, by number.
    #[must_use]
    pub fn waiting(&self) -> &[u64] {
        self.waiting.as_slice()
    }

    /// Returns the paused trials, by number.
    #[must_use]
    pub fn paused(&self) -> &[u64] {
        self.paused.as_slice()
    }

    /// Returns the running trials, by number.
    #[must_use]
    pub fn running(&self) -> &[u64] {
        self.running.as_slice()
    }
}
