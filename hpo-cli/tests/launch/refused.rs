//! What is wrong with a launch is said before anything is started.

use super::{Place, failed};

#[test]
fn a_file_is_refused_where_workers_may_be_on_several_machines() {
    let place = Place::new();
    for engine in ["slurm", "hyperqueue", "ssh --hosts a,b"] {
        let options = format!("{engine} -n 2 --storage a.db");
        let message = failed(place.launch(&options, "", &["true"]));
        assert!(message.contains("SQLite is for one machine"), "{message}");
        assert!(message.contains("postgresql://USER@HOST/NAME"), "{message}");
        let options = format!("{engine} -n 2 --storage journal:a.journal");
        let message = failed(place.launch(&options, "", &["true"]));
        assert!(message.contains("a.journal?lock=link"), "{message}");
    }
    let message =
        failed(place.launch("kubernetes --image i -n 2 --storage journal:a?lock=link", "", &["x"]));
    assert!(message.contains("a file is not seen by pods"), "{message}");
    let message = failed(place.launch("local -n 2", "", &["true"]));
    assert!(message.contains("the workers need a storage that they share"), "{message}");
    assert!(!place.path("launches").exists());
}

#[test]
fn a_limit_that_an_engine_does_not_keep_is_refused() {
    let place = Place::new();
    let message = failed(place.launch("local -n 2 --cpus 2 --storage a.db", "", &["true"]));
    assert!(message.contains("--cpus: `local` has no scheduler"), "{message}");
    let options = "slurm -n 2 --gpus 0.5 --storage postgresql://u@h/x";
    let message = failed(place.launch(options, "", &["true"]));
    assert!(message.contains("--gpus: this engine gives out whole cards"), "{message}");
}

#[test]
fn an_engine_that_is_missing_or_refuses_is_told_with_what_to_type() {
    let place = Place::new();
    for (engine, program) in
        [("slurm", "sbatch"), ("hyperqueue", "hq"), ("kubernetes --image i", "kubectl")]
    {
        let options = format!("{engine} -n 2 --storage postgresql://u@h/x");
        let mut command = place.launch(&options, "", &["true"]);
        command.env("PATH", place.path("empty"));
        let message = failed(command);
        let expected = format!("there is no program `{program}` here: ");
        assert!(message.contains(&expected), "{message}");
        assert!(!place.path("launches/hpo-1").exists(), "its name stays free");
        place.script("sbatch", "echo 'invalid partition' >&2; exit 1");
    }
    std::fs::create_dir(place.path("bin")).unwrap();
    place.script("bin/sbatch", "echo 'sbatch: error: invalid partition specified: x' >&2; exit 1");
    let mut command = place.launch("slurm -n 2 --storage postgresql://u@h/x", "", &["true"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()));
    let message = failed(command);
    assert!(message.contains("`sbatch` refused: sbatch: error: invalid partition"), "{message}");
    assert!(message.contains("--arg=--OPTION=VALUE"), "{message}");
}

#[test]
fn a_mistyped_option_of_the_workers_is_told_before_anything_is_started() {
    let place = Place::new();
    let message = failed(place.launch("local -n 2 --storage a.db", "--trails 3", &["true"]));
    assert!(message.contains("the command of the workers: "), "{message}");
    assert!(message.contains("'--trails'") && !place.path("launches").exists(), "{message}");
}

#[test]
fn a_program_that_does_not_exist_is_told_before_anything_is_started() {
    let place = Place::new();
    let arguments = ["launch", "local", "-n", "2", "--storage", "a.db", "--", "./none"];
    let message = failed(place.command(&arguments));
    assert!(message.contains("there is no program ./none"), "{message}");
    let message = failed(place.command(&["launch", "drain"]));
    assert!(message.contains("there is no launch in launches"), "{message}");
}
