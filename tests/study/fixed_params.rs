//! Studies that keep some parameters at one value, as with Optuna's `PartialFixedSampler`.

use hpo_core::prelude::*;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::{Params, Space};
use hpo_core::storage::{self, StorageError};
use hpo_core::study::StudyBuilder;
use hpo_tests::Folder;

const SPACE: &str = r#"{"all": {
    "x": {"float": {"low": -1, "high": 1}},
    "n": {"int": {"low": 0, "high": 9}},
    "kind": {"one_of": {
        "plain": {"all": {}},
        "deep": {"all": {"depth": {"int": {"low": 1, "high": 4}}}}
    }}
}}"#;

/// The best `x` is a tenth of `n`, and deep configs are worse.
fn loss(config: &Params) -> f64 {
    let (x, n) = (config.float("x").unwrap(), config.int("n").unwrap() as f64);
    let depth = config.int("kind.deep.depth").unwrap_or(0) as f64;
    (x - n / 10.0).powi(2) + 0.1 * depth + 0.01 * n
}

fn study(sampler: &str, storage: &str) -> StudyBuilder<Params> {
    let sampler: SamplerConfig = sampler.parse().unwrap();
    let space = Space::from_json(SPACE).unwrap();
    Study::<Params>::minimize().space(space).storage(storage).sampler(sampler.build()).seed(3)
}

fn journal(folder: &Folder, name: &str) -> String {
    format!("journal:{}", folder.path(name).display())
}

#[test]
fn every_sampler_keeps_fixed_values_and_its_proposals_are_made_again() {
    let folder = Folder::new("fixed");
    for sampler in ["auto", "gp", "tpe", "cmaes", "nsga2", "qmc", "random", "grid"] {
        let storage = journal(&folder, sampler);
        study(sampler, &storage).open().unwrap().optimize(15, |config, _| loss(&config)).unwrap();
        let fixed = study(sampler, &storage).fix("n", 4).fix("kind", "deep").open().unwrap();
        fixed.optimize(30, |config, _| loss(&config)).unwrap();
        let trials = fixed.trials().unwrap();
        for trial in &trials[15..] {
            let params = trial.params.as_ref().unwrap();
            assert_eq!(params.int("n"), Some(4), "{sampler}");
            assert!(params.int("kind.deep.depth").is_some(), "{sampler}");
        }
        let values = |trials: &[_]| -> usize {
            let x =
                |trial: &hpo_core::trial::TrialRecord| trial.params.as_ref().unwrap().float("x");
            let all: std::collections::BTreeSet<u64> =
                trials.iter().map(|trial| x(trial).unwrap().to_bits()).collect();
            all.len()
        };
        assert!(values(&trials[15..]) > 3, "{sampler} searches the others");
        let free = study(sampler, &storage).open().unwrap();
        free.optimize(34, |config, _| loss(&config)).unwrap();
        let replay = free.replay().unwrap();
        assert_eq!((replay.equal, replay.different), (34, 0), "{sampler}");
    }
}

#[test]
fn a_process_learns_from_trials_with_other_values() {
    let folder = Folder::new("fixed");
    for sampler in ["gp", "auto"] {
        let storage = journal(&folder, sampler);
        study(sampler, &storage).open().unwrap().optimize(60, |config, _| loss(&config)).unwrap();
        let fixed = study(sampler, &storage).fix("n", 7).open().unwrap();
        fixed.optimize(70, |config, _| loss(&config)).unwrap();
        let best = |first: usize| {
            let trials = fixed.trials().unwrap();
            let misses = trials[first..].iter().map(|trial| loss(trial.params.as_ref().unwrap()));
            misses.fold(f64::INFINITY, f64::min)
        };
        // Ten random configs with 7 have a plain one within 0.1 of 0.7 in two runs of five.
        assert!(best(60) < 0.08, "{sampler}: {}", best(60));
    }
}

#[test]
fn a_wrong_name_or_value_is_refused_before_anything_is_written() {
    let folder = Folder::new("fixed");
    let storage = journal(&folder, "refused");
    let refused = |builder: StudyBuilder<Params>| builder.open().unwrap_err().to_string();
    let error = refused(study("auto", &storage).fix("kind.deep.dept", 2));
    assert_eq!(error, "there is no parameter `kind.deep.dept`, did you mean `kind.deep.depth`?");
    let error = refused(study("auto", &storage).fix("n", 10));
    assert_eq!(error, "the parameter `n` cannot be 10: it may be 0..=9");
    let error =
        refused(study("auto", &storage).fix("n", std::collections::BTreeMap::from([((1, 2), 3)])));
    assert!(error.contains("`n` cannot be written as JSON"), "{error}");
    assert!(storage::open(&storage).unwrap().studies().unwrap().is_empty());
}

#[test]
fn the_first_trial_keeps_fixed_values_too() {
    let space = Space::from_json(
        r#"{"all": {"a": {"int": {"low": 0, "high": 9, "default": 5}},
                    "b": {"int": {"low": 0, "high": 9, "default": 5}}}}"#,
    );
    let study =
        Study::<Params>::minimize().space(space.unwrap()).fix("a", 2).seed(1).open().unwrap();
    study.optimize(3, |config, _| config.int("a").unwrap() as f64).unwrap();
    assert_eq!(study.best_value().unwrap(), 2.0);
    assert!(study.trials().unwrap().iter().all(|trial| trial.value() == Some(2.0)));
}

#[test]
fn a_space_whose_other_configs_are_tried_ends_the_search() {
    let space =
        r#"{"all": {"a": {"int": {"low": 0, "high": 2}}, "b": {"int": {"low": 0, "high": 3}}}}"#;
    let space = Space::from_json(space).unwrap();
    let study = Study::<Params>::minimize().space(space).fix("a", 1).seed(1).open().unwrap();
    study.optimize(12, |config, _| config.int("b").unwrap() as f64).unwrap();
    assert_eq!(study.trials().unwrap().len(), 4);
}

#[test]
fn create_refuses_a_study_that_exists() {
    let folder = Folder::new("fixed");
    let storage = journal(&folder, "new");
    study("auto", &storage).create().unwrap().optimize(2, |config, _| loss(&config)).unwrap();
    let error = study("auto", &storage).create().unwrap_err();
    assert!(matches!(error, hpo_core::Error::Storage(StorageError::StudyExists { .. })), "{error}");
    assert_eq!(study("auto", &storage).open().unwrap().trials().unwrap().len(), 2);
}

#[test]
fn what_a_fixed_branch_adds_is_independent_of_the_rest() {
    let space = r#"{"all": {
        "x": {"float": {"low": 0, "high": 1}},
        "kind": {"one_of": {
            "plain": {"all": {}},
            "deep": {"all": {"share": {"float": {"low": 0, "high": 1}}}}
        }}
    }}"#;
    let space = Space::from_json(space).unwrap();
    let random = "random".parse::<SamplerConfig>().unwrap();
    let study = Study::<Params>::minimize().space(space).sampler(random.build()).seed(1);
    let study = study.fix("kind", "deep").open().unwrap();
    study.optimize(400, |config, _| config.float("x").unwrap()).unwrap();
    let trials = study.trials().unwrap();
    let product = |trial: &hpo_core::trial::TrialRecord| {
        let params = trial.params.as_ref().unwrap();
        let of = |path: &str| params.float(path).unwrap() - 0.5;
        of("x") * of("kind.deep.share")
    };
    let covariance = trials.iter().map(product).sum::<f64>() / trials.len() as f64;
    // The standard deviation is 1/12 / sqrt(400), and full correlation would give 1/12.
    assert!(covariance.abs() < 4.0 / 12.0 / 20.0, "{covariance}");
}

#[test]
fn a_few_configs_that_are_left_in_an_endless_space_end_the_search() {
    let space = r#"{"all": {
        "lr": {"float": {"low": 0, "high": 1}},
        "layers": {"int": {"low": 1, "high": 8}}
    }}"#;
    for sampler in ["auto", "tpe", "random", "grid"] {
        let sampler: SamplerConfig = sampler.parse().unwrap();
        let space = Space::from_json(space).unwrap();
        let study = Study::<Params>::minimize().space(space).sampler(sampler.build()).seed(1);
        let study = study.fix("lr", 0.125).open().unwrap();
        study.optimize(20, |config, _| config.int("layers").unwrap() as f64).unwrap();
        assert_eq!(study.trials().unwrap().len(), 8);
    }
}

#[test]
fn a_grid_skips_points_of_other_branches() {
    let space = r#"{"all": {"kind": {"one_of": {
        "plain": {"all": {}},
        "deep": {"all": {"share": {"float": {"low": 0, "high": 1}}}}
    }}}}"#;
    let grid: SamplerConfig = r#"{"grid": {"points": 3}}"#.parse().unwrap();
    let study = Study::<Params>::minimize().space(Space::from_json(space).unwrap());
    let study = study.sampler(grid.build()).fix("kind", "deep").seed(1).open().unwrap();
    study.optimize(20, |config, _| config.float("kind.deep.share").unwrap()).unwrap();
    let mut shares: Vec<f64> =
        study.trials().unwrap().iter().map(|trial| trial.value().unwrap()).collect();
    shares.sort_by(f64::total_cmp);
    assert_eq!(shares, [0.0, 0.5, 1.0]);
}
