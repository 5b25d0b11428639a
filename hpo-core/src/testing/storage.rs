//! The contract that every storage must keep.
//!
//! [`check`] tests a storage against the whole contract described in [`crate::storage`]. Each
//! clause is a small function of its own that panics with its reason. A storage that passes can be
//! used by any study.

mod order;
mod past;
mod rounds;
mod steps;
mod studies;
mod trials;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::space::{Domain, Value};
use crate::storage::{Next, Storage, StudyId};
use crate::trial::{
    Attributes, Direction, Event, InitialTrial, NewTrial, Outcome, Param, ParamId, State,
    Timestamp, Trials,
};

/// A storage under test.
#[derive(Clone, Copy)]
pub struct StorageUnderTest<'a> {
    /// Creates a new, empty storage.
    pub fresh: &'a dyn Fn() -> Arc<dyn Storage>,
    /// Opens the data of the last `fresh` storage a second time; `None` for a storage that ends
    /// with its handle.
    pub reopen: Option<&'a dyn Fn() -> Arc<dyn Storage>>,
}

impl std::fmt::Debug for StorageUnderTest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageUnderTest").finish_non_exhaustive()
    }
}

/// A test of one clause of the contract.
pub type Check = fn(StorageUnderTest<'_>);

/// The clauses by name, with their tests.
pub const CHECKS: [(&str, Check); 25] = [
    ("studies have unique names", studies::studies_have_unique_names),
    ("deleted studies are gone", studies::deleted_studies_are_gone),
    ("attributes are kept", studies::attributes_are_kept),
    ("odd names are kept", studies::odd_names_are_kept),
    ("a name with NUL is kept or refused", studies::a_name_with_nul_is_kept_or_refused),
    ("values of all kinds are kept", trials::values_of_all_kinds_are_kept),
    ("explanations are kept", trials::explanations_are_kept),
    ("infinities are values, NaN is not", trials::infinities_are_values),
    ("ended trials never change", trials::ended_trials_never_change),
    ("rules are kept", trials::rules_are_kept),
    ("imported trials are whole", trials::imported_trials_are_whole),
    ("the queue comes first", order::the_queue_comes_first),
    ("a new config is nobody else's", order::a_new_config_is_nobody_elses),
    ("no more than asked for", order::no_more_than_asked_for),
    ("numbers are dense under threads", order::numbers_are_dense_under_threads),
    ("the queue is taken once", order::the_queue_is_taken_once),
    ("a paused trial is no queued one", rounds::a_paused_trial_is_no_queued_one),
    (
        "a broken round goes back to its checkpoint",
        rounds::a_broken_round_goes_back_to_its_checkpoint,
    ),
    ("choices are kept by label", trials::choices_are_kept_by_label),
    ("a study is made with all it brings", steps::a_study_is_made_with_all_it_brings),
    ("what cannot be made whole is not made", steps::what_cannot_be_made_whole_is_not_made),
    ("one of many makes a study", steps::one_of_many_makes_a_study),
    ("notes are amended as they were seen", steps::notes_are_amended_as_they_were_seen),
    ("trials are added together", steps::trials_are_added_together),
    ("the past comes by once more", past::the_past_comes_by_once_more),
];

/// Runs every clause.
///
/// # Panics
/// On the first clause that is violated.
pub fn check(subject: StorageUnderTest<'_>) {
    for (_, clause) in CHECKS {
        clause(subject);
    }
}

/// Returns everything that can be observed of a study's trials, as text: two storages with equal
/// texts store the same.
#[must_use]
pub fn transcript(trials: &Trials) -> String {
    let mut text = String::new();
    for number in 0..trials.len() {
        // Writing to memory cannot fail.
        let _ = writeln!(
            text,
            "{number} {:?} values {:?} params {:?} sampled {} seen {} reports {:?} message {:?} \
             times {:?} ordinals {:?} attributes {:?}",
            trials.state(number),
            trials.values(number),
            labels(trials, number),
            trials.is_sampled(number),
            trials.seen(number),
            trials.reports(number),
            trials.message(number),
            trials.times(number),
            trials.ordinals(number),
            trials.attributes(number).filter(|attributes| !attributes.is_empty()),
        );
    }
    // Include the data of schedules only where there is any.
    if !trials.rungs().is_empty() || !trials.paused().is_empty() {
        let climb = |number| {
            (trials.rungs_reached(number), trials.promotions(number), trials.checkpoint(number))
        };
        let climbs: Vec<_> = (0..trials.len()).map(climb).collect();
        let _ = writeln!(
            text,
            "paused {:?} rungs {:?} climbs {climbs:?}",
            trials.paused(),
            trials.rungs()
        );
    }
    let (finished, waiting, running) = (trials.finished(), trials.waiting(), trials.running());
    let ordinal = trials.ordinal();
    let _ = writeln!(text, "{finished:?} {waiting:?} {running:?} {ordinal}");
    text
}

/// Returns a trial's parameters by path, choices by label.
fn labels(trials: &Trials, number: u64) -> Vec<(String, String)> {
    let params = trials.params(number);
    params
        .map(|(id, value)| {
            let Param { path, domain } = &trials.declared()[id.0 as usize];
            let text = match (domain, value) {
                (Domain::Categorical(categorical), Value::Choice(index)) => {
                    format!("{:?}", categorical.choices[index as usize])
                }
                _ => format!("{value:?}"),
            };
            (path.clone(), text)
        })
        .collect()
}

impl StorageUnderTest<'_> {
    /// Creates a new storage with one study of one objective.
    fn study(self) -> (Arc<dyn Storage>, StudyId) {
        let storage = (self.fresh)();
        let study = storage.create_study("study", &[Direction::Minimize]);
        let study = study.expect("a study can be made");
        (storage, study)
    }

    /// Checks that a newly opened handle shows the same data as the first one.
    fn same_again(self, storage: &Arc<dyn Storage>, study: StudyId) {
        let Some(reopen) = self.reopen else { return };
        let other = reopen();
        assert_eq!(storage.studies().unwrap(), other.studies().unwrap());
        assert_eq!(snapshot(&**storage, study), snapshot(&*other, study));
    }
}

fn snapshot(storage: &dyn Storage, study: StudyId) -> String {
    with_trials(storage, study, transcript)
}

fn with_trials<T>(storage: &dyn Storage, study: StudyId, read: impl Fn(&Trials) -> T) -> T {
    let mut result = None;
    let outcome = storage.read(study, &mut |trials| result = Some(read(trials)));
    outcome.expect("a study can be read");
    result.expect("reading shows the trials")
}

fn param(path: &str, domain: Domain) -> Param {
    Param { path: path.to_owned(), domain }
}

/// Declares parameters and returns their numbers.
fn declare(storage: &dyn Storage, study: StudyId, params: &[Param]) -> Vec<ParamId> {
    storage.declare(study, params).expect("parameters can be declared");
    with_trials(storage, study, |trials| {
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
    let initial =
        InitialTrial { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
    let new = NewTrial { given: Some(initial), attributes: Attributes::default() };
    storage.create_trial(study, new).expect("a trial can be queued")
}
