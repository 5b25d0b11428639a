//! The types of columns, inferred from their cells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::format::Format;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers, with a decimal point or comma, marks of thousands, and a currency or unit, all as
    /// in most cells of the column.
    Number,
    /// Text of which each distinct value is a category.
    Category,
    /// Two values of which one is a form of no and the other of yes: `0` and `1`, `no` and `yes`,
    /// `false` and `true`, and their first letters.
    Flag,
    /// Dates, with or without a time: `2026-12-01`, `2026-12-01 10:30:00`, `2026/12/01`,
    /// `01.12.2026`, and `31/12/2026` or `12/31/2026` if the column has only one of them.
    Date,
    /// A number or text that names the row: it is not learned from. Inferred for text of which
    /// nearly all values are distinct, whole numbers that are named like an identifier, and a
    /// first column that counts the rows.
    Identifier,
}

impl Kind {
    /// Returns the number of features that a column of this type becomes.
    pub(crate) fn features(self) -> usize {
        if self == Kind::Date { 3 } else { 1 }
    }

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
}

/// What was found in the cells of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inference {
    /// The number of gaps.
    pub gaps: usize,
    /// The number of distinct values, without gaps.
    pub distinct: usize,
    /// The number of cells that do not fit the type and are taken as gaps.
    pub odd: usize,
    /// A remark for the user, such as the first text in a column of numbers.
    pub note: Option<String>,
}

/// What is known of a column besides its cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    /// True if the column may count the rows: the first one of at least three.
    pub(super) may_count: bool,
    /// The type that was set, which is then not inferred.
    pub(super) set: Option<Kind>,
    /// The line of each row.
    pub(super) lines: &'a [u64],
}

/// The smallest number of rows from which a column can be an identifier: in a shorter table,
/// distinct values may be chance.
const LEAST_ROWS: usize = 20;

/// The words of a flag, no first.
const FLAGS: [[&str; 2]; 5] =
    [["0", "1"], ["no", "yes"], ["false", "true"], ["n", "y"], ["f", "t"]];

/// The names of columns of whole numbers that name the rows, in lower case.
const IDENTIFIERS: [&str; 10] =
    ["id", "index", "idx", "no", "nr", "uid", "row", "rownames", "rownum", "unnamed: 0"];

/// Returns a cell with a decimal point as a number.
pub(crate) fn number(cell: &str) -> Option<f64> {
    Format::default().number(cell)
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

/// Returns true if so many of the filled cells fit a type that the others are taken for gaps.
fn are_most(fitting: usize, filled: usize) -> bool {
    fitting > 0 && fitting * 10 >= filled * 9
}

/// The counts from which the type of a column is inferred.
#[derive(Debug, Default)]
struct Counts<'a> {
    distinct: HashSet<&'a str>,
    filled: usize,
    numbers: usize,
    dates: usize,
    /// The first cell that is no number and the first that is no date, with their rows.
    no_number: Option<(usize, &'a str)>,
    no_date: Option<(usize, &'a str)>,
}

impl<'a> Counts<'a> {
    fn new(cells: &[Option<&'a str>], format: &Format) -> Self {
        let mut counts = Self::default();
        for (row, cell) in cells.iter().enumerate() {
            let Some(cell) = *cell else { continue };
            counts.filled += 1;
            counts.distinct.insert(cell);
            if format.number(cell).is_some() {
                counts.numbers += 1;
            } else {
                counts.no_number.get_or_insert((row, cell));
            }
            if format.seconds(cell).is_some() {
                counts.dates += 1;
            } else {
                counts.no_date.get_or_insert((row, cell));
            }
        }
        counts
    }
}

/// Infers the type of a column from its cells in this format; `None` is a gap.
pub(super) fn infer(
    place: Place<'_>,
    cells: &[Option<&str>],
    format: &Format,
    has_open_dates: bool,
) -> (Kind, Inference) {
    let counts = Counts::new(cells, format);
    let kind = place.set.unwrap_or_else(|| inferred(place, cells, format, &counts));
    let odd = match kind {
        Kind::Number if are_most(counts.numbers, counts.filled) => counts.filled - counts.numbers,
        Kind::Date if are_most(counts.dates, counts.filled) => counts.filled - counts.dates,
        _ => 0,
    };
    let gaps = cells.len() - counts.filled;
    let mut found = Inference { gaps, distinct: counts.distinct.len(), odd, note: None };
    let is_text = matches!(kind, Kind::Category | Kind::Identifier) && place.set.is_none();
    found.note = if is_text && has_open_dates {
        let what = if kind == Kind::Category { "read as text" } else { "left out" };
        Some(format!("is {what}: day or month may come first; write dates as 2026-12-31"))
    } else {
        note(place, kind, &found, &counts)
    };
    if found.note.is_none() && kind == Kind::Number {
        found.note = format.describe(cells.iter().copied().flatten());
    }
    if found.note.is_none() && kind == Kind::Date {
        found.note = format.dates.describe().map(str::to_owned);
    }
    (kind, found)
}

fn inferred(
    place: Place<'_>,
    cells: &[Option<&str>],
    format: &Format,
    counts: &Counts<'_>,
) -> Kind {
    let (filled, distinct) = (counts.filled, &counts.distinct);
    if is_flag(distinct) {
        Kind::Flag
    } else if are_most(counts.dates, filled) {
        Kind::Date
    } else if are_most(counts.numbers, filled) {
        let is_identifier = is_row_number(place, cells, format, distinct.len());
        if is_identifier { Kind::Identifier } else { Kind::Number }
    } else if filled >= LEAST_ROWS && distinct.len() * 20 >= filled * 19 {
        Kind::Identifier
    } else {
        Kind::Category
    }
}

fn note(place: Place<'_>, kind: Kind, found: &Inference, counts: &Counts<'_>) -> Option<String> {
    if counts.filled == 0 {
        return Some("has no values: it is left out".to_owned());
    }
    if found.distinct == 1 && found.gaps == 0 {
        return Some("has a single value: it is left out".to_owned());
    }
    let (name, filled) = (place.name, counts.filled);
    let odd = match kind {
        Kind::Date => counts.no_date,
        _ => counts.no_number,
    };
    match (kind, odd) {
        (Kind::Identifier, _) if place.set.is_some() => {
            Some("names the rows: it is left out".to_owned())
        }
        (Kind::Identifier, text) => {
            let other = if text.is_none() { "number" } else { "category" };
            Some(format!(
                "names the rows: it is left out; `--type \"{}={other}\"` keeps it",
                shortened(name)
            ))
        }
        (Kind::Number | Kind::Date, Some((row, text))) if found.odd > 0 => Some(format!(
            "{} of {filled} {} no {}, line {} has `{}`: taken as {}; `--type \"{}=category\"` \
             keeps the text",
            found.odd,
            if found.odd == 1 { "cells is" } else { "cells are" },
            kind.name(),
            place.lines[row],
            shortened(text),
            if found.odd == 1 { "a gap" } else { "gaps" },
            shortened(name)
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
    if distinct.len() > 8 {
        return false;
    }
    let mut words: Vec<String> = distinct.iter().map(|word| word.trim().to_lowercase()).collect();
    words.sort();
    words.dedup();
    FLAGS.iter().any(|flag| words == *flag)
}

/// Returns true if distinct whole numbers without gaps are named like an identifier, or count the
/// rows from 0 or 1 in a column that may.
fn is_row_number(
    place: Place<'_>,
    cells: &[Option<&str>],
    format: &Format,
    distinct: usize,
) -> bool {
    let rows = cells.len();
    let values = || cells.iter().filter_map(|cell| format.number((*cell)?));
    if rows < LEAST_ROWS || distinct != rows || values().count() != rows {
        return false;
    }
    if values().any(|value| value.fract() != 0.0) {
        return false;
    }
    let first = values().next().unwrap_or(f64::NAN);
    let counts_rows =
        (first == 0.0 || first == 1.0) && values().zip(values().skip(1)).all(|(a, b)| b - a == 1.0);
    place.may_count && counts_rows || is_named_like_an_identifier(place.name)
}

fn is_named_like_an_identifier(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    let ends = ["_id", " id", "-id", "_no", "_nr", "_index", "_idx"];
    IDENTIFIERS.contains(&lower.as_str())
        || ends.iter().any(|end| lower.ends_with(end))
        || name.ends_with("Id")
        || name.ends_with("ID")
}
