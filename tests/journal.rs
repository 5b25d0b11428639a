//! The journal under everything that can happen to a file.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use hpo_core::space::{Categorical, Domain, Float, Int, Value};
use hpo_core::storage::{Journal, Next, Storage, StorageError, StudyId};
use hpo_core::testing::storage::transcript;
use hpo_core::trial::{
    AttributeScope, Attributes, Direction, Event, InitialTrial, NewTrial, Outcome, Param, ParamId,
    State, Timestamp,
};
use hpo_tests::Folder;
use serde_json::json;

pub(crate) fn shown(storage: &dyn Storage, study: StudyId) -> String {
    let mut shown = String::new();
    let read = storage.read(study, &mut |trials| shown = transcript(trials));
    read.unwrap();
    shown
}

pub(crate) fn study(storage: &dyn Storage) -> StudyId {
    storage.create_study("study", &[Direction::Minimize]).unwrap()
}

fn run(storage: &dyn Storage, study: StudyId) -> u64 {
    let (Next::New(number) | Next::Queued(number)) = storage.next_trial(study, None).unwrap()
    else {
        panic!("nobody asked for a limit");
    };
    number
}

fn end(storage: &dyn Storage, study: StudyId, number: u64) -> Result<(), StorageError> {
    let outcome = Outcome::Complete(&[1.0]);
    let at = Timestamp(7);
    storage.record(study, number, &Event::Finished { outcome, at })
}

/// What a study may go through; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Next(Option<u64>),
    Enqueue(bool),
    Import(f64),
    Sampled(u64, f64, i64, u32),
    Started(u64),
    Reported(u64, u64, f64),
    Note(u64, bool, String),
    Requeued(u64),
    Paused(u64),
    Rung(u64, u32, f64),
    Checkpoint(u64, u64),
    Complete(u64, f64),
    Pruned(u64, String),
    Failed(u64, String),
}

pub(crate) fn params() -> Vec<Param> {
    let domains = [
        Domain::Float(Float::new(-1e300, 1e300)),
        Domain::Int(Int::new(i128::from(i64::MIN), i128::from(i64::MAX))),
        Domain::Categorical(Categorical::new(["a", "b", "c"])),
    ];
    let named = domains.into_iter().zip(["z.x", "n", "c"]);
    named.map(|(domain, path)| Param { path: path.to_owned(), domain }).collect()
}

fn given(state: State, values: Vec<f64>) -> NewTrial {
    let params = vec![(ParamId(0), Value::Float(0.5)), (ParamId(2), Value::Choice(1))];
    let given = InitialTrial { state, params, values, reports: vec![(3, 0.25), (1, f64::NAN)] };
    NewTrial { given: Some(given), attributes: Attributes::default() }
}

/// Takes one step; what came of it, as text.
pub(crate) fn take(storage: &dyn Storage, study: StudyId, step: &Step) -> String {
    let at = Timestamp(1_700_000_000_000_000);
    let record = |number: u64, event: &Event<'_>| {
        format!("{:?}", storage.record(study, number, event).map_err(|error| error.to_string()))
    };
    let finish = |number: u64, outcome| record(number, &Event::Finished { outcome, at });
    match step {
        Step::Next(most) => format!("{:?}", storage.next_trial(study, *most).unwrap()),
        Step::Enqueue(true) => {
            format!("{:?}", storage.create_trial(study, given(State::Waiting, Vec::new())))
        }
        Step::Enqueue(false) => format!("{:?}", storage.create_trial(study, NewTrial::default())),
        Step::Import(value) => {
            format!("{:?}", storage.create_trial(study, given(State::Complete, vec![*value])))
        }
        Step::Sampled(number, x, n, c) => {
            let values = [Value::Float(*x), Value::Int(*n), Value::Choice(*c)];
            let params: Vec<_> = (0..).map(ParamId).zip(values).collect();
            record(*number, &Event::Sampled { params: &params, seen: *number, explanation: "" })
        }
        Step::Started(number) => record(*number, &Event::Started { at }),
        Step::Reported(number, step, value) => {
            record(*number, &Event::Reported { step: *step, value: *value })
        }
        Step::Note(number, user, text) => {
            let scope = if *user { AttributeScope::User } else { AttributeScope::System };
            let value = json!([text, 0.1, null]);
            record(*number, &Event::Attribute { scope, key: text, value: &value })
        }
        Step::Paused(number) => record(*number, &Event::Paused),
        Step::Rung(number, rung, value) => {
            let (key, value) = (hpo_core::trial::rung_attribute(*rung), json!(value));
            record(
                *number,
                &Event::Attribute { scope: AttributeScope::System, key: &key, value: &value },
            )
        }
        Step::Checkpoint(number, step) => {
            let value = json!(step);
            record(
                *number,
                &Event::Attribute {
                    scope: AttributeScope::System,
                    key: hpo_core::trial::CHECKPOINT,
                    value: &value,
                },
            )
        }
        Step::Requeued(number) => record(*number, &Event::Requeued),
        Step::Complete(number, value) => finish(*number, Outcome::Complete(&[*value])),
        Step::Pruned(number, text) => finish(*number, Outcome::Pruned(text)),
        Step::Failed(number, text) => finish(*number, Outcome::Failed(text)),
    }
}

/// A journal with a bit of everything.
fn sample(path: &Path) -> StudyId {
    let journal = Journal::open(path).unwrap();
    let id = study(&journal);
    journal.declare(id, &params()).unwrap();
    for step in [
        Step::Next(None),
        Step::Sampled(0, 0.5, -3, 1),
        Step::Reported(0, 1, f64::NAN),
        Step::Pruned(0, "slow \u{fc}".to_owned()),
        Step::Enqueue(true),
        Step::Next(None),
        Step::Complete(1, f64::INFINITY),
    ] {
        take(&journal, id, &step);
    }
    id
}

#[test]
fn a_torn_last_line_is_passed_over_and_cut_off_by_the_next_writer() {
    let folder = Folder::new("torn");
    let path = folder.path("a.journal");
    let id = sample(&path);
    let whole = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let (last, before) = lines.split_last().unwrap();
    let before = before.concat();
    fs::write(&path, &before).unwrap();
    let expected = shown(&Journal::open(&path).unwrap(), id);
    for cut in 0..last.len() - 1 {
        let torn = [&before, &last[..cut]].concat();
        fs::write(&path, &torn).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(shown(&journal, id), expected, "cut at {cut}");
        assert_eq!(fs::read(&path).unwrap(), torn, "readers change nothing");
        end(&journal, id, 1).unwrap();
        let mended = fs::read(&path).unwrap();
        assert!(mended.starts_with(&before) && mended.ends_with(b"}\n"));
        assert_eq!(shown(&Journal::open(&path).unwrap(), id), shown(&journal, id));
    }
}

#[test]
fn zeros_that_a_power_cut_leaves_are_a_torn_line() {
    let folder = Folder::new("zeros");
    let path = folder.path("a.journal");
    let id = sample(&path);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [whole.as_slice(), &[0; 5000]].concat()).unwrap();
    let journal = Journal::open(&path).unwrap();
    run(&journal, id);
    assert!(fs::read(&path).unwrap().starts_with(&whole));
    Journal::open(&path).unwrap();
}

#[test]
fn every_line_but_the_last_must_be_a_record() {
    let folder = Folder::new("corrupt");
    let path = folder.path("a.journal");
    sample(&path);
    let whole = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = whole.lines().collect();
    for garbage in [
        "garbage",
        "{\"op_code\":4}",
        "{\"op_code\":99,\"worker_id\":\"x\"}",
        "{\"op_code\":5,\"wor",
        "[]",
    ] {
        lines.insert(3, garbage);
        fs::write(&path, format!("{}\n", lines.join("\n"))).unwrap();
        let error = Journal::open(&path).unwrap_err();
        assert!(matches!(error, StorageError::Corrupt { line: 4, .. }), "{error}");
        let words = error.to_string();
        assert!(words.contains("a.journal, line 4") && words.contains("restore"), "{words}");
        lines.remove(3);
    }
}

#[test]
fn damage_is_found_by_those_who_have_it_open() {
    let folder = Folder::new("damage");
    let path = folder.path("a.journal");
    let id = sample(&path);
    let journal = Journal::open(&path).unwrap();
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    file.write_all(b"damage\n").unwrap();
    for error in [journal.read(id, &mut |_| ()).unwrap_err(), end(&journal, id, 1).unwrap_err()] {
        assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn other_files_are_left_alone() {
    let folder = Folder::new("other");
    let cases: [&[u8]; 6] = [
        b"SQLite format 3\0\x10\0\x01\x01\0@ ",
        b"{\"name\": \"not a journal\"}",
        b"{\"name\": \"not a journal\"}\n",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"hello",
        b"[1, 2, 3]\n",
    ];
    for (index, content) in cases.into_iter().enumerate() {
        let path = folder.path(index.to_string());
        fs::write(&path, content).unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("this is not a journal: choose another path"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = Folder::new("open");
    fs::create_dir(folder.path("folder")).unwrap();
    let error = Journal::open(folder.path("folder")).unwrap_err().to_string();
    assert!(error.contains("cannot open") && error.contains("directory"), "{error}");
    fs::write(folder.path("file"), "x").unwrap();
    let error = Journal::open(folder.path("file/a.journal")).unwrap_err();
    assert!(error.to_string().contains("cannot open"), "{error}");
}

#[test]
fn a_file_that_is_removed_while_it_is_open_is_not_written_into_the_void() {
    let folder = Folder::new("removed");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let id = study(&journal);
    let number = run(&journal, id);
    fs::remove_file(&path).unwrap();
    let error = end(&journal, id, number).unwrap_err();
    assert!(error.to_string().contains("moved or removed"), "{error}");
}

#[test]
fn two_handles_see_each_other() {
    let folder = Folder::new("two");
    let path = folder.path("a.journal");
    let handles = [Journal::open(&path).unwrap(), Journal::open(&path).unwrap()];
    let id = study(&handles[0]);
    for round in 0..30 {
        let (here, there) = (&handles[round % 2], &handles[(round + 1) % 2]);
        let number = run(here, id);
        assert_eq!(number, round as u64);
        let step = Event::Reported { step: 0, value: 1.0 };
        there.record(id, number, &step).unwrap();
        end(here, id, number).unwrap();
        let twice = end(there, id, number);
        assert!(matches!(twice, Err(StorageError::State(_))), "{twice:?}");
        assert_eq!(shown(here, id), shown(there, id));
    }
}

#[test]
fn parameters_keep_their_numbers_when_the_file_is_read_again() {
    let folder = Folder::new("renewed");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let id = study(&journal);
    journal.declare(id, &params()).unwrap();
    take(&journal, id, &Step::Next(None));
    take(&journal, id, &Step::Sampled(0, 0.5, 1, 2));
    let before = shown(&journal, id);
    let stray = [(ParamId(2), Value::Choice(9))];
    let number = run(&journal, id);
    let sampled = Event::Sampled { params: &stray, seen: 0, explanation: "" };
    let error = journal.record(id, number, &sampled).unwrap_err().to_string();
    assert!(error.contains("`c` cannot be"), "{error}");
    assert!(shown(&journal, id).starts_with(before.split_once('\n').unwrap().0));
    take(&journal, id, &Step::Sampled(number, 0.5, 1, 2));
    assert_eq!(shown(&journal, id), shown(&Journal::open(&path).unwrap(), id));
}

#[test]
fn grids_on_a_log_scale_stay_readable_and_their_domains_whole() {
    let folder = Folder::new("grid");
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let id = study(&journal);
    let domain =
        Domain::Int(Int { log: true, step: Some(2), default: Some(8), ..Int::new(1, 1024) });
    let param = Param { path: "units".to_owned(), domain };
    journal.declare(id, std::slice::from_ref(&param)).unwrap();
    let number = run(&journal, id);
    let params = [(ParamId(0), Value::Int(256))];
    journal
        .record(id, number, &Event::Sampled { params: &params, seen: 0, explanation: "" })
        .unwrap();
    journal
        .read(id, &mut |trials| {
            assert_eq!(trials.declared()[0], param, "what is declared stays");
        })
        .unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(r#"\"log\": true, \"step\": 1, \"low\": 1, \"high\": 1024"#), "{text}");
    assert_eq!(shown(&journal, id), shown(&Journal::open(&path).unwrap(), id));
}

#[test]
fn a_worker_leaves_nothing_behind() {
    let folder = Folder::new("clean");
    let path = folder.path("a.journal");
    let workers = folder.path("a.journal.workers");
    let (one, two) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    let id = study(&one);
    assert!(!workers.exists(), "who runs nothing needs no file");
    run(&one, id);
    run(&two, id);
    assert_eq!(fs::read_dir(&workers).unwrap().count(), 2);
    assert!(two.recover(id).unwrap().is_empty(), "both are alive");
    drop(one);
    assert_eq!(two.recover(id).unwrap(), [0], "whoever has closed the journal runs nothing");
    drop(two);
    assert!(!workers.exists());
    assert!(!folder.path("a.journal.lock").exists());
}

#[test]
fn a_trial_is_given_up_with_its_third_dead_worker() {
    let folder = Folder::new("deaths");
    let path = folder.path("a.journal");
    let id = study(&Journal::open(&path).unwrap());
    for death in 1..=3 {
        let worker = Journal::open(&path).unwrap();
        assert_eq!(run(&worker, id), 0);
        drop(worker);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.recover(id).unwrap(), [0]);
        assert!(journal.recover(id).unwrap().is_empty());
        let state = if death < 3 { State::Waiting } else { State::Failed };
        journal
            .read(id, &mut |trials| {
                assert_eq!(trials.state(0), Some(state));
                assert_eq!(trials.attributes(0).unwrap().system["hpo:deaths"], json!(death));
            })
            .unwrap();
    }
    let journal = Journal::open(&path).unwrap();
    journal
        .read(id, &mut |trials| {
            assert_eq!(trials.message(0), Some("its worker died 3 times"));
        })
        .unwrap();
}

#[test]
fn a_journal_that_may_not_be_written_can_be_read() {
    let folder = Folder::new("readonly");
    let path = folder.path("a.journal");
    let id = sample(&path);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let journal = Journal::open(&path).unwrap();
    assert!(!shown(&journal, id).is_empty());
    // The superuser may write whatever the permissions say.
    if fs::File::options().append(true).open(&path).is_err() {
        let error = end(&journal, id, 1).unwrap_err().to_string();
        assert!(error.contains("opened for reading"), "{error}");
    }
}
