//! Artifacts of trials: ours, and those that Optuna reads and writes.

use hpo_core::Error;
use hpo_core::artifact::ArtifactError;
use hpo_core::prelude::*;
use hpo_core::space::{Params, Space};
use hpo_core::trial::{AttributeScope, Outcome, State};
use hpo_tests::{Folder, OPTUNA};
use serde_json::{Value as Json, json};

use super::seen::run;
use super::{Place, places};

fn study(url: &str, folder: Option<&Folder>) -> Study<Params> {
    let space = Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap();
    let study = Study::<Params>::minimize().space(space).storage(url).name("pictures").seed(1);
    let study =
        folder.into_iter().fold(study, |study, folder| study.artifacts(folder.path("files")));
    study.open().unwrap()
}

/// Two files a trial; the second text of one name replaces the first.
fn draw(_: Params, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    trial.artifact("a curve.csv", b"x")?;
    trial.artifact("a curve.csv", b"x,y")?;
    trial.artifact("mo\u{308}bel.bin", trial.number().to_string().as_bytes())?;
    Ok(trial.number() as f64)
}

#[test]
fn artifacts_are_found_by_name_and_by_another_process() {
    let folder = Folder::new("artifacts");
    for Place { url, .. } in &places(&folder) {
        study(url, Some(&folder)).optimize(3, draw).unwrap();
        let again = study(url, Some(&folder));
        let names: Vec<String> =
            again.artifacts(2).unwrap().into_iter().map(|artifact| artifact.name).collect();
        assert_eq!(names, ["a curve.csv", "mo\u{308}bel.bin"]);
        assert_eq!(again.artifact(2, "a curve.csv").unwrap().unwrap(), b"x,y");
        assert_eq!(again.artifact(2, "mo\u{308}bel.bin").unwrap().unwrap(), b"2");
        assert_eq!(again.artifact(2, "another").unwrap(), None);
        assert_eq!(again.artifact(17, "a curve.csv").unwrap(), None);
        let gone = &again.artifacts(1).unwrap()[0];
        std::fs::remove_file(folder.path("files").join(&gone.id)).unwrap();
        assert_eq!(again.artifact(1, &gone.name).unwrap(), None);
        let elsewhere = study(url, None).artifact(2, "a curve.csv").unwrap_err();
        assert!(matches!(elsewhere, Error::Artifact(ArtifactError::NoFolder)), "{elsewhere}");
    }
}

#[test]
fn a_name_that_leads_elsewhere_and_a_missing_folder_fail_the_trial() {
    let folder = Folder::new("artifacts");
    let message = |study: &Study<Params>, name: &str| {
        let run = study.optimize(study.trials().unwrap().len() as u64 + 1, |_, trial| {
            trial.artifact(name, b"")?;
            Ok::<_, TrialError>(0.0)
        });
        // The first trials may fail all.
        drop(run);
        let last = study.trials().unwrap().pop().unwrap();
        assert_eq!(last.state, State::Failed);
        last.message.unwrap()
    };
    let kept = study("memory", Some(&folder));
    for name in ["../a", "a/b", "", "a\nb", "CON"] {
        assert!(message(&kept, name).starts_with("the name of the artifact "), "{name}");
    }
    let nowhere = message(&study("memory", None), "a");
    assert!(
        nowhere.starts_with("there is no folder for artifacts: write .artifacts("),
        "{nowhere}"
    );
    assert!(!folder.path("files").exists());
}

#[test]
fn a_record_of_another_program_cannot_name_a_file_elsewhere() {
    let folder = Folder::new("artifacts");
    let kept = study("memory", Some(&folder));
    std::fs::create_dir_all(folder.path("files")).unwrap();
    std::fs::write(folder.path("secret"), "mine").unwrap();
    let hostile = json!({"artifact_id": "../secret", "filename": "a", "mimetype": "text/plain"});
    let run = kept.optimize(1, |_, trial| {
        let (key, value) = ("artifacts:x", Json::from(hostile.to_string()));
        kept.oracle().note(trial.number(), AttributeScope::System, key, &value).unwrap();
        trial.artifact("a", b"theirs")?;
        Ok::<_, TrialError>(0.0)
    });
    assert_eq!(run.unwrap().failed, 1);
    assert!(kept.artifact(0, "a").unwrap_err().to_string().starts_with("the name of the artifact"));
    assert_eq!(std::fs::read(folder.path("secret")).unwrap(), b"mine");
}

#[test]
fn a_trial_that_somebody_else_has_ended_keeps_no_more() {
    let folder = Folder::new("artifacts");
    let kept = study("memory", Some(&folder));
    let _ = kept.optimize(1, |_, trial| {
        trial.artifact("a", b"before")?;
        kept.oracle().tell(trial.number(), Outcome::Failed("by hand")).unwrap();
        assert!(trial.artifact("a", b"after").is_err() && trial.artifact("b", b"after").is_err());
        Ok::<_, TrialError>(0.0)
    });
    assert_eq!(kept.artifact(0, "a").unwrap().unwrap(), b"before");
    assert_eq!(std::fs::read_dir(folder.path("files")).unwrap().count(), 1);
}

#[test]
fn optuna_reads_ours_and_we_read_its() {
    let Some(python) = OPTUNA.python("artifacts of both libraries") else {
        return;
    };
    let folder = Folder::new("artifacts");
    std::fs::write(folder.path("notes.md"), "# From Optuna").unwrap();
    let path = |name: &str| folder.path(name).display().to_string();
    for Place { url, .. } in &places(&folder) {
        let own = study(url, Some(&folder));
        own.optimize(2, draw).unwrap();
        let arguments = [url.as_str(), &path("files"), &path("notes.md")];
        let seen: Json = serde_json::from_str(&run(&python, "artifacts.py", &arguments)).unwrap();
        let mut seen = seen.as_array().unwrap().clone();
        seen.sort_by_key(|artifact| artifact["name"].to_string());
        assert_eq!(
            seen,
            [
                json!({"name": "a curve.csv", "type": "text/csv", "text": "x,y"}),
                json!({"name": "mo\u{308}bel.bin", "type": "application/octet-stream", "text": "0"}),
            ],
            "{url}"
        );
        assert_eq!(own.artifact(2, "notes.md").unwrap().unwrap(), b"# From Optuna", "{url}");
    }
}
