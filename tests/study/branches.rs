//! Spaces whose branches are added and removed: values that are fixed within a branch, and trials
//! that were in a removed one.

use std::sync::Arc;

use hpo_core::SearchSpace;
use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::storage::Storage;
use hpo_core::study::Config;

use super::memory;

fn open<C: Config>(storage: &Arc<dyn Storage>) -> Study<C> {
    let study = Study::<C>::minimize().storage(Arc::clone(storage)).sampler(Random).baseline(false);
    study.open().unwrap()
}

fn add<C: Config>(storage: &Arc<dyn Storage>, configs: &[C]) {
    let study = open::<C>(storage);
    for config in configs {
        let value = study.trials().unwrap().len() as f64;
        study.add_trial(config, value).unwrap();
    }
}

/// Returns the numbers of the trials that count in the space of `C`.
fn counting<C: Config>(storage: &Arc<dyn Storage>) -> Vec<u64> {
    let trials = open::<C>(storage).trials().unwrap();
    trials
        .iter()
        .filter(|trial| !trial.is_set_aside() && trial.params.is_some())
        .map(|trial| trial.number)
        .collect()
}

fn config<C: Config>(storage: &Arc<dyn Storage>, number: usize) -> C {
    let trials = open::<C>(storage).trials().unwrap();
    C::from_params(trials[number].params.as_ref().unwrap()).unwrap()
}

macro_rules! spaces {
    ($($name:ident: [$($words:tt)*] $of:ty;)+) => {$(
        #[derive(Clone, Debug, PartialEq, SearchSpace)]
        struct $name {
            #[search_space(range = 0.0..=1.0)]
            x: f64,
            $($words)*
            part: $of,
        }
    )+};
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
enum Tuned {
    #[search_space(default)]
    Adam,
    Sgd {
        #[search_space(range = 0.0..=1.0, default = 0.875)]
        m: f64,
    },
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
enum Within {
    #[search_space(default)]
    Adam,
    Sgd {
        #[search_space(fixed = 0.5)]
        m: f64,
    },
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
enum Without {
    #[search_space(default)]
    Adam,
    Sgd,
}

spaces! {
    All: [] Tuned;
    Adam: [#[search_space(fixed = Tuned::Adam)]] Tuned;
    Half: [] Within;
    Bare: [] Without;
    Quarter: [#[search_space(fixed = Tuned::Sgd { m: 0.25 })]] Tuned;
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct Plain {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn before(storage: &Arc<dyn Storage>) {
    let all = |part| All { x: 0.5, part };
    add(
        storage,
        &[
            all(Tuned::Sgd { m: 0.125 }),
            all(Tuned::Adam),
            all(Tuned::Sgd { m: 0.5 }),
            all(Tuned::Sgd { m: 0.875 }),
        ],
    );
}

#[test]
fn a_branch_that_was_cut_off_and_comes_back_fixed_sets_others_aside() {
    let storage = memory();
    before(&storage);
    assert_eq!(counting::<Adam>(&storage), [1]);
    assert_eq!(counting::<Half>(&storage), [1, 2]);
    assert_eq!(counting::<All>(&storage), [0, 1, 2, 3]);
}

#[test]
fn a_branch_that_comes_back_without_a_part_stands_at_its_default() {
    let storage = memory();
    before(&storage);
    assert_eq!(counting::<Plain>(&storage), [1], "the default is Adam");
    assert_eq!(counting::<Bare>(&storage), [1, 3]);
    add(&storage, &[Bare { x: 0.25, part: Without::Sgd }]);
    assert_eq!(config::<All>(&storage, 4).part, Tuned::Sgd { m: 0.875 });
    assert_eq!(config::<All>(&storage, 0).part, Tuned::Sgd { m: 0.125 });
}

#[test]
fn a_choice_that_is_fixed_at_one_variant_and_then_at_another_is_written_down() {
    let storage = memory();
    before(&storage);
    add(&storage, &[Adam { x: 0.25, part: Tuned::Adam }]);
    assert_eq!(counting::<Quarter>(&storage), [0_u64; 0]);
    add(&storage, &[Quarter { x: 0.25, part: Tuned::Sgd { m: 0.25 } }]);
    assert_eq!(counting::<Quarter>(&storage), [5]);
    let parts: Vec<Tuned> = (0..6).map(|number| config::<All>(&storage, number).part).collect();
    assert_eq!(parts[4..], [Tuned::Adam, Tuned::Sgd { m: 0.25 }]);
    assert_eq!(open::<All>(&storage).best_config().unwrap().part, Tuned::Sgd { m: 0.125 });
}

spaces! {
    List: [#[search_space(len = 1..=3, range = 1..=9)]] Vec<u32>;
    Two: [#[search_space(fixed = vec![4, 5])]] Vec<u32>;
    Three: [#[search_space(fixed = vec![4, 7, 6])]] Vec<u32>;
}

#[test]
fn a_list_that_is_fixed_shorter_and_then_longer_is_read_back() {
    let storage = memory();
    add(&storage, &[vec![4, 5], vec![4, 7, 6], vec![9]].map(|part| List { x: 0.5, part }));
    assert_eq!(counting::<Two>(&storage), [0]);
    add(&storage, &[Two { x: 0.5, part: vec![4, 5] }]);
    assert_eq!(counting::<Three>(&storage), [1]);
    add(&storage, &[Three { x: 0.5, part: vec![4, 7, 6] }]);
    assert_eq!(counting::<Three>(&storage), [1, 4]);
    assert_eq!(counting::<Two>(&storage), [0, 3]);
    let lists: Vec<Vec<u32>> = (0..5).map(|number| config::<List>(&storage, number).part).collect();
    assert_eq!(lists, [vec![4, 5], vec![4, 7, 6], vec![9], vec![4, 5], vec![4, 7, 6]]);
}

/// The usual course within a branch: a field is added, is tuned, and is fixed at its best value.
#[test]
fn a_field_of_a_branch_may_be_fixed_anywhere() {
    #[derive(Clone, Debug, PartialEq, SearchSpace)]
    enum Grown {
        Adam,
        Sgd {
            #[search_space(range = 0.0..=1.0, default = 0.5)]
            m: f64,
        },
    }
    #[derive(Clone, Debug, PartialEq, SearchSpace)]
    enum Fixed {
        Adam,
        Sgd {
            #[search_space(fixed = 0.75)]
            m: f64,
        },
    }
    spaces! {
        First: [] Without;
        Second: [] Grown;
        Third: [] Fixed;
    }
    let storage = memory();
    add(&storage, &[Without::Sgd, Without::Adam].map(|part| First { x: 0.5, part }));
    let grown = [0.75, 0.25].map(|m| Second { x: 0.5, part: Grown::Sgd { m } });
    add(&storage, &grown);
    assert_eq!(counting::<Third>(&storage), [1, 2]);
    add(&storage, &[Fixed::Sgd { m: 0.75 }, Fixed::Adam].map(|part| Third { x: 0.5, part }));
    assert_eq!(counting::<Third>(&storage), [1, 2, 4, 5]);
    let momentum = |number| match config::<Second>(&storage, number).part {
        Grown::Sgd { m } => Some(m),
        Grown::Adam => None,
    };
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(momentum),
        [Some(0.5), None, Some(0.75), Some(0.25), Some(0.75), None]
    );
}

spaces! {
    Ranged: [#[search_space(range = 0.0..=1.0)]] Option<f64>;
    Off: [#[search_space(fixed = None)]] Option<f64>;
    On: [#[search_space(fixed = Some(0.5))]] Option<f64>;
}

#[test]
fn an_option_that_was_fixed_from_the_beginning_may_be_tuned() {
    let storage = memory();
    add(&storage, &[On { x: 0.5, part: Some(0.5) }]);
    assert_eq!(config::<Ranged>(&storage, 0).part, Some(0.5));
    let storage = memory();
    add(&storage, &[Off { x: 0.5, part: None }]);
    assert_eq!(config::<Ranged>(&storage, 0).part, None);
}

spaces! {
    Pair: [#[search_space(range = 0.0..=1.0, default = 0.5)]] [f64; 2];
    FixedPair: [#[search_space(fixed = [0.5, 0.25])]] [f64; 2];
    Clip: [#[search_space(range = 0.5..=5.0, default = 1.0)]] f64;
    Unbounded: [#[search_space(fixed = f64::INFINITY)]] f64;
    Depth: [#[search_space(range = 1..=9, default = 3)]] u32;
    Skipped: [#[search_space(skip)]] u32;
}

#[test]
fn arrays_may_be_fixed() {
    let storage = memory();
    add(&storage, &[[0.5, 0.25], [0.5, 0.5]].map(|part| Pair { x: 0.5, part }));
    assert_eq!(counting::<FixedPair>(&storage), [0]);
    let storage = memory();
    add(&storage, &[FixedPair { x: 0.5, part: [0.5, 0.25] }]);
    assert_eq!(config::<Pair>(&storage, 0).part, [0.5, 0.25]);
}

/// A fixed value that no tuned parameter can have is not mistaken for the default.
#[test]
fn what_is_fixed_beyond_its_range_is_not_the_default() {
    let storage = memory();
    add(&storage, &[Clip { x: 0.5, part: 1.0 }]);
    assert_eq!(counting::<Unbounded>(&storage), [0_u64; 0]);
    let storage = memory();
    add(&storage, &[Unbounded { x: 0.5, part: f64::INFINITY }]);
    let error = Study::<Clip>::minimize().storage(storage).open().unwrap_err().to_string();
    assert!(error.contains("`part` went from inf"), "{error}");
}

#[test]
fn what_is_skipped_stands_at_its_default_of_rust() {
    let storage = memory();
    add(&storage, &[Depth { x: 0.5, part: 3 }]);
    assert_eq!(counting::<Skipped>(&storage), [0_u64; 0]);
    let storage = memory();
    add(&storage, &[Skipped { x: 0.5, part: 0 }]);
    let error = Study::<Depth>::minimize().storage(storage).open().unwrap_err().to_string();
    assert!(error.contains("`part` went from 0"), "{error}");
}

#[test]
fn flattened_parts_may_be_fixed() {
    #[derive(Clone, Debug, PartialEq, SearchSpace)]
    struct Inner {
        #[search_space(range = 1..=9, default = 1)]
        width: u32,
    }
    spaces! {
        Flat: [#[search_space(flatten)]] Inner;
        Fixed: [#[search_space(flatten, fixed = Inner { width: 3 })]] Inner;
    }
    let storage = memory();
    add(&storage, &[1, 3].map(|width| Flat { x: 0.5, part: Inner { width } }));
    assert_eq!(counting::<Fixed>(&storage), [1]);
}

/// Creates a study as another library does: with parameters and values, but without a space.
fn foreign(trials: &[(f64, Option<f64>)]) -> Arc<dyn Storage> {
    use hpo_core::space::{Domain, Float, Value};
    use hpo_core::trial::{Event, Outcome, Param, ParamId, Timestamp};

    let storage = memory();
    let study = storage.create_study("study", &[Direction::Minimize]).unwrap();
    let param =
        |path: &str| Param { path: path.to_owned(), domain: Domain::Float(Float::new(0.0, 1.0)) };
    storage.declare(study, &[param("x"), param("part")]).unwrap();
    let ids = [0, 1].map(ParamId);
    for (x, part) in trials {
        let (hpo_core::storage::Next::New(number) | hpo_core::storage::Next::Queued(number)) =
            storage.next_trial(study, None).unwrap()
        else {
            panic!("nobody asked for a limit");
        };
        let mut params = vec![(ids[0], Value::Float(*x))];
        params.extend(part.map(|part| (ids[1], Value::Float(part))));
        storage
            .record(study, number, &Event::Sampled { params: &params, seen: 0, explanation: "" })
            .unwrap();
        let outcome = Outcome::Complete(&[*x]);
        storage.record(study, number, &Event::Finished { outcome, at: Timestamp(7) }).unwrap();
    }
    storage
}

spaces! {
    Momentum: [#[search_space(range = 0.0..=1.0, default = 0.5)]] f64;
    Low: [#[search_space(range = 0.0..=0.5)]] f64;
    QuarterMomentum: [#[search_space(fixed = 0.25)]] f64;
}

#[test]
fn trials_of_another_library_count_if_they_are_points_of_the_space() {
    let trials = [(0.125, Some(0.75)), (0.25, Some(0.25)), (0.5, None)];
    assert_eq!(counting::<Momentum>(&foreign(&trials)), [0, 1]);
    assert_eq!(counting::<Low>(&foreign(&trials)), [1]);
    assert_eq!(open::<Low>(&foreign(&trials)).best_config().unwrap().x, 0.25);
    assert_eq!(counting::<QuarterMomentum>(&foreign(&trials)), [1, 2]);
    assert_eq!(counting::<Plain>(&foreign(&trials)), [2]);
    assert_eq!(open::<Plain>(&foreign(&trials)).best_config().unwrap().x, 0.5);
    let storage = foreign(&trials);
    let study = open::<Momentum>(&storage);
    study.optimize(6, |config, _| config.x).unwrap();
    assert_eq!(counting::<Momentum>(&storage), [0, 1, 3, 4, 5], "the study goes on, and remembers");
}

#[test]
fn a_field_with_a_default_joins_a_study_of_another_library() {
    #[derive(Clone, Debug, PartialEq, SearchSpace)]
    struct Grown {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(range = 0.0..=1.0)]
        part: f64,
        #[search_space(range = 1..=9, default = 3)]
        depth: u32,
    }
    let storage = foreign(&[(0.125, Some(0.75)), (0.25, Some(0.25))]);
    assert_eq!(
        open::<Grown>(&storage).best_config().unwrap(),
        Grown { x: 0.125, part: 0.75, depth: 3 }
    );
}
