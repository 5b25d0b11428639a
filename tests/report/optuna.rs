//! The data of figures beside what Optuna 5.0.0 draws of the same trials: `tests/golden/figures.py`
//! wrote them down.

use std::collections::BTreeMap;

use hpo_core::report::figure::{
    Contour, Curves, Edf, History, HypervolumeHistory, ParallelCoordinates, ParetoFront, Rank,
    Slice, Timeline,
};
use hpo_core::space::{Categorical, Domain, Float, Int, Value};
use hpo_core::trial::{Direction, State, Timestamp};
use serde_json::Value as Json;

use super::TestStudy;

fn golden() -> Json {
    serde_json::from_str(include_str!("../golden/figures.json")).expect("the file is JSON")
}

/// The trials of the file as a study of ours.
fn study(name: &str, directions: &[Direction], rows: &Json) -> TestStudy {
    let mut study = TestStudy::new(name, directions);
    let rate = Domain::Float(Float { log: true, ..Float::new(1e-5, 0.1) });
    for row in list(rows) {
        let params = row["params"].as_object().expect("params").iter().map(|(path, value)| {
            match path.as_str() {
                "rate" => (study.trials.declare(path, &rate), Value::Float(float(value))),
                "layers" => (
                    study.trials.declare(path, &Domain::Int(Int::new(1, 8))),
                    Value::Int(float(value) as i64),
                ),
                "momentum" => (
                    study.trials.declare(path, &Domain::Float(Float::new(0.0, 0.99))),
                    Value::Float(float(value)),
                ),
                _ => {
                    let kinds = Domain::Categorical(Categorical::new(["adam", "sgd"]));
                    (study.trials.declare(path, &kinds), Value::Choice(u32::from(value == "sgd")))
                }
            }
        });
        let params = params.collect();
        let values: Vec<f64> = match (&row["values"], &row["value"]) {
            (Json::Array(values), _) => values.iter().map(float).collect(),
            (_, Json::Null) => Vec::new(),
            (_, value) => vec![float(value)],
        };
        let reports = row["reports"].as_object().expect("reports").iter();
        let reports =
            reports.map(|(step, value)| (step.parse().expect("a step"), float(value))).collect();
        let state = match row["state"].as_str() {
            Some("complete") => State::Complete,
            Some("pruned") => State::Pruned,
            _ => State::Failed,
        };
        let number = study.add(state, params, &values, reports);
        let at = |name: &str| Some(Timestamp((float(&row[name]) * 1e6) as i64));
        study.trials.set_times(number, at("start"), at("end"));
    }
    study
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn float(json: &Json) -> f64 {
    json.as_f64().unwrap_or(f64::NAN)
}

fn floats(json: &Json) -> Vec<f64> {
    list(json).iter().map(float).collect()
}

fn close(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}: as many");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{what}: {a} instead of {b}");
    }
}

fn as_floats(numbers: &[u64]) -> Vec<f64> {
    numbers.iter().map(|number| *number as f64).collect()
}

/// Both directions, with what Optuna drew.
fn both(check: impl Fn(&TestStudy, &Json)) {
    let golden = golden();
    for (name, direction) in [("minimize", Direction::Minimize), ("maximize", Direction::Maximize)]
    {
        let theirs = &golden[name];
        check(&study(name, &[direction], &theirs["trials"]), theirs);
    }
}

#[test]
fn histories_are_optunas() {
    both(|study, theirs| {
        let ours = History::of(&[study.view()], 0);
        let track = &ours.tracks[0];
        close(&as_floats(&track.numbers), &floats(&theirs["history"][0]["x"]), "numbers");
        close(&track.values, &floats(&theirs["history"][0]["y"]), "values");
        // Optuna's line has a corner at every trial, ours at complete ones.
        let best = floats(&theirs["history"][1]["y"]);
        let theirs: Vec<f64> = track.numbers.iter().map(|number| best[*number as usize]).collect();
        close(&track.best, &theirs, "best so far");
    });
}

#[test]
fn bands_over_studies_are_optunas() {
    let golden = golden();
    let studies: Vec<TestStudy> = list(&golden["band"]["studies"])
        .iter()
        .enumerate()
        .map(|(index, rows)| study(&format!("seed-{index}"), &[Direction::Minimize], rows))
        .collect();
    let views: Vec<_> = studies.iter().map(TestStudy::view).collect();
    let ours = History::of(&views, 0);
    assert_eq!(ours.spreads.len(), 1);
    let spread = &ours.spreads[0];
    assert_eq!((spread.group.as_str(), spread.studies), ("seed", 3));
    let traces = &golden["band"]["traces"];
    let numbers = floats(&traces[1]["x"]);
    let index_of = |number: u64| {
        numbers.iter().position(|theirs| *theirs == number as f64).expect("Optuna has it too")
    };
    assert!(spread.numbers.len() > 4);
    for (index, number) in spread.numbers.iter().enumerate() {
        let (mean, high) = (
            floats(&traces[1]["y"])[index_of(*number)],
            floats(&traces[2]["y"])[index_of(*number)],
        );
        close(
            &[spread.mean[index], spread.mean[index] + spread.deviation[index]],
            &[mean, high],
            "mean and edge",
        );
    }
}

#[test]
fn curves_are_optunas() {
    both(|study, theirs| {
        let ours = Curves::of(&study.view());
        let theirs = list(&theirs["intermediate"]);
        // Optuna leaves failed trials out; ours are there, with their state.
        let shown: Vec<_> =
            ours.curves.iter().filter(|curve| curve.state != State::Failed).collect();
        assert_eq!(shown.len(), theirs.len());
        for (curve, trace) in shown.iter().zip(theirs) {
            assert_eq!(format!("Trial{}", curve.number), trace["name"]);
            close(&as_floats(&curve.steps), &floats(&trace["x"]), "steps");
            close(&curve.values, &floats(&trace["y"]), "values");
        }
    });
}

#[test]
fn slices_are_optunas() {
    both(|study, theirs| {
        let ours = Slice::of(&study.view(), 0, &[]);
        let by_path: BTreeMap<&str, _> =
            ours.slices.iter().map(|slice| (slice.scale.path.as_str(), slice)).collect();
        for (path, trace) in
            ["kind", "layers", "momentum", "rate"].iter().zip(list(&theirs["slice"]))
        {
            let slice = by_path[path];
            if *path == "kind" {
                // Optuna sorts by category.
                let count = list(&trace["x"]).iter().filter(|kind| **kind == "'sgd'").count();
                assert_eq!(slice.places.iter().filter(|index| **index == 1.0).count(), count);
                continue;
            }
            close(&slice.places, &floats(&trace["x"]), path);
            close(&slice.values, &floats(&trace["y"]), "values");
        }
    });
}

#[test]
fn points_of_contours_and_ranks_are_optunas() {
    both(|study, theirs| {
        let asked = ["rate".to_owned(), "layers".to_owned()];
        let contour = Contour::of(&study.view(), 0, &asked).expect("two parameters");
        // Optuna sorts the names, so that its axes are the other way round.
        close(&contour.pair.ys, &floats(&theirs["contour"][1]["x"]), "layers");
        close(&contour.pair.xs, &floats(&theirs["contour"][1]["y"]), "rates");
        let rank = Rank::of(&study.view(), 0, &asked);
        let ranked = &rank.pairs[0];
        close(&ranked.pair.xs, &floats(&theirs["rank"][0]["x"]), "rates");
        close(&ranked.pair.ys, &floats(&theirs["rank"][0]["y"]), "layers");
        let mut colors: BTreeMap<u64, &Json> = BTreeMap::new();
        for (rank, color) in ranked.ranks.iter().zip(list(&theirs["rank"][0]["color"])) {
            let known = colors.entry(rank.to_bits()).or_insert(color);
            assert_eq!(*known, color, "one rank, one colour");
        }
        let different: std::collections::BTreeSet<String> =
            colors.values().map(ToString::to_string).collect();
        assert_eq!(different.len(), colors.len(), "another rank, another colour");
    });
}

#[test]
fn lines_of_parallel_coordinates_are_optunas() {
    both(|study, theirs| {
        let asked = ["kind".to_owned(), "layers".to_owned()];
        let ours = ParallelCoordinates::of(&study.view(), 0, &asked);
        let rows = ours.values.iter().zip(&ours.places).map(|(value, places)| {
            let kind = ours.scales[0].choices[places[0].expect("always active") as usize].clone();
            [value.to_string(), kind, places[1].expect("always active").to_string()]
        });
        let theirs = list(&theirs["parallel"]).iter().map(|line| {
            let word = |axis: usize| line[axis][1].as_str().expect("a word").to_owned();
            let value: f64 = word(0).parse().expect("a value");
            [value.to_string(), word(1), word(2)]
        });
        // Optuna draws the best last.
        let (mut rows, mut theirs): (Vec<_>, Vec<_>) = (rows.collect(), theirs.collect());
        rows.sort();
        theirs.sort();
        assert_eq!(rows, theirs);
    });
}

#[test]
fn distributions_are_optunas() {
    both(|study, theirs| {
        let ours = Edf::of(&[study.view()], 0);
        let steps = &ours.studies[0];
        let share = |x: f64| match steps.values.partition_point(|value| *value <= x + 1e-12) {
            0 => 0.0,
            after => steps.shares[after - 1],
        };
        let at: Vec<f64> = floats(&theirs["edf"][0]["x"]).into_iter().map(share).collect();
        close(&at, &floats(&theirs["edf"][0]["y"]), "shares");
    });
}

#[test]
fn timelines_are_optunas() {
    both(|study, theirs| {
        let ours = Timeline::of(&study.view());
        for trace in list(&theirs["timeline"]) {
            let state = match trace["name"].as_str() {
                Some("COMPLETE") => State::Complete,
                Some("PRUNED") => State::Pruned,
                _ => State::Failed,
            };
            let bars: Vec<_> = ours.bars.iter().filter(|bar| bar.state == state).collect();
            let numbers: Vec<u64> = bars.iter().map(|bar| bar.number).collect();
            close(&as_floats(&numbers), &floats(&trace["y"]), "numbers");
            let lengths: Vec<f64> = bars.iter().map(|bar| (bar.end - bar.start) * 1e3).collect();
            close(&lengths, &floats(&trace["milliseconds"]), "lengths");
        }
    });
}

#[test]
fn fronts_and_hypervolumes_are_optunas() {
    let golden = golden();
    let theirs = &golden["several"];
    let study = study("several", &[Direction::Minimize, Direction::Maximize], &theirs["trials"]);
    let front = ParetoFront::of(&study.view()).expect("two objectives");
    let column = |values: &[Vec<f64>], objective: usize| -> Vec<f64> {
        values.iter().map(|values| values[objective]).collect()
    };
    for (objective, axis) in [(0, "x"), (1, "y")] {
        close(
            &column(&front.other_values, objective),
            &floats(&theirs["front"][0][axis]),
            "dominated",
        );
        close(&column(&front.best_values, objective), &floats(&theirs["front"][1][axis]), "front");
    }
    let ours = HypervolumeHistory::of(&study.view(), Some(&[12.0, -5.0])).expect("two objectives");
    let volumes = floats(&theirs["hypervolume"][0]["y"]);
    let at = |number: usize| {
        let after = ours.numbers.partition_point(|known| *known <= number as u64);
        ours.volumes[after - 1]
    };
    close(&(0..volumes.len()).map(at).collect::<Vec<_>>(), &volumes, "volumes");
}
