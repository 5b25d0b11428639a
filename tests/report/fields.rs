//! Advice is about fields of the type: one line each, none of which contradicts another, or the
//! importances.

use hpo_core::prelude::*;
use hpo_core::report::StudyView;
use hpo_core::report::advice::Advice;
use hpo_core::report::importance::{Fanova, Measure, PedAnova, Relevance};
use hpo_core::rng::Rng;
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_core::trial::{Direction, State};

use super::TestStudy;
use super::zoo::{Layer, Nested, Part};

/// Random trials with a value an objective.
fn sampled_study<T: SearchSpace>(count: u64, values: impl Fn(&Params) -> Vec<f64>) -> TestStudy {
    let flat = FlatSpace::new(&T::space()).expect("a space");
    let objectives = values(&flat.default_params()).len();
    let mut study = TestStudy::new("fields", &vec![Direction::Minimize; objectives]);
    for number in 0..count {
        let params = flat.draw(&mut Rng::derive(21, number));
        let own = study.add_params(&params);
        study.complete(own, &values(&params));
    }
    study.flat = Some(flat);
    study
}

fn advice(study: &TestStudy) -> Vec<String> {
    Advice::on(&study.view()).iter().map(ToString::to_string).collect()
}

fn about<'a>(advice: &'a [String], path: &str) -> Vec<&'a String> {
    advice.iter().filter(|line| line.contains(&format!("`{path}`"))).collect()
}

#[derive(Clone, Debug, SearchSpace)]
struct Net {
    #[search_space(len = 2..=5)]
    layers: Vec<Dense>,
    first: Dense,
    #[search_space(range = 0.25..=0.75)]
    keep: Option<f64>,
}

#[derive(Clone, Debug, SearchSpace)]
struct Dense {
    #[search_space(range = 16..=64, step = 2)]
    units: u32,
    #[search_space(range = 0.0..=0.5)]
    dropout: f64,
}

/// The more units, the better, in every layer.
#[test]
fn elements_of_a_list_are_one_field_of_their_type() {
    let units = |params: &Params| -> f64 {
        let labels = params.labels().filter(|(path, _)| path.ends_with("units"));
        let all: Vec<f64> = labels.filter_map(|(_, label)| label.to_json().as_f64()).collect();
        all.iter().map(|units| (units - 64.0).abs()).sum::<f64>() / all.len() as f64
    };
    let net = Net { layers: Vec::new(), first: Dense { units: 16, dropout: 0.0 }, keep: None };
    assert!(
        net.layers.is_empty()
            && net.first.units == 16
            && net.first.dropout == 0.0
            && net.keep.is_none()
    );
    let flat = FlatSpace::new(&Net::space()).expect("a space");
    let mut study = TestStudy::new("lists", &[Direction::Minimize]);
    for number in 0..300 {
        // One trial in ten has all of its units near the end.
        let params = if number % 10 == 0 {
            let drawn = flat.draw(&mut Rng::derive(2, number));
            flat.fill(|id, parameter| {
                let value = drawn
                    .iter()
                    .find(|(own, _)| *own == id)
                    .map_or_else(|| parameter.default_value(), |(_, value)| value);
                if parameter.path().ends_with("units") { parameter.decode(0.99) } else { value }
            })
        } else {
            flat.draw(&mut Rng::derive(2, number))
        };
        let own = study.add_params(&params);
        study.complete(own, &[units(&params)]);
    }
    study.flat = Some(flat);
    let advice = advice(&study);
    let lines = about(&advice, "layers.*.units, first.units");
    assert_eq!(lines.len(), 1, "{advice:#?}");
    assert!(
        lines[0]
            .ends_with("write `#[search_space(range = 16..=88, step = 2)]` on `units` of `Dense`"),
        "{}",
        lines[0]
    );
    assert_eq!(advice.iter().filter(|line| line.contains("units")).count(), 1, "{advice:#?}");
    assert!(
        advice.iter().all(|line| !line.contains("layers.0") && !line.contains("layers.1")),
        "{advice:#?}"
    );
}

#[derive(Clone, Debug, SearchSpace)]
struct Three {
    #[search_space(range = -1.0..=1.0)]
    x: f64,
    #[search_space(range = -1.0..=1.0)]
    y: f64,
    #[search_space(range = -1.0..=1.0)]
    z: f64,
}

#[test]
fn what_moves_any_objective_is_not_to_be_fixed() {
    let get = |params: &Params, path: &str| params.float(path).expect("it is active");
    let noise = |params: &Params| 0.05 * (40.0 * get(params, "z")).sin();
    let study = sampled_study::<Three>(300, |params| {
        vec![get(params, "x").powi(2) + noise(params), get(params, "y")]
    });
    let three = Three { x: 0.0, y: 0.0, z: 0.0 };
    assert!(three.x == three.y && three.y == three.z);
    assert!(
        advice(&study).iter().all(|line| !(line.contains("`y`") && line.contains("fixed"))),
        "{:#?}",
        advice(&study)
    );
    // Alone, it is.
    let alone = sampled_study::<Three>(300, |params| {
        vec![get(params, "x").powi(2) + 0.1 * get(params, "z")]
    });
    let lines = advice(&alone);
    assert!(
        about(&lines, "y").iter().any(|line| line.contains("#[search_space(fixed = ")),
        "{lines:#?}"
    );
}

/// A kind of study, by number: how much each of three parameters matters.
fn weighed(kind: u64) -> TestStudy {
    let weight = |of: u64| {
        f64::from(u32::try_from((kind / 4_u64.pow(u32::try_from(of).unwrap())) % 4).unwrap()) / 3.0
    };
    sampled_study::<Three>(150, |params| {
        let of = |path: &str| params.float(path).expect("it is active");
        vec![
            weight(0) * of("x").abs()
                + weight(1) * of("y") * of("x")
                + weight(2) * (3.0 * of("z")).sin(),
        ]
    })
}

/// Whatever the shares, what is to be fixed is at the end of every list of importances, and each
/// field is told once.
#[test]
fn advice_does_not_contradict_importances() {
    for kind in [1, 5, 7, 13, 16, 17, 21, 28, 48, 49, 52, 63] {
        let study = weighed(kind);
        let view: StudyView<'_> = study.view();
        let all = Advice::on(&view);
        let mut paths = Vec::new();
        for one in &all {
            let (Advice::Fix { path, .. }
            | Advice::Widen { path, .. }
            | Advice::Avoid { path, .. }) = one
            else {
                continue;
            };
            assert!(!paths.contains(path), "{kind}: two lines about `{path}`");
            paths.push(path.clone());
            if !matches!(one, Advice::Fix { .. }) {
                continue;
            }
            let measures = [
                Measure::PedAnova(PedAnova::default()),
                Measure::Fanova(Fanova::default()),
                Measure::Gp(Relevance::default()),
            ];
            for measure in measures {
                let Ok(found) = measure.importances(&view, 0) else { continue };
                let share =
                    found.of.iter().find(|one| one.path == *path).map_or(0.0, |one| one.share);
                assert!(
                    share < 1.0 / 6.0 && found.of[0].path != *path,
                    "{kind}: `{path}` has {share} by {}",
                    measure.name()
                );
            }
        }
    }
}

#[test]
fn a_field_in_which_trials_fail_is_not_to_be_widened() {
    let flat = FlatSpace::new(&Three::space()).expect("a space");
    let mut study = TestStudy::new("failing", &[Direction::Minimize]);
    for number in 0..300 {
        let params = flat.draw(&mut Rng::derive(4, number));
        let own = study.add_params(&params);
        let x = params.float("x").expect("it is active");
        if x > 0.6 && number % 3 != 0 {
            study.add(State::Failed, own, &[], Vec::new());
        } else {
            study.complete(own, &[-x]);
        }
    }
    study.flat = Some(flat);
    let lines = advice(&study);
    assert_eq!(about(&lines, "x").len(), 1, "{lines:#?}");
    assert!(about(&lines, "x")[0].contains("exclude that region"), "{lines:#?}");
}

#[test]
fn a_recorded_space_keeps_its_names_and_old_ones_stay_readable() {
    type Tree = Nested<Part, 4>;
    let (own, text) = (Tree::space(), Tree::space().to_json());
    assert_eq!(Space::from_json(&text).expect("its own form").to_json(), text);
    let old = own.untyped();
    assert!(!old.to_json().contains("rust") && text.contains(r#""name":"Nested""#));
    assert_eq!(own, old, "what a type is called is no part of its space");
    assert_ne!(own, Layer::space());
    // What a later version may say.
    let later = Space::from_json(
        r#"{"float": {"low": 0, "high": 1}, "rust": {"something": {"new": true}}}"#,
    );
    assert_eq!(later.expect("it is readable").rust(), None);
}

#[test]
fn a_study_takes_on_the_names_of_a_type_and_keeps_them() {
    let folder = std::env::temp_dir().join(format!("hpo-names-{}", std::process::id()));
    let storage = format!("journal:{}", folder.display());
    let rust = |study: &Study<Three>| {
        study.report().expect("a report").best().and_then(|best| best.rust.clone())
    };
    let dynamic = || {
        Study::<Params>::minimize()
            .space(Three::space().untyped())
            .storage(storage.as_str())
            .name("s")
    };
    dynamic().seed(1).run(3, |params| params.float("x").unwrap_or(0.0)).expect("it runs");
    let typed =
        Study::<Three>::minimize().storage(storage.as_str()).name("s").open().expect("the study");
    assert!(
        rust(&typed).is_some_and(|rust| rust.starts_with("Three {\n    x: ")),
        "{:?}",
        rust(&typed)
    );
    drop(typed);
    drop(dynamic().open().expect("the study"));
    let record = hpo_core::storage::open(&storage)
        .expect("the journal")
        .studies()
        .expect("studies")
        .remove(0);
    let recorded = record.attributes.system["hpo:space"].as_str().map(str::to_owned).expect("text");
    assert!(recorded.contains(r#""name":"Three""#), "{recorded}");
    std::fs::remove_file(&folder).expect("the journal is there");
}
