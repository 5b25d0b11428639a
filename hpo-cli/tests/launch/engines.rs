//! The real engines: eight workers on one study, one of which the engine kills or preempts. Its
//! trial returns to the queue, and the total is exact.

use std::process::{Command, Stdio};

use super::{Place, texts, worked};

/// The number of trials of each study.
const TRIALS: usize = 40;

/// A storage for workers that the engine may kill: PostgreSQL with a short lease where there is
/// one, else a journal with a lock for shared file systems.
fn storage(place: &Place) -> String {
    match std::env::var("HPO_TEST_POSTGRES") {
        Ok(url) => format!("{url}?hpo_lease=3s"),
        Err(_) => format!("journal:{}?lock=link&hpo_lease=3s", place.path("a.journal").display()),
    }
}

/// Starts eight workers of a study by an engine, and returns the id of the job.
fn launched(place: &Place, engine: &str, url: &str, study: &str) -> String {
    place.script("a.sh", "touch up.$HPO_TRIAL; sleep 1; echo loss=$HPO_x");
    let run = format!("--study {study} --trials {TRIALS}");
    let mut command = place.launch(&format!("{engine} -n 8"), &run, &["./a.sh"]);
    let said = worked(&command.env("HPO_STORAGE", url).output().unwrap());
    assert!(!said.contains("failed") && said.contains("hpo launch drain hpo-1"), "{said}");
    let record = place.read("launches/hpo-1/launch.json");
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["id"].as_str().unwrap().to_owned()
}

/// Waits for all trials, and checks that their number is exact and their numbers dense.
fn expect_exact(place: &Place, url: &str, study: &str) {
    let trials = || {
        let text = place.works(&["trials", url, "--study", study, "--format", "json"]);
        serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap()
    };
    place.expect("the end of all trials", 180, |_| {
        let trials = trials();
        trials.len() == TRIALS && trials.iter().all(|trial| trial["state"] == "complete")
    });
    let top = place.works(&["top", url, "--study", study]);
    assert!(top.contains(&format!("{study}: {TRIALS} ended; {TRIALS} complete\n")), "{top}");
    place.works(&["rm", url, "--study", study, "--yes"]);
}

fn engine(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = texts(&output);
    assert!(output.status.success(), "{program}: {stdout}{stderr}");
    stdout
}

fn is_there(variable: &str, script: &str, what: &str) -> bool {
    let is_there = std::env::var_os(variable).is_some();
    if !is_there {
        eprintln!("left out, since {variable} is not set (run scripts/{script}): {what}");
    }
    is_there
}

#[test]
fn on_slurm_a_cancelled_and_a_requeued_worker_lose_nothing() {
    if !is_there("SLURM_CONF", "slurm.sh", "workers on Slurm") {
        return;
    }
    let place = Place::new();
    let (url, study) = (storage(&place), format!("slurm-{}", std::process::id()));
    let job = launched(&place, "slurm", &url, &study);
    place.expect("trials on eight workers", 60, |place| place.path("up.7").exists());
    engine("scancel", &[&format!("{job}_2")]);
    engine("scancel", &["--signal=KILL", "--batch", &format!("{job}_3")]);
    engine("scontrol", &["requeue", &format!("{job}_4")]);
    expect_exact(&place, &url, &study);
    place.expect("the end of the job", 60, |_| engine("squeue", &["-h", "-j", &job]).is_empty());
}

#[test]
fn on_slurm_preempted_workers_come_back() {
    if !is_there("SLURM_CONF", "slurm.sh", "preemption by Slurm") {
        return;
    }
    let place = Place::new();
    let (url, study) = (storage(&place), format!("preempted-{}", std::process::id()));
    let job = launched(&place, "slurm --arg=--partition=main", &url, &study);
    place.expect("trials on eight workers", 60, |place| place.path("up.7").exists());
    engine("sbatch", &["-p", "urgent", "-n", "16", "-o", "/dev/null", "--wrap", "sleep 2"]);
    place.expect("the preemption", 30, |_| engine("squeue", &["-h", "-j", &job]).contains(" PD "));
    expect_exact(&place, &url, &study);
}

#[test]
fn on_slurm_a_launch_is_drained() {
    if !is_there("SLURM_CONF", "slurm.sh", "draining Slurm") {
        return;
    }
    let place = Place::new();
    let (url, study) = (storage(&place), format!("drained-{}", std::process::id()));
    let job = launched(&place, "slurm", &url, &study);
    place.expect("trials on eight workers", 60, |place| place.path("up.7").exists());
    place.works(&["launch", "drain", "hpo-1"]);
    place.expect("the end of the job", 60, |_| engine("squeue", &["-h", "-j", &job]).is_empty());
    let text = place.works(&["trials", &url, "--study", &study, "--format", "json"]);
    let trials: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(trials.len() < TRIALS, "{}", trials.len());
    assert!(trials.iter().all(|trial| trial["state"] == "complete"), "{text}");
    place.works(&["rm", &url, "--study", &study, "--yes"]);
}

#[test]
fn on_hyperqueue_a_stopped_worker_loses_nothing() {
    if !is_there("HQ_SERVER_DIR", "hyperqueue.sh", "workers on HyperQueue") {
        return;
    }
    let place = Place::new();
    let (url, study) = (storage(&place), format!("hq-{}", std::process::id()));
    let job = launched(&place, "hyperqueue", &url, &study);
    place.expect("trials on eight workers", 60, |place| place.path("up.7").exists());
    let workers = engine("hq", &["worker", "list", "--output-mode=quiet"]);
    let first = workers.split_whitespace().next().unwrap().to_owned();
    engine("hq", &["worker", "stop", &first]);
    expect_exact(&place, &url, &study);
    place.expect("the end of the job", 60, |_| {
        let jobs = engine("hq", &["job", "list", "--all", "--output-mode=quiet"]);
        jobs.lines().any(|line| line.starts_with(&format!("{job} ")) && line.contains("FINISHED"))
    });
}

#[test]
fn by_ssh_a_killed_worker_is_started_again() {
    let Ok(config) = std::env::var("HPO_TEST_SSH_CONFIG") else {
        eprintln!("left out, since HPO_TEST_SSH_CONFIG is not set (run scripts/sshd.sh): ssh");
        return;
    };
    let place = Place::new();
    let (url, study) = (storage(&place), format!("ssh-{}", std::process::id()));
    place.script("a.sh", "touch up.$HPO_TRIAL; sleep 1; echo loss=$HPO_x");
    let options = format!("ssh --hosts node-a,node-b -n 4 --arg=-F --arg={config}");
    let run = format!("--study {study} --trials {TRIALS}");
    let mut command = place.launch(&options, &run, &["./a.sh"]);
    let child = command.env("HPO_STORAGE", &url).stderr(Stdio::piped()).spawn().unwrap();
    place.expect("trials on four workers", 60, |place| place.path("up.3").exists());
    place.expect("the record", 20, |place| place.path("launches/hpo-1/launch.json").exists());
    let record: serde_json::Value =
        serde_json::from_str(&place.read("launches/hpo-1/launch.json")).unwrap();
    engine("kill", &["-KILL", &record["processes"][1]["id"].to_string()]);
    let output = child.wait_with_output().unwrap();
    let (_, said) = texts(&output);
    assert!(output.status.success(), "{said}");
    expect_exact(&place, &url, &study);
}
