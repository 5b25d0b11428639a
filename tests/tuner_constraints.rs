//! Tuners whose models break constraints.

use hpo_core::prelude::*;

use super::tuner::Guess;

/// Its error falls with its level, and levels above 4 take too much memory; by the mean of its
/// executions.
struct Hungry;

impl HyperModel for Hungry {
    type Config = Guess;
    type Data = ();
    type Model = f64;
    type Fitted = f64;
    type Error = TrialError;

    fn build(&self, config: &Guess) -> Result<f64, TrialError> {
        Ok(config.level)
    }

    fn fit(
        &self,
        _: &Guess,
        level: f64,
        (): &(),
        trial: &mut Trial<'_>,
    ) -> Result<f64, TrialError> {
        let noise = if trial.execution() == 0 { 0.5 } else { -0.5 };
        trial.constraint("memory", level + noise - 4.0)?;
        trial.metric("loss", 10.0 - level);
        Ok(level)
    }
}

#[test]
fn models_that_break_constraints_are_not_among_the_best() {
    let mut tuner = RandomSearch::new(Hungry)
        .objective("loss")
        .max_trials(30)
        .executions_per_trial(2)
        .seed(1)
        .build()
        .unwrap();
    tuner.search(&()).unwrap();
    let levels: Vec<f64> = tuner
        .study()
        .trials()
        .unwrap()
        .iter()
        .map(|it| it.config::<Guess>().unwrap().level)
        .collect();
    let best = levels.iter().copied().filter(|level| *level <= 4.0).fold(0.0, f64::max);
    assert!(
        levels.iter().any(|level| *level > 4.0)
            && levels.iter().any(|level| (3.5..4.0).contains(level))
    );
    assert_eq!(
        (tuner.best_configs(1).unwrap()[0].level, *tuner.best_models(1).unwrap()[0]),
        (best, best)
    );
    let infeasible = levels.iter().filter(|level| **level > 4.0).count();
    let summary = tuner.results_summary(1).unwrap();
    assert!(
        summary.contains(&format!("\n{infeasible} trials break their constraints\n")),
        "{summary}"
    );
}
