//! Callbacks as JSON: they are their settings, under their names.

use std::time::Duration;

use hpo_core::callback::{
    CallbackConfig, EarlyStopping, StopAtTarget, StopOnStagnation, TimeLimit,
};
use hpo_core::prelude::*;
use hpo_core::trial::Objective;

fn written(config: &CallbackConfig) -> String {
    serde_json::to_string(config).unwrap()
}

#[test]
fn callbacks_are_read_and_written_as_their_settings() {
    let time = |seconds| TimeLimit::builder(Duration::from_secs_f64(seconds));
    for (config, json) in [
        (
            CallbackConfig::EarlyStopping(EarlyStopping::builder("val_loss").build().unwrap()),
            r#"{"early_stopping":{"watched":{"name":"val_loss"},"patience":5,"min_delta":0.0,"start_from":0}}"#,
        ),
        (
            CallbackConfig::EarlyStopping(
                EarlyStopping::builder(Objective::maximize("profit"))
                    .patience(2)
                    .baseline(0.5)
                    .build()
                    .unwrap(),
            ),
            r#"{"early_stopping":{"watched":{"metric":{"name":"profit","direction":"maximize"}},"patience":2,"min_delta":0.0,"start_from":0,"baseline":0.5}}"#,
        ),
        (
            CallbackConfig::StopAtTarget(StopAtTarget::builder(0.25).build().unwrap()),
            r#"{"stop_at_target":{"target":0.25}}"#,
        ),
        (
            CallbackConfig::StopOnStagnation(StopOnStagnation::default()),
            r#"{"stop_on_stagnation":{"trials":30,"min_delta":0.0}}"#,
        ),
        (CallbackConfig::TimeLimit(time(1.5).build().unwrap()), r#"{"time_limit":{"limit":1.5}}"#),
        (
            CallbackConfig::TimeLimit(time(3600.0).of_trials().build().unwrap()),
            r#"{"time_limit":{"limit":3600.0,"of_trials":true}}"#,
        ),
    ] {
        assert_eq!(written(&config), json);
        assert_eq!(json.parse::<CallbackConfig>().unwrap(), config);
    }
}

#[test]
fn settings_left_out_have_their_defaults() {
    let reports = r#"{"early_stopping": {"watched": {"reports": "minimize"}}}"#;
    let expected = EarlyStopping::builder(Direction::Minimize).build().unwrap();
    assert_eq!(reports.parse::<CallbackConfig>().unwrap(), CallbackConfig::EarlyStopping(expected));
    assert_eq!(
        "stop_on_stagnation".parse::<CallbackConfig>().unwrap(),
        CallbackConfig::StopOnStagnation(StopOnStagnation::default())
    );
}

#[test]
fn what_is_not_a_callback_is_refused_with_the_reason() {
    for (text, reason) in [
        ("tensorboard", "`tensorboard` is not a callback: unknown variant"),
        (r#"{"stop_at_target": {}}"#, "missing field `target`"),
        (
            r#"{"stop_on_stagnation": {"trials": 0}}"#,
            "the stop_on_stagnation callback: `trials` is 0: the run would end with its first \
             trial; write at least 1",
        ),
        (r#"{"time_limit": {"limit": -1}}"#, "-1 is not a time: write a number of seconds, from 0"),
        (r#"{"time_limit": {"limit": 1, "trials": true}}"#, "unknown field `trials`"),
        (
            r#"{"early_stopping": {"watched": {"name": "my_own_score"}}}"#,
            "the direction of `my_own_score` is unknown",
        ),
    ] {
        let error = text.parse::<CallbackConfig>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_callback_from_json_ends_the_run() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Point {
        #[search_space(range = 0.0..=1.0)]
        x: f64,
    }
    let config: CallbackConfig = r#"{"stop_on_stagnation": {"trials": 3}}"#.parse().unwrap();
    let study = Study::<Point>::minimize().seed(1).callback(config.build()).open().unwrap();
    study.optimize(100, |point, _| point.x.signum()).unwrap();
    assert_eq!(study.trials().unwrap().len(), 4);
    // Each callback that is built begins anew.
    let again = Study::<Point>::minimize().seed(1).callback(config.build()).open().unwrap();
    again.optimize(100, |point, _| point.x.signum()).unwrap();
    assert_eq!(again.trials().unwrap().len(), 4);
}
