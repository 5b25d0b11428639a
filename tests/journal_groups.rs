//! Lines of a journal that mean something only together, torn at any place.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use hpo_core::prelude::*;
use hpo_core::pruner::Median;
use hpo_core::storage::{Journal, Step, Storage};
use hpo_core::trial::{
    AttributeScope, Attributes, Event, InitialTrial, NewTrial, Outcome, State, Timestamp,
};
use hpo_tests::Folder;
use serde_json::json;

#[derive(Clone, Debug, SearchSpace)]
struct Unit {
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    x: f64,
}

fn open(path: &Path) -> Study<Unit> {
    let url = format!("journal:{}", path.display());
    Study::minimize().storage(url).metric_names(["loss"]).pruner(Median::default()).open().unwrap()
}

/// Where to cut: at each end of a line, around it, and at some places within.
fn cuts(bytes: &[u8]) -> Vec<usize> {
    let near_a_break =
        |at: usize| bytes[at.saturating_sub(2)..(at + 1).min(bytes.len())].contains(&b'\n');
    // Without the end of its last line alone, a group is whole.
    (0..bytes.len() - 1).filter(|at| near_a_break(*at) || at % 61 == 0).collect()
}

fn journal(folder: &Folder, bytes: &[u8]) -> PathBuf {
    let path = folder.path("torn.journal");
    fs::write(&path, bytes).unwrap();
    path
}

/// The whole study stands behind another one, as one group.
fn made(folder: &Folder) -> Vec<u8> {
    let path = folder.path("whole.journal");
    Journal::open(&path).unwrap().create_study("before", &[Direction::Maximize]).unwrap();
    open(&path);
    fs::read(&path).unwrap()
}

/// An editor may strip the last line break of a file.
#[test]
fn a_group_that_lacks_the_end_of_its_last_line_alone_is_there() {
    let folder = Folder::new("groups");
    let whole = made(&folder);
    let path = journal(&folder, &whole[..whole.len() - 1]);
    assert_eq!(Journal::open(&path).unwrap().studies().unwrap().len(), 2);
    let seed = open(&folder.path("whole.journal")).oracle().seed();
    let study = open(&path);
    assert_eq!((study.oracle().seed(), study.trials().unwrap().len()), (seed, 1));
    study.set_attribute("note", 1).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(&whole) && bytes.len() > whole.len(), "nothing is cut off");
}

#[test]
fn a_study_that_was_torn_is_not_there_and_is_made_anew() {
    let folder = Folder::new("groups");
    let whole = made(&folder);
    let begin = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in cuts(&whole).into_iter().filter(|cut| *cut >= begin) {
        let path = journal(&folder, &whole[..cut]);
        let seen = Journal::open(&path).unwrap().studies().unwrap();
        assert_eq!(seen.len(), 1, "cut at {cut}");
        let study = open(&path);
        assert_eq!(study.notes(), [], "cut at {cut}");
        assert_eq!(study.trials().unwrap().len(), 1, "cut at {cut}");
        let again = open(&path);
        assert_eq!(again.oracle().seed(), study.oracle().seed(), "cut at {cut}");
        assert_eq!(again.notes().len(), 1, "cut at {cut}: {:?}", again.notes());
        let record = Journal::open(&path).unwrap().studies().unwrap().remove(1);
        assert!(record.identity().is_some() && record.metric_names() == ["loss"], "cut at {cut}");
    }
}

#[test]
fn a_group_shows_when_all_of_it_is_there() {
    let folder = Folder::new("groups");
    let whole = made(&folder);
    let path = folder.path("growing.journal");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.studies().unwrap().len(), 1);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&whole[whole.len() / 2..whole.len() - 2]).unwrap();
    assert_eq!(journal.studies().unwrap().len(), 1);
    for end in [b"}", b"\n"] {
        file.write_all(end).unwrap();
        assert_eq!(journal.studies().unwrap().len(), 2);
    }
}

/// Optuna knows no groups: what it has written is never cut off.
#[test]
fn what_others_wrote_behind_a_torn_group_stands() {
    let folder = Folder::new("groups");
    let whole = made(&folder);
    let ends: Vec<usize> =
        (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
    for cut in &ends[1..ends.len() - 1] {
        let mut bytes = whole[..*cut].to_vec();
        bytes.extend_from_slice(
            b"{\"op_code\":0,\"worker_id\":\"host-1\",\"study_name\":\"other\",\"directions\":[2]}\n",
        );
        let path = journal(&folder, &bytes);
        let names = |journal: &Journal| -> Vec<String> {
            journal.studies().unwrap().into_iter().map(|study| study.name).collect()
        };
        assert_eq!(
            names(&Journal::open(&path).unwrap()),
            ["before", "study", "other"],
            "cut at {cut}"
        );
        let study = open(&path);
        assert_eq!(study.trials().unwrap().len(), 1, "cut at {cut}");
        assert_eq!(open(&path).oracle().seed(), study.oracle().seed(), "cut at {cut}");
        assert_eq!(
            names(&Journal::open(&path).unwrap()),
            ["before", "study", "other"],
            "cut at {cut}"
        );
    }
}

#[test]
fn trials_that_were_torn_are_not_there() {
    let folder = Folder::new("groups");
    let path = folder.path("whole.journal");
    let journal_of = Journal::open(&path).unwrap();
    let study = journal_of.create_study("study", &[Direction::Minimize]).unwrap();
    let begin = fs::metadata(&path).unwrap().len() as usize;
    let given = InitialTrial {
        state: State::Running,
        params: Vec::new(),
        values: Vec::new(),
        reports: Vec::new(),
    };
    let create = Step::Create {
        new: NewTrial { given: Some(given), attributes: Attributes::default() },
        at: Timestamp(1_000_000),
    };
    let end = |trial| {
        let finished =
            Event::Finished { outcome: Outcome::Complete(&[1.0]), at: Timestamp(2_000_000) };
        Step::Change { trial, event: finished }
    };
    journal_of.append(study, Some(0), &[create.clone(), create.clone(), end(1), end(0)]).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in cuts(&whole).into_iter().filter(|cut| *cut >= begin) {
        let path = journal(&folder, &whole[..cut]);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(
            journal.append(study, Some(0), std::slice::from_ref(&create)).unwrap(),
            0,
            "cut at {cut}"
        );
        let mut seen = 0;
        Journal::open(&path).unwrap().read(study, &mut |trials| seen = trials.len()).unwrap();
        assert_eq!(seen, 1, "cut at {cut}");
    }
}

#[test]
fn an_amendment_is_whole_or_not_there() {
    let folder = Folder::new("groups");
    let path = folder.path("whole.journal");
    let journal_of = Journal::open(&path).unwrap();
    let id = journal_of.create_study("study", &[Direction::Minimize]).unwrap();
    let begin = fs::metadata(&path).unwrap().len() as usize;
    let mut notes = Attributes::default();
    for key in ["a", "b", "c"] {
        notes.insert(AttributeScope::System, key, json!(key));
    }
    assert!(journal_of.amend(&journal_of.study(id).unwrap(), &notes).unwrap());
    let whole = fs::read(&path).unwrap();
    for cut in cuts(&whole).into_iter().filter(|cut| *cut >= begin) {
        let record = Journal::open(journal(&folder, &whole[..cut])).unwrap().study(id).unwrap();
        assert!(record.attributes.is_empty(), "cut at {cut}");
    }
    assert_eq!(
        Journal::open(journal(&folder, &whole)).unwrap().study(id).unwrap().attributes,
        notes
    );
}
