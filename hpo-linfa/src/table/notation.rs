//! The notation of the numbers of a column: which of point and comma separates decimals.
//!
//! It is decided for a whole column and kept with a model, so that new rows are read alike.

use serde::{Deserialize, Serialize};

/// The notation of the numbers of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notation {
    /// `1234.5`, or `1234,5`: a single point or comma separates decimals.
    #[default]
    Plain,
    /// `1,234.5`: commas separate thousands.
    ThousandsCommas,
    /// `1.234,5`: points separate thousands.
    ThousandsPoints,
}

/// The signs of currencies and shares, which may stand before or after a number.
const SIGNS: [char; 5] = ['$', '€', '£', '¥', '%'];

impl Notation {
    /// Finds the notation of the numbers among some cells. `has_commas` is true if commas separate
    /// the cells of the file, so that a decimal comma is unlikely.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone, has_commas: bool) -> Self {
        let grouped = |thousands: char, decimal: char| {
            let mut is_certain = false;
            let mut any = false;
            for cell in cells.clone().filter(|cell| cell.contains(thousands)) {
                let cell = bare(cell);
                if !cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
                    continue;
                }
                let Some(groups) = groups(cell, thousands, decimal) else { return (false, false) };
                any = true;
                is_certain |= groups > 1 || cell.contains(decimal);
            }
            (any, is_certain)
        };
        match (grouped(',', '.'), grouped('.', ',')) {
            ((true, certain), _) if certain || has_commas => Self::ThousandsCommas,
            (_, (true, true)) => Self::ThousandsPoints,
            _ => Self::Plain,
        }
    }

    /// Returns a cell as a number. Infinities and words such as `nan` are not numbers.
    pub(crate) fn number(self, cell: &str) -> Option<f64> {
        match self {
            Self::Plain => number(cell),
            Self::ThousandsCommas => number(&cell.replace(',', "")),
            Self::ThousandsPoints => number(&cell.replace('.', "")),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::Plain
    }
}

/// Returns a cell without spaces and signs around it.
fn bare(cell: &str) -> &str {
    cell.trim().trim_start_matches(SIGNS).trim_end_matches(SIGNS).trim()
}

/// Returns the number of groups of three digits after the first group, if the cell is a number in
/// this notation.
fn groups(cell: &str, thousands: char, decimal: char) -> Option<usize> {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once(decimal).unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = whole.split(thousands);
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let fits = (1..=3).contains(&first.len())
        && are_digits(first)
        && are_digits(fraction)
        && rest.iter().all(|part| part.len() == 3 && are_digits(part));
    fits.then_some(rest.len())
}

/// Returns a cell as a number in plain notation. A sign of a currency or `%` around it is ignored.
pub(crate) fn number(cell: &str) -> Option<f64> {
    let cell = bare(cell);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[&str], has_commas: bool) -> Notation {
        Notation::of(cells.iter().copied(), has_commas)
    }

    #[test]
    fn commas_separate_thousands_or_decimals() {
        assert_eq!(of(&["1,050", "950"], true), Notation::ThousandsCommas);
        assert_eq!(of(&["1,050", "950"], false), Notation::Plain, "a decimal comma");
        assert_eq!(of(&["1,234,567"], false), Notation::ThousandsCommas);
        assert_eq!(of(&["3,5", "1,050"], true), Notation::Plain);
        assert_eq!(of(&["1.234,50", "1.000"], false), Notation::ThousandsPoints);
        assert_eq!(of(&["1.234", "2.5"], false), Notation::Plain);
        assert_eq!(Notation::ThousandsCommas.number("$1,050.5"), Some(1050.5));
        assert_eq!(Notation::ThousandsPoints.number("-1.234,5 €"), Some(-1234.5));
        assert_eq!(number("12 %"), Some(12.0));
        assert_eq!(number("$"), None);
    }
}
