//! A table as text: each column is as wide as its widest cell, and as many columns are shown as
//! fit.

/// The maximum width of a cell in characters.
const WIDEST: usize = 24;

/// The space between two columns.
const GAP: &str = "  ";

/// Headings and rows of cells. Every row has as many cells as there are headings.
#[derive(Debug, Default)]
pub(super) struct TextTable {
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl TextTable {
    /// Returns the lines, headings first, no longer than `width`, and the headings of the columns
    /// that did not fit. The first column is always shown.
    pub(super) fn lines(&self, width: Option<usize>) -> (Vec<String>, Vec<&str>) {
        let widths = self.widths();
        let (mut fitting, mut used) = (Vec::new(), 0);
        for (column, wide) in widths.iter().enumerate() {
            let gap = if fitting.is_empty() { 0 } else { GAP.len() };
            if fitting.is_empty() || width.is_none_or(|width| used + gap + wide <= width) {
                fitting.push(column);
                used += gap + wide;
            }
        }
        let line = |cells: &[String], cut: fn(&str) -> String| {
            let cells = fitting
                .iter()
                .map(|&column| format!("{:>1$}", cut(&cells[column]), widths[column]));
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        let mut lines = vec![line(&self.headings, keep_end)];
        lines.extend(self.rows.iter().map(|row| line(row, keep_start)));
        let left_out = (0..widths.len()).filter(|column| !fitting.contains(column));
        (lines, left_out.map(|column| self.headings[column].as_str()).collect())
    }

    fn widths(&self) -> Vec<usize> {
        let length = |row: &Vec<String>, column: usize| row[column].chars().count().min(WIDEST);
        let all = || std::iter::once(&self.headings).chain(&self.rows);
        (0..self.headings.len())
            .map(|column| all().map(|row| length(row, column)).max().unwrap_or(0))
            .collect()
    }
}

/// Formats a real number with fixed decimals, which stand below each other in a column: four, or
/// six if it is below 0.1, or four digits and a power of ten below 0.001 and from a million.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 | 0.1..1e6 => format!("{value:.4}"),
        1e-3..0.1 => format!("{value:.6}"),
        _ => format!("{value:.3e}"),
    }
}

/// Cuts a long text at its end.
fn keep_start(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// Cuts a long text at its beginning, because the end of a dotted path is more informative.
fn keep_end(text: &str) -> String {
    let letters = text.chars().count();
    if letters <= WIDEST {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(letters - WIDEST + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_table() -> TextTable {
        let cells = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        TextTable {
            headings: cells(["trial", "a.path.that.is.much.too.long", "x"]),
            rows: vec![
                cells(["7", "short", "1.5"]),
                cells(["10", "a choice that is much too long", ""]),
            ],
        }
    }

    #[test]
    fn cells_stand_below_their_headings_and_are_cut() {
        let text_table = text_table();
        let (lines, left_out) = text_table.lines(None);
        assert_eq!(lines[0], "trial  …h.that.is.much.too.long    x");
        assert_eq!(lines[1], "    7                     short  1.5");
        assert_eq!(lines[2], "   10  a choice that is much t…");
        assert!(left_out.is_empty());
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let text_table = text_table();
        let (lines, left_out) = text_table.lines(Some(12));
        assert_eq!(lines, ["trial    x", "    7  1.5", "   10"]);
        assert_eq!(left_out, ["a.path.that.is.much.too.long"]);
        assert_eq!(text_table.lines(Some(1)).0[0], "trial");
    }

    #[test]
    fn numbers_keep_four_digits() {
        let cases = [
            (0.0, "0.0000"),
            (-1.5, "-1.5000"),
            (-0.001_234_5, "-0.001234"),
            (1e-5, "1.000e-5"),
            (2e7, "2.000e7"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
