//! `hpo serve` from the outside: lines in, lines out.

mod refused;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

struct Served {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Served {
    fn new() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hpo"))
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (requests, answers) =
            (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, requests, answers }
    }

    fn raw(&mut self, line: &str) -> Json {
        writeln!(self.requests.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn call(&mut self, request: &Json) -> Json {
        self.raw(&request.to_string())
    }

    fn error(&mut self, line: &str) -> String {
        self.raw(line)["error"].as_str().unwrap().to_owned()
    }

    fn end(mut self) {
        drop(self.requests.take());
        assert!(self.process.wait().unwrap().success(), "the end of its input is no failure");
    }
}

/// `booster` decides about three parameters, one of them under two of its values, and `depth` about
/// one.
fn space() -> Json {
    json!([
        {"name": "impute.by", "type": "categorical", "choices": [true, 2, "mean"]},
        {"name": "booster", "type": "categorical", "choices": ["linear", "tree", "dart"]},
        {"name": "rate", "type": "float", "low": 1e-3, "high": 1.0, "log": true, "step": null},
        {"name": "depth", "type": "int", "low": 1, "high": 3, "log": false, "step": 1,
         "condition": {"param": "booster", "values": ["tree", "dart"]}},
        {"name": "drop", "type": "float", "low": 0.0, "high": 1.0, "log": false, "step": 0.25,
         "condition": {"param": "booster", "values": ["dart"]}},
        {"name": "leaves", "type": "int", "low": 1, "high": 64, "log": true, "step": 1,
         "condition": {"param": "depth", "values": [2, 3]}},
    ])
}

fn check(params: &Json) {
    let names: Vec<&str> = params.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec!["booster", "impute.by", "rate"];
    let booster = params["booster"].as_str().unwrap();
    if booster != "linear" {
        expected.push("depth");
        if params["depth"].as_i64().unwrap() > 1 {
            expected.push("leaves");
        }
    }
    if booster == "dart" {
        expected.push("drop");
        assert!(
            [0.0, 0.25, 0.5, 0.75, 1.0].contains(&params["drop"].as_f64().unwrap()),
            "{params}"
        );
    }
    expected.sort_unstable();
    assert_eq!(names, expected, "just the active parameters, by the names they were given");
    assert!([json!(true), json!(2), json!("mean")].contains(&params["impute.by"]), "{params}");
    assert!((1e-3..=1.0).contains(&params["rate"].as_f64().unwrap()));
}

fn loss(params: &Json) -> f64 {
    let depth = params["depth"].as_f64().unwrap_or(5.0);
    (params["rate"].as_f64().unwrap() / 0.1).ln().powi(2)
        + (depth - 2.0).abs()
        + params["drop"].as_f64().unwrap_or(1.0)
}

#[test]
fn every_sampler_asks_and_learns_on_a_conditional_space() {
    let mut served = Served::new();
    for sampler in ["random", "qmc", "tpe", "gp", "cmaes", "nsga2", "auto"] {
        let opening = json!({"space": space(), "direction": "minimize", "sampler": sampler, "seed": 7, "budget": 25});
        assert_eq!(served.call(&opening), json!({"ok": true}));
        let mut first = Vec::new();
        for number in 0..25 {
            let asked = served.call(&json!({"ask": 1}));
            assert_eq!(asked["trial"], number);
            check(&asked["params"]);
            first.push(asked["params"].clone());
            assert_eq!(
                served.call(&json!({"tell": number, "value": loss(&asked["params"])})),
                json!({"ok": true})
            );
        }
        // A second study of the same seed is the same study.
        served.call(&opening);
        for params in first {
            let asked = served.call(&json!({"ask": 1}));
            assert_eq!(asked["params"], params, "{sampler}");
            served.call(&json!({"tell": asked["trial"], "value": loss(&params)}));
        }
    }
    served.end();
}

#[test]
fn every_pruner_that_stops_trials_can_be_asked() {
    let mut served = Served::new();
    for pruner in ["asha", "median", "hyperband", "successive_halving", "wilcoxon"] {
        served.call(&json!({"space": space(), "seed": 1, "pruner": pruner}));
        let mut stopped = 0;
        for trial in 0..30_u32 {
            let asked = served.call(&json!({"ask": 1}));
            // Every third trial is bad from its first step.
            let bad = f64::from(trial % 3);
            let mut last = json!(10.0 * bad);
            for step in 1..=30 {
                let value = 10.0 * bad + 1.0 / f64::from(step);
                let decision =
                    served.call(&json!({"report": asked["trial"], "step": step, "value": value}));
                if decision["prune"].as_bool().unwrap() {
                    (stopped, last) = (stopped + 1, Json::Null);
                    break;
                }
            }
            served.call(&json!({"tell": asked["trial"], "value": last}));
        }
        assert!(stopped >= 5, "{pruner} stopped {stopped} of 20 bad trials");
    }
    served.end();
}

#[test]
fn mistakes_are_told_and_the_next_line_is_read() {
    let mut served = Served::new();
    assert!(served.error(r#"{"ask": 1}"#).contains("the first line needs a `space`"));
    assert!(served.error("nonsense").contains("this line is not a request"));
    assert!(served.error("{}").contains("a line needs a `space`"));
    for (line, reason) in [
        (
            r#"{"space": [{"name": "x", "type": "float", "low": 1, "high": 0}]}"#,
            "the parameter `x`: the range 1..=0 is empty",
        ),
        (r#"{"space": []}"#, "the `space` has no parameters"),
        (
            r#"{"space": [{"name": "x", "type": "int", "low": 1, "high": 2}], "sampler": "tpee"}"#,
            "`tpee` is not a sampler",
        ),
        (
            r#"{"space": [{"name": "x", "type": "int", "low": 1, "high": 2}], "pruner": "medium"}"#,
            "`medium` is not a pruner",
        ),
        (
            r#"{"space": [{"name": "x", "type": "int", "low": 1, "high": 2}], "direction": "up"}"#,
            "the direction is",
        ),
        (
            r#"{"space": [{"name": "x", "type": "int", "low": 1, "high": 2, "condition": {"param": "y", "values": [1]}}]}"#,
            "`x` depends on `y`, which is not listed before it",
        ),
        (
            r#"{"space": [{"name": "y", "type": "categorical", "choices": ["a"]},
                {"name": "x", "type": "int", "low": 1, "high": 2, "condition": {"param": "y", "values": ["b"]}}]}"#,
            "`x` depends on `y` being \"b\", which is not one of its values",
        ),
        (
            r#"{"space": [{"name": "x", "type": "int", "low": 1, "high": 2}, {"name": "x", "type": "int", "low": 1, "high": 2}]}"#,
            "two parameters are called `x`",
        ),
    ] {
        let error = served.error(&line.replace('\n', " "));
        assert!(error.contains(reason), "{error}");
    }
    served.call(&json!({"space": [{"name": "x", "type": "int", "low": 1, "high": 2}], "seed": 3}));
    assert!(served.error(r#"{"tell": 5, "value": 1}"#).contains("no trial 5"));
    assert!(served.error(r#"{"report": 0, "value": 1}"#).contains("needs a `step`"));
    assert!(served.error(r#"{"tell": 0}"#).contains("needs a `value`"));
    assert!(served.error(r#"{"tell": 0, "value": NaN}"#).contains("failed"));
    // A space that is refused leaves the study as it was.
    let refused = served
        .error(r#"{"space": [{"name": "lr", "type": "float", "low": 0, "high": 1, "log": true}]}"#);
    assert!(refused.contains("the parameter `lr`: `log` needs a lower bound over 0"), "{refused}");
    // A space of two configs goes on with repeats.
    for trial in 0..5 {
        let asked = served.call(&json!({"ask": 1}));
        assert_eq!(asked["trial"], trial);
        let told = if trial == 3 {
            json!({"tell": 3, "state": "failed"})
        } else {
            json!({"tell": trial, "value": 1.5})
        };
        assert_eq!(served.call(&told), json!({"ok": true}));
    }
    served.end();
}

/// Trains a trial by its budget, and tells its value: its last report, and whether it is paused.
fn train(served: &mut Served, asked: &Json) -> (f64, bool) {
    let (number, budget) = (&asked["trial"], &asked["budget"]);
    let [from, to] = [0, 1].map(|end: usize| budget[end].as_u64().unwrap());
    let mut last = 0.0;
    for step in from + 1..=to {
        last = asked["params"]["x"].as_f64().unwrap() + 1.0 / step as f64;
        let decision = served.call(&json!({"report": number, "step": step, "value": last}));
        let is_over = step == to && to < budget[2].as_u64().unwrap();
        assert_eq!(decision, json!({"prune": false, "pause": is_over}));
    }
    let told = served.call(&json!({"tell": number, "value": last}));
    assert_eq!(told["ok"], true);
    (last, told["paused"].as_bool().unwrap())
}

#[test]
fn schedules_pause_and_promote() {
    let mut served = Served::new();
    let line = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    for pruner in [
        json!({"asha": {"max_resource": 9, "factor": 3}}),
        json!({"brackets": {"max_resource": 9}}),
        json!("brackets"),
    ] {
        let opening =
            json!({"space": line, "pruner": pruner, "seed": 5, "budget": 6, "sampler": "random"});
        assert_eq!(served.call(&opening), json!({"ok": true}));
        let (mut complete, mut paused, mut spent) = (0, 0, 0);
        let mut steps = std::collections::HashMap::new();
        loop {
            let asked = served.call(&json!({"ask": 1}));
            if asked == json!({"done": true}) {
                break;
            }
            let number = asked["trial"].as_u64().unwrap();
            let before: u64 =
                steps.insert(number, asked["budget"][1].as_u64().unwrap()).unwrap_or(0);
            assert_eq!(asked["budget"][0], before, "a promoted trial goes on where it stopped");
            let most = asked["budget"][2].as_u64().unwrap();
            assert!(spent < 6 * most, "{pruner}: the budget is 6 whole trainings");
            spent += asked["budget"][1].as_u64().unwrap() - before;
            let (_, is_paused) = train(&mut served, &asked);
            (complete, paused) = (complete + u32::from(!is_paused), paused + u32::from(is_paused));
        }
        assert!(complete >= 1 && paused >= 8, "{pruner}: {complete} complete, {paused} paused");
    }
    served.end();
}

/// A budget that a single step uses up still ends with a complete trial.
#[test]
fn a_schedule_ends_with_a_result_whatever_its_budget() {
    let mut served = Served::new();
    let space = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    let asha = json!({"asha": {"max_resource": 9, "factor": 3}});
    for budget in [0, 1] {
        served.call(&json!({"space": space, "pruner": asha, "seed": 5, "budget": budget}));
        let mut complete = 0;
        loop {
            let asked = served.call(&json!({"ask": 1}));
            if asked == json!({"done": true}) {
                break;
            }
            complete += u32::from(!train(&mut served, &asked).1);
        }
        assert_eq!(complete, 1, "{budget}");
    }
    served.end();
}

#[test]
fn several_trials_are_asked_for_at_once() {
    let mut served = Served::new();
    served.call(&json!({"space": space(), "seed": 2}));
    let single: Vec<Json> = (0..8).map(|_| served.call(&json!({"ask": 1}))).collect();
    served.call(&json!({"space": space(), "seed": 2}));
    assert_eq!(served.call(&json!({"ask": 8})), json!({"trials": single}));
    assert_eq!(served.call(&json!({"ask": 1}))["trial"], 8);
    for (line, reason) in [
        (r#"{"ask": 0}"#, "from 1 to 1000, not 0"),
        (r#"{"ask": 1001}"#, "from 1 to 1000, not 1001"),
        (r#"{"ask": -1}"#, "expected u64"),
        (r#"{"ask": "8"}"#, "expected u64"),
        (r#"{"ask": null}"#, "`ask` is null"),
    ] {
        let error = served.error(line);
        assert!(error.contains(reason), "{line}: {error}");
    }
    // A schedule gives as many as it has, and says so when it has none.
    let line = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    served.call(&json!({"space": line, "pruner": {"brackets": {"max_resource": 3}}, "seed": 5}));
    let asked = served.call(&json!({"ask": 100}));
    let first = asked["trials"].as_array().unwrap();
    assert!((2..100).contains(&first.len()), "{asked}");
    assert_eq!(served.call(&json!({"ask": 100})), json!({"wait": true}));
    served.end();
}

#[test]
fn a_trial_is_explained() {
    let mut served = Served::new();
    served.call(&json!({"space": space(), "seed": 2, "sampler": "gp"}));
    served.call(&json!({"ask": 1}));
    let explained = served.call(&json!({"explain": 0}));
    assert_eq!(explained["trial"], 0);
    let explanation = explained["explanation"].as_str().unwrap();
    assert!(explanation.starts_with("gp: a first trial"), "{explanation}");
    assert!(served.error(r#"{"explain": 1}"#).contains("no trial 1"));
    assert!(served.error(r#"{"explian": 1}"#).contains("did you mean `explain`?"));
    served.end();
}

/// The bare name, the name without settings, and the settings of what both mean are one pruner.
#[test]
fn asha_is_one_algorithm_however_it_is_written() {
    let mut served = Served::new();
    let line = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    let mut stopped = |pruner: Json| -> Vec<(u64, f64)> {
        let opening = json!({"space": line, "pruner": pruner, "seed": 5, "sampler": "random"});
        assert_eq!(served.call(&opening), json!({"ok": true}), "{pruner}");
        let trial = |served: &mut Served| {
            let asked = served.call(&json!({"ask": 1}));
            let x = asked["params"]["x"].as_f64().unwrap();
            for step in 1..=27 {
                let report = json!({"report": asked["trial"], "step": step, "value": x});
                if served.call(&report) == json!({"prune": true}) {
                    served.call(&json!({"tell": asked["trial"], "value": null}));
                    return (step, x);
                }
            }
            served.call(&json!({"tell": asked["trial"], "value": x}));
            (27, x)
        };
        (0..20).map(|_| trial(&mut served)).collect()
    };
    let bare = stopped(json!("asha"));
    assert!(bare.iter().any(|(step, _)| *step < 27), "{bare:?}");
    assert_eq!(stopped(json!({"asha": {}})), bare);
    assert_eq!(stopped(json!({"asha": {"factor": 3}})), bare);
    let own = json!({"successive_halving": {"min_resource": 2, "reduction_factor": 4}});
    assert_eq!(stopped(json!({"asha": {"min_resource": 2, "factor": 4}})), stopped(own));
    let unknown = json!({"space": line, "pruner": {"asha": {"factr": 3}}});
    assert!(served.error(&unknown.to_string()).contains("did you mean `factor`?"));
    let wrong = json!({"space": line, "pruner": {"asha": {"factor": 1}}});
    assert!(served.error(&wrong.to_string()).contains("factor"));
    served.end();
}

#[test]
fn with_a_schedule_several_may_wait_for_one_another() {
    let mut served = Served::new();
    let space = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    served.call(&json!({"space": space, "pruner": {"brackets": {"max_resource": 3}}, "seed": 5}));
    let mut running = Vec::new();
    let waiting = loop {
        let asked = served.call(&json!({"ask": 1}));
        if asked["trial"].is_null() {
            break asked;
        }
        running.push(asked);
    };
    assert_eq!(waiting, json!({"wait": true}));
    for (index, asked) in running.iter().enumerate() {
        match index {
            0 => assert_eq!(
                served.call(&json!({"tell": asked["trial"], "state": "failed"})),
                json!({"ok": true})
            ),
            1 => assert_eq!(
                served.call(&json!({"tell": asked["trial"], "value": null})),
                json!({"ok": true})
            ),
            _ => drop(train(&mut served, asked)),
        }
    }
    assert!(served.call(&json!({"ask": 1}))["budget"][0].as_u64().unwrap() > 0);
    served.end();
}

#[test]
fn several_objectives_and_constraints_are_told_by_name() {
    let mut served = Served::new();
    let line = json!({"name": "x", "type": "float", "low": 0.0, "high": 1.0});
    let first = json!({
        "space": [line], "directions": ["minimize", "maximize"], "ncon": 1, "seed": 1, "sampler": "gp",
    });
    assert_eq!(served.call(&first), json!({"ok": true}));
    let mut last = 0.0;
    for number in 0..25 {
        let asked = served.call(&json!({"ask": 1}));
        assert_eq!(asked["trial"], json!(number));
        last = asked["params"]["x"].as_f64().unwrap();
        if number == 0 {
            for (part, reason) in [
                (
                    json!({"value": 1.0, "constraints": {"c": 0.0}}),
                    "has 1 value, but the study has 2 directions",
                ),
                (json!({"values": [1.0, 2.0]}), "has 0 constraints, but the first line said 1"),
            ] {
                let mut told = json!({"tell": 0});
                told.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
                let error = served.error(&told.to_string());
                assert!(error.contains(reason), "{error}");
            }
        }
        // Both losses improve with x, which has to stay below a third.
        let told = json!({
            "tell": number, "values": [-last, last * last], "constraints": {"limit": last - 1.0 / 3.0},
        });
        assert_eq!(served.call(&told), json!({"ok": true}));
    }
    assert!((0.25..0.4).contains(&last), "the boundary is not found: {last}");
    served.end();
}
