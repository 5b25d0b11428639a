//! Studies that are hard to report on: empty, small, wide, large, full of infinities.

use hpo_core::report::{Report, StudyView};
use hpo_core::space::Value;
use hpo_core::trial::{Direction, State};

use super::{TestStudy, conditional};

/// All that can be made of a report is made.
fn checked_report(view: StudyView<'_>) -> Report {
    let report = Report::of(&[view]);
    for figure in report.figures() {
        let plotly = figure.plotly();
        assert!(plotly["data"].is_array() && plotly["layout"].is_object());
        assert!(figure.svg().starts_with("<svg"));
    }
    assert!(report.page(None).contains("</html>"));
    assert!(report.json()["figures"].is_array());
    assert!(!report.overviews()[0].summary().is_empty());
    report
}

#[test]
fn no_study_and_no_trials() {
    assert!(Report::of(&[]).page(None).contains("no study"));
    let report = checked_report(TestStudy::new("empty", &[Direction::Minimize]).view());
    assert!(
        report.figures().is_empty() && report.page(None).contains("There is nothing to draw yet.")
    );
    assert_eq!(report.best(), None);
    assert_eq!(report.overviews()[0].counted(), "none");
    checked_report(TestStudy::new("empty", &[Direction::Minimize, Direction::Maximize]).view());
}

#[test]
fn one_trial_and_one_parameter() {
    let report = checked_report(TestStudy::of_values("one", Direction::Minimize, &[2.5]).view());
    assert_eq!(report.best().map(|best| (best.number, best.value)), Some((0, 2.5)));
    assert!(
        !report.figures().iter().any(|figure| figure.kind() == "contour"),
        "a contour takes two parameters"
    );
}

#[test]
fn all_failed() {
    let mut study = TestStudy::new("failed", &[Direction::Maximize]);
    let x = study.float("x");
    for _ in 0..5 {
        study.add(State::Failed, vec![(x, Value::Float(1.0))], &[], Vec::new());
    }
    let report = checked_report(study.view());
    assert_eq!(report.overviews()[0].best_in_words(), "no trial is complete");
    let kinds: Vec<&str> =
        report.figures().iter().map(hpo_core::report::figure::Figure::kind).collect();
    assert_eq!(kinds, ["timeline"], "figures of values would be empty");
}

#[test]
fn infinite_values_are_left_out_and_counted() {
    let study = TestStudy::of_values(
        "infinite",
        Direction::Minimize,
        &[f64::INFINITY, 1.0, f64::NEG_INFINITY, 2.0, 1e300, -1e300],
    );
    let report = checked_report(study.view());
    for (name, figure) in report.named_figures() {
        if ["history", "slice", "edf", "parallel_coordinates"].contains(&name.as_str()) {
            let notes = figure.chart().notes;
            assert!(
                notes.iter().any(|note| note == "2 trials with an infinite value are not shown"),
                "{name}: {notes:?}"
            );
        }
    }
    let none = TestStudy::of_values("none", Direction::Minimize, &[f64::INFINITY, f64::INFINITY]);
    checked_report(none.view());
    assert!(report.table().to_csv().contains("inf"));
}

#[test]
fn equal_values_have_a_range_all_the_same() {
    checked_report(TestStudy::of_values("equal", Direction::Maximize, &[3.0; 7]).view());
}

#[test]
fn two_hundred_parameters_are_chosen_among_and_that_is_said() {
    let mut study = TestStudy::new("wide", &[Direction::Minimize]);
    let ids: Vec<_> = (0..200).map(|index| study.float(&format!("layer.{index}.width"))).collect();
    for trial in 0..300_u32 {
        let params = ids
            .iter()
            .map(|id| (*id, Value::Float(f64::from((trial * 31 + id.0 * 17) % 100))))
            .collect();
        study.complete(params, &[f64::from(trial % 37)]);
    }
    let report = checked_report(study.view());
    let count = report
        .figures()
        .iter()
        .flat_map(|figure| figure.chart().notes)
        .filter(|note| note.contains("of 200 parameters"))
        .count();
    assert_eq!(count, 3, "importances, slices and parallel coordinates");
    assert!(report.page(None).len() < 6_000_000);
}

#[test]
fn of_a_hundred_thousand_trials_a_sample_is_shown_and_that_is_said() {
    let study = conditional("large", 100_000);
    let report = Report::of(&[study.view()]);
    assert!(
        report.json() == Report::of(&[study.view()]).json(),
        "the same trials, the same sample"
    );
    let page = report.page(None);
    assert!(page.len() < 6_000_000, "the page has {} bytes", page.len());
    assert!(page.contains("600 of 70,000 trials shown"));
    let best = study.trials.best(&study.directions)[0];
    let json = report.json();
    let history = &json["figures"][0]["history"]["tracks"][0];
    assert_eq!(history["shown"], serde_json::json!({"shown": 2500, "of": 70_000, "infinite": 0}));
    let shown = history["numbers"].as_array().expect("numbers");
    assert!(shown.contains(&best.into()), "the best trial is shown");
    assert!(
        shown.contains(&99_998_u64.into()) || shown.contains(&99_997_u64.into()),
        "so are the latest"
    );
    assert_eq!(
        history["best"].as_array().and_then(|best| best.last()),
        Some(&study.trials.values(best)[0].into())
    );
}
