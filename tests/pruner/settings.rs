//! Settings: those that make no sense are refused with a remedy, and all of them can be written as JSON.

use hpo_core::pruner::{
    Asha, Hyperband, Median, Never, Patient, Percentile, Pruner, PrunerConfig, SuccessiveHalving, Threshold, Wilcoxon,
};

#[test]
fn settings_that_make_no_sense_are_refused_with_a_remedy() {
    let cases: Vec<(Box<dyn Pruner>, &str)> = vec![
        (Box::new(Percentile::new(101.0)), "the percentile pruner: `percentile` is 101: write a number from 0 to 100"),
        (
            Box::new(Percentile::new(f64::NAN)),
            "the percentile pruner: `percentile` is NaN: write a number from 0 to 100",
        ),
        (Box::new(Median::default().min_trials(0)), "the median pruner: `min_trials` is 0: write at least 1"),
        (
            Box::new(Median::default().interval_steps(0)),
            "the median pruner: `interval_steps` is 0: write 1 to judge every step",
        ),
        (Box::new(Threshold::new()), "the threshold pruner: `lower` and `upper` are missing: write one of them"),
        (
            Box::new(Threshold::new().upper(f64::NAN)),
            "the threshold pruner: `upper` is NaN: write a number, or leave it out",
        ),
        (
            Box::new(Threshold::new().lower(2.0).upper(1.0)),
            "the threshold pruner: `lower` is 2, above `upper`, which is 1: write the smaller one as `lower`",
        ),
        (
            Box::new(Threshold::new().lower(2.0).interval_steps(0)),
            "the threshold pruner: `interval_steps` is 0: write 1 to judge every step",
        ),
        (
            Box::new(Patient::new(1).min_delta(-0.5)),
            "the patient pruner: `min_delta` is -0.5: write 0 or a positive number",
        ),
        (
            Box::new(Patient::new(1).wrapping(Asha::new(27))),
            "the patient pruner: `wrapping` is asha, which allots budgets: write a pruner that judges reports",
        ),
        (
            Box::new(Patient::new(1).wrapping(Wilcoxon::default().p_threshold(1.0))),
            "the wilcoxon pruner: `p_threshold` is 1: write a probability above 0 and below 1",
        ),
        (
            Box::new(SuccessiveHalving::default().reduction_factor(1)),
            "the successive_halving pruner: `reduction_factor` is 1: write at least 2",
        ),
        (
            Box::new(SuccessiveHalving::default().min_resource(0)),
            "the successive_halving pruner: `min_resource` is 0: write at least 1",
        ),
        (
            Box::new(SuccessiveHalving::default().bootstrap_count(3)),
            "the successive_halving pruner: `bootstrap_count` is 3, which asks for rungs from the first trial on: write a `min_resource` too, or 0",
        ),
        (
            Box::new(Hyperband::default().min_resource(10).max_resource(9)),
            "the hyperband pruner: `max_resource` is 9, below `min_resource`: write at least 10",
        ),
        (
            Box::new(Hyperband::default().bootstrap_count(1)),
            "the hyperband pruner: `bootstrap_count` is 1, which asks for brackets from the first trial on: write a `max_resource` too, or 0",
        ),
        (
            Box::new(Hyperband::default().max_resource(9).reduction_factor(0)),
            "the hyperband pruner: `reduction_factor` is 0: write at least 2",
        ),
        (
            Box::new(Wilcoxon::default().p_threshold(f64::NAN)),
            "the wilcoxon pruner: `p_threshold` is NaN: write a probability above 0 and below 1",
        ),
    ];
    for (pruner, expected) in cases {
        assert_eq!(pruner.check().unwrap_err().to_string(), expected);
    }
    assert!(Never.check().is_ok());
}

#[test]
fn pruners_are_read_by_name_and_written_again() {
    for (text, written) in [
        ("none", r#"{"none":{}}"#),
        ("median", r#"{"median":{"startup_trials":5,"warmup_steps":0,"interval_steps":1,"min_trials":1}}"#),
        (
            r#"{"percentile": {"percentile": 25, "n_startup_trials": 3}}"#,
            r#"{"percentile":{"percentile":25.0,"startup_trials":3,"warmup_steps":0,"interval_steps":1,"min_trials":1}}"#,
        ),
        (r#"{"threshold": {"upper": 3}}"#, r#"{"threshold":{"upper":3.0,"warmup_steps":0,"interval_steps":1}}"#),
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
        (r#"{"asha": {"max_resource": 27}}"#, r#"{"asha":{"max_resource":27,"min_resource":1,"factor":4}}"#),
        ("brackets", r#"{"brackets":{"max_resource":100,"min_resource":1,"factor":3,"iterations":1}}"#),
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
            "\"all\" is no number of steps: write a whole number, or \"auto\"",
        ),
        (r#"{"patient": {"patience": 1, "wrapped": "medain"}}"#, "unknown variant `medain`"),
        (r#"{"wilcoxon": {"p_threshold": 2}}"#, "write a probability above 0 and below 1"),
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
    let wrong = Box::new(Percentile::new(-1.0)) as Box<dyn Pruner>;
    assert!(std::sync::Arc::new(wrong).check().is_err());
}
