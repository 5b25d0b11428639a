//! Several programs open a study at the same moment: each is told what it would be told a second
//! later.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::pruner::Median;
use hpo_core::sampler::Random;
use hpo_core::storage::{self, Storage};
use hpo_core::study::Note;
use hpo_core::study::StudyBuilder;
use hpo_core::{Error, Result};
use hpo_tests::Folder;
use serde_json::json;

#[derive(Clone, Debug, SearchSpace)]
struct Unit {
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    x: f64,
}

/// As `Unit` with another upper end.
mod upper {
    #[derive(Clone, Debug, hpo_core::SearchSpace)]
    pub(super) struct Unit {
        #[search_space(range = 0.0..=2.0, default = 0.5)]
        pub(super) x: f64,
    }
}

/// As `Unit` with another lower end.
mod lower {
    #[derive(Clone, Debug, hpo_core::SearchSpace)]
    pub(super) struct Unit {
        #[search_space(range = -1.0..=1.0, default = 0.5)]
        pub(super) x: f64,
    }
}

/// Gives a handle of the same storage with each call.
type Handles = Box<dyn Fn() -> Arc<dyn Storage> + Sync>;

/// New storages of all kinds that are always there.
fn storages(folder: &Folder, round: usize) -> Vec<(&'static str, Handles)> {
    let file = |kind: &str, path: PathBuf| {
        let url = format!("{kind}{}", path.display());
        Box::new(move || storage::open(&url).unwrap()) as Handles
    };
    let memory = storage::open("memory").unwrap();
    vec![
        ("memory", Box::new(move || Arc::clone(&memory)) as Handles),
        ("journal", file("journal:", folder.path(format!("{round}.journal")))),
        ("sqlite", file("sqlite:///", folder.path(format!("{round}.db")))),
    ]
}

/// What `work` gives back to threads that begin together, each with a handle of its own.
fn at_once<T: Send>(
    handles: &Handles,
    count: usize,
    work: impl Fn(Arc<dyn Storage>, usize) -> T + Sync,
) -> Vec<T> {
    let (barrier, work) = (Barrier::new(count), &work);
    let opened: Vec<Arc<dyn Storage>> = (0..count).map(|_| handles()).collect();
    std::thread::scope(|scope| {
        let start = |(thread, storage)| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                work(storage, thread)
            })
        };
        let threads: Vec<_> =
            opened.into_iter().enumerate().map(|(thread, it)| start((thread, it))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn in_each_storage(rounds: usize, check: impl Fn(&str, &Handles)) {
    let folder = Folder::new("opening");
    for round in 0..rounds {
        for (kind, handles) in storages(&folder, round) {
            check(kind, &handles);
        }
    }
}

/// What was said when the study was opened.
fn told<C: hpo_core::study::Config>(study: StudyBuilder<C>) -> Result<Vec<String>> {
    Ok(study.open()?.notes().iter().map(ToString::to_string).collect())
}

#[test]
fn of_two_directions_one_is_refused() {
    in_each_storage(20, |kind, handles| {
        let opened = at_once(handles, 2, |storage, thread| {
            let study = if thread == 0 { Study::<Unit>::minimize() } else { Study::maximize() };
            study.storage(storage).open().map(drop)
        });
        let refused: Vec<_> = opened.into_iter().filter_map(Result::err).collect();
        assert!(matches!(refused[..], [Error::OtherDirections { .. }]), "{kind}: {refused:?}");
    });
}

#[test]
fn of_two_spaces_that_contradict_one_is_refused() {
    in_each_storage(20, |kind, handles| {
        let opened = at_once(handles, 2, |storage, thread| {
            if thread == 0 {
                told(Study::<upper::Unit>::minimize().storage(storage))
            } else {
                told(Study::<lower::Unit>::minimize().storage(storage))
            }
        });
        let refused: Vec<_> = opened.iter().filter_map(|opened| opened.as_ref().err()).collect();
        assert!(matches!(refused[..], [Error::OtherSpace { .. }]), "{kind}: {opened:?}");
    });
}

#[test]
fn of_two_ways_to_widen_a_space_one_is_refused() {
    in_each_storage(15, |kind, handles| {
        Study::<Unit>::minimize().storage(handles()).open().unwrap();
        let opened = at_once(handles, 2, |storage, thread| {
            if thread == 0 {
                told(Study::<upper::Unit>::minimize().storage(storage))
            } else {
                told(Study::<lower::Unit>::minimize().storage(storage))
            }
        });
        let refused: Vec<_> = opened.iter().filter_map(|opened| opened.as_ref().err()).collect();
        assert!(matches!(refused[..], [Error::OtherSpace { .. }]), "{kind}: {opened:?}");
        let widened =
            opened.into_iter().flatten().flatten().filter(|told| told.contains("widened")).count();
        assert_eq!(widened, 1, "{kind}");
    });
}

#[test]
fn all_have_one_seed_one_identity_and_one_baseline() {
    in_each_storage(6, |kind, handles| {
        let seeds = at_once(handles, 8, |storage, _| {
            Study::<Unit>::minimize().storage(storage).open().unwrap().oracle().seed()
        });
        assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), 1, "{kind}: {seeds:?}");
        let study = Study::<Unit>::minimize().storage(handles()).open().unwrap();
        assert_eq!((study.oracle().seed(), study.trials().unwrap().len()), (seeds[0], 1), "{kind}");
        assert_eq!(study.trials().unwrap()[0].explain(), "the defaults of the space", "{kind}");
        let record = handles().studies().unwrap().remove(0);
        let samplings =
            record.attributes.system.keys().filter(|key| key.starts_with("hpo:sampling:")).count();
        assert_eq!(samplings, 1, "{kind}: {:?}", record.attributes.system);
    });
}

#[test]
fn a_study_that_was_made_elsewhere_is_adopted_once() {
    in_each_storage(6, |kind, handles| {
        handles().create_study("study", &[Direction::Minimize]).unwrap();
        let opened = at_once(handles, 6, |storage, _| {
            let study = Study::<Unit>::minimize().storage(storage).open().unwrap();
            (study.oracle().seed(), study.notes().contains(&Note::SpaceAdopted))
        });
        let seeds: BTreeSet<u64> = opened.iter().map(|(seed, _)| *seed).collect();
        assert_eq!(seeds.len(), 1, "{kind}: {opened:?}");
        assert_eq!(opened.iter().filter(|(_, adopted)| *adopted).count(), 1, "{kind}: {opened:?}");
        let study = Study::<Unit>::minimize().storage(handles()).open().unwrap();
        assert_eq!(study.trials().unwrap().len(), 1, "{kind}");
    });
}

#[test]
fn a_changed_setting_is_told_to_whoever_changed_it() {
    in_each_storage(6, |kind, handles| {
        let study = Study::<Unit>::minimize().pruner(Median::default()).metric_names(["loss"]);
        study.storage(handles()).seed(1).open().unwrap();
        let said = at_once(handles, 4, |storage, _| {
            let study =
                Study::<Unit>::minimize().pruner(Asha::builder(4).build().unwrap()).sampler(Random);
            told(study.metric_names(["error"]).seed(2).storage(storage)).unwrap()
        });
        for what in ["`pruner`", "`sampler`", "seed"] {
            let count = said.iter().flatten().filter(|told| told.contains(what)).count();
            assert_eq!(count, 1, "{kind}, {what}: {said:?}");
        }
        let record = handles().studies().unwrap().remove(0);
        assert_eq!(record.metric_names(), ["error"], "{kind}");
    });
}

#[test]
fn of_several_first_notes_one_stands_for_all() {
    in_each_storage(6, |kind, handles| {
        let read = at_once(handles, 4, |storage, thread| {
            let study = Study::<Unit>::minimize()
                .attribute("data", json!({"table": thread}))
                .storage(storage);
            study.open().unwrap().attribute("data").unwrap().unwrap()
        });
        assert!(read.iter().all(|note| *note == read[0]), "{kind}: {read:?}");
    });
}

#[test]
fn a_config_is_queued_once_by_many() {
    in_each_storage(6, |kind, handles| {
        let queued = at_once(handles, 4, |storage, _| {
            let study = Study::<Unit>::minimize().baseline(false).storage(storage).open().unwrap();
            [0.25, 0.75].map(|x| study.enqueue_new(&Unit { x }).unwrap())
        });
        let mut numbers: Vec<u64> = queued.into_iter().flatten().flatten().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1], "{kind}");
    });
}

#[test]
fn a_second_opening_asks_for_nothing_more() {
    in_each_storage(1, |kind, handles| {
        let first = Study::<Unit>::minimize().seed(3).storage(handles()).open().unwrap();
        assert_eq!(first.notes(), [], "{kind}");
        let before = handles().studies().unwrap();
        let told = told(Study::<Unit>::minimize().storage(handles())).unwrap();
        assert_eq!(told, ["resumed with 1 trial"], "{kind}");
        assert_eq!(handles().studies().unwrap(), before, "{kind}");
    });
}
