//! Figures of a few trials, computed by hand.

use hpo_core::report::figure::{
    Branches, Chart, Curves, Edf, Fold, History, HypervolumeHistory, Importances, Layer,
    ParallelCoordinates, Rank, Rungs,
};
use hpo_core::report::{Report, ReportContents};
use hpo_core::space::Value;
use hpo_core::trial::{
    AttributeScope, Attributes, Direction, InitialTrial, NewTrial, State, Timestamp,
    constraint_attribute, rung_attribute,
};

use super::{TestStudy, conditional};

#[test]
fn the_best_so_far_passes_over_trials_that_break_constraints() {
    let mut study = TestStudy::of_values("history", Direction::Maximize, &[1.0, 3.0]);
    let x = study.float("x");
    let given = InitialTrial {
        state: State::Complete,
        params: vec![(x, Value::Float(9.0))],
        values: vec![9.0],
        reports: Vec::new(),
    };
    let mut attributes = Attributes::default();
    attributes.insert(AttributeScope::System, &constraint_attribute("memory"), 0.5.into());
    study
        .trials
        .create(NewTrial { given: Some(given), attributes }, Timestamp(0))
        .expect("it keeps the rules");
    study.complete(Vec::new(), &[4.0]);
    let track = &History::of(&[study.view()], 0).tracks[0];
    assert_eq!(track.values, [1.0, 3.0, 9.0, 4.0]);
    assert_eq!(track.is_feasible, [true, true, false, true]);
    assert_eq!(track.best, [1.0, 3.0, 3.0, 4.0]);
}

#[test]
fn studies_that_differ_in_a_number_make_a_spread() {
    let a = TestStudy::of_values("tpe-1", Direction::Minimize, &[4.0, 2.0, 3.0]);
    let b = TestStudy::of_values("tpe-2", Direction::Minimize, &[8.0, 9.0, 0.0]);
    let other = TestStudy::of_values("random", Direction::Minimize, &[1.0]);
    let history = History::of(&[a.view(), b.view(), other.view()], 0);
    assert_eq!(history.tracks.len(), 3);
    let [spread] = &history.spreads[..] else { panic!("one group: {:?}", history.spreads) };
    assert_eq!((spread.group.as_str(), &spread.numbers[..]), ("tpe", &[0, 1, 2][..]));
    assert_eq!(
        (&spread.mean[..], &spread.deviation[..]),
        (&[6.0, 5.0, 1.0][..], &[2.0, 3.0, 1.0][..])
    );
}

#[test]
fn a_distribution_has_a_step_at_each_value() {
    let study = TestStudy::of_values("edf", Direction::Minimize, &[3.0, 1.0, 2.0, 2.0]);
    let edf = &Edf::of(&[study.view()], 0).studies[0];
    assert_eq!((&edf.values[..], &edf.numbers[..]), (&[1.0, 2.0, 2.0, 3.0][..], &[1, 2, 3, 0][..]));
    assert_eq!(edf.shares, [0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn each_variant_tells_its_trials_and_values() {
    let study = conditional("branches", 200);
    let branches = Branches::of(&study.view(), 0).expect("there are choices");
    assert!(branches.are_branches);
    let paths: Vec<&str> = branches.choices.iter().map(|choice| choice.path.as_str()).collect();
    assert_eq!(paths, ["optimizer", "optimizer.sgd.schedule"], "the batch size is no branch");
    let optimizer = &branches.choices[0];
    assert_eq!(optimizer.variants.iter().map(|variant| variant.trials).sum::<u64>(), 200);
    let sgd = study.trials.param_id("optimizer").expect("declared");
    for (index, variant) in (0..).zip(&optimizer.variants) {
        assert_eq!(
            variant.trials,
            variant.complete + variant.pruned + variant.failed + variant.open
        );
        let chosen = |number: &u64| study.view().value(*number, sgd) == Some(Value::Choice(index));
        let mut values: Vec<f64> = study
            .trials
            .complete()
            .filter(chosen)
            .map(|number| study.trials.values(number)[0])
            .collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(variant.best, Some(values[0]));
        let [low, median, high] = variant.quartiles.expect("there are values");
        let below =
            |edge: f64| values.iter().filter(|value| **value <= edge).count() * 4 / values.len();
        assert_eq!((below(low), below(median), below(high)), (1, 2, 3), "{variant:?}");
    }
    let nested = &branches.choices[1];
    assert_eq!(
        nested.variants.iter().map(|variant| variant.trials).sum::<u64>(),
        optimizer.variants[1].trials
    );
}

#[test]
fn an_inactive_parameter_has_no_place_and_its_line_passes_below() {
    let study = conditional("parallel", 100);
    let parallel = ParallelCoordinates::of(&study.view(), 0, &[]);
    let axis = parallel
        .scales
        .iter()
        .position(|scale| scale.path == "optimizer.adam.beta")
        .expect("an axis");
    let choice =
        parallel.scales.iter().position(|scale| scale.path == "optimizer").expect("an axis");
    for places in &parallel.places {
        assert_eq!(places[axis].is_some(), places[choice] == Some(0.0), "active with adam alone");
    }
    let chart = parallel.chart();
    assert!(chart.notes.iter().any(|note| note.contains("not active")), "{:?}", chart.notes);
    let ys: Vec<f64> =
        lines(&chart).flat_map(|line| line.ys.clone()).filter(|y| y.is_finite()).collect();
    assert!(ys.iter().any(|y| *y < -0.1), "some lines pass below");
    assert!(ys.iter().all(|y| (-0.2..=1.0).contains(y)));
    let corners =
        lines(&chart).map(|line| line.ys.iter().filter(|y| y.is_nan()).count()).sum::<usize>();
    assert_eq!(corners, parallel.numbers.len(), "a gap after each trial");
}

fn lines(chart: &Chart) -> impl Iterator<Item = &hpo_core::report::figure::Line> {
    chart.panels[0]
        .layers
        .iter()
        .filter_map(|layer| if let Layer::Line(line) = layer { Some(line) } else { None })
}

#[test]
fn rungs_mark_who_went_on() {
    let mut study = TestStudy::new("rungs", &[Direction::Minimize]);
    let curves = [
        (vec![(1, 5.0), (3, 4.0), (9, 1.0)], 2),
        (vec![(1, 7.0)], 1),
        (vec![(1, 6.0), (3, 5.5)], 2),
        // What it had at the higher rung, it had before.
        (vec![(1, 6.5), (3, 6.5)], 2),
    ];
    for (number, (reports, rungs)) in curves.into_iter().enumerate() {
        let mut attributes = Attributes::default();
        for rung in 0..rungs {
            attributes.insert(
                AttributeScope::System,
                &rung_attribute(rung),
                reports[rung as usize].1.into(),
            );
        }
        let state = if number == 0 { State::Complete } else { State::Pruned };
        let values = if number == 0 { vec![1.0] } else { Vec::new() };
        let given = InitialTrial { state, params: Vec::new(), values, reports };
        study
            .trials
            .create(NewTrial { given: Some(given), attributes }, Timestamp(0))
            .expect("it keeps the rules");
    }
    let rungs = Rungs::of(&study.view()).expect("there are rungs");
    let marks: Vec<(u64, u32, u64, bool)> = rungs
        .marks
        .iter()
        .map(|mark| (mark.number, mark.rung, mark.step, mark.is_promoted))
        .collect();
    let first =
        [(0, 0, 1, true), (0, 1, 3, true), (1, 0, 1, false), (2, 0, 1, true), (2, 1, 3, false)];
    assert_eq!(marks, [&first[..], &[(3, 0, 1, true), (3, 1, 3, false)]].concat());
    assert_eq!(Rungs::of(&TestStudy::of_values("none", Direction::Minimize, &[1.0]).view()), None);
}

#[test]
fn a_hypervolume_grows_by_what_a_trial_adds() {
    let mut study = TestStudy::new("volume", &[Direction::Minimize; 2]);
    for values in [[2.0, 2.0], [3.0, 3.0], [1.0, 3.0], [0.0, 0.0], [4.0, 4.0]] {
        study.complete(Vec::new(), &values);
    }
    let history = HypervolumeHistory::of(&study.view(), None).expect("two objectives");
    assert_eq!(history.reference, [4.0, 4.0], "the worst values");
    assert_eq!(
        (&history.numbers[..], &history.volumes[..]),
        (&[0, 2, 3, 4][..], &[4.0, 5.0, 16.0, 16.0][..])
    );
}

#[test]
fn importances_choose_what_is_shown_first() {
    let study = conditional("important", 60);
    let importances = vec![("layers".to_owned(), 0.2), ("batch".to_owned(), 0.7)];
    let report = Report::with(
        &[study.view()],
        &ReportContents { importances: importances.clone(), ..ReportContents::default() },
    );
    let json = report.json();
    let figure = |kind: &str| {
        json["figures"]
            .as_array()
            .expect("figures")
            .iter()
            .find_map(|figure| figure.get(kind))
            .expect("it is there")
            .clone()
    };
    assert_eq!(figure("contour")["pair"]["x"]["path"], "batch");
    assert_eq!(figure("contour")["pair"]["y"]["path"], "layers");
    assert_eq!(figure("importances")["importances"][0][0], "batch");
    assert_eq!(Importances::of(&[]), None);
}

#[test]
fn plotly_gets_the_trials_of_marks_and_how_lines_fold() {
    let study = conditional("plotly", 40);
    let history = History::of(&[study.view()], 0).chart();
    assert!(lines(&history).any(|line| line.fold == Some(Fold::Least)));
    let plotly = history.plotly();
    let traces = plotly["data"].as_array().expect("traces");
    assert_eq!(
        traces[0]["customdata"].as_array().map(Vec::len),
        traces[0]["x"].as_array().map(Vec::len)
    );
    assert_eq!(traces.last().expect("the line")["meta"]["fold"], "least");
    let slice = Report::with(&[study.view()], &ReportContents::default())
        .named_figures()
        .into_iter()
        .find(|figure| figure.0 == "slice")
        .expect("slices")
        .1
        .plotly();
    assert_eq!(slice["layout"]["xaxis"]["type"], "log", "the learning rate is on a log scale");
    assert_eq!(slice["layout"]["xaxis2"]["type"], "linear");
    assert_eq!(slice["layout"]["xaxis4"]["ticktext"], serde_json::json!(["adam", "sgd"]));
}

#[test]
fn curves_keep_what_is_not_finite_as_gaps() {
    let mut study = TestStudy::new("curves", &[Direction::Minimize]);
    study.add(State::Pruned, Vec::new(), &[], vec![(1, 2.0), (2, f64::NAN), (3, 1.0)]);
    let curves = Curves::of(&study.view());
    assert!(curves.curves[0].values[1].is_nan());
    let chart = curves.chart();
    assert!(
        chart.notes.iter().any(|note| note.contains("1 reports are not finite")),
        "{:?}",
        chart.notes
    );
    assert!(Rank::of(&study.view(), 0, &[]).pairs.is_empty());
}
