//! How parameters reach a program, and how its values come back.

use serde_json::Value as Json;

use super::{Place, has};

const SPACE: &str = r#"{"all": {
    "lr": {"float": {"low": 0.25, "high": 0.25}},
    "name": {"categorical": {"choices": ["it's \"a b\" $x"]}},
    "optimizer": {"one_of": {
        "adam": {"all": {}},
        "sgd": {"all": {"momentum": {"int": {"low": 3, "high": 3}}}}
    }}
}}"#;

#[test]
fn parameters_come_as_arguments_variables_and_a_file() {
    let place = Place::new();
    place.file("space.json", SPACE).script(
        "a.sh",
        r#"printf '%s|' "$@" "$HPO_lr" "$HPO_name" "$HPO_optimizer_sgd_momentum"; echo
        cat "$HPO_CONFIG" >> configs; echo loss=1"#,
    );
    let program =
        ["./a.sh", "--lr={lr}", "{name}", "--momentum", "{momentum}", "{momentum?}", "{{lr}}"];
    place.works("--space space.json --trials 2 --keep all", &program);
    let mut lines: Vec<String> =
        (0..2).map(|number| place.read(&format!("runs/study/000{number}/stdout.log"))).collect();
    lines.sort();
    let name = "it's \"a b\" $x";
    assert_eq!(
        lines,
        [
            format!("--lr=0.25|{name}|--momentum|3|3|{{lr}}|0.25|{name}|3|\nloss=1\n"),
            format!("--lr=0.25|{name}||{{lr}}|0.25|{name}||\nloss=1\n"),
        ]
    );
    let configs = place.read("configs");
    let configs: Vec<Json> =
        serde_json::Deserializer::from_str(&configs).into_iter().map(Result::unwrap).collect();
    assert!(configs.iter().all(|config| config["name"] == name), "{configs:?}");
    assert_eq!(configs.iter().filter(|config| config["optimizer.sgd.momentum"] == 3).count(), 1);
}

#[test]
fn the_last_value_counts_in_every_form() {
    for (script, value) in [
        (r#"echo '{"loss": 3}'; echo text; echo '{"loss": 0.5, "other": 1}'"#, 0.5),
        ("echo loss=3; echo loss=0.25", 0.25),
        (r#"echo loss=3; echo '{"loss": 0.75}' > $HPO_RESULT"#, 0.75),
        ("echo loss=2 > $HPO_RESULT", 2.0),
        ("echo step=1 loss=3; echo step=2 loss=4", 4.0),
        ("printf loss=7", 7.0),
    ] {
        let place = Place::new();
        place.script("a.sh", script).works("--trials 1", &["./a.sh"]);
        assert_eq!(place.trials()[0]["value"], value, "{script}");
    }
}

#[test]
fn a_regular_expression_finds_the_value() {
    let place = Place::new();
    place.script("a.sh", "echo 'epoch 1, loss: 3.5e-1 (best)'");
    let mut command = place.run_command("--trials 1", &["./a.sh"]);
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command = place.command(&[]);
    command.args(
        [&arguments[..arguments.len() - 2], &["--metric".into(), "loss: ([0-9.e-]+)".into()]]
            .concat(),
    );
    assert!(command.args(&arguments[arguments.len() - 2..]).output().unwrap().status.success());
    assert_eq!(place.trials()[0]["value"], 0.35);
}

#[test]
fn several_objectives_and_constraints_go_by_name() {
    let place = Place::new();
    place.script("a.sh", r#"echo "{\"size\": $1, \"accuracy\": $1, \"memory\": $1}""#);
    let options = "--maximize accuracy --minimize size --constraint memory<=500 --trials 12";
    let (best, _) = place.works(options, &["./a.sh", "{x}"]);
    assert!(best.contains("size ") && best.contains(", accuracy "), "{best}");
    let trials = place.trials();
    for trial in &trials {
        let memory = trial["params"]["x"].as_f64().unwrap();
        assert_eq!(trial["constraints"]["memory<=500"], memory - 500.0, "{trial}");
        assert_eq!(
            (&trial["size"], &trial["accuracy"]),
            (&Json::from(memory), &Json::from(memory))
        );
    }
    assert!(trials.iter().any(|trial| trial["params"]["x"].as_f64().unwrap() > 500.0));
}

#[test]
fn the_same_command_continues_and_needs_no_space_again() {
    let place = Place::new();
    place.script("a.sh", "echo loss=$1");
    place.works("--trials 3", &["./a.sh", "{x}"]);
    let arguments = ["run", "--trials", "5", "--", "./a.sh", "{x}"];
    let output = place.command(&arguments).output().unwrap();
    assert!(output.status.success(), "{:?}", super::texts(&output));
    assert!(super::texts(&output).1.contains("resumed with 3 trials"));
    assert_eq!(place.trials().len(), 5);
    assert!(
        place.command(&arguments).output().unwrap().status.success(),
        "and has nothing more to do"
    );
    assert_eq!(place.trials().len(), 5);
}

#[test]
fn workers_run_side_by_side_and_each_trial_once() {
    let place = Place::new();
    place.script("a.sh", "echo $HPO_TRIAL >> order; sleep 0.05; echo loss=$1");
    place.works("--trials 20 --workers 4", &["./a.sh", "{x}"]);
    let mut started: Vec<u64> =
        place.read("order").lines().map(|line| line.parse().unwrap()).collect();
    started.sort_unstable();
    assert_eq!(started, (0..20).collect::<Vec<_>>());
    place.expect_none_left();
}

#[test]
fn cards_are_shared_by_the_workers() {
    let place = Place::new();
    place.script("a.sh", "echo $CUDA_VISIBLE_DEVICES >> cards; sleep 0.2; echo loss=1");
    let mut command = place.run_command("--trials 8 --gpus 0.5", &["./a.sh"]);
    assert!(command.env("CUDA_VISIBLE_DEVICES", "GPU-a,7").output().unwrap().status.success());
    let cards = place.read("cards");
    assert!(cards.contains("GPU-a\n") && cards.contains("7\n"), "{cards}");
    let error = place.fails("--gpus 0.5", &["./a.sh"]);
    assert!(error.contains("no graphics card"), "{error}");
}

#[test]
fn workers_are_pinned_to_cores_of_their_own() {
    let place = Place::new();
    place.script("a.sh", "grep Cpus_allowed_list /proc/self/status >> cores; echo loss=1");
    place.works("--trials 1 --workers 1 --pin", &["./a.sh"]);
    assert!(place.read("cores").starts_with("Cpus_allowed_list:"));
    let error = place.fails("--workers 9000 --pin", &["./a.sh"]);
    assert!(error.contains("9000 workers need a core each"), "{error}");
    assert!(!has(&place.path("runs/9000")));
}

#[test]
fn a_continued_study_keeps_its_constraints_and_its_pruner() {
    let place = Place::new();
    place.script("a.sh", r#"echo "step=1 loss=$1"; echo "loss=$1 memory=$1""#);
    let options = "--maximize loss --constraint memory<=500 --pruner median --trials 10";
    place.works(options, &["./a.sh", "{x}"]);
    let run = ["run", "--trials", "30", "--", "./a.sh", "{x}"];
    let (best, said) = super::texts(&place.command(&run).output().unwrap());
    assert!(
        said.contains("as the study was run before: --constraint 'memory<=500' --pruner 'median'"),
        "{said}"
    );
    let value: f64 = best.split("loss ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(value <= 500.0, "{best}");
}

#[test]
fn a_study_whose_constraints_cannot_be_read_is_not_continued_without_them() {
    let place = Place::new();
    place.script("a.sh", r#"echo "loss=$1 memory=$1""#);
    let first = "--storage a.journal --constraint memory<=500 --trials 2";
    place.works(first, &["./a.sh", "{x}"]);
    let journal = place.read("a.journal");
    assert!(journal.contains(r#""constraint":["memory<=500"]"#), "{journal}");
    for (changed, word) in [
        (r#""constraint":["memory=<500"]"#, "`memory=<500` is not a constraint"),
        (r#""constraint":"memory<=500""#, "the attribute `hpo run` of the study"),
    ] {
        let text = journal.replace(r#""constraint":["memory<=500"]"#, changed);
        place.file("a.journal", &text);
        let error = place.fails("--storage a.journal --trials 4", &["./a.sh", "{x}"]);
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_choice_may_have_any_name() {
    let place = Place::new();
    place.script("a.sh", "[ $1 = --hpo-space ] || echo loss=1");
    place.works("--param lang=rust,go --trials 1", &["./a.sh", "{lang}"]);
    let output = place.command(&["run", "--trials", "2", "--", "./a.sh", "{lang}"]).output();
    let (_, said) = super::texts(&output.unwrap());
    assert!(said.contains("1 complete") || said.contains("2 complete"), "{said}");
    assert_eq!(place.trials().len(), 2);
}

#[test]
fn variables_of_an_outer_run_do_not_reach_a_program() {
    let place = Place::new();
    place.script("a.sh", r#"echo "loss=1 ${HPO_STEPS_TO:-none}" > got; echo loss=1"#);
    let mut command = place.run_command("--trials 1", &["./a.sh"]);
    let output = command.env("HPO_STEPS_TO", "5").env("HPO_x", "77").output().unwrap();
    assert!(output.status.success());
    assert_eq!(place.read("got"), "loss=1 none\n");
}

/// They may hold a password, and the output of programs is kept.
#[test]
fn the_storage_and_its_token_do_not_reach_a_program() {
    let place = Place::new();
    place.script("a.sh", r#"echo "${HPO_STORAGE:-none} ${HPO_TOKEN:-none}" > got; echo loss=1"#);
    let mut command = place.run_command("--trials 1", &["./a.sh"]);
    command.env("HPO_STORAGE", "a.journal").env("HPO_TOKEN", "secret");
    assert!(command.output().unwrap().status.success());
    assert_eq!(place.read("got"), "none none\n");
}

#[test]
fn braces_of_other_languages_arrive_as_they_are() {
    let place = Place::new();
    place.script("a.sh", r#"printf '%s' "$1" > got; echo loss=1"#);
    place.works("--trials 1 --param x=3..3", &["./a.sh", r#"{"a": {"x": {x}}, "b": {{x}}}"#]);
    assert_eq!(place.read("got"), r#"{"a": {"x": 3}, "b": {x}}"#);
}
