//! The types of columns, inferred from their cells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::date;

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

/// The words of a flag, no first.
const FLAGS: [[&str; 2]; 5] =
    [["0", "1"], ["no", "yes"], ["false", "true"], ["n", "y"], ["f", "t"]];

/// Returns a cell as a number. Infinities and words such as `nan` are not numbers.
pub(crate) fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    let first = cell.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.' | b',')) {
        return None;
    }
    let parsed: Result<f64, _> = match cell.contains(',') {
        true if cell.matches(',').count() == 1 && !cell.contains('.') => {
            cell.replace(',', ".").parse()
        }
        true => return None,
        false => cell.parse(),
    };
    parsed.ok().filter(|number| number.is_finite())
}

/// Returns true if one of the two words is a form of yes, and false if it is a form of no.
pub(crate) fn positive_word(word: &str) -> Option<bool> {
    let word = word.trim().to_lowercase();
    FLAGS.iter().find_map(
        |[no, yes]| {
            if word == *yes { Some(true) } else { (word == *no).then_some(false) }
        },
    )
}

/// Infers the type of a column from its name and its cells; `None` is a gap.
pub(crate) fn infer(name: &str, cells: &[Option<&str>], lines: &[u64]) -> (Kind, Inference) {
    let mut distinct = HashSet::new();
    let (mut gaps, mut numbers, mut dates) = (0, 0, 0);
    let mut first_text = None;
    for (row, cell) in cells.iter().enumerate() {
        let Some(cell) = *cell else {
            gaps += 1;
            continue;
        };
        distinct.insert(cell);
        if number(cell).is_some() {
            numbers += 1;
        } else if first_text.is_none() {
            first_text = Some((row, cell));
        }
        dates += usize::from(date::seconds(cell).is_some());
    }
    let filled = lines.len() - gaps;
    let mut found = Inference { gaps, distinct: distinct.len(), note: None };
    let kind = if is_flag(&distinct) {
        Kind::Flag
    } else if filled > 0 && dates == filled {
        Kind::Date
    } else if filled > 0 && numbers == filled {
        if is_row_number(name, cells, &found) { Kind::Identifier } else { Kind::Number }
    } else if filled >= LEAST_ROWS && distinct.len() * 20 >= filled * 19 {
        Kind::Identifier
    } else {
        Kind::Category
    };
    found.note =
        note(kind, &found, filled, numbers, first_text.map(|(row, text)| (lines[row], text)));
    (kind, found)
}

fn note(
    kind: Kind,
    found: &Inference,
    filled: usize,
    numbers: usize,
    first_text: Option<(u64, &str)>,
) -> Option<String> {
    if filled == 0 {
        return Some("has no values: it is left out".to_owned());
    }
    if found.distinct == 1 && found.gaps == 0 {
        return Some("has a single value: it is left out".to_owned());
    }
    match (kind, first_text) {
        (Kind::Identifier, _) => Some("names the rows: it is left out".to_owned()),
        (Kind::Category, Some((line, text))) if numbers * 10 >= filled * 9 => Some(format!(
            "{numbers} of {filled} values are numbers, line {line} has `{}`: if it means a gap, \
             add it to the words of gaps",
            shortened(text)
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
    let counts_rows = values().zip(values().skip(1)).all(|(a, b)| b - a == 1.0);
    let lower = name.to_lowercase();
    counts_rows
        || ["id", "index", "unnamed: 0", "rownames"].contains(&lower.as_str())
        || lower.ends_with("_id")
        || name.ends_with("Id")
}
