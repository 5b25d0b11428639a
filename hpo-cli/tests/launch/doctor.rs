//! `hpo doctor` on real file systems and servers.

use super::{Place, texts};

fn checked(place: &Place, url: &str) -> (Option<i32>, String) {
    let output = place.command(&["doctor", url]).output().unwrap();
    let (stdout, stderr) = texts(&output);
    (output.status.code(), stdout + &stderr)
}

#[test]
fn files_of_each_kind_are_checked_and_nothing_is_left() {
    let place = Place::new();
    for url in [
        "journal:a.journal",
        "journal:a.journal?lock=link",
        "journal:a?lock=open",
        "sqlite:///a.db",
    ] {
        let (code, said) = checked(&place, url);
        assert_eq!(code, Some(0), "{said}");
        for check in
            ["version", "storage", "file system", "free space", "flush", "clock", "exclusion"]
        {
            assert!(said.contains(&format!(" {check} ")), "{check} is not in {said}");
        }
        assert!(said.contains("wrote 100 changes at once"), "{said}");
        assert!(said.contains("and none was lost"), "{said}");
    }
    let left: Vec<_> = std::fs::read_dir(place.path("")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_wrong_is_told_with_a_remedy_and_exit_code_1() {
    let place = Place::new();
    std::fs::write(place.path("text"), "hello\n").unwrap();
    let (code, said) = checked(&place, "journal:text");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("this is not a journal: choose another path"), "{said}");
    let (code, said) = checked(&place, "journal:none/a.journal");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("folder: make the folder"), "{said}");
    assert!(!said.contains("locks do not hold"), "{said}");
    assert!(!place.path("none").exists(), "a check makes no folder");
    let (code, said) = checked(&place, "http://127.0.0.1:1");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("HPO_TOKEN") && !said.contains("listen_addresses"), "{said}");
    let (code, said) = checked(&place, "postgresql://ann:s3cret@127.0.0.1:1/hpo?connect_timeout=2");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("listen_addresses") && !said.contains("s3cret"), "{said}");
    let (code, said) = checked(&place, "jornal:x");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("write `journal:PATH`"), "{said}");
}

#[test]
fn a_database_is_checked_and_its_scratch_study_is_removed() {
    let Ok(url) = std::env::var("HPO_TEST_POSTGRES") else {
        eprintln!(
            "left out, since HPO_TEST_POSTGRES is no URL of PostgreSQL (run scripts/postgres.sh)"
        );
        return;
    };
    let place = Place::new();
    let (code, said) = checked(&place, &url);
    assert_eq!(code, Some(0), "{said}");
    for word in
        ["PostgreSQL ", "answers in ", " clock ", "more workers can connect", "none was lost"]
    {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    let studies = place.works(&["studies", &url, "--format", "csv"]);
    assert!(!studies.contains("hpo-doctor"), "{studies}");
}

#[test]
fn the_second_process_may_be_on_another_machine() {
    let Ok(config) = std::env::var("HPO_TEST_SSH_CONFIG") else {
        eprintln!(
            "left out, since HPO_TEST_SSH_CONFIG is no configuration of ssh (run scripts/sshd.sh)"
        );
        return;
    };
    let place = Place::new();
    let url = format!("journal:{}?lock=link", place.path("a").display());
    let arguments = ["doctor", &url, "--with", "node-b", "--arg=-F", "--arg", &config];
    let output = place.command(&arguments).output().unwrap();
    let (stdout, stderr) = texts(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("2 processes here and on node-b wrote 100 changes"), "{stdout}");
}
