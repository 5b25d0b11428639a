//! Which rows a model is fitted to, and which it is measured on: plans of row numbers, not copies of rows.
//!
//! [`Splits`] says how, [`Splits::plan`] says it row by row. Every plan hangs on the seed alone, so that all configs of a
//! search meet the same folds in the same order: only then can they be compared fold by fold.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use hpo_core::space::counted;
use serde::{Deserialize, Serialize};

/// How rows are split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Splits {
    /// So many test parts, of which every row is in just one; the rows are shuffled first.
    KFold {
        /// How many, at least 2.
        folds: usize,
    },
    /// The same with each class spread evenly over the parts. Without classes it is `KFold`.
    Stratified {
        /// How many, at least 2.
        folds: usize,
    },
    /// `Stratified` several times over, each time with another shuffle: less noise for more fits.
    Repeated {
        /// How many in each round, at least 2.
        folds: usize,
        /// How many rounds, from 1 to 1,000.
        times: usize,
    },
    /// Rows in the order of time: each part is predicted from the rows before it. The first of `folds + 1` equal parts is
    /// never tested. Nothing is shuffled.
    TimeSeries {
        /// How many test parts, at least 1.
        folds: usize,
        /// How many rows before each test part are left out of the training, so that nothing leaks over the border.
        gap: usize,
    },
    /// One split; each class keeps its share.
    Holdout {
        /// The share of rows that are tested, above 0 and below 1.
        test: f64,
    },
}

/// One split: the numbers of the rows, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What a model is fitted to.
    pub train: Vec<usize>,
    /// What it is measured on.
    pub test: Vec<usize>,
}

/// Splits of one table, in the order in which they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    rows: usize,
    splits: Vec<Split>,
}

/// The most rounds: each holds the numbers of all rows.
const MOST_ROUNDS: usize = 1_000;

/// Why rows cannot be split so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// There would be nothing to fit to, or nothing to measure.
    #[error("{folds} folds make no cross-validation: write at least {least}")]
    TooFewFolds {
        /// What was asked for.
        folds: usize,
        /// The least that makes sense.
        least: usize,
    },
    /// Some folds would be empty.
    #[error("{} cannot be split into {}: write fewer folds", counted(rows, "row"), counted(folds, "fold"))]
    TooFewRows {
        /// How many rows there are.
        rows: usize,
        /// What was asked for.
        folds: usize,
    },
    /// Some folds would lack a class.
    #[error(
        "class {class} has {}, too few for {folds} folds that all hold it: write fewer folds, or Splits::KFold",
        counted(rows, "row")
    )]
    RareClass {
        /// The class.
        class: usize,
        /// How many rows it has.
        rows: usize,
        /// What was asked for.
        folds: usize,
    },
    /// There would be nothing to do.
    #[error("a cross-validation that is repeated 0 times does nothing: write at least 1")]
    NoRounds,
    /// It would never end.
    #[error("a cross-validation that is repeated {times} times does not end: write 1 to {most}")]
    TooManyRounds {
        /// What was asked for.
        times: usize,
        /// The most.
        most: usize,
    },
    /// No such share.
    #[error("a test share of {test} leaves nothing to fit to or to measure: write one between 0 and 1, such as 0.25")]
    Share {
        /// What was asked for.
        test: f64,
    },
    /// A gap that eats what there is to learn from.
    #[error(
        "a gap of {} leaves nothing to train the first fold of {}: write fewer folds or a smaller gap",
        counted(gap, "row"),
        counted(rows, "row")
    )]
    Gap {
        /// What was asked for.
        gap: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// A plan of one's own that cannot be run.
    #[error("split {split} {problem}")]
    Own {
        /// Which, from 0.
        split: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Splits {
    /// The plan for so many rows, of these classes where there are any.
    ///
    /// # Errors
    /// If the rows cannot be split so.
    ///
    /// ```
    /// use hpo_linfa::split::Splits;
    ///
    /// let plan = Splits::TimeSeries { folds: 3, gap: 0 }.plan(8, None, 0)?;
    /// assert_eq!(plan.splits()[0].train, [0, 1]);
    /// assert_eq!(plan.splits()[2].test, [6, 7]);
    /// # Ok::<(), hpo_linfa::split::SplitError>(())
    /// ```
    pub fn plan(&self, rows: usize, classes: Option<&[usize]>, seed: u64) -> Result<Plan, SplitError> {
        let splits = match *self {
            Splits::KFold { folds } => k_fold(rows, None, folds, seed)?,
            Splits::Stratified { folds } => k_fold(rows, classes, folds, seed)?,
            Splits::Repeated { times: 0, .. } => return Err(SplitError::NoRounds),
            Splits::Repeated { times, .. } if times > MOST_ROUNDS => {
                return Err(SplitError::TooManyRounds { times, most: MOST_ROUNDS });
            }
            Splits::Repeated { folds, times } => {
                let rounds = (0..times as u64).map(|round| k_fold(rows, classes, folds, seed.wrapping_add(round)));
                rounds.collect::<Result<Vec<_>, _>>()?.concat()
            }
            Splits::TimeSeries { folds, gap } => time_series(rows, folds, gap)?,
            Splits::Holdout { test } => vec![holdout(rows, classes, test, seed)?],
        };
        Ok(Plan { rows, splits })
    }
}

impl Plan {
    /// A plan of your own, for rows that belong together in groups, say.
    ///
    /// # Errors
    /// If there are no splits, a part is empty, a row does not exist, or a row is both fitted to and measured.
    pub fn new(rows: usize, splits: Vec<Split>) -> Result<Self, SplitError> {
        if splits.is_empty() {
            return Err(SplitError::TooFewFolds { folds: 0, least: 1 });
        }
        for (index, split) in splits.iter().enumerate() {
            check(rows, split).map_err(|problem| SplitError::Own { split: index, problem })?;
        }
        Ok(Self { rows, splits })
    }

    /// The splits, in the order in which they are run.
    #[must_use]
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// How many rows the table has.
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
        *trained.get_mut(*row).ok_or("names a row that does not exist: they are counted from 0")? = true;
    }
    for row in &split.test {
        if *trained.get(*row).ok_or("names a row that does not exist: they are counted from 0")? {
            return Err("measures a row that it was fitted to: its score would be too good");
        }
    }
    Ok(())
}

/// The rows shuffled, those of a class side by side.
fn shuffled(rows: usize, classes: Option<&[usize]>, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    if let Some(classes) = classes {
        order.sort_by_key(|row| classes[*row]);
    }
    order
}

/// Deals the shuffled rows of each class to the folds in turn. The dealing goes on from class to class, so that the
/// folds differ by one row at most.
fn k_fold(rows: usize, classes: Option<&[usize]>, folds: usize, seed: u64) -> Result<Vec<Split>, SplitError> {
    if folds < 2 {
        return Err(SplitError::TooFewFolds { folds, least: 2 });
    }
    if rows < folds {
        return Err(SplitError::TooFewRows { rows, folds });
    }
    let order = shuffled(rows, classes, seed);
    for group in classes.iter().flat_map(|classes| order.chunk_by(|a, b| classes[*a] == classes[*b])) {
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
    let split =
        |fold| Split { train: (0..begin(fold) - gap).collect(), test: (begin(fold)..begin(fold) + size).collect() };
    Ok((0..folds).map(split).collect())
}

/// Every `1 / test`-th of the rows that lie side by side by class, so that the shares are kept.
fn holdout(rows: usize, classes: Option<&[usize]>, test: f64, seed: u64) -> Result<Split, SplitError> {
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
