//! The contract that every pruner must keep, however good its decisions are.
//!
//! ```
//! use hpo_core::pruner::Median;
//! hpo_core::testing::pruner::check(|| Box::new(Median::default()));
//! hpo_core::testing::pruner::mirrors(|| Box::new(Median::default()));
//! ```

use serde_json::Value as Json;

use crate::numeric::mix;
use crate::pruner::{Decision, PruneContext, Pruner, StepDecision};
use crate::trial::{
    AttributeScope, Direction, Event, NewTrial, Outcome, Timestamp, Trials, rung_attribute,
};

/// The number of trials in each scenario.
const TRIALS: u64 = 24;

/// The number of reports of each trial.
const REPORTS: u64 = 12;

/// Checks the whole contract, in many scenarios of both directions: the answer does not depend on
/// earlier questions or on later events, each stop has a reason, rungs are finite, and NaN,
/// infinities, missing or unknown trials, gaps, and huge, repeated or unordered steps cause no
/// panic.
///
/// # Panics
/// On the first violation, with the name of the scenario.
pub fn check(build: impl Fn() -> Box<dyn Pruner>) {
    let pruner = build();
    for scenario in SCENARIOS {
        for direction in [Direction::Minimize, Direction::Maximize] {
            is_deterministic(*scenario, direction, &build);
        }
    }
    let empty = Field::new(Direction::Minimize, "empty");
    assert_eq!(
        pruner.judge(empty.context(), 0),
        StepDecision::go_on(),
        "a trial that does not exist is judged"
    );
    let mut silent = Field::new(Direction::Minimize, "silent");
    let number = silent.start();
    assert_eq!(
        pruner.judge(silent.context(), number),
        StepDecision::go_on(),
        "a trial is judged without a report"
    );
}

/// Checks that a maximised study is judged like a minimised one with negated values. Pruners with
/// bounds on values cannot satisfy this: for them, use [`check`] only.
///
/// # Panics
/// On the first violation, with the name of the scenario.
pub fn mirrors(build: impl Fn() -> Box<dyn Pruner>) {
    for scenario in SCENARIOS {
        let (small, large) = (build(), build());
        let mut low = Field::new(Direction::Minimize, "mirror");
        let mut high = Field::new(Direction::Maximize, "mirror");
        for action in actions_of(*scenario) {
            let (Some(down), Some(up)) =
                (low.act(&*small, action), high.act(&*large, action.negated()))
            else {
                continue;
            };
            let (down_rungs, up_rungs) = (down.rungs, negated(&up.rungs));
            let is_mirrored =
                is_stop(&down.action) == is_stop(&up.action) && down_rungs == up_rungs;
            assert!(
                is_mirrored,
                "{scenario:?}: {action:?} is {:?}, mirrored {:?}",
                down.action, up.action
            );
        }
    }
}

/// A study in memory, reduced to the parts that a pruner sees.
#[derive(Clone, Debug)]
pub struct Field {
    trials: Trials,
    direction: Direction,
    study: String,
}

impl Field {
    /// Creates a study with this name and one objective, without trials.
    #[must_use]
    pub fn new(direction: Direction, study: &str) -> Self {
        Self { trials: Trials::new(1), direction, study: study.to_owned() }
    }

    /// Returns the view of a pruner.
    #[must_use]
    pub fn context(&self) -> PruneContext<'_> {
        PruneContext::new(&self.trials, self.direction, &self.study)
    }

    /// Starts a new trial and returns its number.
    ///
    /// # Panics
    /// Never: a trial without initial data is valid.
    pub fn start(&mut self) -> u64 {
        self.trials.create(NewTrial::default(), Timestamp(0)).expect("a new trial is accepted")
    }

    /// Applies an event to a trial.
    ///
    /// # Panics
    /// If the rules forbid it.
    pub fn apply(&mut self, number: u64, event: &Event<'_>) {
        self.trials.apply(number, event).expect("the event is allowed");
    }

    /// Reports a value of a trial and asks the pruner. The rungs that it reached are recorded, as
    /// the oracle does; the decision is not carried out.
    ///
    /// # Panics
    /// If the trial is not running.
    pub fn report(
        &mut self,
        pruner: &dyn Pruner,
        number: u64,
        step: u64,
        value: f64,
    ) -> StepDecision {
        self.apply(number, &Event::Reported { step, value });
        let decision = pruner.judge(self.context(), number);
        self.note(number, &decision);
        decision
    }

    /// Records the rungs of a decision on its trial.
    ///
    /// # Panics
    /// If the trial has ended.
    pub fn note(&mut self, number: u64, decision: &StepDecision) {
        for (rung, value) in &decision.rungs {
            let value = Json::from(*value);
            self.apply(
                number,
                &Event::Attribute {
                    scope: AttributeScope::System,
                    key: &rung_attribute(*rung),
                    value: &value,
                },
            );
        }
    }

    /// Ends a trial with an outcome.
    ///
    /// # Panics
    /// If the trial is not running.
    pub fn end(&mut self, number: u64, outcome: Outcome<'_>) {
        self.apply(number, &Event::Finished { outcome, at: Timestamp(0) });
    }

    /// Carries out an action; returns the decision if it is a report.
    fn act(&mut self, pruner: &dyn Pruner, action: Action) -> Option<StepDecision> {
        match action {
            Action::Start => {
                self.start();
            }
            Action::Report(number, step, value) => {
                return Some(self.report(pruner, number, step, value));
            }
            Action::Restart(number) => {
                self.apply(number, &Event::Requeued);
                self.apply(number, &Event::Started { at: Timestamp(0) });
            }
            Action::Complete(number, value) => self.end(number, Outcome::Complete(&[value])),
            Action::Fail(number) => self.end(number, Outcome::Failed("out of memory")),
            Action::Prune(number) => self.end(number, Outcome::Pruned("slower than most")),
        }
        None
    }
}

/// One event of a trial in a scenario.
#[derive(Clone, Copy, Debug)]
enum Action {
    Start,
    Report(u64, u64, f64),
    Restart(u64),
    Complete(u64, f64),
    Fail(u64),
    Prune(u64),
}

impl Action {
    fn negated(self) -> Self {
        match self {
            Self::Report(number, step, value) => Self::Report(number, step, -value),
            Self::Complete(number, value) => Self::Complete(number, -value),
            action => action,
        }
    }
}

/// The kind of values that the trials of a scenario report.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    Curves,
    Ties,
    NotANumber,
    Infinite,
    Gaps,
    Unordered,
    Repeated,
    Huge,
    Restarted,
    Silent,
}

const SCENARIOS: &[Scenario] = &[
    Scenario::Curves,
    Scenario::Ties,
    Scenario::NotANumber,
    Scenario::Infinite,
    Scenario::Gaps,
    Scenario::Unordered,
    Scenario::Repeated,
    Scenario::Huge,
    Scenario::Restarted,
    Scenario::Silent,
];

/// Returns a scenario: trials of which two run at a time. Values are multiples of 1/8, so that sums
/// and means of two are exact.
fn actions_of(scenario: Scenario) -> Vec<Action> {
    let mut actions = Vec::new();
    for pair in 0..TRIALS / 2 {
        let numbers = [2 * pair, 2 * pair + 1];
        actions.extend([Action::Start, Action::Start]);
        for report in 0..REPORTS {
            for number in numbers {
                if let Some((step, value)) = reported(scenario, number, report) {
                    actions.push(Action::Report(number, step, value));
                }
                if matches!(scenario, Scenario::Restarted) && report == number % 5 {
                    actions.push(Action::Restart(number));
                }
            }
        }
        actions.extend(numbers.map(|number| match number % 7 {
            3 => Action::Fail(number),
            5 => Action::Prune(number),
            other => {
                Action::Complete(number, (chance(number, 99) % 16) as f64 / 8.0 + other as f64)
            }
        }));
    }
    actions
}

/// Returns the report of a trial, if any.
fn reported(scenario: Scenario, number: u64, report: u64) -> Option<(u64, f64)> {
    let chance = chance(number, report);
    let value = (chance % 32 + number % 5) as f64 / 8.0 - report as f64 / 4.0;
    let step = report;
    Some(match scenario {
        Scenario::Curves | Scenario::Restarted => (step, value),
        Scenario::Ties => (step, (chance % 3) as f64),
        Scenario::NotANumber => {
            (step, if chance.is_multiple_of(3) || number % 6 == 1 { f64::NAN } else { value })
        }
        Scenario::Infinite => {
            (step, [value, f64::INFINITY, value, f64::NEG_INFINITY][(chance % 4) as usize])
        }
        Scenario::Gaps => (step * step * (number % 3 + 1), value),
        Scenario::Unordered => ((step * 7 + number) % REPORTS, value),
        Scenario::Repeated => (step / 3, value),
        Scenario::Huge => {
            ([0, 1, u64::MAX / 3, u64::MAX - 1, u64::MAX][(step % 5) as usize], value)
        }
        Scenario::Silent => return None,
    })
}

/// Returns a pseudo-random number; the shift leaves 56 bits.
fn chance(number: u64, report: u64) -> u64 {
    mix(mix(number + 1).wrapping_add(report)) >> 8
}

/// Checks that at every report a long-lived pruner, a new one, and one asked about another copy of
/// the same trials agree, and that the long-lived one gives the same answer again after it has seen
/// later events.
fn is_deterministic(scenario: Scenario, direction: Direction, build: &dyn Fn() -> Box<dyn Pruner>) {
    let (old, traveller) = (build(), build());
    let mut field = Field::new(direction, "function");
    let mut remembered = Vec::new();
    for action in actions_of(scenario) {
        let Action::Report(number, step, value) = action else {
            field.act(&*old, action);
            continue;
        };
        field.apply(number, &Event::Reported { step, value });
        let decision = old.judge(field.context(), number);
        is_sound(scenario, action, &decision);
        for (pruner, field) in [(&old, &field), (&build(), &field), (&traveller, &field.clone())] {
            let again = pruner.judge(field.context(), number);
            let same = "the answer hangs on what the pruner was asked before";
            assert_eq!(again, decision, "{scenario:?}: {action:?}: {same}");
        }
        if chance(number, step).is_multiple_of(5) {
            remembered.push((field.clone(), number, decision.clone()));
        }
        field.note(number, &decision);
    }
    for (field, number, decision) in &remembered {
        assert_eq!(
            old.judge(field.context(), *number),
            *decision,
            "{scenario:?}: trial {number} is judged by the future"
        );
    }
}

/// Checks that a stop has a reason, that no trial is paused without a schedule, and that rungs are
/// finite and consecutive.
fn is_sound(scenario: Scenario, action: Action, decision: &StepDecision) {
    match &decision.action {
        Decision::Continue => {}
        Decision::Stop(reason) => {
            assert!(!reason.trim().is_empty(), "{scenario:?}: {action:?} stops without a reason");
        }
        Decision::Pause(_) => panic!("{scenario:?}: {action:?} pauses, which only schedules do"),
    }
    assert!(
        decision.rungs.iter().all(|(_, value)| value.is_finite()),
        "{scenario:?}: {action:?} notes {decision:?}"
    );
    let follow = decision.rungs.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
    assert!(follow, "{scenario:?}: {action:?} leaves rungs out: {decision:?}");
}

fn is_stop(decision: &Decision) -> bool {
    matches!(decision, Decision::Stop(_))
}

fn negated(rungs: &[(u32, f64)]) -> Vec<(u32, f64)> {
    rungs.iter().map(|(rung, value)| (*rung, -value)).collect()
}
