//! `hpo fit`, `hpo predict` and `hpo score` on files, as users run them.

#![allow(clippy::format_push_string, reason = "tables of tests are written line by line")]

use std::path::Path;

use super::{file, hpo, works};

/// A table of 80 rows with a gap in every fifth row.
fn flats(folder: &Path) -> String {
    let mut text = "size;city;rent;large\n".to_owned();
    for row in 0..80 {
        let size = 20 + row * 37 % 101;
        let city = ["Bern", "Rome", ""][row * 7 % 3];
        let rent = 300 + 11 * size + row * 29 % 90;
        let large = if size > 60 { "yes" } else { "no" };
        text += &format!("{size};{city};{rent};{large}\n");
    }
    file(folder, "flats.csv", &text)
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = hpo(arguments);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_model_is_fitted_saved_and_used_by_other_processes() {
    let folder = tempfile::tempdir().unwrap();
    let table = flats(folder.path());
    let model = folder.path().join("rent.hpo").display().to_string();
    let told = works(&["fit", &table, "--target", "rent", "--trials", "4", "--out", &model]);
    assert!(told.contains("80 rows, 4 columns; target `rent`: a number"), "{told}");
    assert!(told.contains("r2 on new rows: 0.9"), "{told}");
    let score = works(&["score", &model, &table]);
    assert!(score.starts_with("r2 0.9"), "{score}");
    let new = file(folder.path(), "new.csv", "large,city,size\nno,Rome,50\nyes,,100\n");
    let first = works(&["predict", &model, &new]);
    assert_eq!(first.lines().next(), Some("rent"));
    assert_eq!(first.lines().count(), 3);
    let out = folder.path().join("out.csv").display().to_string();
    assert_eq!(works(&["predict", &model, &new, "--out", &out]), "");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), first);
}

#[test]
fn classes_have_probabilities_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let table = flats(folder.path());
    let model = folder.path().join("large.hpo").display().to_string();
    let fit = ["fit", &table, "--target", "large", "--metric", "log_loss", "--trials", "3"];
    works(&[&fit[..], &["--type", "rent=identifier", "-o", &model, "--ensemble"]].concat());
    let new = file(folder.path(), "new.csv", "size,city\n110,Rome\n25,Bern\n");
    let told = works(&["predict", &model, &new, "--proba"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "large,large=no,large=yes");
    assert!(lines[1].starts_with("yes,0.") && lines[2].starts_with("no,0."), "{told}");
}

#[test]
fn mistakes_are_named_with_their_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let table = flats(folder.path());
    let said = refused(&["fit", &table, "--target", "rnet"]);
    assert!(said.contains("there is no column `rnet`, did you mean `rent`?"), "{said}");
    let said = refused(&["fit", &table, "--target", "rent", "--metric", "f1"]);
    assert!(said.contains("no metric `f1` for this target; there are r2, rmse"), "{said}");
    let said = refused(&["fit", &table, "--target", "rent", "--type", "zip=category"]);
    assert!(said.contains("there is no column `zip`"), "{said}");
    let said = refused(&["fit", "none.csv", "--target", "rent"]);
    assert!(said.contains("`none.csv` cannot be read"), "{said}");
    let said = refused(&["predict", &table, &table]);
    assert!(said.contains("is no model of `hpo fit`"), "{said}");
    assert_eq!(hpo(&["fit", &table, "--target", "rent", "--time", "soon"]).status.code(), Some(2));
}

#[test]
fn names_that_are_numbers_are_a_header_if_the_user_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..40).map(|row| format!("{row}.5,{}.5\n", row * 3 % 40)).collect();
    let rows = rows.concat();
    let table = file(folder.path(), "numbers.csv", &format!("7,9\n{rows}"));
    let model = folder.path().join("numbers.hpo").display().to_string();
    let fit = ["fit", &table, "--target", "9", "--trials", "1", "--out", &model];
    assert!(refused(&fit).contains("there is no column `9`"));
    let told = works(&[&fit[..], &["--header", "yes"]].concat());
    assert!(told.contains("40 rows, 2 columns; target `9`: a number"), "{told}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_the_best_model_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let table = flats(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (model, study) = (path("rent.hpo"), path("fit.journal"));
    let arguments = ["fit", &table, "--target", "rent", "--time", "1h", "--storage", &study];
    let mut command = super::command(&[&arguments[..], &["--out", &model]].concat());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    while !hpo(&["best", &study]).status.success() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("interrupted: this is the best so far"), "{told}");
    assert!(works(&["score", &model, &table]).starts_with("r2 "));
}
