//! A space may change between runs as long as old trials remain points of it.

use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::storage::Storage;

use super::memory;

mod before {
    use hpo_core::SearchSpace;

    #[derive(Clone, Debug, SearchSpace)]
    pub(super) enum Model {
        Linear {
            #[search_space(range = 0.01..=1.0, log)]
            penalty: f64,
        },
        Tree {
            #[search_space(range = 1..=4)]
            depth: u32,
            #[search_space(choices = ["gini", "entropy"])]
            criterion: String,
        },
    }
}

mod wider {
    use hpo_core::SearchSpace;

    #[derive(Clone, Debug, SearchSpace)]
    #[allow(dead_code, reason = "the space is what matters")]
    pub(super) enum Model {
        Forest {
            #[search_space(range = 1..=100)]
            trees: u32,
        },
        Linear {
            #[search_space(range = 0.001..=1.0, log)]
            penalty: f64,
        },
        Tree {
            #[search_space(range = 1..=9)]
            depth: u32,
            #[search_space(choices = ["log_loss", "gini", "entropy"])]
            criterion: String,
        },
    }
}

mod narrower {
    use hpo_core::SearchSpace;

    #[derive(Clone, Debug, SearchSpace)]
    #[allow(dead_code, reason = "the space is what matters")]
    pub(super) enum Model {
        Linear {
            #[search_space(range = 0.1..=1.0, log)]
            penalty: f64,
            #[search_space(range = 0.0..=1.0)]
            ratio: f64,
        },
        Tree {
            #[search_space(range = 1.0..=4.0)]
            depth: f64,
            #[search_space(choices = ["gini"])]
            criterion: String,
        },
    }
}

fn filled() -> Arc<dyn Storage> {
    let storage = memory();
    Study::<before::Model>::minimize()
        .seed(1)
        .storage(Arc::clone(&storage))
        .run(30, |_| 1.0)
        .unwrap();
    storage
}

#[test]
fn what_widens_is_accepted_and_said() {
    let study = Study::<wider::Model>::minimize().storage(filled()).open().unwrap();
    let said: Vec<String> = study.notes().iter().map(ToString::to_string).collect();
    let expected = [
        "the space has changed: `kind` may now be Forest",
        "the space has changed: `Linear.penalty` widened from 0.01..=1.0, log to 0.001..=1.0, log",
        "the space has changed: `Tree.depth` widened from 1..=4 to 1..=9",
        "the space has changed: `Tree.criterion` may now be log_loss",
        "the space has changed: `Forest.trees` is new, in a new branch",
        "resumed with 30 trials",
    ];
    assert_eq!(said, expected);
}

#[test]
fn old_trials_keep_their_meaning_when_choices_move() {
    let storage = filled();
    let old = Study::<before::Model>::minimize()
        .storage(Arc::clone(&storage))
        .open()
        .unwrap()
        .trials()
        .unwrap();
    let study = Study::<wider::Model>::minimize().storage(storage).open().unwrap();
    let labels = |trial: &hpo_core::trial::TrialRecord| trial.params.as_ref().unwrap().to_string();
    let new: Vec<String> = study.trials().unwrap().iter().map(labels).collect();
    assert_eq!(new, old.iter().map(labels).collect::<Vec<_>>());
    study.optimize(60, |_, _| 1.0).unwrap();
    let kinds: Vec<_> = study
        .trials()
        .unwrap()
        .iter()
        .map(|trial| trial.params.as_ref().unwrap().get("kind"))
        .collect();
    assert!(kinds[..30].iter().all(|kind| *kind != Some("Forest".into())));
    assert!(kinds[30..].contains(&Some("Forest".into())));
}

#[test]
fn what_would_make_old_trials_lie_is_refused() {
    let error = Study::<narrower::Model>::minimize().name("iris").storage({
        let storage = memory();
        Study::<before::Model>::minimize()
            .name("iris")
            .storage(Arc::clone(&storage))
            .run(3, |_| 1.0)
            .unwrap();
        storage
    });
    let said = error.open().unwrap_err().to_string();
    let expected = "the space of the study `iris` has changed so that its trials no longer fit: \
        `Linear.penalty` went from 0.01..=1.0, log to 0.1..=1.0, log, which excludes values of old \
        trials. `Tree.depth` was 1..=4, and is now 1.0..=4.0. \
        `Tree.criterion` may no longer be entropy, which old trials have. \
        `Linear.ratio` is new, and old trials have no value for it: give it a `default`, which \
        they then count as having had. Choose another name for the new space.";
    assert_eq!(said, expected);
}

#[test]
fn another_direction_is_another_study() {
    let error = Study::<before::Model>::maximize().storage(filled()).open().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the study `study` was made to minimize, not to maximize: choose another name"
    );
}
