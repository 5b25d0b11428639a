//! What every storage must do.
//!
//! [`check`] runs a storage through all of the contract in the head of [`crate::storage`], each clause a small function
//! of its own that panics with its reason. A storage that passes may stand behind any study.

use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;

use serde_json::json;

use crate::space::{Categorical, Domain, Float, Int, Label, Value};
use crate::storage::{Next, Storage, StorageError, StudyId};
use crate::trial::{
    Attributes, Direction, Event, Given, NewTrial, Outcome, Param, ParamId, Rejected, Scope, State, Timestamp, Trials,
};

/// A storage under test.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Makes a new, empty storage.
    pub fresh: &'a dyn Fn() -> Arc<dyn Storage>,
    /// Opens what the last `fresh` one holds a second time; `None` for a storage that ends with its handle.
    pub reopen: Option<&'a dyn Fn() -> Arc<dyn Storage>>,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// A clause of the contract.
pub type Check = fn(Subject<'_>);

/// The clauses, by name.
pub const CHECKS: [(&str, Check); 14] = [
    ("studies have unique names", studies_have_unique_names),
    ("deleted studies are gone", deleted_studies_are_gone),
    ("attributes are kept", attributes_are_kept),
    ("odd names are kept", odd_names_are_kept),
    ("values of all kinds are kept", values_of_all_kinds_are_kept),
    ("infinities are values, NaN is not", infinities_are_values),
    ("ended trials never change", ended_trials_never_change),
    ("rules are kept", rules_are_kept),
    ("imported trials are whole", imported_trials_are_whole),
    ("the queue comes first", the_queue_comes_first),
    ("no more than asked for", no_more_than_asked_for),
    ("numbers are dense under threads", numbers_are_dense_under_threads),
    ("the queue is taken once", the_queue_is_taken_once),
    ("choices are kept by label", choices_are_kept_by_label),
];

/// Runs every clause.
///
/// # Panics
/// With the first clause that is broken.
pub fn check(subject: Subject<'_>) {
    for (_, clause) in CHECKS {
        clause(subject);
    }
}

/// All that can be seen of a study's trials, as text: two storages that show the same hold the same.
#[must_use]
pub fn transcript(trials: &Trials) -> String {
    let mut text = String::new();
    for number in 0..trials.len() {
        // Writing to memory cannot fail.
        let _ = writeln!(
            text,
            "{number} {:?} values {:?} params {:?} sampled {} seen {} reports {:?} message {:?} times {:?} ordinals {:?} attributes {:?}",
            trials.state(number),
            trials.values(number),
            labels(trials, number),
            trials.is_sampled(number),
            trials.seen(number),
            trials.reports(number),
            trials.message(number),
            trials.times(number),
            trials.ordinals(number),
            trials.attributes(number).filter(|notes| !notes.is_empty()),
        );
    }
    let (finished, waiting, running) = (trials.finished(), trials.waiting(), trials.running());
    let ordinal = trials.ordinal();
    let _ = writeln!(text, "{finished:?} {waiting:?} {running:?} {ordinal}");
    text
}

/// A trial's parameters by path, choices by label.
fn labels(trials: &Trials, number: u64) -> Vec<(String, String)> {
    let params = trials.params(number).iter();
    params
        .map(|(id, value)| {
            let Param { path, domain } = &trials.declared()[id.0 as usize];
            let shown = match (domain, value) {
                (Domain::Categorical(categorical), Value::Choice(index)) => {
                    format!("{:?}", categorical.choices[*index as usize])
                }
                _ => format!("{value:?}"),
            };
            (path.clone(), shown)
        })
        .collect()
}

impl Subject<'_> {
    /// A new storage with one study of one objective.
    fn study(self) -> (Arc<dyn Storage>, StudyId) {
        let storage = (self.fresh)();
        let study = storage.create_study("study", &[Direction::Minimize]);
        let study = study.expect("a study can be made");
        (storage, study)
    }

    /// Whoever opens the storage anew sees what its first handle sees.
    fn same_again(self, storage: &Arc<dyn Storage>, study: StudyId) {
        let Some(reopen) = self.reopen else { return };
        let other = reopen();
        assert_eq!(storage.studies().unwrap(), other.studies().unwrap());
        assert_eq!(shown(&**storage, study), shown(&*other, study));
    }
}

fn shown(storage: &dyn Storage, study: StudyId) -> String {
    look(storage, study, transcript)
}

fn look<T>(storage: &dyn Storage, study: StudyId, seen: impl Fn(&Trials) -> T) -> T {
    let mut found = None;
    let read = storage.read(study, &mut |trials| found = Some(seen(trials)));
    read.expect("a study can be read");
    found.expect("reading shows the trials")
}

fn param(path: &str, domain: Domain) -> Param {
    Param { path: path.to_owned(), domain }
}

/// Declares parameters, and says how they are numbered.
fn declare(storage: &dyn Storage, study: StudyId, params: &[Param]) -> Vec<ParamId> {
    storage.declare(study, params).expect("parameters can be declared");
    look(storage, study, |trials| {
        let ids = params.iter().map(|param| trials.param_id(&param.path));
        ids.collect::<Option<_>>().expect("what is declared is known")
    })
}

fn complete(values: &[f64]) -> Event<'_> {
    Event::Finished { outcome: Outcome::Complete(values), at: Timestamp(2_000_000) }
}

fn new_trial(storage: &dyn Storage, study: StudyId) -> u64 {
    match storage.next_trial(study, None).expect("a trial can be made") {
        Next::New(number) => number,
        other => panic!("a study without a queue has given {other:?}"),
    }
}

fn enqueue(storage: &dyn Storage, study: StudyId, params: Vec<(ParamId, Value)>) -> u64 {
    let given = Given { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
    let new = NewTrial { given: Some(given), attributes: Attributes::default() };
    storage.create_trial(study, new).expect("a trial can be queued")
}

fn studies_have_unique_names(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let again = storage.create_study("study", &[Direction::Maximize]);
    assert!(matches!(again, Err(StorageError::StudyExists { .. })), "{again:?}");
    let directions = [Direction::Maximize, Direction::Minimize];
    let second = storage.create_study("second", &directions).unwrap();
    assert_ne!(study, second);
    let names: Vec<String> = storage.studies().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["study", "second"]);
    assert_eq!(storage.study(second).unwrap().directions, directions);
    new_trial(&*storage, study);
    assert_eq!(new_trial(&*storage, second), 0, "each study counts for itself");
    subject.same_again(&storage, second);
}

fn deleted_studies_are_gone(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let kept = storage.create_study("kept", &[Direction::Minimize]).unwrap();
    new_trial(&*storage, study);
    let number = new_trial(&*storage, kept);
    storage.delete_study(study).unwrap();
    storage.record(kept, number, &complete(&[1.0])).unwrap();
    let gone = |result: Result<(), StorageError>| {
        assert!(matches!(result, Err(StorageError::NoSuchStudy { .. })), "{result:?}");
    };
    gone(storage.study(study).map(drop));
    gone(storage.delete_study(study));
    gone(storage.read(study, &mut |_| ()));
    gone(storage.next_trial(study, None).map(drop));
    gone(storage.record(study, 0, &complete(&[1.0])));
    gone(storage.recover(study).map(drop));
    gone(storage.declare(study, &[]));
    let again = storage.create_study("study", &[Direction::Minimize]).unwrap();
    assert_ne!(again, study, "numbers of studies are not used twice");
    assert_eq!(new_trial(&*storage, again), 0);
    subject.same_again(&storage, kept);
    subject.same_again(&storage, again);
}

fn attributes_are_kept(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let note = json!({"deep": [1, 2.5, null, "text"], "big": u64::MAX});
    storage.set_attribute(study, Scope::User, "a", &json!(1)).unwrap();
    storage.set_attribute(study, Scope::User, "a", &note).unwrap();
    storage.set_attribute(study, Scope::System, "a", &json!("other")).unwrap();
    let attributes = storage.study(study).unwrap().attributes;
    assert_eq!(attributes.user["a"], note);
    assert_eq!(attributes.system["a"], json!("other"));
    let number = new_trial(&*storage, study);
    for value in [&json!(false), &note] {
        let (scope, key) = (Scope::System, "b");
        let event = Event::Attribute { scope, key, value };
        storage.record(study, number, &event).unwrap();
    }
    let kept = look(&*storage, study, |trials| trials.attributes(number).cloned());
    assert_eq!(kept.unwrap().system["b"], note);
    subject.same_again(&storage, study);
}

fn odd_names_are_kept(subject: Subject<'_>) {
    let storage = (subject.fresh)();
    let odd = "it's \"quoted\" \\ a\nline, ünï\u{1F600}, '; DROP TABLE studies; --\u{0}\t";
    let study = storage.create_study(odd, &[Direction::Minimize]).unwrap();
    let domain = Domain::Categorical(Categorical::new([Label::from(odd.to_owned())]));
    let ids = declare(&*storage, study, &[param(odd, domain)]);
    let number = new_trial(&*storage, study);
    let params = [(ids[0], Value::Choice(0))];
    let sampled = Event::Sampled { params: &params, seen: 0 };
    storage.record(study, number, &sampled).unwrap();
    let value = json!({ odd: odd });
    let note = Event::Attribute { scope: Scope::User, key: odd, value: &value };
    storage.record(study, number, &note).unwrap();
    let failed = Event::Finished { outcome: Outcome::Failed(odd), at: Timestamp(1) };
    storage.record(study, number, &failed).unwrap();
    assert_eq!(storage.study(study).unwrap().name, odd);
    look(&*storage, study, |trials| {
        assert_eq!(trials.message(number), Some(odd));
        assert_eq!(trials.attributes(number).unwrap().user[odd], value);
    });
    subject.same_again(&storage, study);
}

fn values_of_all_kinds_are_kept(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let wide = Int::new(i128::from(i64::MIN), i128::from(i64::MAX));
    let ids = declare(
        &*storage,
        study,
        &[
            param("float", Domain::Float(Float::new(-1e308, 1e308))),
            param("int", Domain::Int(wide)),
            param("unsigned", Domain::Int(Int::new(0, i128::from(u64::MAX)))),
            param("flag", Domain::Categorical(Categorical::new([false, true]))),
        ],
    );
    let rows = [
        [Value::Float(0.1 + 0.2), Value::Int(i64::MIN), Value::Unsigned(u64::MAX), Value::Choice(0)],
        [Value::Float(5e-324), Value::Int(i64::MAX), Value::Int((1 << 53) + 1), Value::Choice(1)],
        [Value::Float(-1e308), Value::Int(0), Value::Int(0), Value::Choice(1)],
    ];
    for row in rows {
        let number = new_trial(&*storage, study);
        let params: Vec<_> = ids.iter().copied().zip(row).collect();
        let seen = look(&*storage, study, Trials::ordinal);
        storage.record(study, number, &Event::Sampled { params: &params, seen }).unwrap();
        look(&*storage, study, |trials| {
            assert_eq!(trials.params(number), params);
            assert_eq!(trials.seen(number), seen);
        });
    }
    subject.same_again(&storage, study);
}

fn infinities_are_values(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    for value in [f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX] {
        let number = new_trial(&*storage, study);
        let reports = [(7, f64::NAN), (0, value), (3, 1.0), (3, f64::NEG_INFINITY)];
        for (step, value) in reports {
            storage.record(study, number, &Event::Reported { step, value }).unwrap();
        }
        let wrong = storage.record(study, number, &complete(&[f64::NAN]));
        assert!(matches!(wrong, Err(StorageError::Rejected(Rejected::NotANumber { .. }))), "{wrong:?}");
        storage.record(study, number, &complete(&[value])).unwrap();
        look(&*storage, study, |trials| {
            assert_eq!(trials.values(number), [value]);
            let shown = format!("{:?}", trials.reports(number));
            assert_eq!(shown, format!("[(0, {value:?}), (3, -inf), (7, NaN)]"));
        });
    }
    subject.same_again(&storage, study);
}

fn ended_trials_never_change(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let at = Timestamp(3);
    let outcomes = [Outcome::Complete(&[1.0]), Outcome::Pruned("slow"), Outcome::Failed("broken")];
    for outcome in outcomes {
        let number = new_trial(&*storage, study);
        storage.record(study, number, &Event::Reported { step: 1, value: 0.5 }).unwrap();
        storage.record(study, number, &Event::Finished { outcome, at }).unwrap();
        let before = shown(&*storage, study);
        let value = json!(1);
        let changes = [
            complete(&[2.0]),
            Event::Started { at },
            Event::Requeued,
            Event::Reported { step: 2, value: 1.0 },
            Event::Sampled { params: &[], seen: 0 },
            Event::Attribute { scope: Scope::User, key: "late", value: &value },
        ];
        for change in &changes {
            let refused = storage.record(study, number, change);
            assert!(
                matches!(refused, Err(StorageError::Rejected(Rejected::Finished { .. }))),
                "{change:?}: {refused:?}"
            );
        }
        assert_eq!(before, shown(&*storage, study));
    }
    look(&*storage, study, |trials| {
        assert_eq!(trials.finished(), [0, 1, 2]);
        assert_eq!(trials.message(1), Some("slow"));
        assert_eq!(trials.message(2), Some("broken"));
    });
    subject.same_again(&storage, study);
}

fn rules_are_kept(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let number = new_trial(&*storage, study);
    let before = shown(&*storage, study);
    let stray = [(ParamId(9), Value::Int(1))];
    let at = Timestamp(1);
    for (number, wrong) in [
        (99, Event::Requeued),
        (number, Event::Started { at }),
        (number, complete(&[])),
        (number, complete(&[1.0, 2.0])),
        (number, Event::Sampled { params: &stray, seen: 0 }),
    ] {
        let refused = storage.record(study, number, &wrong);
        assert!(matches!(refused, Err(StorageError::Rejected(_))), "{wrong:?}: {refused:?}");
    }
    assert_eq!(before, shown(&*storage, study), "what is refused leaves nothing behind");
    storage.record(study, number, &Event::Sampled { params: &[], seen: 0 }).unwrap();
    let twice = storage.record(study, number, &Event::Sampled { params: &[], seen: 0 });
    assert!(matches!(twice, Err(StorageError::Rejected(Rejected::AlreadySampled { .. }))), "{twice:?}");
    subject.same_again(&storage, study);
}

fn imported_trials_are_whole(subject: Subject<'_>) {
    let storage = (subject.fresh)();
    let directions = [Direction::Minimize, Direction::Maximize];
    let study = storage.create_study("two", &directions).unwrap();
    let ids = declare(
        &*storage,
        study,
        &[param("z", Domain::Int(Int::new(0, 9))), param("a", Domain::Float(Float::new(0.0, 1.0)))],
    );
    for state in [State::Complete, State::Pruned, State::Failed, State::Waiting] {
        let mut attributes = Attributes::default();
        attributes.insert(Scope::User, "from", json!("elsewhere"));
        let given = Given {
            state,
            params: vec![(ids[0], Value::Int(4)), (ids[1], Value::Float(0.25))],
            values: if state == State::Complete { vec![1.5, f64::INFINITY] } else { Vec::new() },
            reports: vec![(10, 0.5), (2, f64::NAN)],
        };
        let new = NewTrial { given: Some(given), attributes };
        let number = storage.create_trial(study, new).unwrap();
        look(&*storage, study, |trials| {
            assert_eq!(trials.state(number), Some(state));
            assert_eq!(trials.params(number).len(), 2);
            assert_eq!(trials.params(number)[0], (ids[0], Value::Int(4)), "in the order given");
            assert_eq!(trials.reports(number)[1], (10, 0.5), "by step");
            assert_eq!(trials.attributes(number).unwrap().user["from"], json!("elsewhere"));
        });
    }
    let short = Given { state: State::Complete, params: Vec::new(), values: vec![1.0], reports: Vec::new() };
    let new = NewTrial { given: Some(short), attributes: Attributes::default() };
    let refused = storage.create_trial(study, new);
    assert!(matches!(refused, Err(StorageError::Rejected(_))), "{refused:?}");
    subject.same_again(&storage, study);
}

fn the_queue_comes_first(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let ids = declare(&*storage, study, &[param("x", Domain::Float(Float::new(0.0, 1.0)))]);
    let running = new_trial(&*storage, study);
    let given = enqueue(&*storage, study, vec![(ids[0], Value::Float(0.5))]);
    let bare = enqueue(&*storage, study, Vec::new());
    storage.record(study, running, &Event::Requeued).unwrap();
    for number in [running, given, bare] {
        assert_eq!(storage.next_trial(study, None).unwrap(), Next::Queued(number));
    }
    look(&*storage, study, |trials| {
        assert!(trials.is_sampled(given));
        assert!(!trials.is_sampled(bare), "parameters are still to be chosen");
        assert!(trials.waiting().is_empty());
    });
    let sampled = Event::Sampled { params: &[(ids[0], Value::Float(0.1))], seen: 0 };
    storage.record(study, bare, &sampled).unwrap();
    assert_eq!(storage.next_trial(study, None).unwrap(), Next::New(3));
    subject.same_again(&storage, study);
}

fn no_more_than_asked_for(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    assert_eq!(storage.next_trial(study, Some(0)).unwrap(), Next::Enough);
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::New(0));
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::New(1));
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Enough);
    storage.record(study, 0, &Event::Requeued).unwrap();
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Queued(0), "not taken any more");
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Enough);
    subject.same_again(&storage, study);
}

fn numbers_are_dense_under_threads(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let most = 60;
    let mut numbers: Vec<u64> = thread::scope(|scope| {
        let worker = || {
            let mut numbers = Vec::new();
            while let Next::New(number) = storage.next_trial(study, Some(most)).unwrap() {
                storage.record(study, number, &Event::Sampled { params: &[], seen: 0 }).unwrap();
                storage.record(study, number, &complete(&[1.0])).unwrap();
                numbers.push(number);
            }
            numbers
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (0..most).collect::<Vec<_>>());
    look(&*storage, study, |trials| assert_eq!(trials.finished().len(), 60));
    subject.same_again(&storage, study);
}

fn the_queue_is_taken_once(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let count = 40;
    for _ in 0..count {
        enqueue(&*storage, study, Vec::new());
    }
    let other = subject.reopen.map_or_else(|| Arc::clone(&storage), |reopen| reopen());
    let mut taken: Vec<u64> = thread::scope(|scope| {
        let take = |storage: &dyn Storage| {
            let mut taken = Vec::new();
            while let Next::Queued(number) = storage.next_trial(study, Some(count)).unwrap() {
                taken.push(number);
            }
            taken
        };
        let handles = [&storage, &other, &storage, &other];
        let workers: Vec<_> = handles.map(|handle| scope.spawn(move || take(&**handle))).into();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    taken.sort_unstable();
    assert_eq!(taken, (0..count).collect::<Vec<_>>());
    subject.same_again(&storage, study);
}

fn choices_are_kept_by_label(subject: Subject<'_>) {
    let (storage, study) = subject.study();
    let kinds = |labels: &[&'static str]| param("kind", Domain::Categorical(Categorical::new(labels.iter().copied())));
    let ids = declare(&*storage, study, &[kinds(&["b", "a"])]);
    let record = |storage: &dyn Storage, number, index| {
        let params = [(ids[0], Value::Choice(index))];
        storage.record(study, number, &Event::Sampled { params: &params, seen: 0 }).unwrap();
    };
    let first = new_trial(&*storage, study);
    record(&*storage, first, 0);
    declare(&*storage, study, &[kinds(&["c", "a", "b"])]);
    let second = new_trial(&*storage, study);
    // b, a, c: choices are appended, so that old indices keep their meaning.
    record(&*storage, second, 2);
    let label = |trials: &Trials, number| labels(trials, number)[0].1.clone();
    look(&*storage, study, |trials| {
        assert!(label(trials, first).contains("\"b\""));
        assert!(label(trials, second).contains("\"c\""));
    });
    subject.same_again(&storage, study);
}
