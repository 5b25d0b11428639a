//! The way in which a column writes its numbers and dates, found from all of its cells.
//!
//! A single cell is often ambiguous: `1,050` is about a thousand or about one. A column rarely is.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::date::{self, DateOrder};

/// The way in which a column writes its numbers and dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Format {
    /// True if the comma is the decimal mark and the point separates thousands.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) decimal_comma: bool,
    /// The text before numbers, such as a currency.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) prefix: String,
    /// The text after numbers, such as a unit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) suffix: String,
    /// The order of dates that end with the year.
    #[serde(skip_serializing_if = "DateOrder::is_default")]
    pub(crate) dates: DateOrder,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What is clear from a column alone, and what other columns or a known format decide.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    format: Format,
    /// The decimal mark that the cells have for sure.
    pub(super) decimal_comma: Option<bool>,
    /// True if cells such as `1,050` may be read in two ways.
    has_open_comma: bool,
    /// True if dates such as `01/02/2026` may be read in two ways.
    pub(super) has_open_dates: bool,
}

/// The signs and codes of currencies that may stand before or after a number.
const CURRENCIES: [&str; 16] = [
    "$", "€", "£", "¥", "₹", "₽", "US$", "USD", "EUR", "CHF", "GBP", "JPY", "Fr.", "Rs.", "R$",
    "kr",
];

/// The largest number of letters of a unit.
const MOST_OF_UNIT: usize = 8;

impl Format {
    /// Reads a cell as a finite number.
    pub(crate) fn number(&self, cell: &str) -> Option<f64> {
        let cell = cell.trim();
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return plain(cell, self.decimal_comma);
        }
        let (sign, rest) = sign_of(cell);
        let rest = rest.strip_prefix(self.prefix.as_str()).unwrap_or(rest).trim_start();
        let rest = rest.strip_suffix(self.suffix.as_str()).unwrap_or(rest).trim_end();
        if !sign.is_empty() && rest.starts_with(['+', '-']) {
            return None;
        }
        plain(rest, self.decimal_comma).map(|number| if sign == "-" { -number } else { number })
    }

    /// Reads a cell as the seconds since the beginning of 1970.
    pub(crate) fn seconds(&self, cell: &str) -> Option<f64> {
        date::seconds(cell, self.dates)
    }

    /// Finds the format of other cells of the same column: where they leave it open, this one
    /// decides.
    pub(crate) fn of<'a>(&self, cells: impl Iterator<Item = &'a str> + Clone) -> Self {
        let found = Evidence::new(cells);
        let is_open = found.decimal_comma.is_none();
        let dates = if found.format.dates == DateOrder::YearFirst {
            self.dates
        } else {
            found.format.dates
        };
        let decimal_comma = if is_open { self.decimal_comma } else { found.format.decimal_comma };
        Self { decimal_comma, dates, ..self.clone() }
    }

    /// Returns a remark on what is not plain in this format, with one cell as an example.
    pub(super) fn describe<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Option<String> {
        let mut parts = Vec::new();
        for unit in [&self.prefix, &self.suffix].into_iter().filter(|unit| !unit.is_empty()) {
            parts.push(format!("without `{unit}`"));
        }
        let mark = if self.decimal_comma { '.' } else { ',' };
        let marks = [mark, ' ', '\'', '’', '\u{A0}', '\u{202F}'];
        let is_grouped = |cell: &&str| {
            let Some(number) = self.number(cell) else { return false };
            number.abs() >= 1000.0 && {
                let (_, rest) = sign_of(cell.trim());
                rest.trim_matches(|letter: char| !letter.is_ascii_digit()).contains(marks)
            }
        };
        if let Some(cell) = { cells }.find(is_grouped)
            && let Some(number) = self.number(cell)
        {
            parts.push(format!("`{cell}` is read as {number}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl Evidence {
    pub(super) fn new<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Self {
        let (prefix, suffix) = unit(cells.clone());
        let dates = DateOrder::of(cells.clone());
        let point = Format { prefix, suffix, ..Format::default() };
        let comma = Format { decimal_comma: true, ..point.clone() };
        let (mut points, mut commas, mut has_open_comma, mut has_mark) = (0, 0, false, false);
        for cell in cells.filter(|cell| cell.contains([',', '.'])) {
            let (as_point, as_comma) = (point.number(cell), comma.number(cell));
            points += usize::from(as_point.is_some());
            commas += usize::from(as_comma.is_some());
            has_mark |= as_point.is_some() || as_comma.is_some();
            has_open_comma |= cell.contains(',') && as_point.is_some() && as_comma.is_some();
        }
        let decimal_comma = (has_mark && points != commas).then_some(commas > points);
        let format = Format {
            decimal_comma: decimal_comma.unwrap_or(false),
            dates: dates.unwrap_or_default(),
            ..point
        };
        Self { format, decimal_comma, has_open_comma, has_open_dates: dates.is_none() }
    }

    /// Returns the format. `table_comma` tells whether other columns have a decimal comma;
    /// `is_semicolon` whether the cells are delimited by semicolons, which leaves the comma free.
    pub(super) fn decided(self, table_comma: Option<bool>, is_semicolon: bool) -> Format {
        let open = self.decimal_comma.is_none();
        let by_delimiter = self.has_open_comma && is_semicolon;
        let comma = if open { table_comma.unwrap_or(by_delimiter) } else { false };
        Format { decimal_comma: self.format.decimal_comma || comma, ..self.format }
    }
}

/// Returns the sign of a cell, if it has one, and the rest.
fn sign_of(cell: &str) -> (&'static str, &str) {
    let sign = |letters: [char; 2]| cell.strip_prefix(letters).map(str::trim_start);
    match (sign(['-', '\u{2212}']), cell.strip_prefix('+')) {
        (Some(rest), _) => ("-", rest),
        (None, Some(rest)) => ("+", rest),
        _ => ("", cell),
    }
}

/// Reads a number without a unit. Infinities and words such as `nan` are no numbers.
fn plain(cell: &str, decimal_comma: bool) -> Option<f64> {
    let unsigned = cell.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(cell);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '.' | ',')) {
        return None;
    }
    let is_plain = unsigned.bytes().all(|letter| letter.is_ascii() && letter != b',');
    let grouping = [' ', '\'', '’', '\u{A0}', '\u{202F}'];
    let parsed = if is_plain && !decimal_comma && !unsigned.contains(grouping) {
        cell.replace('\u{2212}', "-").parse::<f64>().ok()
    } else {
        let (decimal, group) = if decimal_comma { (',', '.') } else { ('.', ',') };
        let (whole, fraction) = unsigned.split_once(decimal).unwrap_or((unsigned, ""));
        if fraction.contains([decimal, group]) {
            return None;
        }
        let whole = ungrouped(whole, group)?;
        let is_negative = cell.starts_with(['-', '\u{2212}']);
        let number = format!("{whole}.{fraction}");
        let number = if fraction.is_empty() { whole } else { number };
        number.parse::<f64>().ok().map(|number| if is_negative { -number } else { number })
    };
    parsed.filter(|number| number.is_finite())
}

/// Returns the digits before the decimal mark without the marks of thousands: groups of three, and
/// a first one of one to three that does not begin with 0.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let marks = [group, ' ', '\'', '’', '\u{A0}', '\u{202F}'];
    let Some(mark) = whole.chars().find(|letter| marks.contains(letter)) else {
        return Some(whole.to_owned());
    };
    let groups: Vec<&str> = whole.split(mark).collect();
    let is_digits = |text: &&str| text.bytes().all(|letter| letter.is_ascii_digit());
    let first = groups[0];
    let valid = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && groups.iter().all(is_digits)
        && groups[1..].iter().all(|group| group.len() == 3);
    valid.then(|| groups.concat())
}

/// Returns the text before and after numbers that at least half of the cells share.
fn unit<'a>(cells: impl Iterator<Item = &'a str>) -> (String, String) {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut filled = 0;
    for cell in cells {
        filled += 1;
        if let Some(found) = unit_of(cell) {
            *counts.entry(found).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by(|a, b| (a.1, b.0).cmp(&(b.1, a.0)));
    match most {
        Some(((prefix, suffix), count)) if count * 2 >= filled => {
            (prefix.to_owned(), suffix.to_owned())
        }
        _ => Default::default(),
    }
}

/// Returns the currency before and the unit after a number; `None` if there is none, or other text.
fn unit_of(cell: &str) -> Option<(&str, &str)> {
    let (_, rest) = sign_of(cell.trim());
    let begin = rest.find(|letter: char| letter.is_ascii_digit())?;
    let end = rest.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let begin = if rest[..begin].ends_with(['.', '-', '+']) && !rest[..begin].ends_with("r.") {
        begin - 1
    } else {
        begin
    };
    let (prefix, suffix) = (rest[..begin].trim(), rest[end..].trim_start_matches('.').trim());
    let is_unit = |letter: char| letter.is_alphabetic() || "%‰°²³/µ".contains(letter);
    let valid = (prefix.is_empty() || CURRENCIES.contains(&prefix))
        && (CURRENCIES.contains(&suffix) || suffix.chars().all(is_unit))
        && suffix.chars().count() <= MOST_OF_UNIT
        && !(prefix.is_empty() && suffix.is_empty());
    let number = rest[begin..end].trim();
    let is_number = plain(number, false).is_some() || plain(number, true).is_some();
    (valid && is_number).then_some((prefix, suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(cells: &[&str]) -> Format {
        Evidence::new(cells.iter().copied()).decided(None, false)
    }

    fn numbers(cells: &[&str]) -> Vec<Option<f64>> {
        let format = format(cells);
        cells.iter().map(|cell| format.number(cell)).collect()
    }

    #[test]
    fn a_column_decides_what_its_commas_mean() {
        assert_eq!(numbers(&["1,050", "950"]), [Some(1050.0), Some(950.0)]);
        assert_eq!(numbers(&["1,050", "3,5"]), [Some(1.05), Some(3.5)]);
        assert_eq!(numbers(&["1.234,50", "-7,25"]), [Some(1234.5), Some(-7.25)]);
        assert_eq!(numbers(&["1,234,567.5", "1e3"]), [Some(1_234_567.5), Some(1000.0)]);
        assert_eq!(numbers(&["1 234", "1'000'000", "12 34"])[..2], [Some(1234.0), Some(1e6)]);
        assert_eq!(numbers(&["0,125"]), [Some(0.125)]);
        assert_eq!(numbers(&["1.050"]), [Some(1.05)]);
        let semicolons = Evidence::new(["1,050"].into_iter()).decided(None, true);
        assert_eq!(semicolons.number("1,050"), Some(1.05));
    }

    #[test]
    fn units_are_left_out_if_most_cells_have_the_same() {
        assert_eq!(numbers(&["$5", "-$1,200.50", "7"]), [Some(5.0), Some(-1200.5), Some(7.0)]);
        assert_eq!(numbers(&["9,5 %", "10 %", "x"]), [Some(9.5), Some(10.0), None]);
        assert_eq!(numbers(&["12 kg", "3.5 kg", "1e2 kg"])[1..], [Some(3.5), Some(100.0)]);
        assert_eq!(numbers(&["CHF 5", "CHF -5"]), [Some(5.0), Some(-5.0)]);
    }

    #[test]
    fn texts_with_digits_are_no_numbers() {
        let texts = [
            "c12", "person 3", "1st", "2nd", "10:30", "1-2", "044 123", "inf", "1e400", "nan", "-",
        ];
        assert!(numbers(&texts).iter().all(Option::is_none), "{:?}", numbers(&texts));
        assert_eq!(numbers(&["2001-01-02", "1.2.3", "1,2,3", "+inf", "--5"]), [None; 5]);
    }
}
