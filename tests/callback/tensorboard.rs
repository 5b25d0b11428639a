//! Event files, as the real TensorBoard reads them.
//!
//! It runs here where `scripts/tensorboard.sh` has installed it. Where it has not, the test says
//! so, and passes; with `HPO_REQUIRE_TENSORBOARD=1` it installs it, and fails if it cannot.

use std::fs;
use std::path::Path;
use std::process::Command;

use hpo_core::Error;
use hpo_core::callback::{RunEvent, TensorBoard};
use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_tests::{Folder, TENSORBOARD};
use serde_json::{Value as Json, json};

use super::{EventFeed, Net};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// What TensorBoard makes of a folder: `scalars` by run and tag, and the `experiment` and
/// `sessions` of its HPARAMS tab.
fn seen(python: &Path, folder: &Path) -> Json {
    let script = Path::new(HERE).join("callback/read_events.py");
    let output = Command::new(python).arg(script).arg(folder).output().expect("python runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}

/// A search of three trials: two complete, and one fails.
fn search(folder: &Path) {
    let board = TensorBoard::builder(folder).build().unwrap();
    let mut feed = EventFeed::minimize(&board);
    let _ = feed.start(0, &Net::sgd());
    let _ = feed.log(0, 1, &[("acc, \"val\"", 0.5), ("loss", 2.0)]);
    let _ = feed.log(0, 2, &[("acc, \"val\"", 0.75), ("loss", 1.5)]);
    let metrics: &[(&str, f64)] = &[("loss", 3.0)];
    let _ =
        feed.send(&RunEvent::Reported { number: 0, execution: 1, step: 1, value: 3.0, metrics });
    let _ = feed.end(&Net::sgd(), &[1.5]);
    let _ = feed.start(1, &Net::adam());
    let _ = feed.report(1, 300, 0.25);
    let _ = feed.end(&Net::adam(), &[0.125]);
    let _ = feed.start(2, &Net::adam());
    let _ = feed.fail("broken");
}

#[test]
fn tensorboard_reads_the_curves() {
    let Some(python) = TENSORBOARD.python("the curves in event files") else {
        return;
    };
    let folder = Folder::new("tensorboard");
    search(&folder.path("runs"));
    assert_eq!(
        seen(&python, &folder.path("runs"))["scalars"],
        json!({
            "trial_0000": {"acc, \"val\"": [[1, 0.5], [2, 0.75]], "loss": [[1, 2.0], [2, 1.5]], "objective": [[2, 1.5]]},
            "trial_0000/execution_1": {"loss": [[1, 3.0]]},
            "trial_0001": {"report": [[300, 0.25]], "objective": [[300, 0.125]]},
        })
    );
}

#[test]
fn tensorboard_shows_the_search_in_its_hparams_tab() {
    let Some(python) = TENSORBOARD.python("the parameters of a search in event files") else {
        return;
    };
    let folder = Folder::new("tensorboard");
    search(&folder.path("runs"));
    let seen = seen(&python, &folder.path("runs"));
    assert_eq!(
        seen["experiment"],
        json!({
            "name": "told",
            "hparams": {
                "rate": {"type": "DATA_TYPE_FLOAT64", "interval": [1e-4, 1e-1], "differs": true},
                "how, then": {
                    "type": "DATA_TYPE_STRING", "choices": ["relu, or so", "say \"tanh\"\nor not"], "differs": true,
                },
                "optimizer": {"type": "DATA_TYPE_STRING", "choices": ["Adam", "Sgd"], "differs": true},
                "optimizer.Sgd.momentum": {"type": "DATA_TYPE_FLOAT64", "interval": [0.0, 0.9], "differs": true},
                "bias": {"type": "DATA_TYPE_BOOL", "choices": [false, true], "differs": true},
                "units": {"type": "DATA_TYPE_FLOAT64", "choices": [16.0, 64.0], "differs": true},
            },
            "metrics": ["objective", "acc, \"val\"", "loss"],
        })
    );
    let adam = json!({"rate": 0.001, "how, then": "relu, or so", "optimizer": "Adam", "bias": false, "units": 16.0});
    assert_eq!(
        seen["sessions"],
        json!({
            "trial_0000": {
                "status": "STATUS_SUCCESS",
                "hparams": {
                    "rate": 0.01, "how, then": "say \"tanh\"\nor not", "optimizer": "Sgd",
                    "optimizer.Sgd.momentum": 0.5, "bias": true, "units": 64.0,
                },
                "metrics": {"acc, \"val\"": 0.75, "loss": 1.5, "objective": 1.5},
            },
            "trial_0001": {"status": "STATUS_SUCCESS", "hparams": adam, "metrics": {"objective": 0.125}},
            "trial_0002": {"status": "STATUS_FAILURE", "hparams": adam, "metrics": {}},
        })
    );
}

#[test]
fn a_folder_is_taken_up_and_a_paused_trial_goes_on() {
    let Some(python) = TENSORBOARD.python("event files that are taken up") else {
        return;
    };
    let folder = Folder::new("tensorboard");
    let runs = folder.path("runs");
    let params = |feed: &EventFeed<'_>| Params::of(feed.study.flat_space(), &Net::sgd()).unwrap();
    let board = TensorBoard::builder(&runs).build().unwrap();
    let feed = EventFeed::minimize(&board);
    let _ = feed.start(0, &Net::sgd());
    let _ = feed.log(0, 1, &[("loss", 2.0)]);
    let _ = feed.send(&RunEvent::TrialPaused { number: 0, step: 1, value: 2.0 });
    let board = TensorBoard::builder(&runs).build().unwrap();
    let mut feed = EventFeed::minimize(&board);
    let _ = feed.send(&RunEvent::TrialStarted { number: 0, round: 1, params: &params(&feed) });
    let _ = feed.log(0, 2, &[("late", 1.0), ("loss", 1.0)]);
    let _ = feed.end(&Net::sgd(), &[1.0]);
    let seen = seen(&python, &runs);
    assert_eq!(seen["scalars"]["trial_0000"]["loss"], json!([[1, 2.0], [2, 1.0]]));
    assert_eq!(seen["experiment"]["metrics"], json!(["objective", "late", "loss"]));
    assert_eq!(seen["sessions"]["trial_0000"]["status"], "STATUS_SUCCESS");
}

#[test]
fn several_objectives_have_a_curve_each_and_workers_a_run_each() {
    let folder = Folder::new("tensorboard");
    let board = TensorBoard::builder(folder.path("runs")).build().unwrap();
    let both = [Direction::Minimize, Direction::Maximize];
    let study = Study::<Net>::directions(both).workers(3).callback(board).open().unwrap();
    study.optimize(6, |net, _| [net.rate, -net.rate]).unwrap();
    let runs = (0..6).filter(|number| folder.path(format!("runs/trial_000{number}")).is_dir());
    assert_eq!(runs.count(), 6);
    let Some(python) = TENSORBOARD.python("several objectives in event files") else {
        return;
    };
    let seen = seen(&python, &folder.path("runs"));
    assert_eq!(seen["experiment"]["metrics"], json!(["objective_0", "objective_1"]));
    let rate = seen["sessions"]["trial_0004"]["hparams"]["rate"].as_f64().unwrap();
    let value = seen["sessions"]["trial_0004"]["metrics"]["objective_1"].as_f64().unwrap();
    assert!((rate + value).abs() < 1e-8, "{rate} and {value}, which is kept in single precision");
}

#[test]
fn a_file_is_no_folder() {
    let folder = Folder::new("tensorboard");
    fs::write(folder.path("file"), "").unwrap();
    let error = TensorBoard::builder(folder.path("file")).build().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(
        fs::read_dir(folder.path("")).unwrap().count() == 1,
        "the test of the folder leaves nothing behind"
    );
}
