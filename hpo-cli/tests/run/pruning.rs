//! Pruners and schedules, whose decisions reach a program as SIGTERM.

use serde_json::Value as Json;

use super::Place;

#[test]
fn a_pruned_program_may_write_a_checkpoint_in_its_time_of_grace() {
    let place = Place::new();
    place.script(
        "a.sh",
        r#"trap 'echo saved > $HPO_TRIAL_DIR/saved; exit 0' TERM
        echo "step=1 loss=$HPO_TRIAL"
        [ $HPO_TRIAL = 0 ] && echo loss=0 && exit
        touch $HPO_TRIAL_DIR/up; while :; do sleep 0.05; done"#,
    );
    let mut command = place.run_command("--trials 2 --keep all", &["./a.sh"]);
    let pruner = r#"{"threshold": {"upper": 0.5}}"#;
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command = place.command(&["run", "--pruner", pruner]);
    assert!(command.args(&arguments[1..]).output().unwrap().status.success());
    let trials = place.trials();
    assert_eq!(trials[1]["state"], "pruned", "{}", trials[1]);
    assert!(trials[1]["message"].as_str().unwrap().contains("0.5"), "{}", trials[1]);
    assert_eq!(place.read("runs/study/0001/stdout.log"), "step=1 loss=1\n");
    place.expect_none_left();
}

/// A program that trains from its checkpoint, step by step.
const TRAIN: &str = r#"
step=$(cat $HPO_CHECKPOINT_DIR/step 2> /dev/null || echo 0)
echo "$HPO_STEPS_FROM $HPO_STEPS_TO $step" >> $HPO_TRIAL_DIR/rounds
while [ $step -lt $HPO_STEPS_TO ]; do
    step=$((step + 1)); echo $step > $HPO_CHECKPOINT_DIR/step
    echo "step=$step loss=$((1000 * $1 / step))"
done"#;

#[test]
fn a_promoted_trial_continues_from_its_own_checkpoint() {
    let place = Place::new();
    place.script("a.sh", TRAIN);
    let (best, _) =
        place.works("--pruner asha --steps 16 --trials 16 --keep all", &["./a.sh", "{x}"]);
    assert!(best.starts_with("best: trial "), "{best}");
    let trials = place.trials();
    let complete: Vec<&Json> = trials.iter().filter(|trial| trial["state"] == "complete").collect();
    assert!(!complete.is_empty() && trials.iter().any(|trial| trial["state"] == "paused"));
    for trial in complete {
        let number = trial["trial"].as_u64().unwrap();
        let rounds = place.read(&format!("runs/study/{number:04}/rounds"));
        assert_eq!(rounds, "0 1 0\n1 4 1\n4 16 4\n", "trial {number}");
    }
}

#[test]
fn a_program_that_goes_past_its_budget_is_paused_by_sigterm() {
    let place = Place::new();
    place.script(
        "a.sh",
        r#"trap 'echo $step > $HPO_CHECKPOINT_DIR/step; exit 0' TERM
        step=$(cat $HPO_CHECKPOINT_DIR/step 2> /dev/null || echo 0)
        echo "$HPO_STEPS_FROM" >> $HPO_TRIAL_DIR/rounds
        while [ $step -lt 4 ]; do step=$((step + 1)); echo step=$step loss=$1; sleep 0.3; done"#,
    );
    place.works("--pruner asha --steps 4 --trials 5 --keep all", &["./a.sh", "{x}"]);
    let trials = place.trials();
    let paused = trials.iter().filter(|trial| trial["state"] == "paused").count();
    assert_eq!(paused, 4, "{trials:?}");
    let best = trials.iter().position(|trial| trial["state"] == "complete").unwrap();
    assert_eq!(place.read(&format!("runs/study/{best:04}/rounds")), "0\n2\n");
}

#[test]
fn a_schedule_must_know_the_steps() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1");
    let error = place.fails("--pruner asha", &["./a.sh"]);
    assert!(error.contains("add --steps 27"), "{error}");
    let error = place.fails("--pruner medan", &["./a.sh"]);
    assert!(error.contains("`medan` is not a pruner"), "{error}");
    assert!(!place.path("runs").exists(), "nothing was written");
}

#[test]
fn a_program_that_goes_past_its_last_step_is_ended_with_its_value() {
    let place = Place::new();
    place.script(
        "a.sh",
        "step=0; while :; do step=$((step + 1)); echo step=$step loss=$step; sleep 0.02; done",
    );
    place.works("--trials 1 --steps 5", &["./a.sh"]);
    assert_eq!(place.trials()[0]["value"], 5.0);
    place.works("--study asha --trials 5 --pruner asha --steps 4", &["./a.sh"]);
    place.expect_none_left();
}

#[test]
fn only_a_checkpoint_whose_step_is_known_is_named() {
    // Saves every second step and reports each.
    const SAVES: &str = "echo $HPO_STEPS_FROM $(cat $HPO_CHECKPOINT_DIR/step) >> starts
    step=${HPO_STEPS_FROM:-0}; while [ $step -lt 3 ]; do
        step=$((step + 1)); [ $step = 2 ] && echo 2 > $HPO_CHECKPOINT_DIR/step && SAID
        echo step=$step loss=1
    done; [ $(wc -l < starts) = 2 ]";
    for (said, starts) in [("true", "0\n0 2\n"), ("echo '{\"checkpoint\": 2}'", "0\n2 2\n")] {
        let place = Place::new();
        place.script("a.sh", &SAVES.replace("SAID", said));
        place.works("--trials 1 --retries 1 --keep all", &["./a.sh"]);
        assert_eq!(place.read("starts"), starts, "{said}");
    }
}

#[test]
fn a_program_in_python_is_pruned_in_time() {
    let place = Place::new();
    let train = "import time\nfor step in range(1, 100):\n    print(f'step={step} loss=2')\n    time.sleep(0.1)\nopen('end', 'w')";
    place.file("a.py", train);
    let mut command = place.run_command("--trials 1", &["python3", "a.py"]);
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command = place.command(&["run", "--pruner", r#"{"threshold": {"upper": 1}}"#]);
    command.args(&arguments[1..]).output().unwrap();
    assert_eq!(place.trials()[0]["state"], "pruned");
    assert!(!place.path("end").exists());
}
