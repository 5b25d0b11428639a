//! From a table to a saved model: no leaks, honest figures, files that last.

#![allow(clippy::format_push_string, reason = "tables of tests are written line by line")]

use hpo_linfa::context::FitContext;
use hpo_linfa::features::{Feature, Features, Targets};
use hpo_linfa::learner::{TableClassifier, TableEstimator, TableRegressor};
use hpo_linfa::metric::Metric;
use hpo_linfa::preprocess::{CategoryEncoding, Imputation, NumberTransform, Preprocessing};
use hpo_linfa::{Model, ModelError, Table, TableFit, TableMetric, TableSearch};

/// A table of two numbers, one with gaps, a category and a target: `price`, `sold` or `zone`.
fn csv(rows: usize, target: &str) -> String {
    let mut text = format!("size,city,age,{target}\n");
    for row in 0..rows {
        let size = row * 37 % 101;
        let city = ["Bern", "Rome", "Oslo"][row * 7 % 3];
        let age = if row % 5 == 0 { String::new() } else { (row * 13 % 50).to_string() };
        let price = size as f64 * 1.5 + (row * 7 % 3) as f64 * 20.0 + (row * 11 % 7) as f64;
        let sold = if price > 90.0 { "yes" } else { "no" };
        let target = match target {
            "sold" => sold.to_owned(),
            "zone" => ["inner", "outer", "rural"][row * 37 % 101 / 35].to_owned(),
            _ => price.to_string(),
        };
        text += &format!("{size},{city},{age},{target}\n");
    }
    text
}

fn fitted(target: &str, trials: u64) -> TableFit {
    let table = Table::from_csv_text(&csv(120, target)).unwrap().target(target).unwrap();
    TableSearch::new().trials(trials).folds(3).run(&table).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_starter_is_saved_and_loaded_with_the_same_predictions_bit_for_bit() {
    fn check<E: TableEstimator>(target: &str) {
        let table = Table::from_csv_text(&csv(90, target)).unwrap().target(target).unwrap();
        for config in E::starters(90) {
            let context = FitContext::new(3);
            let fitted = config.fit(table.features(), table.targets(), 7, context).unwrap();
            let text = serde_json::to_string(&fitted).unwrap();
            let loaded: hpo_linfa::learner::FittedEstimator = serde_json::from_str(&text).unwrap();
            let told = fitted.predict(table.features());
            assert!(told.iter().all(|value| value.is_finite()), "{}", config.name());
            assert_eq!(bits(&told), bits(&loaded.predict(table.features())), "{}", config.name());
        }
    }
    check::<TableClassifier>("sold");
    check::<TableClassifier>("zone");
    check::<TableRegressor>("price");
}

#[test]
fn a_saved_model_predicts_new_rows_and_tells_what_is_wrong_with_them() {
    let fit = fitted("price", 6);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("price.hpo");
    fit.model().save(&path).unwrap();
    let model = Model::load(&path).unwrap();
    assert_eq!(&model, fit.model());
    let new = Table::from_csv_text("extra,city,age,size\n1,Rome,,50\n2,Paris,10,70\n").unwrap();
    let told = model.predict(&new).unwrap();
    assert_eq!(told.rows(), 2);
    assert!((told.number(0) - 95.0).abs() < 25.0, "{}", told.number(0));
    assert!(told.notes()[0].contains("first `Paris` in line 3"), "{:?}", told.notes());
    assert!(told.notes()[1].contains("`extra`"), "{:?}", told.notes());
    let missing = model.predict(&Table::from_csv_text("city,age\nRome,1\n").unwrap()).unwrap_err();
    assert!(missing.to_string().starts_with("there is no column `size`"), "{missing}");
    let text = Table::from_csv_text("city,age,size\nRome,1,large\n").unwrap();
    assert_eq!(
        model.predict(&text).unwrap_err().to_string(),
        "line 2, column `size`: `large` is no number"
    );
}

#[test]
fn classes_keep_the_labels_of_the_user() {
    let fit = fitted("sold", 5);
    let new = Table::from_csv_text("size,city,age\n100,Rome,3\n0,Bern,3\n").unwrap();
    let told = fit.model().predict(&new).unwrap();
    assert_eq!(told.labels(), ["no", "yes"]);
    assert_eq!((told.label(0), told.label(1)), (Some("yes"), Some("no")));
    assert!((told.probabilities(0).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(fit.model().score(&Table::from_csv_text(&csv(60, "sold")).unwrap()).unwrap() > 0.8);
    let unknown = Table::from_csv_text("size,city,age,sold\n1,Rome,3,perhaps\n").unwrap();
    let said = fit.model().score(&unknown).unwrap_err().to_string();
    assert_eq!(said, "line 2, column `sold`: `perhaps` is no class that was learned");
}

#[test]
fn files_that_are_no_models_or_damaged_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.hpo");
    fitted("price", 3).model().save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Model::load(&path).unwrap_err()
    };
    assert!(matches!(load(""), ModelError::NoModel { .. }));
    assert!(matches!(load("a,b\n1,2\n"), ModelError::NoModel { .. }));
    assert!(matches!(load(&text[..text.len() / 2]), ModelError::Damaged { .. }));
    let later = text.replacen("\"hpo_model\":1", "\"hpo_model\":9", 1);
    assert!(matches!(load(&later), ModelError::Version { version: 9, .. }));
    let damaged = text.replacen("price", "prize", 1);
    assert!(matches!(load(&damaged), ModelError::Damaged { .. }));
    assert!(matches!(Model::load(folder.path().join("none")), Err(ModelError::File { .. })));
}

#[test]
fn the_same_seed_gives_the_same_model() {
    assert_eq!(fitted("price", 5).model(), fitted("price", 5).model());
}

#[test]
fn an_ensemble_is_a_weighted_mean() {
    let table = Table::from_csv_text(&csv(120, "price")).unwrap().target("price").unwrap();
    let fit = TableSearch::new().trials(8).folds(3).ensemble(true).run(&table).unwrap();
    let sum: f64 = fit.model().members().iter().map(hpo_linfa::saved::Member::weight).sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert!(fit.summary().contains("r2 on new rows"), "{}", fit.summary());
}

#[test]
fn pure_noise_is_told_to_be_noise_although_the_best_trial_looks_better() {
    let mut text = "a,b,y\n".to_owned();
    for row in 0_u64..150 {
        let bit = (row * row * 7 + row * 3) % 11 % 2;
        text += &format!("{},{},{bit}\n", row * 31 % 97, row * 57 % 89);
    }
    let table = Table::from_csv_text(&text).unwrap().target("y").unwrap();
    let fit = TableSearch::new().trials(25).run(&table).unwrap();
    let estimate = fit.estimate();
    assert!(estimate.score < fit.best_in_search(), "{estimate:?}, {}", fit.best_in_search());
    assert!(estimate.low < 0.55 && estimate.high > 0.55, "{estimate:?}");
}

#[test]
fn a_metric_of_another_kind_of_learning_is_an_error() {
    let table = Table::from_csv_text(&csv(60, "price")).unwrap().target("price").unwrap();
    let search = TableSearch::new().trials(2).metric(TableMetric::Classes(Metric::F1));
    let said = search.run(&table).unwrap_err().to_string();
    assert!(said.starts_with("`f1` cannot score such a target: choose one of r2, rmse"), "{said}");
}

#[test]
fn a_class_with_a_single_row_does_not_end_the_search() {
    let text = csv(60, "sold") + "3,Rome,4,perhaps\n";
    let table = Table::from_csv_text(&text).unwrap().target("sold").unwrap();
    assert!(table.notes()[0].contains("`perhaps` has a single row"), "{:?}", table.notes());
    let fit = TableSearch::new().trials(8).run(&table).unwrap();
    assert_eq!(fit.model().target().labels.len(), 3);
    assert!(fit.estimators().iter().all(|row| row.failed == 0), "{:?}", fit.estimators());
}

fn preprocessing(categories: CategoryEncoding, imputation: Imputation) -> Preprocessing {
    let numbers = NumberTransform::Quantiles;
    Preprocessing { imputation, gap_indicators: true, categories, numbers }
}

fn some_features() -> (Features, Targets) {
    let values = (0..40).map(|row| if row % 4 == 0 { f64::NAN } else { f64::from(row).exp() });
    let number = Feature { name: "x".into(), categories: None, values: values.collect() };
    let codes = (0..40).map(|row| if row == 7 { f64::NAN } else { f64::from(row % 6) });
    let category = Feature { name: "c".into(), categories: Some(6), values: codes.collect() };
    let targets = Targets::Numbers((0..40).map(|row| f64::from(row * row % 17)).collect());
    (Features { rows: 40, columns: vec![number, category] }, targets)
}

#[test]
fn prepared_features_are_finite_and_gaps_get_a_column() {
    let (features, targets) = some_features();
    for categories in [
        CategoryEncoding::Ordinal,
        CategoryEncoding::OneHot { most: 4 },
        CategoryEncoding::TargetMean { smoothing: 5.0 },
    ] {
        for imputation in [Imputation::Mean, Imputation::Median, Imputation::MostFrequent] {
            let (fitted, train) = preprocessing(categories, imputation).fit(&features, &targets, 0);
            let again = fitted.transform(&features);
            assert_eq!(train.dim(), again.dim());
            assert!(train.iter().chain(&again).all(|value| value.is_finite()));
            assert_eq!(train[(0, 1)], 1.0, "a gap has an indicator");
            let width = if let CategoryEncoding::OneHot { .. } = categories { 6 } else { 3 };
            assert_eq!(train.ncols(), width);
        }
    }
}

#[test]
fn no_row_sees_its_own_target_in_target_means() {
    let (features, targets) = some_features();
    let Targets::Numbers(numbers) = &targets else { unreachable!() };
    let means = preprocessing(CategoryEncoding::TargetMean { smoothing: 1.0 }, Imputation::Mean);
    let (_, before) = means.fit(&features, &targets, 0);
    for row in 0..40 {
        let mut changed = numbers.clone();
        changed[row] += 1000.0;
        let (_, after) = means.fit(&features, &Targets::Numbers(changed), 0);
        assert_eq!(before.row(row), after.row(row), "row {row}");
    }
}

#[test]
fn a_large_table_is_raced_from_a_tenth_of_its_rows() {
    let table = Table::from_csv_text(&csv(5_000, "price")).unwrap().target("price").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("fit.journal").display());
    let fit = TableSearch::new().trials(5).folds(3).storage(&url).run(&table).unwrap();
    assert!(fit.estimate().score > 0.9, "{:?}", fit.estimate());
    let study =
        hpo_core::Study::<TableRegressor>::maximize().storage(url).name("r2").open().unwrap();
    let steps: Vec<usize> =
        study.trials().unwrap().iter().map(|trial| trial.reports.len()).collect();
    assert!(steps.contains(&5), "two parts with fewer rows, then three folds: {steps:?}");
    assert!(steps.contains(&1), "a loser has seen a tenth of the rows: {steps:?}");
}

#[test]
fn workers_change_nothing_but_the_time_of_finalists() {
    let table = Table::from_csv_text(&csv(120, "price")).unwrap().target("price").unwrap();
    let fit = |workers| {
        let search = TableSearch::new().trials(1).folds(3).workers(workers);
        search.run(&table).unwrap().model().clone()
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn balanced_classes_are_found_more_often() {
    use hpo_linfa::class_weights::{ClassWeights, Weighted};
    // One of four rows with a large x is rare.
    let mut text = "x,y\n".to_owned();
    for row in 0_u64..400 {
        let x = row * 37 % 100;
        let rare = x > 80 && (row / 100 + x).is_multiple_of(4);
        text += &format!("{x},{}\n", if rare { "rare" } else { "usual" });
    }
    let table = Table::from_csv_text(&text).unwrap().target("y").unwrap();
    let found = |class_weights, config: fn(ClassWeights) -> TableClassifier| {
        let config = config(class_weights);
        let context = FitContext::new(1);
        let fitted = config.fit(table.features(), table.targets(), 20, context).unwrap();
        let told = fitted.predict(table.features());
        told.chunks(2).filter(|row| row[0] > row[1]).count()
    };
    let boosting = |class_weights| {
        let TableClassifier::Boosting(own) = TableClassifier::starters(400).remove(1) else {
            unreachable!()
        };
        TableClassifier::Boosting(Weighted { class_weights, ..own })
    };
    let forest = |class_weights| {
        let TableClassifier::Forest(mut own) = TableClassifier::starters(400).remove(4) else {
            unreachable!()
        };
        own.estimator.min_rows = 20;
        TableClassifier::Forest(Weighted { class_weights, ..own })
    };
    for config in [boosting as fn(ClassWeights) -> TableClassifier, forest] {
        let (equal, balanced) =
            (found(ClassWeights::Equal, config), found(ClassWeights::Balanced, config));
        assert!(balanced > equal + 20, "{balanced} {equal}");
    }
}

#[test]
fn a_study_of_another_table_or_seed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("fit.journal").display());
    let table = |rows| Table::from_csv_text(&csv(rows, "price")).unwrap().target("price").unwrap();
    let search = || TableSearch::new().trials(2).folds(3).storage(&url);
    search().run(&table(60)).unwrap();
    let said = |fit: Result<TableFit, hpo_linfa::Error>| fit.unwrap_err().to_string();
    assert!(said(search().run(&table(70))).contains("a search with another table"));
    assert!(said(search().seed(5).run(&table(60))).contains("a search with another splits"));
    let again = search().trials(3).run(&table(60)).unwrap();
    assert_eq!(again.trials(), 1, "the others are there already");
}

#[test]
fn a_resumed_search_estimates_its_own_winner() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("fit.journal").display());
    let table = Table::from_csv_text(&csv(90, "price")).unwrap().target("price").unwrap();
    let fit =
        |trials| TableSearch::new().trials(trials).folds(3).storage(&url).run(&table).unwrap();
    let (first, again) = (fit(6), fit(6));
    assert_eq!(again.trials(), 0);
    assert_eq!(first.model().members()[0].config(), again.model().members()[0].config());
    let (own, resumed) = (first.estimate().score, again.estimate().score);
    assert!((own - resumed).abs() < 0.1, "{own} {resumed}");
}

#[test]
fn a_perfect_score_of_few_rows_has_an_interval() {
    let rows = (0..30).map(|row| format!("{row},{}\n", if row < 15 { "low" } else { "high" }));
    let text = format!("x,y\n{}", rows.collect::<String>());
    let table = Table::csv().kind("x", hpo_linfa::table::Kind::Number).parse(text.as_bytes());
    let fit = TableSearch::new().trials(4).run(&table.unwrap().target("y").unwrap()).unwrap();
    let estimate = fit.estimate();
    assert!(estimate.low < 0.95 && estimate.high <= 1.0, "{estimate:?}");
    let few = Table::from_csv_text(&csv(12, "sold")).unwrap().target("sold").unwrap();
    let fit = TableSearch::new().trials(2).folds(3).run(&few).unwrap();
    assert!(fit.estimate().score.is_nan() && fit.summary().contains("too few rows"));
}

#[test]
fn a_class_that_is_never_found_is_not_forgotten_by_f1() {
    let rows = (0_u64..300).map(|row| {
        let y = if row % 100 == 7 { "rare" } else { "usual" };
        format!("{},{},{y}\n", row * 31 % 97, row * row % 89)
    });
    let table = Table::from_csv_text(&format!("a,b,y\n{}", rows.collect::<String>())).unwrap();
    let search = TableSearch::new().trials(4).metric(TableMetric::Classes(Metric::F1));
    let fit = search.run(&table.target("y").unwrap()).unwrap();
    // Never predicting the rare class has 0.4975.
    assert!(fit.best_in_search() < 0.56, "{}", fit.best_in_search());
    assert!(fit.estimate().score < 0.56, "{:?}", fit.estimate());
}

#[test]
fn rows_without_a_target_are_left_out_of_a_score() {
    let fit = fitted("price", 3);
    let rows = Table::from_csv_text("size,city,age,price\n50,Rome,3,95\n20,Bern,3,\n").unwrap();
    let (_, notes) = fit.model().scored(&rows).unwrap();
    assert_eq!(notes[0], "1 row without a value of `price` left out, first line 3");
}

#[test]
fn a_score_leaves_out_rows_without_a_target_as_a_fit_does() {
    let fit = fitted("price", 4);
    let score = |text: &str| fit.model().score(&Table::from_csv_text(text).unwrap()).unwrap();
    assert_eq!(score(&(csv(60, "price") + "3,Rome,4,\n")), score(&csv(60, "price")));
}

#[test]
fn linear_models_depend_neither_on_the_origin_nor_on_the_unit_of_the_target() {
    let table = Table::from_csv_text(&csv(120, "price")).unwrap().target("price").unwrap();
    let Targets::Numbers(truth) = table.targets() else { panic!("no numbers") };
    let [linear, ..] = &TableRegressor::starters(120)[..] else { panic!("no starter") };
    assert_eq!(linear.name(), "elastic net");
    let told = |unit: f64, origin: f64| {
        let targets = Targets::Numbers(truth.iter().map(|value| value * unit + origin).collect());
        let fitted = linear.fit(table.features(), &targets, 0, FitContext::new(0)).unwrap();
        let told = fitted.predict(table.features()).into_iter();
        told.map(|value| (value - origin) / unit).collect::<Vec<f64>>()
    };
    let plain = told(1.0, 0.0);
    let far = plain.iter().zip(truth).map(|(told, truth)| (told - truth).abs());
    assert!(far.fold(0.0, f64::max) < 20.0, "{plain:?}");
    for (unit, origin) in [(1.0, 1e4), (1e-6, 0.0), (1e6, -1e7)] {
        for (own, other) in plain.iter().zip(told(unit, origin)) {
            assert!((own - other).abs() < 1e-3, "{unit} {origin}: {own} and {other}");
        }
    }
}

#[test]
fn machines_of_many_classes_ask_for_the_time_between_classes() {
    let table = Table::from_csv_text(&csv(90, "zone")).unwrap().target("zone").unwrap();
    let svc = TableClassifier::starters(90).into_iter().find(|config| config.name() == "SVC");
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let over = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1;
    let context = FitContext::until(0, &over);
    let fitted = svc.unwrap().fit(table.features(), table.targets(), 0, context);
    assert_eq!(fitted.unwrap_err().to_string(), "the time is over");
}
