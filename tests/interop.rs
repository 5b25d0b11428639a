//! Journals between this library and Optuna, both ways, and those that were written long ago.
//!
//! The real Optuna runs here where `scripts/optuna.sh` has installed it. Where it has not, the tests say what they leave
//! out, and pass; with `HPO_REQUIRE_OPTUNA=1` they install it, and fail if they cannot.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use hpo_core::prelude::*;
use hpo_core::space::{Categorical, Domain, Float, Int, Label, Space, Value};
use hpo_core::storage::{Journal, Next, Storage, StudyId};
use hpo_core::testing::storage::transcript;
use hpo_core::trial::{
    Attributes, Direction, Event, Given, NewTrial, Outcome, Param, ParamId, Scope, State, Timestamp, TrialRecord,
    Trials,
};
use hpo_tests::{Folder, OPTUNA};
use serde_json::{Map, Value as Json, json};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn run(python: &Path, script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(python);
    command.arg(Path::new(HERE).join("interop").join(script));
    let output = command.args(arguments).output().expect("python runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The studies of a journal as Optuna sees them.
fn seen_by_optuna(python: &Path, path: &Path, more: &[&str]) -> Json {
    let arguments = [&[path.to_str().unwrap()], more].concat();
    let mut studies: Json = serde_json::from_str(&run(python, "read.py", &arguments)).unwrap();
    for study in studies.as_array_mut().unwrap() {
        for trial in study["trials"].as_array_mut().unwrap() {
            let system = trial["system"].as_object_mut().unwrap();
            system.retain(|key, _| is_shared(key));
            if trial["state"] == "PRUNED" {
                trial["values"] = json!([]);
            }
        }
    }
    studies
}

/// Whether a system attribute is one that both libraries show. Constraints are shown apart, infinities by name.
fn is_shared(key: &str) -> bool {
    !key.starts_with("hpo:") && !key.starts_with("constraints:") && key != "fixed_params"
}

/// The same, as we see them.
fn seen_by_us(journal: &Journal) -> Json {
    let studies = journal.studies().unwrap();
    let study = |record: &hpo_core::storage::StudyRecord| {
        let mut trials = Json::Null;
        let read = journal.read(record.id, &mut |all| {
            trials = (0..all.len()).map(|number| trial(all, number)).collect();
        });
        read.unwrap();
        let mut best = Vec::new();
        journal.read(record.id, &mut |all| best = all.best(&record.directions)).unwrap();
        if record.directions.len() == 1 {
            best.truncate(1);
        }
        let mut user = record.attributes.user.clone();
        user.remove("note");
        let directions = record.directions.iter();
        json!({
            "name": record.name,
            "directions": directions.map(|it| it.to_string().to_uppercase()).collect::<Vec<_>>(),
            "user": user,
            "system": record.attributes.system,
            "best": best,
            "trials": trials,
        })
    };
    studies.iter().map(study).collect()
}

fn trial(trials: &Trials, number: u64) -> Json {
    let attributes = trials.attributes(number).cloned().unwrap_or_default();
    let mut system = attributes.system;
    system.retain(|key, _| is_shared(key));
    let (started, ended) = trials.times(number);
    let params = trials.params(number).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), label(&param.domain, value))
    });
    let reports = trials.reports(number).iter();
    json!({
        "number": number,
        "state": match trials.state(number).unwrap() {
            State::Running => "RUNNING",
            State::Complete => "COMPLETE",
            State::Pruned => "PRUNED",
            State::Failed => "FAIL",
            // To Optuna a paused trial waits.
            State::Waiting | State::Paused => "WAITING",
        },
        "values": trials.values(number).iter().map(|value| plain(*value)).collect::<Vec<_>>(),
        "params": params.collect::<Map<_, _>>(),
        "reports": reports.map(|(step, value)| (step.to_string(), plain(*value))).collect::<Map<_, _>>(),
        "constraints": trials.constraints(number).into_iter().map(|(name, by)| (name, plain(by))).collect::<Map<_, _>>(),
        "user": attributes.user,
        "system": system,
        "started": started.map(|at| at.0),
        "ended": ended.map(|at| at.0),
    })
}

fn label(domain: &Domain, value: Value) -> Json {
    match (domain, value) {
        (Domain::Categorical(categorical), Value::Choice(index)) => categorical.choices[index as usize].to_json(),
        (_, Value::Float(float)) => plain(float),
        (_, value) => Label::Int(value.as_int().unwrap()).to_json(),
    }
}

/// A number, or Python's name for it where JSON has none.
fn plain(value: f64) -> Json {
    if value.is_finite() { json!(value) } else { json!(value.to_string().to_lowercase()) }
}

fn assert_same(ours: &Json, theirs: &Json) {
    let empty = Vec::new();
    for (ours, theirs) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
        let trials = |study: &Json| study["trials"].as_array().unwrap_or(&empty).clone();
        for (ours, theirs) in trials(ours).iter().zip(trials(theirs)) {
            assert_eq!(*ours, theirs);
        }
    }
    assert_eq!(ours, theirs);
}

#[test]
fn we_read_what_optuna_writes() {
    let Some(python) = OPTUNA.python("reading a journal that Optuna has just written") else {
        return;
    };
    let folder = Folder::new("from-optuna");
    let path = folder.path("a.journal");
    run(&python, "write.py", &[path.to_str().unwrap()]);
    let journal = Journal::open(&path).unwrap();
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
    // A trial that Optuna queued is taken by us, and its parameters come from us.
    let study = journal.studies().unwrap()[0].id;
    assert_eq!(journal.next_trial(study, None).unwrap(), Next::Queued(8));
    let mut sampled = true;
    let look = |trials: &Trials| {
        sampled = trials.is_sampled(8);
        assert_eq!(trials.attributes(8).unwrap().system["fixed_params"], json!({"x": 0.75, "even": 4}));
    };
    journal.read(study, &mut { look }).unwrap();
    assert!(!sampled);
    assert!(journal.recover(study).unwrap().is_empty(), "Optuna's workers are left alone");
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
}

#[test]
fn optuna_reads_what_we_write_goes_on_and_we_read_on() {
    let Some(python) = OPTUNA.python("a journal of ours in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("to-optuna");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let study = write(&journal);
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
    let before = seen_by_us(&journal)[0]["trials"].as_array().unwrap().len();
    let theirs = seen_by_optuna(&python, &path, &["--continue", "5"]);
    assert_same(&seen_by_us(&journal), &theirs);
    let trials = theirs[0]["trials"].as_array().unwrap();
    let by_optuna = trials.iter().filter(|trial| trial["user"]["by"] == "optuna").count();
    assert_eq!(by_optuna, 5);
    assert_eq!(trials.len(), before + 3, "two were waiting");
    finish(&journal, study);
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
}

/// To Optuna a paused trial waits in the queue, with its reports; the rungs are those of its own successive halving.
#[test]
fn optuna_reads_pauses_and_goes_on_with_paused_trials() {
    let Some(python) = OPTUNA.python("paused trials in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("paused");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let study = journal.create_study("paused", &[Direction::Minimize]).unwrap();
    journal.declare(study, &params()).unwrap();
    for index in 0..3 {
        let number = next(&journal, study);
        let params = point(index);
        journal.record(study, number, &Event::Sampled { params: &params, seen: number, explanation: "" }).unwrap();
        journal.record(study, number, &Event::Reported { step: 1, value: f64::from(index) }).unwrap();
        let (key, value) = (hpo_core::trial::rung_attribute(0), json!(f64::from(index)));
        journal.record(study, number, &Event::Attribute { scope: Scope::System, key: &key, value: &value }).unwrap();
        journal.record(study, number, &Event::Paused).unwrap();
    }
    journal.record(study, 0, &Event::Started { at: Timestamp::now() }).unwrap();
    let theirs = seen_by_optuna(&python, &path, &[]);
    assert_same(&seen_by_us(&journal), &theirs);
    assert_eq!(theirs[0]["trials"][1]["system"]["completed_rung_0"], 1.0);
    // Its worker takes the two that are paused; to us they were promoted.
    let theirs = seen_by_optuna(&python, &path, &["--continue", "2"]);
    assert_same(&seen_by_us(&journal), &theirs);
    let states = [0, 1, 2].map(|number: usize| theirs[0]["trials"][number]["state"].clone());
    assert_eq!(states, ["RUNNING", "COMPLETE", "COMPLETE"]);
    journal
        .read(study, &mut |trials| assert_eq!([0, 1, 2].map(|number| trials.promotions(number)), [1, 1, 1]))
        .unwrap();
}

/// Reported constraints are Optuna's, and so is the verdict on which trial is the best.
#[test]
fn optuna_minds_the_constraints_that_we_report_and_the_reverse() {
    let Some(python) = OPTUNA.python("constraints in Optuna's hands and in ours") else {
        return;
    };
    let folder = Folder::new("constrained");
    let path = folder.path("a.journal");
    let url = format!("journal:{}", path.display());
    let by = [0.25, 1e-9, -1.0, 0.0, 1e300];
    let objective = |_: Params, trial: &mut Trial<'_>| {
        let number = trial.number() as usize;
        trial.constraint("memory \u{fc}", by[number])?;
        trial.constraint("seconds", -1.0)?;
        Ok::<_, TrialError>(f64::from(number as u32))
    };
    let space = Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap();
    let study = Study::<Params>::minimize().space(space).storage(&*url).seed(1).open().unwrap();
    study.optimize(5, objective).unwrap();
    let journal = Journal::open(&path).unwrap();
    let theirs = seen_by_optuna(&python, &path, &[]);
    assert_same(&seen_by_us(&journal), &theirs);
    assert_eq!(theirs[0]["best"], json!([2]));
    assert_eq!(theirs[0]["trials"][0]["constraints"], json!({"memory \u{fc}": 0.25, "seconds": -1.0}));
    // One by Optuna: the best by its value, and against a constraint.
    run(&python, "constrain.py", &[path.to_str().unwrap()]);
    let theirs = seen_by_optuna(&python, &path, &[]);
    assert_same(&seen_by_us(&journal), &theirs);
    assert_eq!(theirs[0]["best"], json!([2]));
    let violations: Vec<f64> = study.trials().unwrap()[5..].iter().map(TrialRecord::violation).collect();
    assert_eq!(violations, [0.5, f64::INFINITY, 2.0]);
    assert_eq!(study.best_trial().unwrap().number, 2);
}

/// Who chose a trial's parameters is a note of ours among its system attributes.
#[test]
fn optuna_shows_explanations_and_we_read_them_on() {
    let Some(python) = OPTUNA.python("explanations in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("explained");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let study = journal.create_study("explained", &[Direction::Minimize]).unwrap();
    journal.declare(study, &params()).unwrap();
    let said = ["random", "gp: \"57\" results,\t\u{3b2} = 2"];
    for explanation in said {
        let number = next(&journal, study);
        let sampled = Event::Sampled { params: &point(0), seen: number, explanation };
        journal.record(study, number, &sampled).unwrap();
        end(&journal, study, number, Outcome::Complete(&[0.5]));
    }
    let told: Json =
        serde_json::from_str(&run(&python, "read.py", &[path.to_str().unwrap(), "--continue", "1"])).unwrap();
    for (trial, explanation) in told[0]["trials"].as_array().unwrap().iter().zip(said) {
        assert_eq!(trial["system"]["hpo:explanation"], explanation);
    }
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
    let look = |trials: &Trials| {
        let explained: Vec<&str> = (0..3).map(|number| trials.explain(number)).collect();
        assert_eq!(explained, [said[0], said[1], "nothing is known of how it was chosen"]);
    };
    journal.read(study, &mut { look }).unwrap();
}

#[test]
fn optuna_and_we_write_one_journal_at_once() {
    let Some(python) = OPTUNA.python("Optuna and this library writing one journal at the same time") else {
        return;
    };
    let folder = Folder::new("both");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let study = write(&journal);
    let theirs = std::thread::scope(|scope| {
        let optuna = scope.spawn(|| seen_by_optuna(&python, &path, &["--continue", "30"]));
        let mut count = 0;
        while !optuna.is_finished() || count < 100 {
            finish(&journal, study);
            count += 1;
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        optuna.join().unwrap()
    });
    let trials = theirs[0]["trials"].as_array().unwrap();
    assert!(trials.len() > 30);
    assert_same(&seen_by_us(&journal), &seen_by_optuna(&python, &path, &[]));
}

fn params() -> Vec<Param> {
    let float = Float::new(0.0, 1.0);
    let log = Float { log: true, ..Float::new(1e-5, 1.0) };
    let grid = Float { step: Some(0.25), ..Float::new(-1.0, 1.0) };
    let powers = Int { log: true, step: Some(2), ..Int::new(1, 1024) };
    let even = Int { step: Some(2), ..Int::new(2, 20) };
    let wide = Int::new(i128::from(i64::MIN), i128::from(u64::MAX) / 2);
    let labels = [
        Label::from("a"),
        Label::from("\u{fc} \"q\""),
        Label::Null,
        Label::Bool(true),
        Label::Float(1.5),
        Label::Int(7),
    ];
    let domains = [
        ("float", Domain::Float(float)),
        ("deep.log", Domain::Float(log)),
        ("deep.grid", Domain::Float(grid)),
        ("powers", Domain::Int(powers)),
        ("even", Domain::Int(even)),
        ("wide", Domain::Int(wide)),
        ("kind", Domain::Categorical(Categorical::new(labels))),
    ];
    let named = domains.into_iter();
    named.map(|(path, domain)| Param { path: path.to_owned(), domain }).collect()
}

fn point(index: u32) -> Vec<(ParamId, Value)> {
    let values = [
        Value::Float(0.1 + 0.2),
        Value::Float(1e-5),
        Value::Float(-0.75),
        Value::Int(256),
        Value::Int(6),
        Value::Int(i64::MIN + 1),
        Value::Choice(index % 6),
    ];
    (0..).map(ParamId).zip(values).collect()
}

fn next(journal: &Journal, study: StudyId) -> u64 {
    let (Next::New(number) | Next::Queued(number)) = journal.next_trial(study, None).unwrap() else {
        panic!("nobody asked for a limit");
    };
    number
}

/// Runs one trial to its end, sampled here unless it has its parameters.
fn finish(journal: &Journal, study: StudyId) {
    let number = next(journal, study);
    let mut sampled = false;
    journal.read(study, &mut |trials| sampled = trials.is_sampled(number)).unwrap();
    let params = point(number as u32);
    if !sampled {
        journal.record(study, number, &Event::Sampled { params: &params, seen: number, explanation: "" }).unwrap();
    }
    end(journal, study, number, Outcome::Complete(&[0.25]));
}

fn end(journal: &Journal, study: StudyId, number: u64, outcome: Outcome<'_>) {
    let at = Timestamp::now();
    journal.record(study, number, &Event::Finished { outcome, at }).unwrap();
}

/// A study with everything that we put into one.
fn write(journal: &Journal) -> StudyId {
    let study = journal.create_study("ours \u{fc} \"q\"\n", &[Direction::Maximize]).unwrap();
    journal.set_attribute(study, Scope::User, "who", &json!({"a": [1, null]})).unwrap();
    journal.set_attribute(study, Scope::System, "space", &json!("tree")).unwrap();
    journal.declare(study, &params()).unwrap();
    finish(journal, study);
    let outcomes = [
        Outcome::Pruned("slow"),
        Outcome::Failed("no \u{fc} \"q\""),
        Outcome::Complete(&[f64::INFINITY]),
        Outcome::Complete(&[f64::NEG_INFINITY]),
    ];
    for outcome in outcomes {
        let number = next(journal, study);
        let params = point(number as u32);
        journal.record(study, number, &Event::Sampled { params: &params, seen: 3, explanation: "" }).unwrap();
        for (step, value) in [(5, 0.5), (0, f64::NAN), (1, f64::INFINITY)] {
            journal.record(study, number, &Event::Reported { step, value }).unwrap();
        }
        let value = json!({"deep": [1.5, "text"]});
        journal.record(study, number, &Event::Attribute { scope: Scope::User, key: "k\"\n", value: &value }).unwrap();
        end(journal, study, number, outcome);
    }
    for state in [State::Complete, State::Pruned, State::Failed, State::Waiting] {
        let given = Given {
            state,
            params: point(2),
            values: if state == State::Complete { vec![1.5] } else { Vec::new() },
            reports: if state.is_finished() { vec![(3, 0.5)] } else { Vec::new() },
        };
        let mut attributes = Attributes::default();
        attributes.insert(Scope::User, "from", json!("elsewhere"));
        journal.create_trial(study, NewTrial { given: Some(given), attributes }).unwrap();
    }
    // A running trial goes back into the queue behind the one that waits, and another stays running.
    let back = next(journal, study);
    next(journal, study);
    let spare = next(journal, study);
    for number in [back, spare] {
        journal.record(study, number, &Event::Requeued).unwrap();
    }
    study
}

#[test]
fn fossils_are_read_as_ever() {
    for name in ["optuna-5.0.0", "hpo-0.1.0"] {
        let format = Path::new(HERE).join("format");
        let path = format.join(format!("{name}.journal"));
        let expected = format.join(format!("{name}.txt"));
        if std::env::var_os("HPO_WRITE_FORMAT").is_some() && !expected.exists() {
            if !path.exists() {
                write(&Journal::open(&path).unwrap());
            }
            std::fs::write(&expected, told(&path)).unwrap();
        }
        assert_eq!(told(&path), std::fs::read_to_string(&expected).unwrap(), "{name}");
    }
}

/// All that a journal says, as text.
fn told(path: &Path) -> String {
    let journal = Journal::open(path).unwrap();
    let mut text = String::new();
    for study in journal.studies().unwrap() {
        let _ = writeln!(text, "{study:?}");
        let read = journal.read(study.id, &mut |trials| {
            text += &transcript(trials);
            for param in trials.declared() {
                let _ = writeln!(text, "{param:?}");
            }
        });
        read.unwrap();
    }
    text
}
