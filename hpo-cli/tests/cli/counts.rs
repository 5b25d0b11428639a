//! Numbers on the command line and in the lines of `serve`: an absurd one is refused, or costs
//! nothing.

use hpo_core::prelude::*;
use hpo_core::sampler::Random;

use super::{fed, hpo, journal, space, works};

/// The largest numbers of 32 and of 64 bits, and one that is larger.
const HUGE: [&str; 3] = ["4294967295", "18446744073709551615", "99999999999999999999999"];

/// Flags that take a number, with the command before them.
const FLAGS: [(&[&str], &str); 8] = [
    (&["trials", "--study", "iris"], "--limit"),
    (&["studies"], "--limit"),
    (&["best", "--study", "iris"], "--count"),
    (&["best", "--study", "iris"], "--n"),
    (&["importance", "--study", "iris"], "--objective"),
    (&["ask", "--study", "iris"], "--most"),
    (&["ask", "--study", "iris"], "--seed"),
    (&["tell", "--study", "iris", "--value", "1"], "--trial"),
];

#[test]
fn huge_numbers_of_flags_are_refused_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    for (command, flag) in FLAGS {
        for number in HUGE {
            let arguments: Vec<&str> =
                [&command[..1], &[url.as_str()], &command[1..], &[flag, number]].concat();
            let output = hpo(&arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
            assert!(!said.contains("unexpected argument"), "{arguments:?}: {said}");
            // 0 for what is harmless, 1 for what there is not, 2 for what is no number of this
            // kind.
            let code = output.status.code();
            assert!(
                code == Some(0) || matches!(code, Some(1 | 2)) && !said.is_empty(),
                "{arguments:?}: {code:?} {said}"
            );
        }
    }
}

#[test]
fn limits_that_exceed_what_there_is_show_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let all = works(&["trials", &url, "--study", "iris"]);
    assert_eq!(works(&["trials", &url, "--study", "iris", "--limit", HUGE[0]]), all);
    let best = works(&["best", &url, "--study", "iris", "--count", "4"]);
    assert_eq!(works(&["best", &url, "--study", "iris", "--count", HUGE[0]]), best);
}

#[test]
fn huge_settings_of_a_sampler_are_refused_with_their_bound() {
    let folder = tempfile::tempdir().unwrap();
    let space = space(folder.path());
    let url = format!("journal:{}", folder.path().join("new.journal").display());
    for setting in [
        r#"{"grid": {"levels": N}}"#,
        r#"{"tpe": {"candidates": N}}"#,
        r#"{"nsga2": {"population": N}}"#,
    ] {
        for number in HUGE {
            let sampler = setting.replace('N', number);
            let output = hpo(&[
                "ask",
                &url,
                "--space",
                &space,
                "--direction",
                "minimize",
                "--sampler",
                &sampler,
            ]);
            assert!(!output.status.success(), "{sampler}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains("give ") || said.contains("invalid"), "{sampler}: {said}");
        }
    }
    assert!(
        !std::path::Path::new(&url["journal:".len()..]).exists(),
        "a refused setting makes no study"
    );
}

#[test]
fn huge_numbers_in_the_lines_of_serve_are_refused_or_harmless() {
    let x = r#"{"name": "x", "type": "float", "low": 0, "high": 1}"#;
    for number in HUGE {
        for setting in ["budget", "seed"] {
            let lines = format!(
                "{{\"space\": [{x}], \"{setting}\": {number}, \"pruner\": \"hyperband\"}}\n{{\"space\": [{x}]}}\n{{\"ask\": 1}}\n{{\"report\": 0, \"step\": {number}, \"value\": 1}}\n{{\"tell\": {number}, \"value\": 1}}\n"
            );
            let output = fed(&["serve"], &lines);
            let answers = String::from_utf8(output.stdout).unwrap();
            assert!(
                output.status.success(),
                "{lines}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert_eq!(answers.lines().count(), 5, "each line is answered: {answers}");
        }
    }
}

#[test]
fn a_study_with_the_largest_step_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("steps.journal").display());
    let study =
        Study::<super::Classifier>::minimize().sampler(Random).storage(&*url).name("steps").seed(1);
    let run = study.open().unwrap().optimize(3, |_, trial: &mut Trial<'_>| {
        trial.report(u64::from(u32::MAX), 1.0)?;
        Ok::<_, TrialError>(1.0)
    });
    assert_eq!(run.unwrap().complete, 3);
    works(&["trials", &url, "--format", "json"]);
    works(&["export", &url]);
}
