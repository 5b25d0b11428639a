//! Every proposal of a stored study can be made again, bit for bit; and what cannot is told, with
//! its reason.

use std::sync::Arc;
use std::time::Duration;

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::pruner::Median;
use hpo_core::sampler::{AskContext, Proposal, SampleError, Sampler, SamplerConfig};
use hpo_core::sampler::{Auto, Duplicates, Random, Tpe};
use hpo_core::space::Params;
use hpo_core::storage::{self, Journal, Storage, StorageError};
use hpo_core::study::{Reason, Replay, StudyBuilder, replay};
use hpo_core::trial::State;
use hpo_core::trial::{Attributes, History, InitialTrial, NewTrial};
use hpo_tests::Folder;
use serde_json::json;

use super::{Point, memory};

/// Branches, integers, choices: few enough configs in one branch that they are met twice.
#[derive(Clone, Debug, SearchSpace)]
enum Model {
    Svc {
        #[search_space(range = 1e-3..=1e3, log)]
        c: f64,
        #[search_space(range = 0.0..=1.0)]
        gamma: f64,
    },
    Forest {
        #[search_space(range = 2..=9, log)]
        depth: u32,
        #[search_space(choices = ["gini", "entropy"])]
        criterion: &'static str,
    },
}

impl Model {
    fn loss(&self) -> f64 {
        match self {
            Model::Svc { c, gamma } => (c.ln() - 1.0).abs() + (gamma - 0.25).powi(2),
            Model::Forest { depth, criterion } => {
                f64::from(depth.abs_diff(5)) + criterion.len() as f64 / 8.0
            }
        }
    }
}

const SAMPLERS: [&str; 8] = ["random", "grid", "qmc", "tpe", "gp", "cmaes", "nsga2", "auto"];

fn sampler(name: &str) -> Box<dyn Sampler> {
    name.parse::<SamplerConfig>().unwrap().build()
}

pub(super) fn on_disk<C: hpo_core::study::Config>(
    builder: StudyBuilder<C>,
    folder: &Folder,
) -> StudyBuilder<C> {
    builder.storage(format!("journal:{}", folder.path("a.journal").display())).seed(5)
}

/// Whatever may happen to a trial: reports and a decision, a broken constraint, a failure that is
/// tried again, or for good.
fn evaluate(model: &Model, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let number = trial.number();
    std::thread::sleep(Duration::from_micros(trial.seed() % 200));
    for step in trial.steps(4) {
        trial.report(step, model.loss() + 4.0 / step as f64)?;
    }
    if number % 5 == 1 {
        trial.constraint("memory", (number % 3) as f64 - 1.0)?;
    }
    match number % 7 {
        3 => Err(TrialError::failed("out of memory")),
        5 => Ok(f64::INFINITY),
        _ => Ok(model.loss()),
    }
}

/// The replay from nothing but what is on the disk.
pub(super) fn from_disk(folder: &Folder) -> Replay {
    let journal = Journal::open(folder.path("a.journal")).unwrap();
    let study = journal.studies().unwrap()[0].id;
    let (mut last, mut calls) = ((0, 0), 0);
    let found =
        replay(&journal, study, &mut |done, of| (last, calls) = ((done, of), calls + 1)).unwrap();
    assert!(last.0 == last.1 && calls <= last.1, "{last:?} in {calls} calls");
    found
}

#[track_caller]
fn is_replayed(folder: &Folder, proposed: u64, given: u64) {
    let found = from_disk(folder);
    assert_eq!((found.different, &found.unknown[..]), (0, &[][..]), "{found:#?}");
    assert_eq!((found.equal, found.given, found.open), (proposed, given, 0));
}

#[test]
fn every_sampler_is_replayed_from_one_worker_that_stopped_in_between() {
    for name in SAMPLERS {
        let folder = Folder::new("replay");
        for trials in [20, 45] {
            let study = on_disk(Study::<Model>::minimize(), &folder)
                .sampler(sampler(name))
                .pruner(Median::default());
            let study = study.retries(1).open().unwrap();
            study.optimize(trials, |model, trial| evaluate(&model, trial)).unwrap();
        }
        is_replayed(&folder, 45, 0);
    }
}

#[test]
fn every_sampler_is_replayed_from_several_workers() {
    for name in SAMPLERS {
        let folder = Folder::new("replay");
        let study = on_disk(Study::<Model>::minimize(), &folder)
            .sampler(sampler(name))
            .workers(4)
            .retries(1);
        let study = study.pruner(Median::default()).open().unwrap();
        study.enqueue(&Model::Forest { depth: 5, criterion: "gini" }).unwrap();
        study.optimize(45, |model, trial| evaluate(&model, trial)).unwrap();
        assert_eq!(study.replay().unwrap(), from_disk(&folder), "{name}");
        is_replayed(&folder, 44, 1);
    }
}

#[test]
fn several_objectives_are_replayed() {
    for name in ["random", "tpe", "gp", "nsga2", "auto"] {
        let folder = Folder::new("replay");
        let study = on_disk(
            Study::<Model>::directions([Direction::Minimize, Direction::Maximize]),
            &folder,
        );
        let study = study.sampler(sampler(name)).workers(3).open().unwrap();
        study
            .optimize(40, |model, trial| {
                let value = evaluate(&model, trial)?;
                Ok::<_, TrialError>([value, model.loss().sqrt()])
            })
            .unwrap();
        is_replayed(&folder, 40, 0);
    }
}

/// Trials that are paused and go on are seen as they were: with the reports and in the states of
/// then.
#[test]
fn schedules_are_replayed() {
    for name in ["tpe", "gp", "nsga2", "auto"] {
        let folder = Folder::new("replay");
        let study = on_disk(Study::<Model>::minimize(), &folder).sampler(sampler(name)).workers(3);
        let study = study.pruner(Asha::builder(9).build().unwrap()).open().unwrap();
        study.optimize(40, |model, trial| evaluate(&model, trial)).unwrap();
        assert!(study.trials().unwrap().iter().any(|trial| trial.reports.len() < 4));
        let proposed = study.trials().unwrap().len() as u64;
        is_replayed(&folder, proposed, 0);
    }
}

/// On numbers `Auto` hands over to CMA-ES, which learns from its own trials only.
#[test]
fn the_turns_of_the_members_of_auto_are_replayed() {
    let folder = Folder::new("replay");
    let auto = Auto::builder().modelled(20).build().unwrap();
    let study = on_disk(Study::<Point>::minimize(), &folder).sampler(auto).workers(2);
    let study = study.open().unwrap();
    study.optimize(70, |point, _| (point.x - 0.3).powi(2)).unwrap();
    let trials = study.trials().unwrap();
    let turns = trials.iter().filter(|trial| trial.explain().starts_with("auto: cmaes"));
    assert!((35..50).contains(&turns.count()), "nine in ten of the last 50");
    is_replayed(&folder, 70, 0);
}

/// Once small spaces are exhausted nearly, most proposals are turned down.
#[test]
fn proposals_that_were_turned_down_are_replayed() {
    for name in SAMPLERS {
        let folder = Folder::new("replay");
        let space = hpo_core::space::Space::from_json(
            r#"{"one_of": {
                "a": {"all": {"n": {"int": {"low": 0, "high": 9}}, "up": {"categorical": {"choices": [true, false]}}}},
                "b": {"float": {"low": 0, "high": 1, "step": 0.125}}
            }}"#,
        );
        let study = on_disk(Study::<Params>::minimize(), &folder)
            .space(space.unwrap())
            .sampler(sampler(name));
        study.workers(2).run(100, |params| params.len() as f64).unwrap();
        is_replayed(&folder, 29, 0);
    }
}

/// A sampler that forgets everything at once: what it proposed is made again by one that keeps its
/// caches.
#[derive(Debug)]
struct Forgetful(SamplerConfig);

impl Sampler for Forgetful {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        self.0.build().sample(history, ask)
    }

    fn name(&self) -> &'static str {
        self.0.build().name()
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(self.0.clone())
    }

    fn is_exhaustive(&self) -> bool {
        self.0.build().is_exhaustive()
    }
}

#[test]
fn caches_change_nothing() {
    for (name, trials) in
        [("grid", 60), ("tpe", 250), ("gp", 70), ("cmaes", 250), ("nsga2", 250), ("auto", 50)]
    {
        let folder = Folder::new("replay");
        let study = on_disk(Study::<Model>::minimize(), &folder)
            .sampler(Forgetful(name.parse().unwrap()))
            .workers(2);
        study.open().unwrap().optimize(trials, |model, trial| evaluate(&model, trial)).unwrap();
        is_replayed(&folder, trials, 0);
    }
}

#[test]
fn other_settings_and_another_space_are_replayed_as_they_were() {
    let folder = Folder::new("replay");
    let wide = |high: f64| {
        let text = format!(
            r#"{{"all": {{"x": {{"float": {{"low": 0, "high": {high}}}}}, "k": {{"int": {{"low": 1, "high": 3}}}}}}}}"#
        );
        hpo_core::space::Space::from_json(&text).unwrap()
    };
    let open = |name: &str, high: f64| {
        on_disk(Study::<Params>::minimize(), &folder).sampler(sampler(name)).space(wide(high))
    };
    let value = |params: Params| params.float("x").unwrap();
    open("tpe", 1.0).run(15, value).unwrap();
    open("tpe", 1.0).seed(6).run(25, value).unwrap();
    open("gp", 1.0).duplicates(Duplicates::Allow).run(35, value).unwrap();
    let last = open("tpe", 2.0).run(45, value).unwrap();
    let notes: Vec<String> = last.notes().iter().map(ToString::to_string).collect();
    assert!(
        notes.contains(&"`sampler` was \"gp\", and is \"tpe\" from here on".to_owned()),
        "{notes:?}"
    );
    is_replayed(&folder, 45, 0);
}

/// A storage numbers parameters as they come; here those of other branches lie between them.
#[test]
fn any_branch_may_come_first() {
    let space = r#"{"all": {
        "kind": {"one_of": {
            "a": {"all": {"x": {"float": {"low": 0, "high": 1}}}},
            "b": {"all": {"y": {"float": {"low": 0, "high": 1}}}},
            "c": {"all": {}}
        }},
        "shared": {"float": {"low": 0, "high": 1}},
        "more": {"one_of": {"off": {"all": {}}, "on": {"all": {"z": {"float": {"low": 0, "high": 1}}}}}}
    }}"#;
    for seed in 0..8 {
        let folder = Folder::new("replay");
        let space = hpo_core::space::Space::from_json(space).unwrap();
        let study =
            on_disk(Study::<Params>::minimize(), &folder).sampler(Random).seed(seed).space(space);
        study.run(12, |params| params.float("shared").unwrap()).unwrap();
        is_replayed(&folder, 12, 0);
    }
}

/// Programs with other samplers and seeds work on one study at a time: each trial is made again by
/// its own.
#[test]
fn workers_with_other_settings_are_told_apart() {
    let folder = Folder::new("replay");
    let open = |name: &str| {
        on_disk(Study::<Point>::minimize(), &folder).sampler(sampler(name)).open().unwrap()
    };
    let studies = [open("tpe"), open("random"), open("gp")];
    for turn in 0..24 {
        let study = &studies[turn % 3];
        let asked = study.ask().unwrap().unwrap();
        study.tell(asked.number, asked.config.square()).unwrap();
    }
    is_replayed(&folder, 24, 0);
}

/// A sampler of somebody else's.
#[derive(Debug)]
struct Counting;

impl Sampler for Counting {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let reports: usize = history.pending().map(|trial| trial.reports().len()).sum();
        let ended = history.finished().len() as f64;
        let mut place =
            (0.618 * ended + 0.017 * reports as f64 + 0.29 * f64::from(ask.attempt)).fract();
        Ok(Proposal::Config(history.flat_space().fill(|_, parameter| {
            place = (place + 0.37).fract();
            parameter.decode(place)
        })))
    }

    fn name(&self) -> &'static str {
        "counting things"
    }
}

#[test]
fn a_sampler_of_the_program_is_known_to_the_program_only() {
    let folder = Folder::new("replay");
    let study =
        on_disk(Study::<Point>::minimize(), &folder).sampler(Counting).workers(3).open().unwrap();
    study
        .optimize(40, |point, trial| {
            for step in 0..3 {
                std::thread::sleep(Duration::from_micros(trial.seed() % 100));
                trial.report(step, point.square())?;
            }
            Ok::<_, TrialError>(point.square())
        })
        .unwrap();
    let found = study.replay().unwrap();
    assert_eq!((found.equal, found.different, found.unknown.len()), (40, 0, 0), "{found:#?}");
    let found = from_disk(&folder);
    assert_eq!((found.equal, found.different, found.trials()), (0, 0, 40));
    let unknown = &found.unknown[0];
    assert_eq!((unknown.count, unknown.first), (40, 0));
    assert_eq!(unknown.reason, Reason::Foreign { sampler: "counting things".to_owned() });
}

#[derive(Clone, Debug, SearchSpace)]
#[search_space(constraint = Narrow::fits)]
struct Narrow {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
    #[search_space(range = 0.0..=1.0)]
    y: f64,
}

impl Narrow {
    fn fits(&self) -> bool {
        self.x + self.y < 0.9
    }
}

#[test]
fn a_constraint_of_a_type_is_known_to_the_program_only() {
    for name in ["random", "tpe", "gp"] {
        let folder = Folder::new("replay");
        let study = on_disk(Study::<Narrow>::minimize(), &folder).sampler(sampler(name));
        let study = study.run(40, |narrow| -narrow.x * narrow.y).unwrap();
        let found = study.replay().unwrap();
        assert_eq!(
            (found.equal, found.different, found.unknown.len()),
            (40, 0, 0),
            "{name}: {found:#?}"
        );
        let found = from_disk(&folder);
        assert!(found.equal > 0, "{found:?}: what was not turned down comes out the same");
        assert_eq!((found.different, found.unknown.len()), (0, 1), "{found:?}");
        assert_eq!((&found.unknown[0].reason, found.trials()), (&Reason::Constraint, 40));
    }
}

/// As Optuna enqueues trials: some parameters given, the others left to the sampler.
#[test]
fn what_was_left_open_is_replayed() {
    let folder = Folder::new("replay");
    let study =
        on_disk(Study::<Point>::minimize(), &folder).sampler(Tpe::default()).open().unwrap();
    study.optimize(15, |point, _| point.square()).unwrap();
    let journal = Journal::open(folder.path("a.journal")).unwrap();
    let id = journal.studies().unwrap()[0].id;
    for fixed in [json!({"x": 0.5}), json!({"y": -0.25}), json!({"x": 0.5, "y": 0.125})] {
        let mut attributes = Attributes::default();
        attributes.system.insert("fixed_params".to_owned(), fixed);
        let given = InitialTrial {
            state: State::Waiting,
            params: Vec::new(),
            values: Vec::new(),
            reports: Vec::new(),
        };
        journal.create_trial(id, NewTrial { given: Some(given), attributes }).unwrap();
    }
    study.add_trial(&Point { x: 0.0, y: 0.0 }, 0.0).unwrap();
    study.optimize(25, |point, _| point.square()).unwrap();
    assert_eq!(study.trials().unwrap()[15].params.as_ref().unwrap().float("x"), Some(0.5));
    is_replayed(&folder, 23, 2);
}

#[test]
fn a_changed_past_is_found_out() {
    let folder = Folder::new("replay");
    let study =
        on_disk(Study::<Point>::minimize(), &folder).sampler(Tpe::default()).open().unwrap();
    study.optimize(40, |point, _| point.square()).unwrap();
    let path = folder.path("a.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    // The end of the best trial of the first ten is made a bad one.
    let best = study.trials().unwrap()[..10]
        .iter()
        .map(|trial| trial.values[0])
        .fold(f64::INFINITY, f64::min);
    let ends = |line: &str| {
        line.contains("\"op_code\":6") && line.contains(&format!("\"values\":[{best}]"))
    };
    let lines: Vec<String> =
        text.lines()
            .map(|line| {
                if ends(line) {
                    line.replace(&format!("[{best}]"), "[1e6]")
                } else {
                    line.to_owned()
                }
            })
            .collect();
    assert_ne!(lines.join("\n"), text.trim_end());
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let found = from_disk(&folder);
    assert!(found.different >= 5 && found.equal >= 10, "{found:?}");
    assert_eq!(found.equal + found.different, 40);
    assert_eq!(found.differences.len() as u64, found.different.min(10));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(r#""version":""#, r#""version":"0.0."#)).unwrap();
    let of_older = from_disk(&folder);
    assert_eq!((of_older.equal, of_older.different), (found.equal, 0));
    assert!(matches!(of_older.unknown[0].reason, Reason::OtherVersion { .. }), "{of_older:?}");
    let first = &found.differences[0];
    assert!(first.number >= 10 && first.explanation.starts_with("tpe: "));
    assert_ne!(first.recomputed.as_ref(), Ok(&first.recorded));
}

#[test]
fn memory_keeps_no_past() {
    let study = Study::<Point>::minimize()
        .storage(memory())
        .seed(1)
        .run(3, |point| point.square())
        .unwrap();
    let error = study.replay().unwrap_err();
    assert!(
        matches!(error, hpo_core::Error::Storage(StorageError::HistoryNotKept { .. })),
        "{error}"
    );
}

#[test]
fn a_replay_changes_nothing() {
    let folder = Folder::new("replay");
    let study =
        on_disk(Study::<Point>::minimize(), &folder).sampler(Tpe::default()).open().unwrap();
    study.optimize(20, |point, _| point.square()).unwrap();
    let text = || std::fs::read_to_string(folder.path("a.journal")).unwrap();
    let before = text();
    study.replay().unwrap();
    assert_eq!(text(), before);
    study.optimize(30, |point, _| point.square()).unwrap();
    is_replayed(&folder, 30, 0);
    let storage: Arc<dyn Storage> =
        storage::open(&format!("journal:{}", folder.path("a.journal").display())).unwrap();
    let missing = replay(&*storage, storage::StudyId(7), &mut |_, _| ()).unwrap_err();
    assert!(missing.to_string().starts_with("there is no study 7"), "{missing}");
}
