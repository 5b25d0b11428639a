//! A network as the model of a tuner.

use std::path::{Path, PathBuf};

use hpo_core::prelude::*;
use hpo_core::trial::State;

use super::{Classifier, bits, builder, classifier, data, points};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn project(folder: &Path) -> Tuner<Classifier> {
    RandomSearch::new(classifier(2))
        .objective("val_accuracy")
        .max_trials(4)
        .seed(1)
        .directory(folder)
        .project_name("points")
        .build()
        .unwrap()
}

#[test]
fn the_best_model_is_that_of_the_best_epoch_and_read_back_by_another_process() {
    let _alone = super::alone();
    let (folder, data, test) = (folder("tuner"), data(), points(50, 9));
    let mut tuner = project(&folder);
    tuner.search(&data).unwrap();
    let best = tuner.best_models(1).unwrap().remove(0);
    let validation = classifier(2).evaluate(&best, &points(60, 2)).unwrap();
    assert_eq!(validation.get("val_accuracy"), Some(tuner.study().best_value().unwrap()));
    drop(tuner);

    let again = project(&folder).best_models(1).unwrap().remove(0);
    assert_eq!(bits(&again.model), bits(&best.model));
    let network = classifier(2);
    assert_eq!(network.evaluate(&again, &test).unwrap(), network.evaluate(&best, &test).unwrap());
}

#[test]
fn hyperband_trains_the_best_to_the_end() {
    let _alone = super::alone();
    let mut tuner = Hyperband::new(classifier(4))
        .objective("val_loss")
        .max_epochs(4)
        .factor(2)
        .seed(1)
        .build()
        .unwrap();
    tuner.search(&data()).unwrap();
    let summary = tuner.results_summary(1).unwrap();
    assert!(!summary.contains("fitted again"), "every promoted trial goes on: {summary}");
    let best = tuner.best_models(1).unwrap().remove(0);
    assert_eq!(best.history.len(), 4, "earlier rounds belong to the history");
}

#[test]
fn every_pruner_and_the_median_stop_trials() {
    let _alone = super::alone();
    let study = Study::<super::Net>::minimize()
        .seed(2)
        .pruner(hpo_core::pruner::Median::default())
        .open()
        .unwrap();
    let (network, data) = (classifier(6), data());
    let run = study.optimize(20, |config, trial| network.fit_trial(&config, &data, trial)).unwrap();
    assert!(run.pruned > 0 && run.failed == 0, "{run}");
    let pruned = study.trials().unwrap().into_iter().find(|trial| trial.state == State::Pruned);
    assert!(pruned.unwrap().reports.len() < 6);
}

#[test]
fn workers_find_what_one_finds() {
    let _alone = super::alone();
    let values = |workers| {
        let mut tuner = RandomSearch::new(builder().epochs(2).build().unwrap())
            .objective("val_loss")
            .max_trials(6)
            .seed(4)
            .workers(workers)
            .build()
            .unwrap();
        tuner.search(&data()).unwrap();
        let trials = tuner.study().trials().unwrap();
        trials.iter().map(|trial| trial.value().unwrap().to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(values(3), values(1));
}
