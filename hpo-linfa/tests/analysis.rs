//! The report of a model: its figures come from rows that the model has not seen.

#![allow(clippy::format_push_string, reason = "tables of tests are written line by line")]

use hpo_core::report::Report;
use hpo_linfa::{Table, TableSearch};
use serde_json::Value;

/// A table of a number that decides, noise, a category and a target: `price`, `sold` or `zone`.
fn csv(rows: usize, target: &str) -> String {
    let mut text = format!("size,noise,city,{target}\n");
    for row in 0..rows {
        let size = row * 37 % 101;
        let city = ["Bern", "Rome", "Oslo"][row * 7 % 3];
        let price = size as f64 * 1.5 + (row * 7 % 3) as f64 * 5.0 + (row * 11 % 7) as f64;
        let target = match target {
            "sold" => if price > 80.0 { "yes" } else { "no" }.to_owned(),
            "zone" => ["inner", "outer", "rural"][size / 35].to_owned(),
            _ => price.to_string(),
        };
        text += &format!("{size},{},{city},{target}\n", row * 53 % 89);
    }
    text
}

fn report(target: &str) -> (Report, hpo_linfa::Model) {
    let table = Table::from_csv_text(&csv(150, target)).unwrap().target(target).unwrap();
    let fit = TableSearch::new().trials(4).folds(3).report(true).run(&table).unwrap();
    (fit.report().unwrap().clone(), fit.model().clone())
}

fn kinds(report: &Report) -> Vec<&'static str> {
    report.figures().iter().map(hpo_core::report::figure::Figure::kind).collect()
}

fn data(report: &Report, kind: &str) -> Value {
    let figure = report.figures().iter().find(|figure| figure.kind() == kind).unwrap();
    serde_json::to_value(figure).unwrap()["custom"]["data"].clone()
}

#[test]
fn a_regression_has_predictions_residuals_importances_and_dependences() {
    let (report, model) = report("price");
    let own = ["predictions", "residuals", "permutation_importance", "partial_dependence"];
    assert_eq!(kinds(&report)[..4], own);
    assert_eq!(kinds(&report)[4], "estimators");
    assert!(kinds(&report).contains(&"history"), "the study follows: {:?}", kinds(&report));
    let importances = data(&report, "permutation_importance")["importances"].clone();
    assert_eq!(importances[0]["column"], "size", "{importances}");
    assert!(importances[0]["low"].as_f64().unwrap() > 0.5, "{importances}");
    let noise = importances.as_array().unwrap().iter().find(|own| own["column"] == "noise");
    assert!(noise.unwrap()["importance"].as_f64().unwrap() < 0.05, "{importances}");
    // Out-of-fold predictions are worse than those of the model on its own rows.
    let out_of_fold = data(&report, "predictions");
    let predicted = out_of_fold["predicted"][0].as_f64().unwrap();
    let table = Table::from_csv_text(&csv(150, "price")).unwrap();
    assert!((model.predict(&table).unwrap().number(0) - predicted).abs() > 1e-9);
    let dependence = data(&report, "partial_dependence");
    assert_eq!(dependence[0]["column"], "size");
    let means = dependence[0]["predictions"][0]["means"].as_array().unwrap();
    let (first, last) = (means[0].as_f64().unwrap(), means[means.len() - 1].as_f64().unwrap());
    assert!(last > first + 100.0, "a larger size has a higher price: {first} {last}");
    assert!(report.json()["facts"]["target"].as_str().unwrap().contains("price"));
}

#[test]
fn a_classifier_has_a_confusion_matrix_curves_and_calibration() {
    for (target, classes) in [("sold", 2), ("zone", 3)] {
        let (report, _) = report(target);
        assert_eq!(kinds(&report)[..3], ["confusion_matrix", "roc", "calibration"], "{target}");
        let counts = data(&report, "confusion_matrix")["counts"].clone();
        let all = counts.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap().clone());
        assert_eq!(all.map(|count| count.as_u64().unwrap()).sum::<u64>(), 150, "each row once");
        assert_eq!(counts.as_array().unwrap().len(), classes);
        let area = data(&report, "roc")[0]["area"].as_f64().unwrap();
        assert!(area > 0.8 && area <= 1.0, "{area}");
        for figure in report.figures() {
            let drawn = figure.plotly();
            assert!(!drawn["data"].as_array().unwrap().is_empty(), "{}", figure.kind());
        }
    }
}

#[test]
fn a_saved_model_is_reported_on_rows_that_were_kept_apart() {
    let (_, model) = report("sold");
    let kept_apart = Table::from_csv_text(&csv(60, "sold")).unwrap();
    let report = model.report(&kept_apart).unwrap();
    assert!(report.overviews().is_empty() && report.table().rows.is_empty());
    let own = ["confusion_matrix", "roc", "calibration", "permutation_importance"];
    assert_eq!(kinds(&report)[..4], own);
    let score = model.score(&kept_apart).unwrap();
    let facts = report.json()["facts"].to_string();
    assert!(facts.contains(&format!("{score:.4}")), "{facts}");
    let unknown = Table::from_csv_text("size,noise,city\n1,2,Rome\n").unwrap();
    let said = model.report(&unknown).unwrap_err().to_string();
    assert!(said.starts_with("there is no column `sold`"), "{said}");
}
