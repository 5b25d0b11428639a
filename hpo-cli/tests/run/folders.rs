//! The folders of trials.

use super::Place;

#[test]
fn folders_of_the_best_and_of_failures_are_kept() {
    let place = Place::new();
    place.script(
        "a.sh",
        "cp $HPO_CONFIG $HPO_TRIAL_DIR/model; [ $HPO_TRIAL = 4 ] && exit 1; echo loss=$1",
    );
    place.works("--trials 12 --keep 3", &["./a.sh", "{x}"]);
    place.works("--trials 15 --keep 3", &["./a.sh", "{x}"]);
    let mut ranked: Vec<(f64, u64)> = place
        .trials()
        .iter()
        .filter_map(|trial| Some((trial["value"].as_f64()?, trial["trial"].as_u64()?)))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut kept: Vec<u64> = ranked.iter().take(3).map(|(_, number)| *number).chain([4]).collect();
    kept.sort_unstable();
    let has = |number: &u64| place.path(&format!("runs/study/{number:04}/model")).exists();
    assert_eq!((0..15).filter(has).collect::<Vec<_>>(), kept);
}

#[test]
fn a_folder_of_another_study_is_not_written_to() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1").works("--trials 1", &["./a.sh"]);
    let error = place.fails("--trials 1 --storage other.db", &["./a.sh"]);
    assert!(
        error.contains("has the trials of another study") && error.contains("--runs"),
        "{error}"
    );
    assert!(!place.path("other.db").exists());
    place.works("--trials 1 --storage other.db --runs other", &["./a.sh"]);
    place.works("--trials 1 --study two", &["./a.sh"]);
    assert!(place.path("runs/two/0000/config.json").exists());
}

#[test]
fn logs_of_a_second_start_follow_those_of_the_first() {
    let place = Place::new();
    place.script("a.sh", "echo try; echo oops $(wc -l < $HPO_TRIAL_DIR/stdout.log) >&2; exit 1");
    place.run("--trials 1 --retries 1", &["./a.sh"]);
    assert_eq!(place.read("runs/study/0000/stdout.log"), "try\ntry\n");
    assert_eq!(place.read("runs/study/0000/stderr.log").lines().count(), 2);
}

#[test]
fn a_damaged_mark_of_a_folder_stops_nobody() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1").works("--trials 1", &["./a.sh"]);
    place.file("runs/study/study.json", "{\"ident").works("--trials 2", &["./a.sh"]);
    assert!(place.read("runs/study/study.json").contains("identity"));
}
