//! Asynchronous halving by pause and promotion.

use hpo_core::prelude::*;
use hpo_core::pruner::{Asha, AshaBuilder};
use hpo_core::sampler::{Auto, SamplerConfig};
use hpo_core::trial::State;

use super::{Rate, loss};

fn study(asha: Asha) -> Study<Rate> {
    Study::<Rate>::minimize().seed(5).pruner(asha).open().unwrap()
}

fn train(config: &Rate, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let _: Option<u64> = trial.restore()?;
    let mut last = loss(config.rate, trial.budget(27).from);
    for epoch in trial.steps(27) {
        last = loss(config.rate, epoch);
        trial.report(epoch, last)?;
        trial.checkpoint(epoch, &epoch)?;
    }
    Ok(last)
}

#[test]
fn the_best_third_of_each_rung_goes_on() {
    let study = study(Asha::builder(27).factor(3).build().unwrap());
    study.optimize(27, |config, trial| train(&config, trial)).unwrap();
    let trials = study.trials().unwrap();
    assert_eq!(trials.len(), 27);
    let reached = |step| trials.iter().filter(|trial| trial.reports.len() >= step).count();
    // Asynchronous: a rung may let more through than a third in the end, since early on it knew
    // less; never fewer.
    assert_eq!(reached(1), 27);
    assert!(
        reached(3) >= 9 && reached(9) >= 3 && reached(27) >= 1,
        "{} {} {}",
        reached(3),
        reached(9),
        reached(27)
    );
    assert!(reached(3) <= 15, "{}", reached(3));
    let best = study.best_trial().unwrap();
    assert_eq!(best.reports.len(), 27);
    let open = trials.iter().filter(|trial| trial.state == State::Paused).count();
    assert_eq!(open, 27 - trials.iter().filter(|trial| trial.state == State::Complete).count());
}

/// Paused trials are results: after the first trials, the model proposes, though few have ended.
#[test]
fn the_model_learns_from_paused_trials() {
    for sampler in ["gp", "auto"] {
        let sampler: SamplerConfig = sampler.parse().unwrap();
        let asha = Asha::builder(27).factor(3).build().unwrap();
        let study = Study::<Rate>::minimize().seed(5).pruner(asha).sampler(sampler.build());
        let study = study.open().unwrap();
        study.optimize(30, |config, trial| train(&config, trial)).unwrap();
        let trials = study.trials().unwrap();
        let first = trials.iter().filter(|trial| trial.explain().contains("a first trial"));
        assert_eq!(first.count(), 4, "{}", sampler.build().name());
        let ended = trials.iter().filter(|trial| trial.state == State::Complete).count();
        assert!(ended < 10, "{ended}: too many for this test");
    }
}

/// CMA-ES learns from trials that have ended, which are few under a schedule: `Auto` has none of its
/// trials there.
#[test]
fn auto_leaves_no_trials_to_cma_es_while_trials_are_paused() {
    for (is_paused, turns) in [(true, 0..1), (false, 10..20)] {
        let auto = Auto::builder().modelled(20).build().unwrap();
        let study = Study::<Rate>::minimize().seed(5).sampler(auto);
        let asha = Asha::builder(27).factor(3).build().unwrap();
        let study = if is_paused { study.pruner(asha) } else { study }.open().unwrap();
        study.optimize(40, |config, trial| train(&config, trial)).unwrap();
        let trials = study.trials().unwrap();
        let own = trials.iter().filter(|trial| trial.explain().starts_with("auto: cmaes")).count();
        assert!(turns.contains(&own), "{own}");
    }
}

#[test]
fn a_study_that_is_topped_up_promotes_those_it_had_paused() {
    let study = study(Asha::builder(9).factor(3).build().unwrap());
    study.optimize(3, |config, trial| train(&config, trial)).unwrap();
    let promoted = |study: &Study<Rate>| {
        let trials = study.trials().unwrap();
        trials.iter().filter(|trial| trial.number < 3 && trial.reports.len() > 1).count()
    };
    assert_eq!(promoted(&study), 1, "one of three");
    study.optimize(60, |config, trial| train(&config, trial)).unwrap();
    assert!(study.best_trial().unwrap().reports.len() == 9);
}

#[test]
fn ask_and_tell_pause_and_promote() {
    let study = study(Asha::builder(4).factor(2).build().unwrap());
    let mut seen = Vec::new();
    while let Some(asked) = study.ask().unwrap() {
        let budget = asked.budget.expect("a schedule gives budgets");
        seen.push((asked.number, budget.from, budget.to, budget.is_final()));
        for step in budget.from + 1..=budget.to {
            let decision =
                study.report_step(asked.number, step, loss(asked.config.rate, step)).unwrap();
            let is_over = step == budget.to && !budget.is_final();
            assert_eq!(matches!(decision, hpo_core::pruner::Decision::Pause(_)), is_over);
        }
        study.tell(asked.number, loss(asked.config.rate, budget.to)).unwrap();
        if seen.len() == 7 {
            break;
        }
    }
    assert_eq!(seen[0], (0, 0, 1, false));
    assert_eq!(seen[1], (1, 0, 1, false));
    assert!(matches!(seen[2], (0 | 1, 1, 2, false)), "the better of the two goes on: {seen:?}");
    let complete =
        study.trials().unwrap().into_iter().filter(|trial| trial.state == State::Complete).count();
    assert!(complete <= 1);
}

#[test]
fn what_cannot_be_is_refused_when_the_study_opens() {
    let say = |asha: AshaBuilder| asha.build().unwrap_err().to_string();
    assert_eq!(
        say(Asha::builder(9).factor(1)),
        "the asha pruner: `factor` is 1, and one trial in `factor` is promoted: write at least 2"
    );
    assert!(
        say(Asha::builder(9).min_resource(10)).contains("`min_resource` is 10, more than the 9")
    );
    assert!(say(Asha::builder(0)).contains("`max_resource` is 0"));
}
