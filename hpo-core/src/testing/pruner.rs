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
    for kind in KINDS {
        for direction in [Direction::Minimize, Direction::Maximize] {
            is_a_function(*kind, direction, &build);
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
    for kind in KINDS {
        let (small, large) = (build(), build());
        let mut low = Field::new(Direction::Minimize, "mirror");
        let mut high = Field::new(Direction::Maximize, "mirror");
        for scene in play(*kind) {
            let (Some(down), Some(up)) =
                (low.act(&*small, scene), high.act(&*large, scene.negated()))
            else {
                continue;
            };
            let (down_rungs, up_rungs) = (down.rungs, negated(&up.rungs));
            let is_mirrored =
                is_stop(&down.verdict) == is_stop(&up.verdict) && down_rungs == up_rungs;
            assert!(
                is_mirrored,
                "{kind:?}: {scene:?} is {:?}, mirrored {:?}",
                down.verdict, up.verdict
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
    /// the oracle does; the verdict is not carried out.
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
        let judgement = pruner.judge(self.context(), number);
        self.note(number, &judgement);
        judgement
    }

    /// Records the rungs of a judgement on its trial.
    ///
    /// # Panics
    /// If the trial has ended.
    pub fn note(&mut self, number: u64, judgement: &StepDecision) {
        for (rung, value) in &judgement.rungs {
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

    /// Carries out a scene; returns the judgement if it is a report.
    fn act(&mut self, pruner: &dyn Pruner, scene: Scene) -> Option<StepDecision> {
        match scene {
            Scene::Start => {
                self.start();
            }
            Scene::Report(number, step, value) => {
                return Some(self.report(pruner, number, step, value));
            }
            Scene::Restart(number) => {
                self.apply(number, &Event::Requeued);
                self.apply(number, &Event::Started { at: Timestamp(0) });
            }
            Scene::Complete(number, value) => self.end(number, Outcome::Complete(&[value])),
            Scene::Fail(number) => self.end(number, Outcome::Failed("out of memory")),
            Scene::Prune(number) => self.end(number, Outcome::Pruned("slower than most")),
        }
        None
    }
}

/// One event of a trial in a scenario.
#[derive(Clone, Copy, Debug)]
enum Scene {
    Start,
    Report(u64, u64, f64),
    Restart(u64),
    Complete(u64, f64),
    Fail(u64),
    Prune(u64),
}

impl Scene {
    fn negated(self) -> Self {
        match self {
            Self::Report(number, step, value) => Self::Report(number, step, -value),
            Self::Complete(number, value) => Self::Complete(number, -value),
            scene => scene,
        }
    }
}

/// The kind of values that the trials of a scenario report.
#[derive(Clone, Copy, Debug)]
enum Kind {
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

const KINDS: &[Kind] = &[
    Kind::Curves,
    Kind::Ties,
    Kind::NotANumber,
    Kind::Infinite,
    Kind::Gaps,
    Kind::Unordered,
    Kind::Repeated,
    Kind::Huge,
    Kind::Restarted,
    Kind::Silent,
];

/// Returns a scenario: trials of which two run at a time. Values are multiples of 1/8, so that sums
/// and means of two are exact.
fn play(kind: Kind) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for pair in 0..TRIALS / 2 {
        let numbers = [2 * pair, 2 * pair + 1];
        scenes.extend([Scene::Start, Scene::Start]);
        for report in 0..REPORTS {
            for number in numbers {
                if let Some((step, value)) = reported(kind, number, report) {
                    scenes.push(Scene::Report(number, step, value));
                }
                if matches!(kind, Kind::Restarted) && report == number % 5 {
                    scenes.push(Scene::Restart(number));
                }
            }
        }
        scenes.extend(numbers.map(|number| match number % 7 {
            3 => Scene::Fail(number),
            5 => Scene::Prune(number),
            rest => Scene::Complete(number, (chance(number, 99) % 16) as f64 / 8.0 + rest as f64),
        }));
    }
    scenes
}

/// Returns the report of a trial, if any.
fn reported(kind: Kind, number: u64, report: u64) -> Option<(u64, f64)> {
    let chance = chance(number, report);
    let value = (chance % 32 + number % 5) as f64 / 8.0 - report as f64 / 4.0;
    let step = report;
    Some(match kind {
        Kind::Curves | Kind::Restarted => (step, value),
        Kind::Ties => (step, (chance % 3) as f64),
        Kind::NotANumber => {
            (step, if chance.is_multiple_of(3) || number % 6 == 1 { f64::NAN } else { value })
        }
        Kind::Infinite => {
            (step, [value, f64::INFINITY, value, f64::NEG_INFINITY][(chance % 4) as usize])
        }
        Kind::Gaps => (step * step * (number % 3 + 1), value),
        Kind::Unordered => ((step * 7 + number) % REPORTS, value),
        Kind::Repeated => (step / 3, value),
        Kind::Huge => ([0, 1, u64::MAX / 3, u64::MAX - 1, u64::MAX][(step % 5) as usize], value),
        Kind::Silent => return None,
    })
}

/// Returns a pseudo-random number; the shift leaves 56 bits.
fn chance(number: u64, report: u64) -> u64 {
    mix(mix(number + 1).wrapping_add(report)) >> 8
}

/// Checks that at every report a long-lived pruner, a new one, and one asked about another copy of
/// the same trials agree, and that the long-lived one gives the same answer again after it has seen
/// later events.
fn is_a_function(kind: Kind, direction: Direction, build: &dyn Fn() -> Box<dyn Pruner>) {
    let (old, traveller) = (build(), build());
    let mut field = Field::new(direction, "function");
    let mut remembered = Vec::new();
    for scene in play(kind) {
        let Scene::Report(number, step, value) = scene else {
            field.act(&*old, scene);
            continue;
        };
        field.apply(number, &Event::Reported { step, value });
        let judgement = old.judge(field.context(), number);
        is_sound(kind, scene, &judgement);
        for (pruner, field) in [(&old, &field), (&build(), &field), (&traveller, &field.clone())] {
            let again = pruner.judge(field.context(), number);
            let same = "the answer hangs on what the pruner was asked before";
            assert_eq!(again, judgement, "{kind:?}: {scene:?}: {same}");
        }
        if chance(number, step).is_multiple_of(5) {
            remembered.push((field.clone(), number, judgement.clone()));
        }
        field.note(number, &judgement);
    }
    for (field, number, judgement) in &remembered {
        assert_eq!(
            old.judge(field.context(), *number),
            *judgement,
            "{kind:?}: trial {number} is judged by the future"
        );
    }
}

/// Checks that a stop has a reason, that no trial is paused without a schedule, and that rungs are
/// finite and consecutive.
fn is_sound(kind: Kind, scene: Scene, judgement: &StepDecision) {
    match &judgement.verdict {
        Decision::Continue => {}
        Decision::Stop(reason) => {
            assert!(!reason.trim().is_empty(), "{kind:?}: {scene:?} stops without a reason");
        }
        Decision::Pause(_) => panic!("{kind:?}: {scene:?} pauses, which only schedules do"),
    }
    assert!(
        judgement.rungs.iter().all(|(_, value)| value.is_finite()),
        "{kind:?}: {scene:?} notes {judgement:?}"
    );
    let follow = judgement.rungs.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
    assert!(follow, "{kind:?}: {scene:?} leaves rungs out: {judgement:?}");
}

fn is_stop(verdict: &Decision) -> bool {
    matches!(verdict, Decision::Stop(_))
}

fn negated(rungs: &[(u32, f64)]) -> Vec<(u32, f64)> {
    rungs.iter().map(|(rung, value)| (*rung, -value)).collect()
}
