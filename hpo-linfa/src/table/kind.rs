//! The types of columns, inferred from their cells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::date;
use super::notation::{Notation, number};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers. A decimal comma is read like a decimal point.
    Number,
    /// Text of which each distinct value is a category.
    Category,
    /// Two values of which one is a form of no and the other of yes: `0` and `1`, `no` and `yes`,
    /// `false` and `true`, and their first letters.
    Flag,
    /// Dates, with or without a time: `2026-12-01`, `2026-12-01 10:30:00`, `2026/12/01`,
    /// `01.12.2026`.
    Date,
    /// A number or text that names the row: it is not learned from.
    Identifier,
}

impl Kind {
    /// Returns the name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Category => "category",
            Kind::Flag => "flag",
            Kind::Date => "date",
            Kind::Identifier => "identifier",
        }
    }

    /// Returns the number of features that a column of this type becomes.
    pub(crate) fn features(self) -> usize {
        if self == Kind::Date { 3 } else { 1 }
    }
}

/// What was found in the cells of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inference {
    /// The number of gaps.
    pub gaps: usize,
    /// The number of distinct values, without gaps.
    pub distinct: usize,
    /// A remark for the user, such as the first text in a column of numbers.
    pub note: Option<String>,
}

/// The smallest number of rows from which a column can be an identifier: in a shorter table,
/// distinct values may be chance.
const LEAST_ROWS: usize = 20;

/// The largest number of distinct values that may be labels: among more, a few texts in a column of
/// numbers are gaps.
const MOST_LABELS: usize = 20;

/// The words of a flag, no first.
const FLAGS: [[&str; 2]; 5] =
    [["0", "1"], ["no", "yes"], ["false", "true"], ["n", "y"], ["f", "t"]];

/// Returns true if one of the two words is a form of yes, and false if it is a form of no.
pub(crate) fn positive_word(word: &str) -> Option<bool> {
    let word = word.trim().to_lowercase();
    FLAGS.iter().find_map(
        |[no, yes]| {
            if word == *yes { Some(true) } else { (word == *no).then_some(false) }
        },
    )
}

/// What a column was found to be.
pub(crate) struct Inferred {
    pub(crate) kind: Kind,
    pub(crate) inference: Inference,
    pub(crate) notation: Notation,
    /// The rows of the few cells that are no number, or no date, in a column of them: they are gaps.
    pub(crate) strays: Vec<usize>,
}

/// The counts of the cells of a column.
#[derive(Default)]
struct Counts {
    filled: usize,
    numbers: usize,
    dates: usize,
    first_text: Option<(usize, String)>,
    no_numbers: Vec<usize>,
    no_dates: Vec<usize>,
}

impl Counts {
    fn of(cells: &[Option<&str>], notation: Notation) -> Self {
        let mut counts = Self::default();
        for (row, cell) in cells.iter().enumerate() {
            let Some(cell) = *cell else { continue };
            counts.filled += 1;
            if notation.number(cell).is_some() {
                counts.numbers += 1;
            } else {
                counts.first_text.get_or_insert_with(|| (row, shortened(cell)));
                counts.no_numbers.push(row);
            }
            if date::seconds(cell).is_some() {
                counts.dates += 1;
            } else {
                counts.no_dates.push(row);
            }
        }
        counts
    }
}

/// Infers the type of a column from its name and its cells; `None` is a gap. `lines` are the lines
/// of the rows, for notes. `has_commas` is true if commas separate the cells of the file.
pub(crate) fn infer(
    name: &str,
    cells: &[Option<&str>],
    lines: &[u64],
    has_commas: bool,
) -> Inferred {
    let distinct: HashSet<&str> = cells.iter().copied().flatten().collect();
    let notation = Notation::of(cells.iter().copied().flatten(), has_commas);
    let counts = Counts::of(cells, notation);
    let filled = counts.filled;
    let mut found = Inference { gaps: cells.len() - filled, distinct: distinct.len(), note: None };
    // Few distinct values may be labels, of which some are numbers.
    let is_most = |count: usize| count * 10 >= filled * 9 && distinct.len() > MOST_LABELS;
    let (kind, strays) = if is_flag(&distinct) {
        (Kind::Flag, Vec::new())
    } else if filled > 0 && (counts.dates == filled || is_most(counts.dates)) {
        (Kind::Date, counts.no_dates.clone())
    } else if filled > 0 && counts.numbers == filled {
        let is_row = is_row_number(name, cells, &found);
        (if is_row { Kind::Identifier } else { Kind::Number }, Vec::new())
    } else if filled > 0 && is_most(counts.numbers) {
        (Kind::Number, counts.no_numbers.clone())
    } else if filled >= LEAST_ROWS && distinct.len() * 20 >= filled * 19 {
        (Kind::Identifier, Vec::new())
    } else {
        (Kind::Category, Vec::new())
    };
    found.note = note(kind, &found, &counts, &strays, (cells, lines));
    found.gaps += strays.len();
    Inferred { kind, inference: found, notation, strays }
}

fn note(
    kind: Kind,
    found: &Inference,
    counts: &Counts,
    strays: &[usize],
    (cells, lines): (&[Option<&str>], &[u64]),
) -> Option<String> {
    let Counts { filled, numbers, first_text, .. } = counts;
    if *filled == 0 {
        return Some("has no values: it is left out".to_owned());
    }
    if found.distinct == 1 && found.gaps == 0 {
        return Some("has a single value: it is left out".to_owned());
    }
    if let Some(first) = strays.first() {
        let text = shortened(cells[*first].unwrap_or_default());
        let (count, line) = (strays.len(), lines[*first]);
        return Some(format!(
            "{count} of {filled} values are no {}, first `{text}` in line {line}: taken for gaps \
             (the type category keeps them)",
            kind.name()
        ));
    }
    match (kind, first_text) {
        (Kind::Identifier, _) => Some("names the rows: it is left out".to_owned()),
        (Kind::Category, Some((row, text))) if numbers * 10 >= filled * 9 => Some(format!(
            "{numbers} of {filled} values are numbers, line {} has `{text}`: if it means a gap, \
             add it to the words of gaps",
            lines[*row]
        )),
        _ => None,
    }
}

/// Returns the first letters of a text, on one line.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let mut letters = text.chars();
    let short: String = letters.by_ref().take(MOST).collect();
    let more = if letters.next().is_some() { "…" } else { "" };
    format!("{}{more}", short.escape_debug())
}

fn is_flag(distinct: &HashSet<&str>) -> bool {
    let mut words: Vec<String> = distinct.iter().map(|word| word.trim().to_lowercase()).collect();
    words.sort();
    FLAGS.iter().any(|flag| words == *flag)
}

/// Returns true if whole numbers without gaps count the rows, or are distinct and named like an
/// identifier.
fn is_row_number(name: &str, cells: &[Option<&str>], found: &Inference) -> bool {
    let rows = found.distinct;
    let values = || cells.iter().copied().flatten().filter_map(number);
    if found.gaps > 0 || rows < LEAST_ROWS || values().count() != rows {
        return false;
    }
    if values().any(|value| value.fract() != 0.0) {
        return false;
    }
    let starts = values().next().is_some_and(|first| first == 0.0 || first == 1.0);
    let counts_rows = starts && values().zip(values().skip(1)).all(|(a, b)| b - a == 1.0);
    let lower = name.to_lowercase();
    counts_rows
        || ["id", "index", "unnamed: 0", "rownames"].contains(&lower.as_str())
        || lower.ends_with("_id")
        || name.ends_with("Id")
}
