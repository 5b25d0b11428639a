//! Settings: those that make no sense are refused with a remedy, and all of them can be written as
//! JSON.

use hpo_core::error::SettingError;
use hpo_core::pruner::{
    Asha, Hyperband, HyperbandSchedule, Median, Nop, Patient, Percentile, PruneContext, Pruner,
    PrunerConfig, StepDecision, SuccessiveHalving, Threshold, Wilcoxon,
};

#[test]
fn settings_that_make_no_sense_are_refused_with_a_remedy() {
    let cases: Vec<(SettingError, &str)> = vec![
        (
            Percentile::builder(101.0).build().unwrap_err(),
            "the percentile pruner: `percentile` is 101: write a number from 0 to 100",
        ),
        (
            Percentile::builder(f64::NAN).build().unwrap_err(),
            "the percentile pruner: `percentile` is NaN: write a number from 0 to 100",
        ),
        (
            Median::builder().min_trials(0).build().unwrap_err(),
            "the median pruner: `min_trials` is 0: write at least 1",
        ),
        (
            Median::builder().interval_steps(0).build().unwrap_err(),
            "the median pruner: `interval_steps` is 0: write 1 to judge every step",
        ),
        (
            Threshold::builder().build().unwrap_err(),
            "the threshold pruner: `lower` and `upper` are missing: write one of them",
        ),
        (
            Threshold::builder().upper(f64::NAN).build().unwrap_err(),
            "the threshold pruner: `upper` is NaN: write a number, or leave it out",
        ),
        (
            Threshold::builder().lower(2.0).upper(1.0).build().unwrap_err(),
            "the threshold pruner: `lower` is 2, above `upper`, which is 1: write the smaller one as `lower`",
        ),
        (
            Threshold::builder().lower(2.0).interval_steps(0).build().unwrap_err(),
            "the threshold pruner: `interval_steps` is 0: write 1 to judge every step",
        ),
        (
            Patient::builder(1).min_delta(-0.5).build().unwrap_err(),
            "the patient pruner: `min_delta` is -0.5: write 0 or a positive number",
        ),
        (
            Patient::builder(1).wrapping(Asha::builder(27).build().unwrap()).build().unwrap_err(),
            "the patient pruner: `wrapping` is asha, which allots budgets: write a pruner that judges reports",
        ),
        (
            SuccessiveHalving::builder().reduction_factor(1).build().unwrap_err(),
            "the successive_halving pruner: `reduction_factor` is 1: write at least 2",
        ),
        (
            SuccessiveHalving::builder().min_resource(0).build().unwrap_err(),
            "the successive_halving pruner: `min_resource` is 0: write at least 1",
        ),
        (
            SuccessiveHalving::builder().bootstrap_count(3).build().unwrap_err(),
            "the successive_halving pruner: `bootstrap_count` is 3, which needs rungs from the \
             first trial on: write a `min_resource` too, or 0",
        ),
        (
            Hyperband::builder().min_resource(10).max_resource(9).build().unwrap_err(),
            "the hyperband pruner: `max_resource` is 9, below `min_resource`: write at least 10",
        ),
        (
            Hyperband::builder().bootstrap_count(1).build().unwrap_err(),
            "the hyperband pruner: `bootstrap_count` is 1, which needs brackets from the first \
             trial on: write a `max_resource` too, or 0",
        ),
        (
            Hyperband::builder().max_resource(9).reduction_factor(0).build().unwrap_err(),
            "the hyperband pruner: `reduction_factor` is 0: write at least 2",
        ),
        (
            Wilcoxon::builder().p_threshold(f64::NAN).build().unwrap_err(),
            "the wilcoxon pruner: `p_threshold` is NaN: write a probability above 0 and below 1",
        ),
    ];
    for (error, expected) in cases {
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn pruners_are_read_by_name_and_written_again() {
    for (text, written) in [
        ("none", r#"{"none":{}}"#),
        (
            "median",
            r#"{"median":{"startup_trials":5,"warmup_steps":0,"interval_steps":1,"min_trials":1}}"#,
        ),
        (
            r#"{"percentile": {"percentile": 25, "n_startup_trials": 3}}"#,
            r#"{"percentile":{"percentile":25.0,"startup_trials":3,"warmup_steps":0,"interval_steps":1,"min_trials":1}}"#,
        ),
        (
            r#"{"threshold": {"upper": 3}}"#,
            r#"{"threshold":{"upper":3.0,"warmup_steps":0,"interval_steps":1}}"#,
        ),
        (
            r#"{"patient": {"patience": 2, "wrapped": "wilcoxon"}}"#,
            r#"{"patient":{"patience":2,"min_delta":0.0,"wrapped":{"wilcoxon":{"p_threshold":0.1,"startup_steps":2}}}}"#,
        ),
        (
            r#"{"successive_halving": {"min_resource": "auto"}}"#,
            r#"{"successive_halving":{"reduction_factor":4,"min_early_stopping_rate":0,"bootstrap_count":0}}"#,
        ),
        (
            r#"{"hyperband": {"max_resource": 81}}"#,
            r#"{"hyperband":{"min_resource":1,"max_resource":81,"reduction_factor":3,"bootstrap_count":0}}"#,
        ),
        (
            r#"{"asha": {"max_resource": 27}}"#,
            r#"{"asha":{"max_resource":27,"min_resource":1,"factor":4}}"#,
        ),
        (
            "brackets",
            r#"{"brackets":{"max_resource":100,"min_resource":1,"factor":3,"iterations":1}}"#,
        ),
        (
            r#"{"brackets": {"iterations": null}}"#,
            r#"{"brackets":{"max_resource":100,"min_resource":1,"factor":3,"iterations":null}}"#,
        ),
    ] {
        let config: PrunerConfig = text.parse().unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), written);
        assert_eq!(written.parse::<PrunerConfig>().unwrap(), config);
    }
    assert_eq!(PrunerConfig::default(), "none".parse().unwrap());
}

#[test]
fn what_names_no_pruner_is_refused_with_the_reason() {
    for (text, reason) in [
        ("medain", "unknown variant `medain`, expected one of `none`, `median`"),
        ("percentile", "missing field `percentile`"),
        ("threshold", "the threshold pruner: `lower` and `upper` are missing: write one of them"),
        (r#"{"median": {"warmup": 3}}"#, "unknown field `warmup`, expected one of"),
        (
            r#"{"hyperband": {"max_resource": "all"}}"#,
            "\"all\" is not a number of steps: write a whole number, or \"auto\"",
        ),
        (r#"{"patient": {"patience": 1, "wrapped": "medain"}}"#, "unknown variant `medain`"),
        (
            r#"{"wilcoxon": {"p_threshold": 2}}"#,
            "}` is not a pruner: the wilcoxon pruner: `p_threshold` is 2: write a probability above 0 and below 1",
        ),
        (
            r#"{"patient": {"patience": 1, "wrapped": {"asha": {"max_resource": 9}}}}"#,
            "write a pruner that judges reports",
        ),
        (
            r#"{"patient": {"patience": 1, "wrapped": {"wilcoxon": {"p_threshold": 2}}}}"#,
            "write a probability above 0",
        ),
        (r#"{"asha": {"factor": 3}}"#, "missing field `max_resource`"),
        (r#"{"patient": {}}"#, "missing field `patience`"),
        (r#"{"none": {"x": 1}}"#, "unknown field `x`"),
    ] {
        let error = text.parse::<PrunerConfig>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(error.contains(text), "{error}");
    }
}

/// A boxed pruner is one as well: what is read from a text goes where a written one goes.
#[test]
fn boxed_and_shared_pruners_are_pruners() {
    #[allow(clippy::needless_pass_by_value)] // By value is what is tested.
    fn name(pruner: impl Pruner) -> &'static str {
        pruner.name()
    }
    assert_eq!(name("hyperband".parse::<PrunerConfig>().unwrap().build()), "hyperband");
    assert_eq!(name(std::sync::Arc::new(Median::default())), "median");
    let boxed = Box::new(Median::default()) as Box<dyn Pruner>;
    assert_eq!(std::sync::Arc::new(boxed).config(), Some("median".parse().unwrap()));
}

/// All pruners, each with settings other than its defaults.
fn pruners() -> Vec<Box<dyn Pruner>> {
    vec![
        Box::new(Nop),
        Box::new(
            Median::builder()
                .startup_trials(2)
                .warmup_steps(3)
                .interval_steps(4)
                .min_trials(5)
                .build()
                .unwrap(),
        ),
        Box::new(Percentile::builder(25.0).startup_trials(2).interval_steps(4).build().unwrap()),
        Box::new(Threshold::builder().lower(-0.5).upper(1.5).warmup_steps(1).build().unwrap()),
        Box::new(Patient::builder(2).min_delta(0.25).build().unwrap()),
        Box::new(
            Patient::builder(2)
                .wrapping(Median::builder().min_trials(3).build().unwrap())
                .build()
                .unwrap(),
        ),
        Box::new(SuccessiveHalving::builder().min_resource(2).bootstrap_count(3).build().unwrap()),
        Box::new(SuccessiveHalving::builder().rungs(2).reduction_factor(3).build().unwrap()),
        Box::new(Hyperband::builder().min_resource(2).max_resource(9).build().unwrap()),
        Box::new(Wilcoxon::builder().p_threshold(0.25).startup_steps(4).build().unwrap()),
        Box::new(Asha::builder(27).min_resource(3).factor(3).build().unwrap()),
        Box::new(
            HyperbandSchedule::builder()
                .max_resource(9)
                .factor(2)
                .iterations(None)
                .build()
                .unwrap(),
        ),
    ]
}

#[test]
fn every_pruner_writes_itself_and_is_read_again() {
    for pruner in pruners() {
        let config = pruner.config().unwrap();
        let text = serde_json::to_string(&config).unwrap();
        let again: PrunerConfig = text.parse().unwrap();
        assert_eq!(again, config, "{text}");
        assert_eq!(again.build().config().unwrap(), config, "{text}");
        assert_eq!(again.build().name(), pruner.name(), "{text}");
        let others = pruners().into_iter().filter(|other| other.config().unwrap() == config);
        assert_eq!(others.count(), 1, "{text} equals itself alone");
    }
}

#[test]
fn builders_and_json_have_the_same_defaults() {
    for (config, text) in [
        (Median::builder().build().unwrap().config(), "median"),
        (
            Percentile::builder(25.0).build().unwrap().config(),
            r#"{"percentile": {"percentile": 25}}"#,
        ),
        (
            Threshold::builder().upper(1.0).build().unwrap().config(),
            r#"{"threshold": {"upper": 1}}"#,
        ),
        (
            Patient::builder(3).build().unwrap().config(),
            r#"{"patient": {"patience": 3, "wrapped": null}}"#,
        ),
        (SuccessiveHalving::builder().build().unwrap().config(), "successive_halving"),
        (Hyperband::builder().build().unwrap().config(), "hyperband"),
        (Wilcoxon::builder().build().unwrap().config(), "wilcoxon"),
        (Asha::builder(81).build().unwrap().config(), r#"{"asha": {"max_resource": 81}}"#),
        (HyperbandSchedule::builder().build().unwrap().config(), "brackets"),
    ] {
        assert_eq!(config.unwrap(), text.parse().unwrap(), "{text}");
    }
}

/// What a pruner has seen belongs neither to its equality nor to its JSON.
#[test]
fn a_pruner_that_has_judged_is_what_it_was() {
    let curves: &[&[f64]] = &[&[0.5, 0.4], &[0.6, 0.5]];
    let mut field = super::with_complete(hpo_core::trial::Direction::Minimize, curves);
    let fresh = Median::builder().startup_trials(1).build().unwrap();
    let used = fresh.clone();
    assert_eq!(super::decisions(&mut field, &used, &[(0, 0.9)]).len(), 1);
    assert_eq!(used, fresh);
    assert_eq!(serde_json::to_string(&used).unwrap(), serde_json::to_string(&fresh).unwrap());
}

/// A pruner of the program's own.
#[derive(Debug)]
struct Own;

impl Pruner for Own {
    fn judge(&self, _: PruneContext<'_>, _: u64) -> StepDecision {
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "own"
    }
}

#[test]
fn a_pruner_of_ones_own_has_no_json() {
    let patient = Patient::builder(1).wrapping(Own).build().unwrap();
    assert_eq!(patient.config(), None);
    assert_eq!(patient, patient.clone());
    assert_ne!(patient, Patient::builder(1).wrapping(Own).build().unwrap());
    let error = serde_json::to_string(&patient).unwrap_err().to_string();
    assert_eq!(error, "the wrapped pruner `own` has no JSON");
}
