//! Boosting and forests on histograms: what they learn, gaps, categories, determinism.

use hpo_linfa::context::FitContext;
use hpo_linfa::features::{Feature, Features, Targets};
use hpo_linfa::stages;
use hpo_linfa::trees::{Boosting, CategorySplits, Forest, Thresholds};

const BOOSTING: Boosting = Boosting {
    learning_rate: 0.1,
    max_leaves: 16,
    min_rows: 5,
    lambda: 1.0,
    column_share: 1.0,
    row_share: 1.0,
    bins: 127,
    categories: CategorySplits::Sets,
};

const FOREST: Forest = Forest {
    thresholds: Thresholds::Best,
    n_estimators: 50,
    column_share: 0.7,
    min_rows: 2,
    categories: CategorySplits::Sets,
};

fn number(values: Vec<f64>) -> Feature {
    Feature { name: "x".to_owned(), categories: None, values }
}

fn category(codes: impl Iterator<Item = usize>, count: usize) -> Feature {
    let values = codes.map(|code| code as f64).collect();
    Feature { name: "c".to_owned(), categories: Some(count), values }
}

fn features(columns: Vec<Feature>) -> Features {
    Features { rows: columns[0].values.len(), columns }
}

/// A fixed sequence of numbers between 0 and 1 that look random.
fn noise(row: usize, stream: usize) -> f64 {
    let mut bits = (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (stream as u64) << 17;
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ bits >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

fn error(told: &[f64], truth: &[f64]) -> f64 {
    let squares = told.iter().zip(truth).map(|(a, b)| (a - b).powi(2));
    (squares.sum::<f64>() / truth.len() as f64).sqrt()
}

#[test]
fn boosting_learns_a_smooth_function_of_two_numbers() {
    let columns = (0..2).map(|c| number((0..800).map(|row| noise(row, c)).collect())).collect();
    let table = features(columns);
    let truth: Vec<f64> = (0..800)
        .map(|row| (6.0 * table.columns[0].values[row]).sin() + table.columns[1].values[row])
        .collect();
    let targets = Targets::Numbers(truth.clone());
    let fitted = BOOSTING.fit(&table, &targets, 150, FitContext::new(0)).unwrap();
    assert!(error(&fitted.predict(&table), &truth) < 0.05);
    let forest = FOREST.fit(&table, &targets, FitContext::new(0)).unwrap();
    assert!(error(&forest.predict(&table), &truth) < 0.1);
}

#[test]
fn gaps_are_learned_as_a_value_of_their_own() {
    let values: Vec<f64> =
        (0..300).map(|row| if row % 3 == 0 { f64::NAN } else { noise(row, 0) }).collect();
    let truth: Vec<f64> =
        values.iter().map(|value| if value.is_nan() { 5.0 } else { 1.0 }).collect();
    let table = features(vec![number(values)]);
    let targets = Targets::Numbers(truth.clone());
    let fitted = BOOSTING.fit(&table, &targets, 100, FitContext::new(0)).unwrap();
    assert!(error(&fitted.predict(&table), &truth) < 0.01);
    let forest = FOREST.fit(&table, &targets, FitContext::new(0)).unwrap();
    assert!(error(&forest.predict(&table), &truth) < 0.01);
}

#[test]
fn categories_are_split_into_sets_whatever_their_order() {
    let codes = || (0..600).map(|row| (noise(row, 1) * 20.0) as usize);
    let truth: Vec<f64> = codes().map(|code| f64::from(u8::from(code * 7 % 20 < 10))).collect();
    let table = features(vec![category(codes(), 20)]);
    let stump = Boosting { max_leaves: 2, learning_rate: 0.3, lambda: 0.001, ..BOOSTING };
    let fitted =
        stump.fit(&table, &Targets::Numbers(truth.clone()), 30, FitContext::new(0)).unwrap();
    assert!(error(&fitted.predict(&table), &truth) < 0.01);
}

#[test]
fn classes_have_probabilities_that_sum_to_one() {
    let table = features(vec![number((0..400).map(|row| noise(row, 0)).collect())]);
    for count in [2, 3, 5] {
        let codes: Vec<usize> =
            table.columns[0].values.iter().map(|value| (value * count as f64) as usize).collect();
        let targets = Targets::Classes { codes: codes.clone(), count };
        let boosting = BOOSTING.fit(&table, &targets, 50, FitContext::new(0)).unwrap();
        let forest = FOREST.fit(&table, &targets, FitContext::new(0)).unwrap();
        for told in [boosting.predict(&table), forest.predict(&table)] {
            let mut right = 0;
            for (row, code) in told.chunks_exact(count).zip(&codes) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                assert!(row.iter().all(|probability| *probability >= 0.0));
                right += usize::from(row[*code] > 0.5);
            }
            assert!(right > 390, "{right} of 400 rows are right");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trees_and_another_seed_others() {
    let columns = (0..3).map(|c| number((0..200).map(|row| noise(row, c)).collect())).collect();
    let table = features(columns);
    let targets = Targets::Numbers((0..200).map(|row| noise(row, 9)).collect());
    let drawn = Boosting { column_share: 0.5, row_share: 0.6, ..BOOSTING };
    let fit = |seed| drawn.fit(&table, &targets, 10, FitContext::new(seed)).unwrap();
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
    for thresholds in [Thresholds::Best, Thresholds::Random] {
        let forest = Forest { thresholds, ..FOREST };
        let fit = |seed| forest.fit(&table, &targets, FitContext::new(seed)).unwrap();
        assert_eq!(fit(1), fit(1));
        assert_ne!(fit(1), fit(2));
    }
}

#[test]
fn early_stopping_finds_fewer_rounds_for_noise_than_for_a_signal() {
    let table = features(vec![number((0..600).map(|row| noise(row, 0)).collect())]);
    let rounds = |truth: Vec<f64>| {
        let (train, test): (Vec<usize>, Vec<usize>) = (0..600).partition(|row| row % 3 > 0);
        let targets = Targets::Numbers(truth);
        let part = |rows: &[usize]| (table.select(rows), targets.select(rows));
        let (train, test) = (part(&train), part(&test));
        let stages =
            BOOSTING.stages((&train.0, &train.1), (&test.0, &test.1), FitContext::new(0)).unwrap();
        let loss = |stage: &(usize, Vec<f64>)| stages::loss(&test.1, &stage.1);
        let best = stages.stages.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
        best.0
    };
    let noisy = rounds((0..600).map(|row| noise(row, 5)).collect());
    let smooth = rounds(table.columns[0].values.iter().map(|value| (9.0 * value).sin()).collect());
    assert!(noisy * 3 < smooth, "{noisy} rounds for noise, {smooth} for a signal");
}

#[test]
fn a_fit_ends_when_its_time_is_over() {
    let table = features(vec![number(vec![1.0, 2.0, 3.0])]);
    let targets = Targets::Numbers(vec![1.0, 2.0, 3.0]);
    let over = || true;
    let context = FitContext::until(0, &over);
    let said = BOOSTING.fit(&table, &targets, 5, context).unwrap_err().to_string();
    assert_eq!(said, "the time is over");
    assert!(FOREST.fit(&table, &targets, context).is_err());
}

#[test]
fn features_of_gaps_only_and_single_rows_are_no_problem() {
    let table = features(vec![number(vec![f64::NAN; 4]), category([0, 0, 0, 0].into_iter(), 1)]);
    let targets = Targets::Numbers(vec![1.0, 2.0, 3.0, 4.0]);
    let fitted = BOOSTING.fit(&table, &targets, 3, FitContext::new(0)).unwrap();
    assert!(fitted.predict(&table).iter().all(|told| (told - 2.5).abs() < 1e-9));
    let one = features(vec![number(vec![1.0])]);
    let forest = FOREST.fit(&one, &Targets::Numbers(vec![7.0]), FitContext::new(0)).unwrap();
    assert_eq!(forest.predict(&one), [7.0]);
}

#[test]
fn forests_depend_neither_on_the_origin_nor_on_the_unit_of_the_target() {
    let codes = || (0..400).map(|row| (noise(row, 1) * 12.0) as usize);
    let columns = vec![category(codes(), 12), number((0..400).map(|row| noise(row, 2)).collect())];
    let truth: Vec<f64> = codes()
        .enumerate()
        .map(|(row, code)| (code * 7 % 12) as f64 + noise(row, 2) + 0.1 * noise(row, 3))
        .collect();
    let table = features(columns);
    for thresholds in [Thresholds::Best, Thresholds::Random] {
        for categories in [CategorySplits::Sets, CategorySplits::Ordinal] {
            let forest = Forest { thresholds, categories, ..FOREST };
            let told = |unit: f64, origin: f64| {
                let targets = truth.iter().map(|value| value * unit + origin).collect();
                let targets = Targets::Numbers(targets);
                let fitted = forest.fit(&table, &targets, FitContext::new(0)).unwrap();
                let told = fitted.predict(&table).into_iter();
                told.map(|value| (value - origin) / unit).collect::<Vec<f64>>()
            };
            let plain = told(1.0, 0.0);
            assert!(error(&plain, &truth) < 0.5);
            for (unit, origin) in [(1.0, 1000.0), (1e-6, 0.0), (1e9, -3e9), (1e200, 0.0)] {
                let other = error(&told(unit, origin), &plain);
                assert!(other < 0.05, "{forest:?} {unit} {origin}: {other}");
            }
        }
    }
}

#[test]
fn the_frequent_of_many_categories_are_told_apart_and_the_others_by_their_means() {
    let count = 600;
    let codes: Vec<usize> = (0..6000).map(|row| (noise(row, 1) * 600.0) as usize).collect();
    let truth: Vec<f64> = codes.iter().map(|code| noise(*code, 7)).collect();
    let table = features(vec![category(codes.into_iter(), count)]);
    let (train, test): (Vec<usize>, Vec<usize>) = (0..6000).partition(|row| row % 3 > 0);
    let part = |rows: &[usize]| table.select(rows);
    let numbers = |rows: &[usize]| rows.iter().map(|row| truth[*row]).collect::<Vec<f64>>();
    let targets = Targets::Numbers(numbers(&train));
    let boosted = BOOSTING.fit(&part(&train), &targets, 60, FitContext::new(0)).unwrap();
    let grown = FOREST.fit(&part(&train), &targets, FitContext::new(0)).unwrap();
    let loaded = |text: String| serde_json::from_str::<hpo_linfa::trees::Boosted>(&text).unwrap();
    assert_eq!(loaded(serde_json::to_string(&boosted).unwrap()), boosted);
    assert!(boosted.is_valid(1) && !boosted.is_valid(0));
    let (rows, truth) = (part(&test), numbers(&test));
    // The standard deviation is 0.29.
    for told in [boosted.predict(&rows), grown.predict(&rows)] {
        assert!(error(&told, &truth) < 0.1, "{}", error(&told, &truth));
    }
}
