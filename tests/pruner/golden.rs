//! Every decision of Optuna 5.0's pruners in the studies of `tests/golden/pruners.json`, which
//! `tests/golden/pruners.py` recorded.

use std::collections::VecDeque;

use hpo_core::pruner::{Decision, Pruner, PrunerConfig};
use hpo_core::testing::pruner::Field;
use hpo_core::trial::{Direction, Outcome};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct Golden {
    scenarios: Vec<Scenario>,
}

/// Curves, and what each pruner said to them.
#[derive(Deserialize)]
struct Scenario {
    name: String,
    direction: String,
    /// How many trials run at a time, in turns.
    workers: usize,
    /// Whether trials go on that should stop.
    stubborn: bool,
    curves: Vec<Curve>,
    plays: Vec<Play>,
}

#[derive(Deserialize)]
struct Curve {
    steps: Vec<u64>,
    values: Vec<Json>,
    /// The final value, or `fail`.
    end: Json,
}

#[derive(Deserialize)]
struct Play {
    pruner: PrunerConfig,
    #[serde(rename = "verdicts")]
    decisions: Vec<String>,
}

/// A float, or the name of one that JSON does not have.
fn number(json: &Json) -> f64 {
    json.as_f64()
        .unwrap_or_else(|| json.as_str().and_then(|name| name.parse().ok()).expect("a number"))
}

impl Scenario {
    /// The decisions of a pruner: `.` or `x`, a string a trial.
    fn play(&self, pruner: &dyn Pruner) -> Vec<String> {
        let direction =
            if self.direction == "maximize" { Direction::Maximize } else { Direction::Minimize };
        let mut field = Field::new(direction, &self.name);
        let (mut waiting, mut running) = (VecDeque::from_iter(&self.curves), Vec::new());
        let mut decisions: Vec<String> = Vec::new();
        while !(waiting.is_empty() && running.is_empty()) {
            while running.len() < self.workers
                && let Some(curve) = waiting.pop_front()
            {
                running.push((field.start(), curve));
                decisions.push(String::new());
            }
            running.retain(|(trial, curve)| {
                self.turn(&mut field, pruner, *trial, curve, &mut decisions[*trial as usize])
            });
        }
        decisions
    }

    /// A trial reports or ends; whether it goes on.
    fn turn(
        &self,
        field: &mut Field,
        pruner: &dyn Pruner,
        trial: u64,
        curve: &Curve,
        said: &mut String,
    ) -> bool {
        let Some(step) = curve.steps.get(said.len()) else {
            match curve.end.as_f64() {
                Some(value) => field.end(trial, Outcome::Complete(&[value])),
                None => field.end(trial, Outcome::Failed("")),
            }
            return false;
        };
        let judgement = field.report(pruner, trial, *step, number(&curve.values[said.len()]));
        let Decision::Stop(reason) = judgement.action else {
            said.push('.');
            return true;
        };
        said.push('x');
        if !self.stubborn {
            field.end(trial, Outcome::Pruned(&reason));
        }
        self.stubborn
    }
}

#[test]
fn every_verdict_is_optunas() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/pruners.json")).unwrap();
    let (mut reports, mut stops) = (0, 0);
    for scenario in &golden.scenarios {
        for play in &scenario.plays {
            let found = scenario.play(&*play.pruner.build());
            assert_eq!(found, play.decisions, "{}: {:?}", scenario.name, play.pruner);
            reports += found.iter().map(String::len).sum::<usize>();
            stops += found.iter().map(|said| said.matches('x').count()).sum::<usize>();
        }
    }
    assert!(
        reports > 90_000 && stops > 9_000,
        "only {reports} reports were judged, and {stops} stops found"
    );
}
