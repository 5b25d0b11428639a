//! Hyperband with budgets: trials are paused at the end of each round, and the best of a bracket go on.
//!
//! From [Li et al. 2018](https://jmlr.org/papers/v18/16-558.html), with the table and the early promotion of Keras Tuner's
//! `Hyperband`: a trial is promoted as soon as so many of its round have ended that it is sure to be among the best. Unlike
//! there, a trial that fails counts as the worst of its round, so that its bracket does not wait for it; a promoted trial
//! goes on as the same trial; and the bracket of a trial follows from its number.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `max_resource` | 100 | from 1 | Keras Tuner |
//! | `min_resource` | 1 | 1 to `max_resource` | Keras Tuner (fixed there) |
//! | `factor` | 3 | from 2 | the paper |
//! | `iterations` | 1 | from 1, or none | Keras Tuner |

use std::ops::Range;

use serde_json::Value as Json;

use super::plan::Plan;
use super::rungs::check_ladder;
use super::words::ordinal;
use super::{Budget, Judgement, Pruner, PrunerError, Race, Schedule, Standings, Turn};

/// Hyperband with budgets: the schedule of the tuner of that name.
#[derive(Debug)]
pub struct Brackets {
    max: u64,
    min: u64,
    factor: u64,
    iterations: Option<u64>,
    standings: Standings,
}

impl Default for Brackets {
    fn default() -> Self {
        Self { max: 100, min: 1, factor: 3, iterations: Some(1), standings: Standings::default() }
    }
}

/// The trials of one bracket.
struct Group {
    /// Its place among all brackets of all iterations.
    index: u32,
    /// Its place in the plan.
    bracket: usize,
    numbers: Range<u64>,
}

/// How the trials of a round stand.
struct Stand {
    /// Trials that are through with the round, in whatever way.
    done: u64,
    promoted: u64,
    /// Those that may be promoted, best first.
    paused: Vec<u64>,
}

impl Brackets {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last step of a trial that is promoted to the end, at least 1. Default: 100.
    #[must_use]
    pub fn max_resource(self, steps: u64) -> Self {
        Self { max: steps, ..self }
    }

    /// The fewest steps of a first round, at least 1. Default: 1.
    #[must_use]
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min: steps, ..self }
    }

    /// One in how many trials is promoted, at least 2. Default: 3.
    #[must_use]
    pub fn factor(self, factor: u64) -> Self {
        Self { factor, ..self }
    }

    /// How often all brackets are gone through; `None`: until the search is stopped. Default: once.
    #[must_use]
    pub fn iterations(self, iterations: Option<u64>) -> Self {
        Self { iterations, ..self }
    }

    /// The brackets, and what they cost.
    ///
    /// ```
    /// use hpo_core::pruner::Brackets;
    ///
    /// let plan = Brackets::new().max_resource(9).table()?;
    /// assert_eq!(plan.to_string().lines().next(), Some("bracket 1: 9 to step 1 -> 3 to step 3 -> 1 to step 9"));
    /// assert_eq!((plan.configs(), plan.rounds(), plan.steps()), (17, 23, 75));
    /// # Ok::<(), hpo_core::pruner::PrunerError>(())
    /// ```
    ///
    /// # Errors
    /// If a setting makes no sense.
    pub fn table(&self) -> Result<Plan, PrunerError> {
        self.check()?;
        Ok(self.planned())
    }

    /// The settings by name.
    pub(crate) fn settings(&self) -> Vec<(&'static str, Json)> {
        let Self { max, min, factor, iterations, .. } = self;
        vec![
            ("max_epochs", (*max).into()),
            ("min_epochs", (*min).into()),
            ("factor", (*factor).into()),
            ("hyperband_iterations", (*iterations).into()),
        ]
    }

    fn planned(&self) -> Plan {
        Plan::new(self.min, self.max, self.factor, self.iterations)
    }

    /// The bracket of a trial: numbers go to the brackets in their order, over and over.
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

    fn turn_in(&self, plan: &Plan, race: Race<'_>, group: &Group, most: Option<u64>) -> Option<Turn> {
        let rounds = &plan.brackets[group.bracket];
        let numbers = &group.numbers;
        let mut expected = most.map_or(numbers.end, |most| most.clamp(numbers.start, numbers.end)) - numbers.start;
        let mut turn = None;
        for (round, pair) in (0..).zip(rounds.windows(2)) {
            let [size, next] = [pair[0].trials, pair[1].trials];
            let Stand { done, promoted, paused } = self.stand(race, group, round);
            // Trials that will never come count as the worst.
            let settled = done + size.saturating_sub(expected);
            match (paused.first(), paused.last()) {
                (Some(best), _) if promoted < next && settled > size.saturating_sub(next) + promoted => {
                    turn = Some(Turn::Promote(*best));
                }
                (_, Some(worst)) if promoted >= next && settled >= size && turn.is_none() => {
                    turn = Some(Turn::Drop(*worst, self.reason(race, group, round, *worst, pair[0].steps)));
                }
                _ => {}
            }
            expected = if settled >= size && paused.is_empty() { promoted } else { next };
        }
        turn
    }

    fn stand(&self, race: Race<'_>, group: &Group, round: u32) -> Stand {
        let mut stand = Stand { done: 0, promoted: 0, paused: Vec::new() };
        let created = group.numbers.start..group.numbers.end.min(race.trials.len());
        for number in created {
            let promotions = race.trials.promotions(number);
            let state = race.trials.state(number);
            if promotions < round {
                continue;
            }
            if promotions > round {
                stand.promoted += 1;
                stand.done += 1;
            } else if state == Some(crate::trial::State::Paused) {
                stand.paused.push(number);
                stand.done += 1;
            } else if state.is_some_and(crate::trial::State::is_finished) {
                stand.done += 1;
            }
        }
        let plan = self.planned();
        self.look(&plan, race, group.index, round, |standing| {
            let place = |number: &u64| standing.ranked().iter().position(|(_, ranked)| ranked == number);
            stand.paused.sort_by_cached_key(place);
        });
        stand
    }

    fn reason(&self, race: Race<'_>, group: &Group, round: u32, number: u64, step: u64) -> String {
        self.look(&self.planned(), race, group.index, round, |standing| {
            let value = standing.value(number).unwrap_or(f64::NAN);
            let place = standing.place(race.direction, value) + 1;
            format!("rung {step}: {} of {}", ordinal(place), standing.ranked().len())
        })
    }

    fn look<T>(
        &self,
        plan: &Plan,
        race: Race<'_>,
        group: u32,
        rung: u32,
        look: impl FnOnce(&super::Standing) -> T,
    ) -> T {
        self.standings.look(race, |number| Self::group(plan, number).index, (group, rung), look)
    }
}

impl Pruner for Brackets {
    fn judge(&self, _: Race<'_>, _: u64) -> Judgement {
        Judgement::go_on()
    }

    fn name(&self) -> &'static str {
        "brackets"
    }

    fn check(&self) -> Result<(), PrunerError> {
        check_ladder(self.name(), self.min, self.max, self.factor)?;
        let refuse = |setting, problem: String| Err(PrunerError::new("brackets", setting, problem));
        if self.iterations == Some(0) {
            return refuse("iterations", "is 0: write at least 1, or none for no end".to_owned());
        }
        if self.max.checked_mul(64).is_none() {
            return refuse("max_resource", format!("is {}: count in larger steps", self.max));
        }
        Ok(())
    }

    fn schedule(&self) -> Option<&dyn Schedule> {
        Some(self)
    }
}

impl Schedule for Brackets {
    fn budget(&self, race: Race<'_>, number: u64) -> Budget {
        let plan = self.planned();
        let rounds = &plan.brackets[Self::group(&plan, number).bracket];
        let round = (race.trials.promotions(number) as usize).min(rounds.len() - 1);
        let from = if round == 0 { 0 } else { rounds[round - 1].steps };
        Budget::new(from, rounds[round].steps, self.max, round as u32)
    }

    fn next(&self, race: Race<'_>, most: Option<u64>) -> Turn {
        let plan = self.planned();
        let mut number = 0;
        while number < race.trials.len() {
            let group = Self::group(&plan, number);
            if let Some(turn) = self.turn_in(&plan, race, &group, most) {
                return turn;
            }
            number = group.numbers.end;
        }
        Turn::Fresh
    }

    fn plan(&self) -> Option<String> {
        Some(self.planned().to_string())
    }
}
