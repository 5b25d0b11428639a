//! The contract that every sampler must keep, however good its proposals are.
//!
//! ```
//! use hpo_core::sampler::Random;
//! hpo_core::testing::sampler::check(|| Box::new(Random));
//! ```

use std::sync::Arc;

use crate::sampler::{AskContext, Duplicates, Sampler, propose};
use crate::space::{Cardinality, Domain, FlatSpace, Params, Space, Value};
use crate::trial::{
    AttributeScope, Direction, Event, History, NewTrial, Outcome, ParamMap, SeenConfigs, Timestamp,
    Trials, constraint_attribute,
};

/// The number of trials run on each space.
const TRIALS: u64 = 30;

/// The largest number of configs of a space that is searched to its end.
const MOST_EXHAUSTED: u128 = 200;

/// Checks the whole contract on all [`spaces`]: configs are valid, the same question gets the same
/// answer, no state is kept except caches, no config of a finite space is proposed twice, and a
/// finite space ends with its last config.
///
/// # Panics
/// On the first violation, with the name of the space.
pub fn check(build: impl Fn() -> Box<dyn Sampler>) {
    for (name, flat) in spaces() {
        is_valid(name, || Past::new(&flat), &*build());
        is_deterministic(name, || Past::new(&flat), &build);
        if let Cardinality::Finite(count) = flat.cardinality()
            && count <= MOST_EXHAUSTED
        {
            exhausts(name, &flat, &*build(), count);
        }
    }
}

/// Checks a sampler that supports several objectives with two of them: everything that [`check`]
/// does, except the end of finite spaces.
///
/// # Panics
/// On the first violation, with the name of the space.
pub fn check_several(build: impl Fn() -> Box<dyn Sampler>) {
    let two = [Direction::Minimize, Direction::Maximize];
    for (name, flat) in spaces() {
        is_valid(name, || Past::with_directions(&flat, &two), &*build());
        is_deterministic(name, || Past::with_directions(&flat, &two), &build);
    }
}

/// Returns spaces that are difficult for samplers: names and checked forms.
///
/// # Panics
/// Never: the spaces are valid.
#[must_use]
pub fn spaces() -> Vec<(&'static str, Arc<FlatSpace>)> {
    let flat = |json: &str| Space::from_json(json).and_then(|space| FlatSpace::new(&space));
    let mut spaces: Vec<(&'static str, Arc<FlatSpace>)> =
        TEXTS.iter().map(|(name, json)| (*name, flat(json).expect("the space is right"))).collect();
    let floats =
        (0..200).map(|i| format!(r#""x{i}": {{"float": {{"low": 0, "high": {}}}}}"#, i + 1));
    let many = format!(r#"{{"all": {{{}}}}}"#, floats.collect::<Vec<_>>().join(","));
    spaces.push(("200 parameters", flat(&many).expect("the space is right")));
    let choices = (0..10_000).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let choices = format!(r#"{{"categorical": {{"choices": [{choices}]}}}}"#);
    spaces.push(("10,000 choices", flat(&choices).expect("the space is right")));
    spaces
}

const TEXTS: [(&str, &str); 11] = [
    (
        "flat",
        r#"{"all": {
            "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true, "default": 0.001}},
            "momentum": {"float": {"low": 0, "high": 1, "prior": {"center": 0.9, "spread": 0.1}}},
            "dropout": {"float": {"low": 0, "high": 0.5, "step": 0.1}},
            "units": {"int": {"low": 16, "high": 256, "step": 2, "log": true}},
            "depth": {"int": {"low": 1, "high": 64, "log": true}},
            "activation": {"categorical": {"choices": ["relu", "tanh", null, 1]}}
        }}"#,
    ),
    (
        "conditional",
        r#"{"one_of": {
            "svc": {"all": {"c": {"float": {"low": 1e-10, "high": 1e10, "log": true}}}},
            "forest": {"all": {
                "depth": {"int": {"low": 2, "high": 32, "log": true}},
                "criterion": {"one_of": {
                    "gini": {"all": {}},
                    "huber": {"all": {"delta": {"float": {"low": 0, "high": 2}}}}
                }}
            }},
            "none": {"all": {}}
        }}"#,
    ),
    (
        "lists in lists",
        r#"{"all": {"blocks": {"list": {"len": {"low": 0, "high": 3}, "of": {"all": {
            "layers": {"list": {
                "len": {"low": 1, "high": 3},
                "of": {"int": {"low": 8, "high": 512, "log": true}}
            }},
            "skip": {"categorical": {"choices": [true, false]}}
        }}}}, "tail": {"float": {"low": -1, "high": 1}}}}"#,
    ),
    (
        "categorical",
        r#"{"all": {
            "a": {"categorical": {"choices": ["x", "y", "z"]}},
            "b": {"categorical": {"choices": [1, 2, 3, 4], "ordered": true}},
            "c": {"categorical": {"choices": [false, true]}}
        }}"#,
    ),
    (
        "finite and conditional",
        r#"{"one_of": {
            "a": {"all": {
                "x": {"int": {"low": 0, "high": 4}},
                "y": {"float": {"low": 0, "high": 1, "step": 0.25}}
            }},
            "b": {"list": {
                "len": {"low": 0, "high": 3},
                "of": {"categorical": {"choices": ["p", "q"]}}
            }},
            "c": {"all": {}}
        }}"#,
    ),
    (
        "one point",
        r#"{"all": {
            "x": {"float": {"low": 3, "high": 3}},
            "y": {"int": {"low": -1, "high": -1}}
        }}"#,
    ),
    ("no parameters", r#"{"all": {}}"#),
    (
        "huge floats",
        r#"{"all": {
            "log": {"float": {"low": 1e-300, "high": 1e300, "log": true}},
            "linear": {"float": {"low": -1.7e308, "high": 1.7e308}}
        }}"#,
    ),
    (
        "integers beyond 2^53",
        r#"{"all": {
            "x": {"int": {"low": 9007199254740993, "high": 9007199254740999}},
            "y": {"int": {"low": 1, "high": 18446744073709551615, "log": true}}
        }}"#,
    ),
    (
        "all of i64",
        r#"{"all": {"x": {"int": {"low": -9223372036854775808, "high": 9223372036854775807}}}}"#,
    ),
    ("all of u64", r#"{"all": {"x": {"int": {"low": 0, "high": 18446744073709551615}}}}"#),
];

/// A study in memory, reduced to the parts that a sampler sees.
#[derive(Debug)]
pub struct Past {
    trials: Trials,
    map: ParamMap,
    tried: SeenConfigs,
    directions: Vec<Direction>,
}

impl Past {
    /// Creates a study of one objective, to be minimised, without trials.
    #[must_use]
    pub fn new(flat: &Arc<FlatSpace>) -> Self {
        Self::with_directions(flat, &[Direction::Minimize])
    }

    /// Creates a study of these objectives, without trials.
    #[must_use]
    pub fn with_directions(flat: &Arc<FlatSpace>, directions: &[Direction]) -> Self {
        let mut trials = Trials::new(directions.len());
        for parameter in flat.iter() {
            trials.declare(parameter.path(), parameter.domain());
        }
        let map = ParamMap::new(flat, trials.declared());
        Self { trials, map, tried: SeenConfigs::default(), directions: directions.to_vec() }
    }

    /// Returns the view of a sampler.
    #[must_use]
    pub fn history(&self) -> History<'_> {
        History::new(&self.trials, &self.map, &self.tried, &self.directions)
    }

    /// Returns the number of the next trial.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.trials.len()
    }

    /// Adds a trial with this config and this outcome; `None` leaves it running.
    ///
    /// # Panics
    /// If the outcome does not have one value per objective.
    pub fn tell(&mut self, params: &Params, outcome: Option<Outcome<'_>>) {
        self.tell_constrained(params, outcome, &[]);
    }

    /// Adds a trial as [`tell`](Self::tell) does, with the constraints that it reported: names and
    /// values, above 0 if broken.
    ///
    /// # Panics
    /// If the outcome does not have one value per objective.
    pub fn tell_constrained(
        &mut self,
        params: &Params,
        outcome: Option<Outcome<'_>>,
        constraints: &[(&str, f64)],
    ) {
        let at = Timestamp(0);
        let seen = self.trials.ordinal();
        let result = self.trials.create(NewTrial::default(), at).and_then(|number| {
            let params: Vec<_> =
                params.iter().map(|(parameter, value)| self.map.param(parameter, value)).collect();
            self.trials
                .apply(number, &Event::Sampled { params: &params, seen, explanation: "" })?;
            for (name, value) in constraints {
                let (scope, key) = (AttributeScope::System, &*constraint_attribute(name));
                self.trials.apply(
                    number,
                    &Event::Attribute { scope, key, value: &serde_json::json!(value) },
                )?;
            }
            match outcome {
                Some(outcome) => self.trials.apply(number, &Event::Finished { outcome, at }),
                None => Ok(()),
            }
        });
        result.expect("a new trial takes its parameters and its end");
        self.tried.insert(params);
    }

    /// Proposes a config under the duplicate policy of studies, without a constraint.
    ///
    /// # Panics
    /// If the sampler returns an error.
    pub fn propose(&self, sampler: &dyn Sampler, seed: u64) -> Option<Params> {
        let number = self.next_number();
        let accept = &mut |_: &Params| true;
        match propose(sampler, self.history(), number, seed, Duplicates::Avoid, accept) {
            Ok(choice) => choice.map(|choice| choice.params),
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds a trial with an outcome as studies have it: mostly complete, with equal and infinite
    /// values, sometimes pruned, failed, or still running.
    fn tell_varied_outcome(&mut self, params: &Params) {
        let number = self.next_number();
        let value = match number % 11 {
            9 => f64::INFINITY,
            other => (other / 2) as f64,
        };
        let values: Vec<f64> =
            (0..self.directions.len()).map(|index| value + index as f64).collect();
        self.tell(
            params,
            match number % 7 {
                3 => Some(Outcome::Failed("out of memory")),
                5 => Some(Outcome::Pruned("slower than most")),
                6 => None,
                _ => Some(Outcome::Complete(&values)),
            },
        );
    }
}

/// Checks that every config is a point of the space, in the form in which the space writes values.
fn is_valid(name: &str, new_past: impl Fn() -> Past, sampler: &dyn Sampler) {
    let mut past = new_past();
    let flat = &Arc::clone(past.history().flat_space());
    for _ in 0..TRIALS {
        let Some(params) = past.propose(sampler, 7) else {
            return;
        };
        assert!(Arc::ptr_eq(params.flat_space(), flat), "{name}: {params} is of another space");
        match Params::place(flat, params.values()) {
            Ok(copy) => assert_eq!(copy, params, "{name}: another config than it says"),
            Err(error) => panic!("{name}: {error}"),
        }
        for (parameter, value) in params.iter() {
            let written = matches!(
                (flat.parameter(parameter).domain(), value),
                (Domain::Float(_), Value::Float(_))
                    | (Domain::Int(_), Value::Int(_) | Value::Unsigned(_))
                    | (Domain::Categorical(_), Value::Choice(_))
            );
            assert!(written, "{name}: {value:?} is of another kind than its parameter");
        }
        past.tell_varied_outcome(&params);
    }
}

/// Checks that the same question gets the same answer: asked twice, of a sampler without memory,
/// and of one that has seen other studies.
fn is_deterministic(name: &str, new_past: impl Fn() -> Past, build: &dyn Fn() -> Box<dyn Sampler>) {
    let (old, mut past) = (build(), new_past());
    for number in 0..TRIALS {
        let empty = new_past();
        for attempt in [0, 3, 1, 0] {
            let ask = AskContext { number, attempt, seed: 42 };
            for past in [&past, &empty, &past] {
                let answer = old.sample(past.history(), ask);
                assert_eq!(
                    answer,
                    build().sample(past.history(), ask),
                    "{name}, trial {number}, attempt {attempt}: the answer hangs on what the \
                     sampler was asked before"
                );
                is_explained(name, past.history(), ask, &*old, &*build());
            }
        }
        let Some(params) = past.propose(&*old, 42) else {
            return;
        };
        past.tell_varied_outcome(&params);
    }
}

/// Checks that the sampler's explanation is one line, and does not depend on earlier questions.
fn is_explained(
    name: &str,
    history: History<'_>,
    ask: AskContext,
    old: &dyn Sampler,
    new: &dyn Sampler,
) {
    let explanation = old.explain(history, ask);
    assert_eq!(
        explanation,
        new.explain(history, ask),
        "{name}, {ask:?}: the explanation hangs on what was asked before"
    );
    if let Some(explanation) = explanation {
        assert!(
            !explanation.is_empty() && !explanation.contains(char::is_control),
            "{name}: {explanation:?} is not one line"
        );
    }
}

/// Checks that a finite space is searched to its last config without duplicates, and then ends.
fn exhausts(name: &str, flat: &Arc<FlatSpace>, sampler: &dyn Sampler, count: u128) {
    let mut past = Past::new(flat);
    while let Some(params) = past.propose(sampler, 1) {
        assert!(!past.history().tried(&params), "{name}: {params} is proposed again");
        past.tell_varied_outcome(&params);
    }
    let searched = u128::from(past.next_number());
    assert_eq!(searched, count, "{name}: the end comes after {searched} configs of {count}");
}
