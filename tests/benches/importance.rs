//! What importances and advice cost: 10,000 trials of 10 and of 50 parameters, one core.
//!
//! `cargo bench -p hpo-tests --bench importance`, or `-- 2000` for so many trials.
//! `tests/peers/importance.py` sets the figures beside Optuna's, in one run. A line is `parameters
//! measure milliseconds`, the least of three.

use std::time::Instant;

use hpo_core::report::StudyView;
use hpo_core::report::advice::Advice;
use hpo_core::report::importance::{Fanova, Measure, Relevance};
use hpo_core::rng::Rng;
use hpo_core::space::{Domain, Float, Value};
use hpo_core::trial::{Attributes, Direction, InitialTrial, NewTrial, State, Timestamp, Trials};

/// Complete trials at random; a parameter matters half as much as the one before, in pairs.
fn trials(params: usize, count: usize) -> Trials {
    let mut trials = Trials::new(1);
    let domain = Domain::Float(Float::new(0.0, 1.0));
    let ids: Vec<_> =
        (0..params).map(|index| trials.declare(&format!("x{index}"), &domain)).collect();
    let mut rng = Rng::derive(1, 0);
    for _ in 0..count {
        let point: Vec<f64> = ids.iter().map(|_| rng.unit()).collect();
        let terms = point
            .chunks(2)
            .zip(0..)
            .map(|(pair, place)| pair.iter().product::<f64>() / 2_f64.powi(place));
        let value = terms.sum::<f64>() + 0.01 * rng.normal();
        let params = ids.iter().zip(&point).map(|(id, x)| (*id, Value::Float(*x))).collect();
        let given = Some(InitialTrial {
            state: State::Complete,
            params,
            values: vec![value],
            reports: Vec::new(),
        });
        trials
            .create(NewTrial { given, attributes: Attributes::default() }, Timestamp(0))
            .expect("a trial");
    }
    trials
}

fn milliseconds(work: impl Fn()) -> f64 {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000);
    for params in [10, 50] {
        let trials = trials(params, count);
        let view = StudyView {
            name: "s",
            directions: &[Direction::Minimize],
            trials: &trials,
            flat: None,
            metrics: &[],
        };
        let measures = [
            Measure::default(),
            Measure::Fanova(Fanova::default()),
            Measure::Gp(Relevance::default()),
        ];
        for measure in measures {
            // Of many parameters, a process may foresee too little: that has its cost too.
            let cost = milliseconds(|| drop(measure.importances(&view, 0)));
            println!("{params} {} {cost:.1}", measure.name());
        }
        println!("{params} advice {:.1}", milliseconds(|| drop(Advice::on(&view))));
    }
}
