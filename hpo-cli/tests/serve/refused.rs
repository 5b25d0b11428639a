//! Keys that a request does not take.

use serde_json::json;

use super::Served;

#[test]
fn unknown_keys_are_refused_with_the_nearest_one() {
    let mut served = Served::new();
    let x = r#"{"name": "x", "type": "float", "low": 0, "high": 1}"#;
    let opening = |more: &str| format!(r#"{{"space": [{x}], {more}}}"#);
    let parameter = |more: &str| {
        format!(r#"{{"space": [{{"name": "x", "type": "float", "low": 0, "high": 1, {more}}}]}}"#)
    };
    let under = r#"{"name": "y", "type": "int", "low": 1, "high": 2, "condition": {"param": "x", "values": [1], "value": 1}}"#;
    let refused = [
        (opening(r#""directons": ["minimize"]"#), "did you mean `directions`?"),
        (
            opening(r#""constraints": 1"#),
            "does not take the key `constraints`; it takes `space`, `direction`,",
        ),
        (opening(r#""ask": 1"#), "does not take the key `ask`"),
        (opening(r#""seed": 1, "seed": 2"#), "has the key `seed` twice"),
        (opening(r#""sampler": {"tpe": {"candidate": 4}}"#), "did you mean `candidates`?"),
        (opening(r#""sampler": {"tpee": {}}"#), "did you mean `tpe`?"),
        (opening(r#""sampler": {"grid": {"level": 4}}"#), "did you mean `levels`?"),
        (opening(r#""pruner": {"median": {"warmup_step": 5}}"#), "did you mean `warmup_steps`?"),
        (
            opening(r#""pruner": {"patient": {"patience": 3, "wraped": "median"}}"#),
            "did you mean `wrapped`?",
        ),
        (
            opening(r#""pruner": {"asha": {"max_resource": 9, "max_resorce": 9}}"#),
            "did you mean `max_resource`?",
        ),
        (
            parameter(r#""logs": true"#),
            "the parameter `x` does not take the key `logs`: did you mean `log`?",
        ),
        (parameter(r#""choices": [1]"#), "the parameter `x` does not take the key `choices`"),
        (parameter(r#""low": 0.5"#), "the parameter `x` has the key `low` twice"),
        (
            parameter(r#""condition": {"param": "y", "values": [1], "param": "x"}"#),
            "the key `space[0].condition.param` is given twice",
        ),
        (
            opening(r#""sampler": {"tpe": {"candidates": 48, "candidates": 24}}"#),
            "the key `sampler.tpe.candidates` is given twice",
        ),
        (
            opening(r#""sampler": {"tpe": {"candidates": 48}, "tpe": {}}"#),
            "the key `sampler.tpe` is given twice",
        ),
        (
            opening(r#""sampler": {"gp": {"startup": {"trials": 3, "trials": 4}}}"#),
            "the key `sampler.gp.startup.trials` is given twice",
        ),
        (
            opening(r#""pruner": {"median": {"startup_trials": 1, "startup_trials": 2}}"#),
            "the key `pruner.median.startup_trials` is given twice",
        ),
        (parameter(r#""default": 0.5"#), "the parameter `x` does not take the key `default`"),
        (
            r#"{"space": [{"name": "c", "type": "categorical", "choices": [1], "log": true}]}"#
                .to_owned(),
            "the parameter `c` does not take the key `log`",
        ),
        (
            format!(r#"{{"space": [{x}, {under}]}}"#),
            "condition of the parameter `y` does not take the key `value`: did you mean `values`?",
        ),
        (
            r#"{"space": [{"nam": "x", "type": "float", "low": 0, "high": 1}]}"#.to_owned(),
            "did you mean `name`?",
        ),
        (
            r#"{"space": [{"name": "x", "type": "flot", "low": 0, "high": 1}]}"#.to_owned(),
            "did you mean `float`?",
        ),
        (
            r#"{"ask": 1, "count": 3}"#.to_owned(),
            "the request with `ask` does not take the key `count`",
        ),
        (
            r#"{"report": 0, "step": 1, "value": 1, "values": 2}"#.to_owned(),
            "did you mean `value`?",
        ),
        (r#"{"tell": 0, "vlue": 1}"#.to_owned(), "did you mean `value`?"),
        (r#"{"tell": 0, "value": 1, "values": [1]}"#.to_owned(), "`value` or `values`, not both"),
        (opening(r#""direction": "minimize", "directions": ["minimize"]"#), "not both"),
        (opening(r#""directions": []"#), "`directions` is empty"),
        (opening(r#""directions": ["down"]"#), "not \"down\""),
        (
            r#"{"tell": 0, "value": 1, "constraint": 2}"#.to_owned(),
            "the request with `tell` does not take the key `constraint`",
        ),
        (r#"{"tell": 0, "value": 1, "state": "failed"}"#.to_owned(), "not both"),
        (r#"{"aks": 1}"#.to_owned(), "did you mean `ask`?"),
    ];
    for (line, reason) in &refused {
        let error = served.error(line);
        assert!(error.contains(reason), "{line}: {error}");
    }
    assert_eq!(
        served.raw(&opening(r#""budget": 3, "sampler": null, "pruner": null"#)),
        json!({"ok": true})
    );
    served.end();
}
