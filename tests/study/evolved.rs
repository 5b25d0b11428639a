//! Parameters that are added to a study or removed from it, and the values that earlier trials
//! have.

use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::pruner::Median;
use hpo_core::pruner::{Asha, HyperbandSchedule, Pruner, SuccessiveHalving, Wilcoxon};
use hpo_core::report::importance::Measure;
use hpo_core::sampler::Random;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::{Params, Space};
use hpo_core::storage::{self, Storage};
use hpo_core::study::Note;
use hpo_core::trial::State;
use hpo_core::{Error, SearchSpace};
use hpo_tests::Folder;
use serde_json::json;

use super::memory;

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct First {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct Grown {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    drop: f64,
    #[search_space(choices = ["relu", "tanh"], default = "tanh")]
    activation: String,
    #[search_space(range = 1..=9, default = 3)]
    depth: u32,
    #[search_space(default = Head::Plain)]
    head: Head,
    #[search_space(default = None)]
    decay: Option<Decay>,
}

#[derive(Clone, Debug, Default, PartialEq, SearchSpace)]
enum Head {
    #[default]
    #[search_space(default)]
    Plain,
    Wide {
        #[search_space(range = 1..=4)]
        width: u32,
    },
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
struct Decay {
    #[search_space(range = 1e-6..=1e-2, log)]
    rate: f64,
}

pub(super) fn told<C: hpo_core::study::Config>(study: &Study<C>) -> Vec<String> {
    study.notes().iter().map(ToString::to_string).collect()
}

fn in_each_storage(check: impl Fn(&str, &dyn Fn() -> Arc<dyn Storage>)) {
    let (memory, folder) = (memory(), Folder::new("evolved"));
    check("memory", &|| Arc::clone(&memory));
    for url in [
        format!("journal:{}", folder.path("a.journal").display()),
        format!("sqlite:///{}", folder.path("a.db").display()),
    ] {
        check(&url, &|| storage::open(&url).unwrap());
    }
}

#[test]
fn fields_with_defaults_join_and_old_trials_stand_at_these() {
    in_each_storage(|kind, open| {
        let first = Study::<First>::minimize().storage(open()).seed(1).open().unwrap();
        first.optimize(12, |config, _| config.x).unwrap();
        let best = first.best_config().unwrap().x;
        drop(first);
        let study = Study::<Grown>::minimize().storage(open()).open().unwrap();
        let notes = told(&study);
        for told in [
            "`drop` is new: trials without a value for it count as having had 0.5",
            "resumed with 12 trials",
        ] {
            assert!(notes.iter().any(|note| note.contains(told)), "{kind}: {notes:?}");
        }
        let old = Grown {
            x: best,
            drop: 0.5,
            activation: "tanh".to_owned(),
            depth: 3,
            head: Head::default(),
            decay: None,
        };
        assert_eq!(study.best_config().unwrap(), old, "{kind}");
        assert!(study.has_tried(&old).unwrap(), "{kind}");
        assert_eq!(study.enqueue_new(&old).unwrap(), None, "{kind}");
        assert!(study.trials().unwrap().iter().all(|trial| trial.params.is_some()), "{kind}");
        study.optimize(30, |config, _| config.x + config.drop).unwrap();
        let again = Study::<Grown>::minimize().storage(open()).open().unwrap();
        assert_eq!(told(&again), ["resumed with 30 trials"], "{kind}");
        assert_eq!(again.best_config().unwrap(), study.best_config().unwrap(), "{kind}");
        if kind != "memory" {
            let replay = study.replay().unwrap();
            assert_eq!((replay.different, replay.equal), (0, 30), "{kind}: {replay:?}");
        }
    });
}

/// Returns a space of `x` and the given fields.
pub(super) fn space(fields: &[&str]) -> Space {
    let x = r#""x": {"float": {"low": 0, "high": 1}}"#;
    Space::from_json(&format!("{{\"all\": {{{}}}}}", [&[x], fields].concat().join(", "))).unwrap()
}

fn study(storage: &Arc<dyn Storage>, space: &Space) -> Result<Study<Params>, Error> {
    Study::<Params>::minimize()
        .space(space.clone())
        .seed(1)
        .baseline(false)
        .storage(Arc::clone(storage))
        .open()
}

const TUNED: &str = r#""m": {"float": {"low": 0, "high": 1, "default": 0.5}}"#;
const FIXED: &str = r#""m": {"fixed": 0.25}"#;

/// Runs trials at three values of `m`. The best one does not have the default.
fn with_values(storage: &Arc<dyn Storage>) {
    let study = study(storage, &space(&[TUNED])).unwrap();
    for (m, x) in [(0.25, 0.5), (0.5, 0.25), (0.75, 0.125), (0.25, 0.75), (0.5, 1.0)] {
        study.enqueue_json(&json!({"x": x, "m": m})).unwrap();
    }
    study.optimize(5, |params, _| params.float("x").unwrap()).unwrap();
}

#[test]
fn trials_at_the_value_of_what_left_count_and_others_are_set_aside() {
    for (fields, best, aside) in [(vec![FIXED], 0.5, 3), (vec![], 0.25, 3)] {
        let storage = memory();
        with_values(&storage);
        let study = study(&storage, &space(&fields)).unwrap();
        assert!(study.notes().contains(&Note::SetAside { trials: aside }), "{:?}", study.notes());
        assert_eq!(study.best_value().unwrap(), best);
        assert_eq!(study.best_config().unwrap().to_json(), json!({"x": best}));
        assert_eq!(study.best_trials(9).unwrap().len(), 2);
        let trials = study.trials().unwrap();
        assert_eq!(trials.iter().filter(|trial| trial.is_set_aside()).count() as u64, aside);
        assert_eq!(trials.len(), 5, "they are kept");
        let other = Params::from_json(study.flat_space(), &json!({"x": 0.125})).unwrap();
        assert!(!study.oracle().has_tried(&other).unwrap(), "it was tried elsewhere");
        assert_eq!(
            study.best_by(hpo_core::trial::TrialRecord::value).unwrap().unwrap().value(),
            Some(best)
        );
        study.optimize(12, |params, _| params.float("x").unwrap()).unwrap();
        let again = self::study(&storage, &space(&fields)).unwrap();
        assert!(again.notes().contains(&Note::SetAside { trials: aside }), "{:?}", again.notes());
    }
}

#[test]
fn where_no_trial_counts_that_is_said() {
    let storage = memory();
    with_values(&storage);
    let study = study(&storage, &space(&[r#""m": {"fixed": 0.0625}"#])).unwrap();
    let error = study.best_value().unwrap_err().to_string();
    assert_eq!(
        error,
        "all 5 complete trials of `study` belong to an earlier space and are set aside: run more \
         trials"
    );
}

#[test]
fn what_left_may_come_back() {
    let storage = memory();
    with_values(&storage);
    study(&storage, &space(&[FIXED]))
        .unwrap()
        .optimize(8, |params, _| params.float("x").unwrap())
        .unwrap();
    let back = study(&storage, &space(&[TUNED])).unwrap();
    let values: Vec<f64> = back
        .trials()
        .unwrap()
        .iter()
        .map(|trial| trial.params.as_ref().unwrap().float("m").unwrap())
        .collect();
    assert_eq!(values, [0.25, 0.5, 0.75, 0.25, 0.5, 0.25, 0.25, 0.25]);
}

#[test]
fn what_was_fixed_may_be_tuned_without_a_default() {
    let storage = memory();
    study(&storage, &space(&[FIXED])).unwrap().optimize(3, |_, _| 1.0).unwrap();
    let tuned = r#""m": {"float": {"low": 0, "high": 1}}"#;
    let study = study(&storage, &space(&[tuned])).unwrap();
    let trials = study.trials().unwrap();
    assert!(trials.iter().all(|trial| trial.params.as_ref().unwrap().float("m") == Some(0.25)));
}

#[test]
fn what_would_lie_is_refused() {
    let without = r#""m": {"float": {"low": 0, "high": 1}}"#;
    let outside = r#""m": {"float": {"low": 0.5, "high": 1}}"#;
    let cases: [(&[&str], &[&str], &str); 5] = [
        (&[], &[without], "give it a `default`, which they then count as having had"),
        (&[without], &[], "keep the field, with `fixed = value`"),
        (&[TUNED, ""], &[FIXED], ""),
        (&[FIXED], &[outside], "which excludes values of old trials"),
        (&[without], &[FIXED], ""),
    ];
    for (before, now, reason) in cases {
        let [before, now] = [before, now].map(|fields| {
            space(&fields.iter().copied().filter(|field| !field.is_empty()).collect::<Vec<_>>())
        });
        let storage = memory();
        study(&storage, &before).unwrap().optimize(2, |_, _| 1.0).unwrap();
        match study(&storage, &now) {
            Ok(study) => assert_eq!(reason, "", "{:?}", study.notes()),
            Err(error) => {
                assert!(!reason.is_empty() && error.to_string().contains(reason), "{error}");
            }
        }
    }
    let [narrower, whole] = [outside, r#""m": {"int": {"low": 0, "high": 1, "default": 1}}"#];
    for back in [narrower, whole] {
        let storage = memory();
        with_values(&storage);
        study(&storage, &space(&[FIXED])).unwrap();
        study(&storage, &space(&[back])).expect_err("trials have other values");
    }
    let storage = memory();
    study(&storage, &space(&[TUNED])).unwrap();
    study(&storage, &space(&[FIXED])).unwrap().optimize(1, |_, _| 1.0).unwrap();
    let error = study(&storage, &space(&[r#""m": {"fixed": 7.5}"#])).unwrap_err().to_string();
    assert!(
        error.contains("`m` was 0.25 in trials that have no value of it, and is now fixed at 7.5"),
        "{error}"
    );
    assert_eq!(error.matches("`m`").count(), 1, "{error}");
}

/// The usual course: a field is added, is tuned, is fixed at its best value, and is tuned again.
#[test]
fn a_field_that_joined_may_be_fixed_anywhere_and_tuned_again() {
    in_each_storage(|kind, open| {
        let (storage, plain, tuned) = (open(), space(&[]), space(&[TUNED]));
        let run = |space: &Space, trials| {
            let study = study(&storage, space).unwrap();
            study.optimize(trials, |params, _| params.float("x").unwrap()).unwrap();
            study
        };
        run(&plain, 3);
        run(&tuned, 8);
        for (fixed, trials) in [("0.75", 11), ("0.125", 14)] {
            let study = run(&space(&[&format!(r#""m": {{"fixed": {fixed}}}"#)]), trials);
            let aside =
                study.trials().unwrap().iter().filter(|trial| trial.is_set_aside()).count() as u64;
            assert_eq!(aside, trials - 3, "{kind}: {fixed}");
            drop(study);
        }
        let again = run(&plain, 16);
        assert_eq!(
            again.trials().unwrap().iter().filter(|trial| trial.is_set_aside()).count(),
            11,
            "{kind}"
        );
        drop(again);
        let back = study(&open(), &tuned).unwrap();
        let trials = back.trials().unwrap();
        let values: Vec<f64> =
            trials.iter().map(|trial| trial.params.as_ref().unwrap().float("m").unwrap()).collect();
        assert_eq!(values[..3], [0.5; 3], "{kind}");
        assert_eq!(values[8..11], [0.75; 3], "{kind}");
        assert_eq!(values[11..14], [0.125; 3], "{kind}");
    });
}

/// Trials are not compared with the curves and rungs of trials that are set aside.
#[test]
fn pruners_and_schedules_see_the_present_space_only() {
    let objective = |params: Params, trial: &mut Trial<'_>| {
        let loss =
            params.float("x").unwrap() + if params.float("m").is_some() { -10.0 } else { 0.0 };
        for step in trial.steps(9) {
            trial.report(step, loss)?;
        }
        Ok::<_, TrialError>(loss)
    };
    let pruners: [fn() -> Box<dyn Pruner>; 5] = [
        || Box::new(Median::default()),
        || Box::new(Wilcoxon::builder().p_threshold(0.2).build().unwrap()),
        || Box::new(SuccessiveHalving::default()),
        || Box::new(Asha::builder(9).factor(3).build().unwrap()),
        || Box::new(HyperbandSchedule::builder().max_resource(9).iterations(None).build().unwrap()),
    ];
    for make in pruners {
        let storage = memory();
        let open = |fields: &[&str]| {
            let builder = Study::<Params>::minimize()
                .space(space(fields))
                .seed(1)
                .sampler(Random)
                .baseline(false);
            builder.pruner(make()).storage(Arc::clone(&storage)).open().unwrap()
        };
        open(&[TUNED]).optimize(30, objective).unwrap();
        let study = open(&[FIXED]);
        let before = study.trials().unwrap();
        study.optimize(60, objective).unwrap();
        let (name, trials) = (make().name(), study.trials().unwrap());
        for (before, now) in before.iter().zip(&trials) {
            assert_eq!(
                before.state, now.state,
                "{name}: trial {} is set aside as it is",
                now.number
            );
        }
        let complete = trials[30..].iter().filter(|trial| trial.state == State::Complete).count();
        assert!(complete > 0, "{name}: nothing old is better than what is new");
    }
}

#[test]
fn what_was_queued_for_an_earlier_space_says_so() {
    let storage = memory();
    let tuned = study(&storage, &space(&[TUNED])).unwrap();
    for m in [0.75, 0.25] {
        tuned.enqueue_json(&json!({"x": 0.5, "m": m})).unwrap();
    }
    let study = study(&storage, &space(&[FIXED])).unwrap();
    study.optimize(3, |params, _| params.float("x").unwrap()).unwrap();
    let trials = study.trials().unwrap();
    let message = trials[0].message.as_deref().unwrap();
    assert!(
        message.contains("`m` is no longer tuned, and is now fixed at another value"),
        "{message}"
    );
    assert_eq!((trials[0].state, trials[1].state), (State::Failed, State::Complete));
}

#[test]
fn what_was_fixed_at_several_values_cannot_be_tuned() {
    let storage = memory();
    for fixed in [r#""m": {"fixed": 0.25}"#, r#""m": {"fixed": 0.75}"#] {
        study(&storage, &space(&[fixed])).unwrap().optimize(2, |_, _| 1.0).unwrap();
    }
    let error = study(&storage, &space(&[TUNED])).unwrap_err().to_string();
    assert!(error.contains("`m` was fixed at several values before"), "{error}");
    study(&storage, &space(&[r#""m": {"fixed": 0.5}"#])).unwrap();
}

/// A fixed field is removed, and returns as a tuned one: old trials had the fixed value.
#[test]
fn what_was_fixed_and_removed_is_remembered() {
    let storage = memory();
    for fields in [&[FIXED][..], &[]] {
        study(&storage, &space(fields)).unwrap().optimize(2, |_, _| 1.0).unwrap();
    }
    let study = study(&storage, &space(&[TUNED])).unwrap();
    let m = study.trials().unwrap()[0].params.as_ref().unwrap().float("m");
    assert_eq!(m, Some(0.25));
}

#[test]
fn branches_lists_and_options_grow_and_shrink() {
    let grown = |drop: &str| {
        format!(
            r#""net": {{"one_of": {{
                "cnn": {{"all": {{"width": {{"int": {{"low": 1, "high": 4}}}}{drop}}}}},
                "mlp": {{"all": {{"layers": {{"list": {{"len": {{"low": 1, "high": 3}},
                    "of": {{"all": {{"units": {{"int": {{"low": 1, "high": 8}}}}{drop}}}}}}}}}}}}}
            }}}}"#
        )
    };
    let drop = r#", "drop": {"float": {"low": 0, "high": 1, "default": 0.125}},
        "norm": {"one_of": {"off": {"all": {}}, "on": {"float": {"low": 0, "high": 1}}}, "default": "off"}"#;
    let (small, large) = (space(&[&grown("")]), space(&[&grown(drop)]));
    let storage = memory();
    study(&storage, &small).unwrap().optimize(20, |params, _| params.float("x").unwrap()).unwrap();
    let study_large = study(&storage, &large).unwrap();
    for trial in study_large.trials().unwrap() {
        let params = trial.params.unwrap();
        let drops = params.labels().filter(|(path, _)| path.ends_with("drop")).count();
        let units = params
            .labels()
            .filter(|(path, _)| path.ends_with("units") || path.ends_with("width"))
            .count();
        assert_eq!(drops, units, "{params}");
        assert!(
            params.labels().all(|(path, label)| !path.ends_with("drop") || label == 0.125.into()),
            "{params}"
        );
        assert!(
            params.labels().all(|(path, label)| !path.ends_with("norm") || label == "off".into()),
            "{params}"
        );
    }
    study_large.optimize(40, |params, _| params.float("x").unwrap()).unwrap();
    let back = study(&storage, &small).unwrap();
    let trials = back.trials().unwrap();
    assert!(trials[..20].iter().all(|trial| trial.params.is_some()));
    assert!(trials[20..].iter().any(hpo_core::trial::TrialRecord::is_set_aside));
    back.optimize(45, |params, _| params.float("x").unwrap()).unwrap();
}

/// A part is added to a variant after the enum itself was added: trials that chose the variant get
/// the default of the part.
#[test]
fn a_branch_that_joined_may_grow() {
    let choice = |adam: &str| {
        format!(
            r#""opt": {{"one_of": {{"adam": {{"all": {{{adam}}}}}, "sgd": {{"all": {{}}}}}}, "default": "sgd"}}"#
        )
    };
    let storage = memory();
    for (fields, trials) in [
        (vec![], 3),
        (vec![choice("")], 15),
        (vec![choice(r#""lr": {"float": {"low": 0, "high": 1, "default": 0.125}}"#)], 20),
    ] {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let study = study(&storage, &space(&fields)).unwrap();
        study.optimize(trials, |params, _| params.float("x").unwrap()).unwrap();
        for trial in study.trials().unwrap() {
            let params = trial.params.expect("every trial is a point of each of these spaces");
            let is_old = trial.number < 15 && fields.iter().any(|field| field.contains("lr"));
            let is_adam = params.to_json()["opt"] == "adam";
            assert!(!is_old || params.float("opt.adam.lr") == is_adam.then_some(0.125), "{params}");
        }
    }
    let without = choice(
        r#""lr": {"float": {"low": 0, "high": 1, "default": 0.125}}, "eps": {"float": {"low": 0, "high": 1}}"#,
    );
    study(&storage, &space(&[&without]))
        .expect_err("trials that chose adam have no value of `eps`");
}

#[test]
fn every_sampler_goes_on_and_is_replayed() {
    let folder = Folder::new("evolved");
    for name in ["auto", "gp", "tpe", "cmaes", "nsga2", "random", "qmc"] {
        let config: SamplerConfig = name.parse().unwrap();
        let url = format!("journal:{}", folder.path(name).display());
        let open = |fields: &[&str]| {
            let builder = Study::<Params>::minimize().space(space(fields)).seed(3);
            builder.sampler(config.build()).storage(&*url).open().unwrap()
        };
        let value = |params: &Params| {
            params.float("x").unwrap() + params.float("m").map_or(0.0, |m| (m - 0.25).abs())
        };
        let stood = r#""m": {"fixed": 0.5}"#;
        let y = r#""y": {"float": {"low": 0, "high": 1, "default": 0.5}}"#;
        for (trials, fields) in
            [(12, vec![y]), (24, vec![y, TUNED]), (34, vec![TUNED]), (40, vec![y, stood])]
        {
            open(&fields).optimize(trials, |params, _| value(&params)).unwrap();
        }
        let replay = open(&[y, stood]).replay().unwrap();
        assert_eq!((replay.different, replay.unknown.len()), (0, 0), "{name}: {replay:?}");
        assert!(replay.equal >= 36, "{name}: {replay:?}");
    }
}

#[test]
fn importances_and_the_best_know_what_old_trials_stand_at() {
    let storage = memory();
    study(&storage, &space(&[]))
        .unwrap()
        .optimize(20, |params, _| params.float("x").unwrap())
        .unwrap();
    let study = study(&storage, &space(&[TUNED])).unwrap();
    study
        .optimize(40, |params, _| {
            3.0 * (params.float("m").unwrap() - 0.5).abs() + params.float("x").unwrap()
        })
        .unwrap();
    let found = study.importances(&Measure::default(), 0).unwrap();
    let trials = found.of.iter().map(|one| one.trials).collect::<Vec<_>>();
    assert!(trials.iter().all(|count| *count == trials[0]), "both are in all trials: {found:?}");
}
