//! Long names of choices: cut on the axes so that they stay apart, whole under the pointer. Times
//! of the clock. Surfaces in bands.

use hpo_core::report::Report;
use hpo_core::report::figure::{Layer, ParallelCoordinates, Slice, Timeline};
use hpo_core::space::{Categorical, Domain, Int, Value};
use hpo_core::trial::{Direction, State, Timestamp};

use super::{TestStudy, conditional};

const MODELS: [&str; 3] = [
    "google/bert-base-whole-word-masking",
    "google/bert-large-whole-word-masking",
    "microsoft/deberta-v3-finetuned",
];

/// A study of which one parameter is a choice with long names.
fn long() -> TestStudy {
    let mut study = TestStudy::new("long names", &[Direction::Minimize]);
    let model = study.trials.declare("model", &Domain::Categorical(Categorical::new(MODELS)));
    let x = study.float("a_parameter_of_which_the_name_is_far_longer_than_a_panel_is_wide");
    for trial in 0..30_u32 {
        let at = f64::from(trial * 7 % 30);
        study.complete(
            vec![(model, Value::Choice(trial % 3)), (x, Value::Float(at))],
            &[at + f64::from(trial % 3)],
        );
    }
    study
}

#[test]
fn long_names_are_cut_on_axes_stay_apart_and_are_whole_under_the_pointer() {
    let study = long();
    let report = Report::of(&[study.view()]);
    for (name, figure) in report.named_figures() {
        let plotly = figure.plotly();
        let layout = plotly["layout"].as_object().expect("a layout");
        for (axis, has_names) in
            layout.iter().filter_map(|(_, axis)| Some((axis, axis.get("ticktext")?)))
        {
            let mut names: Vec<&str> = has_names
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|name| name.as_str())
                .collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{name}: two names look the same: {names:?}");
            assert!(names.iter().all(|name| name.chars().count() <= 40), "{name}: {axis}");
        }
        if ["slice", "rank", "branches"].contains(&&*name) {
            let data = plotly["data"].to_string();
            assert!(
                MODELS.iter().all(|model| data.contains(model)),
                "{name}: the pointer does not tell whole names"
            );
        }
    }
    let figures = report.named_figures();
    let slice = figures.iter().find(|(name, _)| name == "slice").expect("slices").1.plotly();
    let of_model = slice["data"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|trace| trace.get("text").is_some())
        .expect("a trace");
    assert!(
        of_model["hovertemplate"].as_str().is_some_and(|words| words.contains("model: %{text}"))
    );
    assert_eq!(of_model["text"][1], MODELS[of_model["x"][1].as_f64().expect("a place") as usize]);
}

#[test]
fn names_that_do_not_fit_side_by_side_hang_in_pictures() {
    let svg = |study: &TestStudy, kind: &str| {
        let report = Report::of(&[study.view()]);
        let figures = report.named_figures();
        figures.iter().find(|(name, _)| name == kind).expect("it is there").1.svg()
    };
    assert!(svg(&long(), "slice").contains("rotate(-35"));
    assert!(!svg(&conditional("short names", 60), "slice").contains("rotate(-35"));
}

#[test]
fn a_timeline_tells_the_time_of_the_clock() {
    let mut study = TestStudy::new("clock", &[Direction::Minimize]);
    for hour in 0..6 {
        let number = study.add(State::Complete, Vec::new(), &[1.0], Vec::new());
        let start = 1_795_289_648_000_000 + hour * 3_600_000_000; // 2026-11-21 19:34:08 UTC
        study.trials.set_times(
            number,
            Some(Timestamp(start)),
            Some(Timestamp(start + 1_800_000_000)),
        );
    }
    let chart = Timeline::of(&study.view()).chart();
    let plotly = chart.plotly();
    assert_eq!(plotly["layout"]["xaxis"]["type"], "date");
    assert_eq!(plotly["data"][0]["base"][1], "2026-11-21 20:34:08.000");
    assert_eq!(plotly["data"][0]["x"][1], 1_800_000.0, "half an hour");
    let svg = chart.svg();
    for word in ["time (UTC), from 2026-11-21", ">21:00<", ">11-22<"] {
        assert!(svg.contains(word), "{word} is missing");
    }
    let short =
        Timeline::of(&TestStudy::of_values("short", Direction::Minimize, &[1.0, 2.0]).view())
            .chart();
    assert_eq!(short.panels[0].x.title, "seconds since 2023-11-14 22:13:20.000 (UTC)");
}

#[test]
fn few_whole_numbers_are_all_named_on_axes() {
    let mut study = TestStudy::new("whole", &[Direction::Minimize]);
    let layers = study.trials.declare("layers", &Domain::Int(Int::new(1, 5)));
    let units = study.trials.declare("units", &Domain::Int(Int::new(1, 500)));
    for layer in 1..=5_i32 {
        study.complete(
            vec![(layers, Value::Int(layer.into())), (units, Value::Int(layer.into()))],
            &[f64::from(layer)],
        );
    }
    let axes: Vec<_> = Slice::of(&study.view(), 0, &[])
        .chart()
        .panels
        .into_iter()
        .map(|panel| (panel.x.ticks, panel.x.range))
        .collect();
    let named = (1..=5).map(|layer| (f64::from(layer), layer.to_string())).collect();
    assert_eq!(
        axes[0],
        (Some(named), Some((0.5, 5.5))),
        "each, with room beside the first and the last"
    );
    assert_eq!(axes[1].0, None, "of many, round ones");
}

#[test]
fn names_of_choices_end_before_the_next_of_parallel_axes() {
    let mut study = TestStudy::new("parallel", &[Direction::Minimize]);
    let names = ["cosine annealing with warm restarts", "exponential decay after a warm-up"];
    let schedule = study.trials.declare("schedule", &Domain::Categorical(Categorical::new(names)));
    let others: Vec<_> = (0..6).map(|index| study.float(&format!("x{index}"))).collect();
    for index in 0..2 {
        let floats = others.iter().map(|id| (*id, Value::Float(0.5)));
        study.complete(
            floats.chain([(schedule, Value::Choice(index))]).collect(),
            &[f64::from(index)],
        );
    }
    let chart = ParallelCoordinates::of(&study.view(), 0, &[]).chart();
    let labels = chart.panels[0]
        .layers
        .iter()
        .find_map(|layer| if let Layer::Labels(labels) = layer { Some(labels) } else { None });
    let texts = &labels.expect("choices are named").texts;
    assert!(texts.iter().any(|text| text.starts_with("cosine")), "{texts:?}");
    assert!(texts.iter().all(|text| text.chars().count() <= 13), "{texts:?}");
}

#[test]
fn a_contour_is_drawn_in_bands() {
    let report = Report::of(&[conditional("bands", 150).view()]);
    let figures = report.named_figures();
    let svg = figures.iter().find(|(name, _)| name == "contour").expect("a contour").1.svg();
    let (bands, _) = svg
        .split_once("fill-rule=\"evenodd\">")
        .expect("bands")
        .1
        .split_once("</g>")
        .expect("they end");
    assert!((6..=16).contains(&bands.matches("<path").count()), "a path a band: {bands}");
    assert!(!bands.contains("<rect"), "no blocks");
}
