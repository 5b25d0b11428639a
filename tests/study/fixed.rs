//! Fixed fields: the values that are recorded, and their effect on trials in which the fields were
//! tuned.

use std::num::NonZeroU32;
use std::sync::Arc;

use hpo_core::SearchSpace;
use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::study::Config;
use hpo_tests::Folder;

use super::evolved::told;
use super::memory;

#[derive(Clone, Copy, Debug, PartialEq, SearchSpace)]
enum Activation {
    Relu,
    #[search_space(default)]
    Gelu,
}

#[derive(Clone, Debug, SearchSpace)]
struct Tuned {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
    activation: Activation,
    #[search_space(range = 0.1..=0.9, step = 0.1)]
    rate: f32,
}

/// A value that is neither a number nor a text is recorded as its choice, and an `f32` is compared
/// in single precision.
#[test]
fn fixed_choices_and_small_floats_keep_the_trials_that_had_them() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Fixed {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(fixed = Activation::Relu)]
        activation: Activation,
        #[search_space(fixed = 0.3)]
        rate: f32,
    }
    let storage = memory();
    let tuned = Study::<Tuned>::minimize()
        .storage(Arc::clone(&storage))
        .sampler(Random)
        .baseline(false)
        .open()
        .unwrap();
    for (activation, rate) in
        [(Activation::Relu, 0.3), (Activation::Gelu, 0.3), (Activation::Relu, 0.4)]
    {
        tuned.add_trial(&Tuned { x: 0.5, activation, rate }, 1.0).unwrap();
    }
    let study = Study::<Fixed>::minimize().storage(storage).sampler(Random).open().unwrap();
    assert_eq!(
        study.trials().unwrap().iter().filter(|trial| trial.is_set_aside()).count(),
        2,
        "{:?}",
        told(&study)
    );
    let best = study.best_trial().unwrap();
    assert_eq!(best.number, 0);
    let config = study.best_config().unwrap();
    assert!(config.x == 0.5 && config.activation == Activation::Relu && config.rate == 0.3);
}

/// A space is stored as JSON, in which `null` is a value but infinity is not.
#[test]
fn a_study_with_any_fixed_value_is_taken_up() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Odd {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(fixed = None)]
        clip: Option<f64>,
        #[search_space(fixed = f64::INFINITY)]
        bound: f64,
        #[search_space(fixed = f64::NAN)]
        gap: f64,
        #[search_space(fixed = None)]
        inner: Option<Box<Odd>>,
    }
    let folder = Folder::new("odd");
    let url = format!("journal:{}", folder.path("a.journal").display());
    for trials in [2, 4] {
        let study = Study::<Odd>::minimize().storage(url.as_str()).open().unwrap();
        let cost = |odd: Odd| {
            odd.x + odd.clip.unwrap_or(0.0) + 1.0 / odd.bound + f64::from(odd.inner.is_some())
        };
        study
            .optimize(trials, |odd, _| if odd.gap.is_nan() { cost(odd) } else { f64::NAN })
            .unwrap();
        assert_eq!(study.trials().unwrap().len() as u64, trials);
    }
}

/// Opens studies of `Before`, `Within` and `Before` again, and returns the trials that the second
/// one sets aside.
fn set_aside<Before: Config, Within: Config>(configs: &[Before]) -> Vec<u64> {
    let storage = memory();
    let open = || {
        Study::<Before>::minimize()
            .storage(Arc::clone(&storage))
            .sampler(Random)
            .baseline(false)
            .open()
    };
    let tuned = open().unwrap();
    for config in configs {
        tuned.add_trial(config, 1.0).unwrap();
    }
    let fixed =
        Study::<Within>::minimize().storage(Arc::clone(&storage)).sampler(Random).open().unwrap();
    fixed.optimize(configs.len() as u64 + 3, |_, _| 2.0).unwrap();
    let aside = fixed
        .trials()
        .unwrap()
        .iter()
        .filter(|trial| trial.is_set_aside())
        .map(|trial| trial.number)
        .collect();
    let back = open().unwrap();
    assert!(back.trials().unwrap().iter().all(|trial| trial.params.is_some()), "they count again");
    aside
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct Decay {
    #[search_space(range = 0.0..=1.0)]
    rate: f64,
    #[search_space(range = 1..=9)]
    every: u32,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
enum Head {
    Plain,
    Wide {
        #[search_space(range = 1..=4)]
        width: u32,
    },
}

macro_rules! field {
    ($name:ident, $of:ty, $($words:tt)+) => {
        #[derive(Clone, Debug, SearchSpace)]
        struct $name {
            #[search_space(range = 0.0..=1.0)]
            x: f64,
            #[search_space($($words)+)]
            part: $of,
        }
    };
    ($name:ident, $of:ty) => {
        #[derive(Clone, Debug, SearchSpace)]
        struct $name {
            #[search_space(range = 0.0..=1.0)]
            x: f64,
            part: $of,
        }
    };
}

#[test]
fn optional_numbers_may_be_fixed() {
    field!(Tuned, Option<f64>, range = 0.0..=1.0);
    field!(Off, Option<f64>, fixed = None);
    field!(On, Option<f64>, fixed = Some(0.25));
    let configs = [None, Some(0.25), Some(0.5), None].map(|part| Tuned { x: 0.5, part });
    assert_eq!(set_aside::<Tuned, Off>(&configs), [1, 2]);
    assert_eq!(set_aside::<Tuned, On>(&configs), [0, 2, 3]);
    let _ = (|off: Off| (off.x, off.part), |on: On| (on.x, on.part));
}

#[test]
fn optional_choices_may_be_fixed() {
    field!(Tuned, Option<u32>, choices = [None, Some(1), Some(2)]);
    field!(Off, Option<u32>, fixed = None);
    field!(On, Option<u32>, fixed = Some(2));
    let configs = [None, Some(1), Some(2)].map(|part| Tuned { x: 0.5, part });
    assert_eq!(set_aside::<Tuned, Off>(&configs), [1, 2]);
    assert_eq!(set_aside::<Tuned, On>(&configs), [0, 1]);
    let _ = (|off: Off| (off.x, off.part), |on: On| (on.x, on.part));
}

#[test]
fn structs_and_enums_and_options_of_them_may_be_fixed() {
    let decay = |rate: f64, every: u32| Decay { rate, every };
    {
        field!(Tuned, Decay);
        field!(Within, Decay, fixed = Decay { rate: 0.5, every: 3 });
        let configs =
            [decay(0.5, 3), decay(0.5, 4), decay(0.25, 3)].map(|part| Tuned { x: 0.5, part });
        assert_eq!(set_aside::<Tuned, Within>(&configs), [1, 2]);
        let _ = |within: Within| (within.x, within.part);
    }
    {
        field!(Tuned, Option<Decay>);
        field!(Off, Option<Decay>, fixed = None);
        field!(On, Option<Decay>, fixed = Some(Decay { rate: 0.5, every: 3 }));
        let configs =
            [None, Some(decay(0.5, 3)), Some(decay(0.25, 3))].map(|part| Tuned { x: 0.5, part });
        assert_eq!(set_aside::<Tuned, Off>(&configs), [1, 2]);
        assert_eq!(set_aside::<Tuned, On>(&configs), [0, 2]);
        let _ = (|off: Off| (off.x, off.part), |on: On| (on.x, on.part));
    }
    field!(Tuned, Head);
    field!(Plain, Head, fixed = Head::Plain);
    field!(Wide, Head, fixed = Head::Wide { width: 2 });
    let configs = [Head::Plain, Head::Wide { width: 2 }, Head::Wide { width: 3 }]
        .map(|part| Tuned { x: 0.5, part });
    assert_eq!(set_aside::<Tuned, Plain>(&configs), [1, 2]);
    assert_eq!(set_aside::<Tuned, Wide>(&configs), [0, 2]);
    let _ = (|plain: Plain| (plain.x, plain.part), |wide: Wide| (wide.x, wide.part));
}

#[test]
fn lists_and_nonzero_numbers_may_be_fixed() {
    {
        field!(Tuned, Vec<u32>, len = 1..=3, range = 1..=9);
        field!(Within, Vec<u32>, fixed = vec![4, 5]);
        let configs =
            [vec![4], vec![4, 5], vec![4, 6], vec![4, 5, 6]].map(|part| Tuned { x: 0.5, part });
        assert_eq!(set_aside::<Tuned, Within>(&configs), [0, 2, 3]);
        let _ = |within: Within| (within.x, within.part);
    }
    field!(Tuned, NonZeroU32, range = 1..=9);
    field!(Within, NonZeroU32, fixed = NonZeroU32::MIN);
    let configs = [1, 2].map(|part| Tuned { x: 0.5, part: NonZeroU32::new(part).unwrap() });
    assert_eq!(set_aside::<Tuned, Within>(&configs), [1]);
    let _ = |within: Within| (within.x, within.part);
}

/// A renamed parameter is recorded under its new name.
#[test]
fn a_renamed_field_may_be_fixed() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Tuned {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(range = 1..=9, rename = "d")]
        depth: u32,
    }
    #[derive(Clone, Debug, SearchSpace)]
    struct Within {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(fixed = 3, rename = "d")]
        depth: u32,
    }
    let configs = [2, 3].map(|depth| Tuned { x: 0.5, depth });
    assert_eq!(set_aside::<Tuned, Within>(&configs), [0]);
    let _ = |within: Within| (within.x, within.depth);
}

#[test]
fn another_fixed_value_that_was_never_tuned_is_told() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Before {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(fixed = 42)]
        seed: u64,
        #[search_space(fixed = vec![1, 2])]
        sizes: Vec<u32>,
    }
    #[derive(Clone, Debug, SearchSpace)]
    struct After {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
        #[search_space(fixed = 43)]
        seed: u64,
    }
    let storage = memory();
    let before = Study::<Before>::minimize().storage(Arc::clone(&storage)).open().unwrap();
    before
        .optimize(2, |config, _| config.x + config.seed as f64 + config.sizes.len() as f64)
        .unwrap();
    let study = Study::<After>::minimize().storage(storage).open().unwrap();
    assert!(
        told(&study)[0].contains("`seed` was fixed at 42, and is now fixed at 43"),
        "{:?}",
        told(&study)
    );
    study.optimize(3, |config, _| config.x + config.seed as f64).unwrap();
}
