//! Reports: figures as data, pages, pictures, tables.

mod bad_input;
mod fields;
mod figures;
mod metrics;
mod names;
mod optuna;
mod outliers;
mod page;
mod pictures;
mod tables;
mod typed;
mod zoo;

use std::sync::Arc;

use hpo_core::report::StudyView;
use hpo_core::rng::Rng;
use hpo_core::space::{Domain, FlatSpace, Float, Params, Space, Value};
use hpo_core::trial::{Direction, InitialTrial, NewTrial, ParamId, State, Timestamp, Trials};

/// A study as it is reported on, made without a run.
struct TestStudy {
    name: String,
    directions: Vec<Direction>,
    trials: Trials,
    flat: Option<Arc<FlatSpace>>,
    metrics: Vec<String>,
}

impl TestStudy {
    fn new(name: &str, directions: &[Direction]) -> Self {
        let trials = Trials::new(directions.len());
        Self {
            name: name.to_owned(),
            directions: directions.to_vec(),
            trials,
            flat: None,
            metrics: Vec::new(),
        }
    }

    fn view(&self) -> StudyView<'_> {
        let Self { name, directions, trials, flat, metrics } = self;
        StudyView { name, directions, trials, flat: flat.as_ref(), metrics }
    }

    /// A parameter of the range from -100 to 100.
    fn float(&mut self, path: &str) -> ParamId {
        self.trials.declare(path, &Domain::Float(Float::new(-100.0, 100.0)))
    }

    /// Adds a trial that has ended, which took a second.
    fn add(
        &mut self,
        state: State,
        params: Vec<(ParamId, Value)>,
        values: &[f64],
        reports: Vec<(u64, f64)>,
    ) -> u64 {
        let given = InitialTrial { state, params, values: values.to_vec(), reports };
        let new = NewTrial { given: Some(given), ..NewTrial::default() };
        let number = self.trials.create(new, Timestamp(0)).expect("the trial keeps the rules");
        let start = 1_700_000_000_000_000 + number.cast_signed() * 400_000;
        self.trials.set_times(number, Some(Timestamp(start)), Some(Timestamp(start + 1_000_000)));
        number
    }

    fn complete(&mut self, params: Vec<(ParamId, Value)>, values: &[f64]) -> u64 {
        self.add(State::Complete, params, values, Vec::new())
    }

    /// Trials with one parameter `x` that is its own value.
    fn of_values(name: &str, direction: Direction, values: &[f64]) -> Self {
        let mut study = Self::new(name, &[direction]);
        let x = study.float("x");
        for value in values {
            study.complete(
                vec![(x, Value::Float(if value.is_finite() { *value } else { 0.0 }))],
                &[*value],
            );
        }
        study
    }

    fn add_params(&mut self, params: &Params) -> Vec<(ParamId, Value)> {
        let flat = Arc::clone(params.flat_space());
        params
            .iter()
            .map(|(parameter, value)| {
                let parameter = flat.parameter(parameter);
                (self.trials.declare(parameter.path(), parameter.domain()), value)
            })
            .collect()
    }
}

const SPACE: &str = r#"{"all": {
    "learning_rate": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "layers": {"int": {"low": 1, "high": 8}},
    "batch": {"categorical": {"choices": [16, 32, 64, 128]}},
    "optimizer": {"one_of": {
        "adam": {"all": {"beta": {"float": {"low": 0.8, "high": 0.999}}}},
        "sgd": {"all": {
            "momentum": {"float": {"low": 0, "high": 0.99}},
            "schedule": {"one_of": {"constant": {"all": {}}, "cosine": {"all": {"warmup": {"int": {"low": 0, "high": 10}}}}}}
        }}
    }}
}}"#;

/// A study of a conditional space with so many trials: most complete, some pruned, some failed.
fn conditional(name: &str, count: u64) -> TestStudy {
    let mut study = TestStudy::new(name, &[Direction::Minimize]);
    let flat = FlatSpace::new(&Space::from_json(SPACE).expect("a space")).expect("a good space");
    for number in 0..count {
        let mut rng = Rng::derive(7, number);
        let drawn = flat.draw(&mut rng);
        let rate = drawn.float("learning_rate").expect("it is always active");
        let beside =
            drawn.float("optimizer.sgd.momentum").map_or(0.3, |momentum| (momentum - 0.9).powi(2));
        let value = (rate.log10() + 3.0).powi(2) + beside + 0.2 * rng.unit();
        let params = study.add_params(&drawn);
        let curve =
            |steps: u64| (1..=steps).map(|step| (step, value + 4.0 / step as f64)).collect();
        match number % 20 {
            13 => study.add(State::Failed, params, &[], Vec::new()),
            n if n % 4 == 3 => study.add(State::Pruned, params, &[], curve(4)),
            _ => study.add(State::Complete, params, &[value], curve(12)),
        };
    }
    study.flat = Some(flat);
    study
}
