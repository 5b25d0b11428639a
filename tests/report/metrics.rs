//! Metrics by their names: recorded once, and standing in figures, tables and the page.

use hpo_core::prelude::*;
use hpo_core::report::{Overview, Report, TrialTable};
use hpo_core::storage;
use hpo_core::trial::Direction;
use hpo_tests::Folder;
use hpo_tests::fixtures::fit_only;

use super::{TestStudy, conditional};

fn named(mut study: TestStudy, metrics: &[&str]) -> TestStudy {
    study.metrics = metrics.iter().map(|name| (*name).to_owned()).collect();
    study
}

/// Every text of a chart that names a value.
fn chart_texts(report: &Report) -> String {
    let chart = |figure: &hpo_core::report::figure::Figure| {
        let chart = figure.chart();
        let axes = chart.panels.iter().map(|panel| format!("{} {}", panel.x.title, panel.y.title));
        let bar = chart.color_bar.map(|bar| bar.title).unwrap_or_default();
        format!(
            "{} {} {bar} {}\n",
            chart.title,
            axes.collect::<Vec<_>>().join(" "),
            chart.notes.join(" ")
        )
    };
    report.figures().iter().map(chart).collect()
}

#[test]
fn a_metric_stands_wherever_its_values_stand() {
    let study = named(conditional("accuracy", 60), &["val_accuracy"]);
    let report = Report::of(&[study.view()]);
    let texts = chart_texts(&report);
    let without = texts
        .replace("reported value", "")
        .replace("the values", "")
        .replace("Intermediate values", "");
    assert!(!without.contains("value"), "something is still called value: {texts}");
    let heading = format!(
        "Best config: trial {}, val_accuracy 0.",
        report.best().expect("one is best").number
    );
    assert!(report.page(None).contains(&heading), "{heading}");
    assert!(
        TrialTable::of(&study.view()).to_csv().starts_with("trial,state,val_accuracy,seconds,")
    );
    assert!(
        Overview::of(&study.view())
            .summary()
            .starts_with("Study accuracy: minimize val_accuracy\n")
    );
}

#[test]
fn several_metrics_are_told_apart_and_from_other_columns() {
    let mut study = named(
        TestStudy::new("two", &[Direction::Minimize, Direction::Maximize]),
        &["seconds", "accuracy"],
    );
    study.complete(Vec::new(), &[1.5, 0.9]);
    study.complete(Vec::new(), &[1.0, 0.7]);
    let texts = chart_texts(&Report::of(&[study.view()]));
    for expected in [
        "seconds (minimize)",
        "accuracy (maximize)",
        "the reference point is seconds 1.5, accuracy 0.7",
    ] {
        assert!(texts.contains(expected), "{expected}: {texts}");
    }
    let csv = TrialTable::of(&study.view()).to_csv();
    assert!(csv.starts_with("trial,state,value seconds,accuracy,seconds,message\n"), "{csv}");
}

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

#[test]
fn names_are_recorded_once_and_found_again() {
    let folder = Folder::new("metrics");
    let url = format!("journal:{}", folder.path("a.journal").display());
    let opened = |names: &[&str]| {
        Study::<Point>::directions([Direction::Minimize, Direction::Maximize])
            .storage(&*url)
            .metric_names(names.iter().copied())
            .open()
    };
    drop(opened(&["loss", "accuracy"]).expect("a study"));
    let study = opened(&[]).expect("it is taken up");
    assert_eq!(study.oracle().metric_names(), ["loss", "accuracy"]);
    assert_eq!(
        study.report().expect("a report").overviews()[0].objectives(),
        "minimize loss, maximize accuracy"
    );
    let refused = opened(&["loss"]).expect_err("one name for two objectives").to_string();
    assert!(refused.contains("metric_names") && refused.contains("2 in all"), "{refused}");
    let refused = opened(&["loss", "loss"]).expect_err("columns of one name").to_string();
    assert!(refused.contains("`loss` twice"), "{refused}");
}

#[test]
fn names_that_optuna_recorded_are_known() {
    let folder = Folder::new("optunas-metrics");
    let path = folder.path("a.journal");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/format/optuna-5.0.0.journal"), &path)
        .expect("a copy");
    let storage = storage::open(&format!("journal:{}", path.display())).expect("it can be read");
    assert_eq!(storage.studies().expect("studies")[0].metric_names(), ["score"]);
}

#[test]
fn a_tuners_objective_names_its_values() {
    let model = fit_only(|config: &Point, trial| Ok(trial.log(0, &[("val_accuracy", config.x)])?));
    let mut tuner = RandomSearch::new(model)
        .objective("val_accuracy")
        .max_trials(3)
        .seed(1)
        .build()
        .expect("a tuner");
    tuner.search(&()).expect("it runs");
    let report = tuner.study().report().expect("a report");
    assert_eq!(report.overviews()[0].objectives(), "maximize val_accuracy");
    assert!(chart_texts(&report).contains("History of val_accuracy"));
}
