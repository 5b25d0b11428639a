//! Encoding: categories of the training rows, in columns of their own.

use hpo_linfa::ClassifierSearch;
use hpo_linfa::data::{DataError, Dataset};
use hpo_linfa::encode::{Encoder, Encoding};
use hpo_linfa::estimator::Logistic;
use ndarray::array;

#[test]
fn one_hot_has_a_column_a_category_and_zeros_for_a_new_one() {
    let train = array![[7.0, 0.5], [3.0, 0.6], [7.0, 0.7]];
    let encoder = Encoder::fit(Encoding::OneHot, &train, &[0]).unwrap();
    assert_eq!(
        encoder.transform(&train),
        array![[0.5, 0.0, 1.0], [0.6, 1.0, 0.0], [0.7, 0.0, 1.0]]
    );
    assert_eq!(encoder.transform(&array![[4.0, 0.8]]), array![[0.8, 0.0, 0.0]]);
}

#[test]
fn ordinal_is_the_rank_and_a_new_category_is_below_all() {
    let train = array![[7.0, 0.5], [3.0, 0.6], [9.0, 0.7]];
    let encoder = Encoder::fit(Encoding::Ordinal, &train, &[0]).unwrap();
    assert_eq!(encoder.transform(&train), array![[0.5, 1.0], [0.6, 0.0], [0.7, 2.0]]);
    assert_eq!(encoder.transform(&array![[4.0, 0.8]]), array![[0.8, -1.0]]);
}

#[test]
fn a_column_that_is_not_there_is_refused() {
    let refused = Encoder::fit(Encoding::OneHot, &array![[1.0]], &[1]);
    assert_eq!(refused, Err(DataError::NoColumn { column: 1, columns: 1 }));
}

/// The class is whether the category is odd: no line through the numbers of the categories parts
/// them.
#[test]
fn a_search_learns_from_categories_and_predicts_from_raw_rows() {
    let rows = 60;
    let records = ndarray::Array2::from_shape_fn((rows, 2), |(row, column)| {
        ((row * (column + 1)) % 6) as f64
    });
    let targets = records.column(0).mapv(|category| category as usize % 2);
    let table = Dataset::new(records, targets);
    let search = || ClassifierSearch::<Logistic>::over().trials(4).folds(3);
    let raw = search().run(&table).unwrap();
    let encoded = search().categorical([0], Encoding::OneHot).run(&table).unwrap();
    assert!(raw.score() < 0.8, "{}", raw.score());
    assert_eq!(encoded.score(), 1.0);
    assert_eq!(encoded.predict(&table.records), table.targets);
    assert_eq!(encoded.score_on(&table), 1.0);
}
