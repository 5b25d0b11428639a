//! Splits into training and test rows: plans of row numbers, not copies of rows.
//!
//! [`Splits`] is the method, and [`Splits::plan`] applies it to the rows. Every plan depends only
//! on the rows and the seed, so that all configs of a search use the same folds in the same order:
//! otherwise they could not be compared fold by fold.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use hpo_core::space::counted;
use serde::{Deserialize, Serialize};

/// The method of splitting rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Splits {
    /// Cross-validation over shuffled rows: every row is in exactly one of the test parts.
    KFold {
        /// The number of test parts, at least 2.
        folds: usize,
    },
    /// `KFold` with each class spread evenly over the parts. Without classes it is `KFold`.
    Stratified {
        /// The number of test parts, at least 2.
        folds: usize,
    },
    /// `Stratified` several times, each time with another shuffle: less noise at the cost of more
    /// fits.
    Repeated {
        /// The number of test parts in each round, at least 2.
        folds: usize,
        /// The number of rounds, from 1 to 1,000.
        times: usize,
    },
    /// Rows in the order of time: each part is predicted from the rows before it. The first of
    /// `folds + 1` equal parts is never tested. Rows are not shuffled.
    TimeSeries {
        /// The number of test parts, at least 1.
        folds: usize,
        /// The number of rows before each test part that are left out of the training, so that
        /// nothing leaks across the border.
        gap: usize,
    },
    /// A single split; each class keeps its share.
    Holdout {
        /// The share of test rows, above 0 and below 1.
        test: f64,
    },
}

/// A single split: the numbers of the rows, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The rows that a model is fitted to.
    pub train: Vec<usize>,
    /// The rows that a model is scored on.
    pub test: Vec<usize>,
}

/// The splits of one table, in the order in which they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPlan {
    rows: usize,
    splits: Vec<Split>,
}

/// The largest number of rounds: each stores the numbers of all rows.
const MOST_ROUNDS: usize = 1_000;

/// The reason why rows cannot be split in this way.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// The number of folds is so small that there would be no training or no test rows.
    #[error("{folds} folds make no cross-validation: write at least {least}")]
    TooFewFolds {
        /// The number of folds requested.
        folds: usize,
        /// The smallest valid number.
        least: usize,
    },
    /// Some folds would be empty.
    #[error(
        "{} cannot be split into {}: write fewer folds",
        counted(rows, "row"),
        counted(folds, "fold")
    )]
    TooFewRows {
        /// The number of rows.
        rows: usize,
        /// The number of folds requested.
        folds: usize,
    },
    /// Some folds would lack a class.
    #[error(
        "class {class} has {}, too few for {folds} folds that all hold it: write fewer folds, or \
         Splits::KFold",
        counted(rows, "row")
    )]
    RareClass {
        /// The class with too few rows.
        class: usize,
        /// The number of rows of the class.
        rows: usize,
        /// The number of folds requested.
        folds: usize,
    },
    /// The number of rounds is 0.
    #[error("a cross-validation that is repeated 0 times does nothing: write at least 1")]
    NoRounds,
    /// The number of rounds is too large.
    #[error("a cross-validation that is repeated {times} times does not end: write 1 to {most}")]
    TooManyRounds {
        /// The number of rounds requested.
        times: usize,
        /// The largest valid number.
        most: usize,
    },
    /// The share of test rows leaves the training or the test part empty.
    #[error(
        "a test share of {test} leaves nothing to fit to or to measure: write one between 0 and \
         1, such as 0.25"
    )]
    Share {
        /// The share that was requested.
        test: f64,
    },
    /// The gap leaves no training rows.
    #[error(
        "a gap of {} leaves nothing to train the first fold of {}: write fewer folds or a smaller \
         gap",
        counted(gap, "row"),
        counted(rows, "row")
    )]
    Gap {
        /// The gap requested, in rows.
        gap: usize,
        /// The number of rows of the table.
        rows: usize,
    },
    /// A user's own plan is invalid.
    #[error("split {split} {problem}")]
    Own {
        /// The index of the split, from 0.
        split: usize,
        /// The problem with the split.
        problem: &'static str,
    },
}

impl Splits {
    /// Returns the plan for this number of rows, with their classes where there are any.
    ///
    /// # Errors
    /// If the rows cannot be split in this way.
    ///
    /// ```
    /// use hpo_linfa::split::Splits;
    ///
    /// let plan = Splits::TimeSeries { folds: 3, gap: 0 }.plan(8, None, 0)?;
    /// assert_eq!(plan.splits()[0].train, [0, 1]);
    /// assert_eq!(plan.splits()[2].test, [6, 7]);
    /// # Ok::<(), hpo_linfa::split::SplitError>(())
    /// ```
    pub fn plan(
        &self,
        rows: usize,
        classes: Option<&[usize]>,
        seed: u64,
    ) -> Result<SplitPlan, SplitError> {
        let splits = match *self {
            Splits::KFold { folds } => k_fold(rows, None, folds, seed)?,
            Splits::Stratified { folds } => k_fold(rows, classes, folds, seed)?,
            Splits::Repeated { times: 0, .. } => return Err(SplitError::NoRounds),
            Splits::Repeated { times, .. } if times > MOST_ROUNDS => {
                return Err(SplitError::TooManyRounds { times, most: MOST_ROUNDS });
            }
            Splits::Repeated { folds, times } => {
                let rounds = (0..times as u64)
                    .map(|round| k_fold(rows, classes, folds, seed.wrapping_add(round)));
                rounds.collect::<Result<Vec<_>, _>>()?.concat()
            }
            Splits::TimeSeries { folds, gap } => time_series(rows, folds, gap)?,
            Splits::Holdout { test } => vec![holdout(rows, classes, test, seed)?],
        };
        Ok(SplitPlan { rows, splits })
    }
}

impl SplitPlan {
    /// Creates a plan of your own, for example for rows that belong together in groups.
    ///
    /// # Errors
    /// If there are no splits, a part is empty, a row does not exist, or a row is in both parts of
    /// a split.
    pub fn new(rows: usize, splits: Vec<Split>) -> Result<Self, SplitError> {
        if splits.is_empty() {
            return Err(SplitError::TooFewFolds { folds: 0, least: 1 });
        }
        for (index, split) in splits.iter().enumerate() {
            check(rows, split).map_err(|problem| SplitError::Own { split: index, problem })?;
        }
        Ok(Self { rows, splits })
    }

    /// Returns the splits, in the order in which they are run.
    #[must_use]
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Returns the number of rows of the table.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

fn check(rows: usize, split: &Split) -> Result<(), &'static str> {
    if split.train.is_empty() || split.test.is_empty() {
        return Err("has an empty part: each split needs rows to fit to, and rows to measure");
    }
    let mut trained = vec![false; rows];
    for row in &split.train {
        *trained
            .get_mut(*row)
            .ok_or("names a row that does not exist: they are counted from 0")? = true;
    }
    for row in &split.test {
        if *trained.get(*row).ok_or("names a row that does not exist: they are counted from 0")? {
            return Err("measures a row that it was fitted to: its score would be too good");
        }
    }
    Ok(())
}

/// Returns the rows shuffled, then grouped by class.
fn shuffled(rows: usize, classes: Option<&[usize]>, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    if let Some(classes) = classes {
        order.sort_by_key(|row| classes[*row]);
    }
    order
}

/// Deals the shuffled rows of each class to the folds in turn. Dealing continues from class to
/// class, so that the sizes of folds differ by one row at most.
fn k_fold(
    rows: usize,
    classes: Option<&[usize]>,
    folds: usize,
    seed: u64,
) -> Result<Vec<Split>, SplitError> {
    if folds < 2 {
        return Err(SplitError::TooFewFolds { folds, least: 2 });
    }
    if rows < folds {
        return Err(SplitError::TooFewRows { rows, folds });
    }
    let order = shuffled(rows, classes, seed);
    for group in
        classes.iter().flat_map(|classes| order.chunk_by(|a, b| classes[*a] == classes[*b]))
    {
        if group.len() < folds {
            let class = classes.map_or(0, |classes| classes[group[0]]);
            return Err(SplitError::RareClass { class, rows: group.len(), folds });
        }
    }
    let mut fold_of = vec![0; rows];
    for (place, row) in order.into_iter().enumerate() {
        fold_of[row] = place % folds;
    }
    let split = |fold| {
        let (test, train) = (0..rows).partition(|row| fold_of[*row] == fold);
        Split { train, test }
    };
    Ok((0..folds).map(split).collect())
}

fn time_series(rows: usize, folds: usize, gap: usize) -> Result<Vec<Split>, SplitError> {
    if folds == 0 {
        return Err(SplitError::TooFewFolds { folds, least: 1 });
    }
    let size = rows / folds.saturating_add(1);
    if size == 0 {
        return Err(SplitError::TooFewRows { rows, folds });
    }
    let begin = |fold: usize| rows - (folds - fold) * size;
    if gap >= begin(0) {
        return Err(SplitError::Gap { gap, rows });
    }
    let split = |fold| Split {
        train: (0..begin(fold) - gap).collect(),
        test: (begin(fold)..begin(fold) + size).collect(),
    };
    Ok((0..folds).map(split).collect())
}

/// Selects every `1 / test`-th of the rows, grouped by class, so that the shares of the classes are
/// kept.
fn holdout(
    rows: usize,
    classes: Option<&[usize]>,
    test: f64,
    seed: u64,
) -> Result<Split, SplitError> {
    let tested = (rows as f64 * test).round() as usize;
    if !(test > 0.0 && test < 1.0) || tested == 0 || tested >= rows {
        return Err(SplitError::Share { test });
    }
    let mut is_test = vec![false; rows];
    for (place, row) in shuffled(rows, classes, seed).into_iter().enumerate() {
        is_test[row] = (place + 1) * tested / rows > place * tested / rows;
    }
    let (test, train) = (0..rows).partition(|row| is_test[*row]);
    Ok(Split { train, test })
}
