//! Bayesian optimisation as a tuner.

use std::collections::BTreeSet;

use hpo_core::prelude::*;
use hpo_tests::Folder;
use hpo_tests::fixtures::fit_only;

/// A space with a branch: what is not active in it takes no part.
#[derive(Debug, Clone, SearchSpace)]
enum Model {
    Linear {
        #[search_space(range = 1e-6..=1.0, log)]
        penalty: f64,
    },
    Forest {
        #[search_space(range = 1..=64, log)]
        depth: u32,
        #[search_space(range = 0.0..=1.0)]
        share: f64,
    },
}

fn landscape() -> BayesianOptimization<impl HyperModel<Config = Model, Data = ()>> {
    let model = fit_only(|config: &Model, trial| {
        let loss = match config {
            Model::Linear { penalty } => 1.0 + (penalty.log10() + 3.0).powi(2),
            Model::Forest { depth, share } => {
                (f64::from(*depth).log2() - 4.0).powi(2) / 4.0 + (share - 0.3).powi(2)
            }
        };
        trial.metric("val_loss", loss);
        Ok(())
    });
    BayesianOptimization::new(model).objective("val_loss")
}

#[test]
fn it_finds_the_branch_and_the_place_in_it() {
    let mut values: Vec<f64> = (0..5)
        .map(|seed| {
            let mut tuner = landscape().max_trials(30).seed(seed).build().unwrap();
            tuner.search(&()).unwrap();
            tuner.study().best_value().unwrap()
        })
        .collect();
    values.sort_by(f64::total_cmp);
    assert!(values[2] < 0.02, "{values:?}");
}

/// Keras Tuner tries the same point 18 times of 20.
#[test]
fn a_small_space_is_searched_to_its_end_without_repeating_a_point() {
    #[derive(Debug, Clone, SearchSpace)]
    struct Three {
        #[search_space(choices = [1, 2, 3])]
        x: u32,
    }
    let choice = fit_only(|config: &Three, trial| {
        trial.metric("loss", f64::from(config.x));
        Ok(())
    });
    let mut tuner =
        BayesianOptimization::new(choice).objective("loss").max_trials(20).seed(1).build().unwrap();
    let run = tuner.search(&()).unwrap();
    assert_eq!((run.complete, run.ended), (3, hpo_core::study::Ended::Exhausted));
    let tried: BTreeSet<u32> = tuner
        .study()
        .trials()
        .unwrap()
        .iter()
        .map(|trial| trial.config::<Three>().unwrap().x)
        .collect();
    assert_eq!(tried.len(), 3);
}

/// Keras Tuner goes on with the stored settings, whatever it is told.
#[test]
fn new_settings_are_applied_on_resume_and_said() {
    let folder = Folder::new("bayesian");
    let open = |beta, points| {
        let builder = landscape()
            .max_trials(8)
            .seed(1)
            .alpha(1e-4)
            .beta(beta)
            .num_initial_points(points)
            .directory(folder.path("runs"));
        builder.build().unwrap()
    };
    let mut first = open(2.6, 3);
    assert!(first.notes().is_empty());
    first.search(&()).unwrap();
    drop(first);
    let second = open(99.0, 4);
    let said: Vec<String> = second.notes().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "resumed with 8 trials",
            "`beta` was 2.6, and is 99.0 from here on",
            "`num_initial_points` was 3, and is 4 from here on"
        ]
    );
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let alpha = landscape().alpha(-1.0).build().unwrap_err().to_string();
    assert!(alpha.starts_with("`alpha` is -1: write"), "{alpha}");
    let beta = landscape().beta(f64::NAN).build().unwrap_err().to_string();
    assert!(beta.starts_with("`beta` is NaN: write"), "{beta}");
}
