//! Optuna on the same database, its workers beside ours.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use hpo_core::prelude::*;
use hpo_core::space::{Params, Space, Value};
use hpo_core::storage::{Storage, StudyId};
use hpo_core::testing::storage::transcript;
use hpo_core::trial::State;
use hpo_tests::{OPTUNA, Postgres};

use super::{look, open, states};

/// The Python that has Optuna and a driver for PostgreSQL, which is installed there if Optuna is.
fn python(what: &str) -> Option<PathBuf> {
    let python = OPTUNA.python(what)?;
    let run = |arguments: &[&str]| {
        Command::new(&python).args(arguments).stdout(Stdio::null()).status().unwrap().success()
    };
    let has_driver = run(&["-c", "import psycopg2"])
        || run(&["-m", "pip", "install", "--quiet", "psycopg2-binary"]);
    assert!(has_driver, "psycopg2 cannot be installed");
    Some(python)
}

fn script(text: &str, url: &str) -> Command {
    let mut command = Command::new(python("").unwrap());
    let head = "import sys, optuna\noptuna.logging.set_verbosity(optuna.logging.ERROR)\nurl = sys.argv[1]\n";
    let url = url.replace("postgresql://", "postgresql+psycopg2://");
    command.args(["-c", &format!("{head}{text}"), &url]);
    command
}

fn run(text: &str, url: &str) -> String {
    let output = script(text, url).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{text}");
    String::from_utf8(output.stdout).unwrap()
}

fn ours(url: &str) -> Study<Params> {
    let space = r#"{"all": {"x": {"float": {"low": -1, "high": 1}}, "kind": {"categorical": {"choices": ["a", "b"]}}}}"#;
    let space = Space::from_json(space).unwrap();
    Study::minimize().space(space).storage(url).name("both").open().unwrap()
}

const OPTIMIZE: &str = "
def objective(trial):
    x = trial.suggest_float('x', -1, 1)
    kind = trial.suggest_categorical('kind', ['a', 'b'])
    trial.report(x, 0)
    trial.set_user_attr('who', 'optuna')
    if x > 0.9:
        raise optuna.TrialPruned()
    return x * x + (kind == 'b')
study = optuna.create_study(storage=url, study_name='both', load_if_exists=True, sampler=optuna.samplers.RandomSampler())
study.optimize(objective, n_trials=15)
";

#[test]
fn both_libraries_work_on_one_study_at_once() {
    let what = "workers of Optuna beside ours on PostgreSQL";
    let Some(database) = Postgres::new(what) else { return };
    if python(what).is_none() {
        return;
    }
    // Optuna has made the tables, and has trials already.
    run(OPTIMIZE, &database.url());
    let study = ours(&database.url());
    // Each of these is taken by one of them.
    for _ in 0..10 {
        study.enqueue(&study.trials().unwrap()[0].params.clone().unwrap()).unwrap();
    }
    let mut workers: Vec<_> =
        (0..3).map(|_| script(OPTIMIZE, &database.url()).spawn().unwrap()).collect();
    let told = std::thread::scope(|scope| {
        let work = || (0..15).filter(|_| tell_one(&study)).count();
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    for worker in &mut workers {
        assert!(worker.wait().unwrap().success(), "Optuna's worker has failed");
    }
    assert_eq!(told, 30);
    let (storage, id) = (open(&database), open(&database).studies().unwrap()[0].id);
    let seen = states(&*storage, id);
    assert_eq!(seen.len(), 15 + 3 * 15 + 30);
    assert!(seen.iter().all(|state| matches!(state, State::Complete | State::Pruned)), "{seen:?}");
    // What was folded bit by bit is what Optuna sees.
    let tell = "study = optuna.load_study(storage=url, study_name='both')
trials = study.get_trials()
assert [t.number for t in trials] == list(range(len(trials)))
for t in trials: print(t.state.name, repr(t.params['x']), repr(t.value), t.user_attrs.get('who', ''), sep=',')";
    let theirs = run(tell, &database.url());
    look(&*storage, id, |trials| {
        let x = trials.param_id("x").unwrap();
        for (number, line) in (0..).zip(theirs.lines()) {
            let fields: Vec<&str> = line.split(',').collect();
            let is_complete = trials.state(number) == Some(State::Complete);
            assert_eq!(fields[0], if is_complete { "COMPLETE" } else { "PRUNED" });
            let value = trials.params(number).find(|(id, _)| *id == x).unwrap().1;
            assert_eq!(value, Value::Float(fields[1].parse().unwrap()), "trial {number}");
            if is_complete {
                assert_eq!(
                    trials.values(number),
                    [fields[2].parse::<f64>().unwrap()],
                    "trial {number}"
                );
            }
            let who = trials.attributes(number).and_then(|notes| notes.user.get("who")?.as_str());
            assert_eq!(who.unwrap_or(""), fields[3], "trial {number}");
        }
    });
    assert_eq!(transcript_of(&*open(&database), id), transcript_of(&*storage, id));
    let best =
        run("print(optuna.load_study(storage=url, study_name='both').best_value)", &database.url());
    assert_eq!(best.trim().parse::<f64>().unwrap(), study.best_value().unwrap());
}

/// Asks and tells by hand; whether that was done.
fn tell_one(study: &Study<Params>) -> bool {
    let Some(suggestion) = study.ask().unwrap() else { return false };
    let x = x_of(&suggestion.config);
    let _ = study.report_step(suggestion.number, 0, x).unwrap();
    study.tell(suggestion.number, x * x).unwrap();
    true
}

fn x_of(params: &Params) -> f64 {
    params.to_json()["x"].as_f64().unwrap()
}

fn transcript_of(storage: &dyn Storage, study: StudyId) -> String {
    look(storage, study, transcript)
}
