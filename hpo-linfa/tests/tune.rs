//! The whole way in one line.

use hpo_core::prelude::*;
use hpo_core::trial::TrialRecord;
use hpo_linfa::data::{Dataset, select};
use hpo_linfa::encode::Encoding;
use hpo_linfa::estimator::{Classify, FitError, GaussianNb, Logistic, PredictProba, Ridge};
use hpo_linfa::{
    Classifier, ClassifierSearch, Metric, Racing, RegressionMetric, RegressorSearch, SelectionRule,
    Splits,
};
use hpo_linfa::{tune_classifier, tune_regressor};
use ndarray::array;
use serde::{Deserialize, Serialize};

#[test]
fn one_line_finds_a_good_model_of_iris() {
    let iris = linfa_datasets::iris();
    let best = tune_classifier(&iris).unwrap();
    assert!(best.score() >= 0.96, "{best:?}");
    assert!(best.score_on(&iris) >= 0.95);
    assert!(best.standard_error().unwrap() < 0.05);
    assert_eq!(best.study().trials().unwrap().len(), 60);
    // Every estimator has had its defaults tried, and has a line in the table.
    let summary = best.summary().unwrap();
    for config in Classifier::starters() {
        assert!(summary.contains(config.name()), "{summary}");
        assert!(best.study().has_tried(&config).unwrap());
    }
}

#[test]
fn one_line_finds_a_good_regression_of_diabetes() {
    let best = tune_regressor(&linfa_datasets::diabetes()).unwrap();
    assert!(best.score() > 0.48, "{best:?}");
    assert!(
        best.predict(&linfa_datasets::diabetes().records)
            .iter()
            .all(|told| (0.0..400.0).contains(told))
    );
}

#[test]
fn the_same_rows_and_seed_give_the_same_model() {
    let wine = linfa_datasets::winequality();
    let few = select(&wine, &(0..200).collect::<Vec<_>>());
    let search = |seed| {
        ClassifierSearch::new()
            .trials(14)
            .splits(Splits::KFold { folds: 3 })
            .seed(seed)
            .run(&few)
            .unwrap()
    };
    let (a, b, c) = (search(1), search(1), search(2));
    let told = |trials: &[TrialRecord]| -> Vec<_> {
        trials
            .iter()
            .map(|trial| (trial.state, trial.reports.clone(), trial.values.clone()))
            .collect()
    };
    assert_eq!(told(&a.study().trials().unwrap()), told(&b.study().trials().unwrap()));
    assert_ne!(told(&a.study().trials().unwrap()), told(&c.study().trials().unwrap()));
    assert_eq!(a.config(), b.config());
    assert_eq!(a.predict(&wine.records), b.predict(&wine.records));
}

#[test]
fn several_workers_find_what_one_finds_without_a_race() {
    let iris = linfa_datasets::iris();
    let search = |workers| {
        let search = ClassifierSearch::new().trials(12).folds(3).seed(5).workers(workers);
        // The order in which trials end decides which of equal ones are finalists.
        search.racing(Racing::Off).finalists(1).run(&iris).unwrap()
    };
    let (one, three) = (search(1), search(3));
    assert_eq!(one.score(), three.score());
    assert_eq!(one.run().pruned, 0);
}

#[test]
fn a_race_saves_fits_and_tells_which_trials_lost() {
    let iris = linfa_datasets::iris();
    let fits = |racing| {
        let best = ClassifierSearch::new().trials(30).seed(1).racing(racing).run(&iris).unwrap();
        let trials = best.study().trials().unwrap();
        assert_eq!(best.run().complete + best.run().pruned, 30);
        (trials.iter().map(|trial| trial.reports.len()).sum::<usize>(), best.run().pruned)
    };
    let (off, wilcoxon, halving) =
        (fits(Racing::Off), fits(Racing::Wilcoxon), fits(Racing::Halving));
    assert_eq!(off, (150, 0));
    assert!(wilcoxon.0 < 150 && wilcoxon.1 > 0, "{wilcoxon:?}");
    assert!(halving.0 < 110 && halving.1 > 0, "{halving:?}");
}

#[test]
fn a_metric_of_which_little_is_good_is_minimised() {
    let iris = linfa_datasets::iris();
    let best = ClassifierSearch::<Logistic>::over()
        .metric(Metric::LogLoss)
        .trials(10)
        .finalists(1)
        .run(&iris)
        .unwrap();
    let complete: Vec<f64> =
        best.study().trials().unwrap().iter().filter_map(TrialRecord::value).collect();
    assert_eq!(best.score(), complete.iter().copied().fold(f64::INFINITY, f64::min));
    let diabetes = linfa_datasets::diabetes();
    let best = RegressorSearch::<Ridge>::over()
        .metric(RegressionMetric::Rmse)
        .trials(5)
        .run(&diabetes)
        .unwrap();
    assert!((50.0..60.0).contains(&best.score()), "{best:?}");
}

#[test]
fn the_simplest_good_model_may_be_chosen() {
    let iris = linfa_datasets::iris();
    let search = |choice| {
        let search = ClassifierSearch::new().trials(25).seed(2).finalists(1);
        search.choice(choice).run(&iris).unwrap()
    };
    let (best, simplest) = (search(SelectionRule::Best), search(SelectionRule::OneStandardError));
    assert!(simplest.config().complexity() <= best.config().complexity());
    assert!(simplest.score() >= best.score() - best.standard_error().unwrap());
}

#[test]
fn a_search_in_a_storage_is_topped_up() {
    let iris = linfa_datasets::iris();
    let path = std::env::temp_dir().join(format!("hpo-linfa-tune-{}.journal", std::process::id()));
    let url = format!("journal:{}", path.display());
    let search = |trials| {
        let url = url.clone();
        let search = ClassifierSearch::new().trials(trials).folds(3).seed(4);
        search.study(move |study| study.storage(url)).run(&iris).unwrap()
    };
    assert_eq!(search(5).study().trials().unwrap().len(), 5);
    let topped_up = search(12);
    let (ran, all) = (topped_up.run(), topped_up.study().trials().unwrap().len());
    std::fs::remove_file(&path).unwrap();
    assert_eq!((ran.complete + ran.pruned + ran.failed, all), (7, 12));
}

#[test]
fn bad_rows_are_refused_with_the_remedy() {
    let said = |records, targets| {
        tune_classifier(&Dataset::new(records, targets)).unwrap_err().to_string()
    };
    assert_eq!(
        said(ndarray::Array2::zeros((0, 2)), ndarray::Array1::zeros(0)),
        "the data has 0 rows and 2 features: it needs at least one of each"
    );
    assert!(said(array![[1.0], [2.0]], array![3, 3]).contains("at least two classes"));
    assert!(
        said(array![[1.0], [f64::NAN]], array![0, 1]).contains("row 1, counted from 0, has NaN")
    );
    assert!(said(array![[1.0], [2.0]], array![0, 1]).contains("write fewer folds"));
    let iris = linfa_datasets::iris();
    let refused = |search: ClassifierSearch| search.run(&iris).unwrap_err().to_string();
    assert!(refused(ClassifierSearch::new().folds(0)).contains("write at least 2"));
    assert!(
        refused(ClassifierSearch::new().folds(51))
            .contains("class 0 has 50 rows, too few for 51 folds")
    );
    assert!(refused(ClassifierSearch::new().trials(0)).contains("is 0"));
    assert!(refused(ClassifierSearch::new().workers(0)).contains("`workers` is 0"));
    assert!(
        refused(ClassifierSearch::new().categorical([4], Encoding::default()))
            .contains("feature 4")
    );
}

/// Panics, fails or works, as its config says.
#[derive(Clone, Debug, SearchSpace, Serialize, Deserialize)]
struct Moody {
    #[search_space(range = 0..=5)]
    mood: u32,
}

#[derive(Debug)]
struct First;

impl PredictProba for First {
    fn predict_proba(&self, records: &ndarray::Array2<f64>) -> ndarray::Array2<f64> {
        ndarray::Array2::from_shape_fn((records.nrows(), 3), |(_, class)| {
            f64::from(u8::from(class == 0))
        })
    }
}

impl Classify for Moody {
    fn fit_model(
        &self,
        _: &Dataset<usize>,
        _: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        match self.mood {
            0 => panic!("a bad day"),
            1 => Err(FitError::Diverged { estimator: "Moody" }),
            _ => Ok(Box::new(First)),
        }
    }

    fn name(&self) -> &'static str {
        "moody"
    }

    fn complexity(&self) -> f64 {
        0.0
    }
}

#[test]
fn failures_are_recorded_and_nothing_is_lost() {
    let best = ClassifierSearch::<Moody>::over().trials(6).run(&linfa_datasets::iris()).unwrap();
    assert_eq!(best.run().failed, 2);
    let messages: Vec<String> =
        best.study().trials().unwrap().into_iter().filter_map(|trial| trial.message).collect();
    assert!(messages.iter().any(|message| message == "panicked: a bad day"), "{messages:?}");
    assert!(
        messages.iter().any(|message| message.starts_with("Moody has weights that are not finite"))
    );
    assert!(best.summary().unwrap().contains("moody"));
    assert!((best.score() - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn finalists_are_measured_again_on_fresh_splits() {
    let wine = linfa_datasets::winequality();
    let search = |finalists| {
        let search = ClassifierSearch::<GaussianNb>::over().trials(12).folds(3).seed(4);
        search.finalists(finalists).run(&wine).unwrap()
    };
    let (plain, measured) = (search(1), search(3));
    assert_eq!(plain.fresh_score(), None);
    let fresh = measured.fresh_score().unwrap();
    assert_ne!(fresh, measured.score(), "the splits are others");
    assert!((fresh - measured.score()).abs() < 0.1, "{fresh} {}", measured.score());
    assert!(measured.score() <= plain.score());
    let ordered = ClassifierSearch::<GaussianNb>::over()
        .trials(4)
        .splits(Splits::TimeSeries { folds: 3, gap: 0 });
    assert_eq!(ordered.run(&wine).unwrap().fresh_score(), None, "time has one order");
}
