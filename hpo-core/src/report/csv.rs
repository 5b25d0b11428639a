//! Reads and writes CSV: quoted as in RFC 4180, and safe to open in a spreadsheet.
//!
//! A spreadsheet treats a field that begins with `=`, `+`, `-` or `@` as a formula, which can run a
//! program or send data elsewhere. Names, choices and messages can come from anyone, so such a
//! field gets an apostrophe in front, unless it is a number. Spreadsheets then treat it as text.
//! [`plain`] removes the apostrophe.

use std::iter::Peekable;
use std::str::Chars;

/// The reasons why a text is not CSV.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// A quoted field goes on after its closing quote.
    #[error("line {line} has `{letter}` after a closing quote: double the quotes within a field")]
    AfterQuote {
        /// The line, counted from 1.
        line: usize,
        /// The letter after the quote.
        letter: char,
    },
    /// The text ends within a quoted field.
    #[error("a quote in the record that starts on line {line} is never closed")]
    Unclosed {
        /// The first line of the record, counted from 1.
        line: usize,
    },
}

/// Returns the fields as one line of CSV, with its line end.
///
/// ```
/// use hpo_core::report::csv::{line, plain};
///
/// assert_eq!(line(["-0.5", "a,b", "=1+2", "-x"]), "-0.5,\"a,b\",'=1+2,'-x\n");
/// assert_eq!(plain("'=1+2"), "=1+2");
/// assert_eq!(plain("'tis"), "'tis");
/// ```
pub fn line<F: AsRef<str>>(fields: impl IntoIterator<Item = F>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| quoted(field.as_ref())).collect();
    fields.join(",") + "\n"
}

/// Returns the original text of a field whose quotes were already removed.
#[must_use]
pub fn plain(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => field,
    }
}

/// Returns the records of a text, each with the line on which it starts, counted from 1. Blank
/// lines are skipped. [`plain`] restores the original texts of the fields.
pub fn records(text: &str) -> impl Iterator<Item = Result<(usize, Vec<String>), CsvError>> {
    let mut letters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let mut line = 1;
    std::iter::from_fn(move || {
        while letters.peek().is_some() {
            let begin = line;
            let fields = record(&mut letters, &mut line).transpose();
            if let Some(fields) = fields {
                return Some(fields.map(|fields| (begin, fields)));
            }
        }
        None
    })
}

/// Reads a record up to the end of its last line; `None` for a blank line.
fn record(
    letters: &mut Peekable<Chars<'_>>,
    line: &mut usize,
) -> Result<Option<Vec<String>>, CsvError> {
    let (mut fields, mut field, begin) = (Vec::new(), String::new(), *line);
    let (mut is_quoted, mut is_open) = (false, false);
    while let Some(letter) = letters.next() {
        *line += usize::from(letter == '\n');
        match letter {
            '"' if is_open && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' if is_open => is_open = false,
            _ if is_open => field.push(letter),
            '"' if field.is_empty() && !is_quoted => (is_quoted, is_open) = (true, true),
            ',' => {
                fields.push(std::mem::take(&mut field));
                is_quoted = false;
            }
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => break,
            _ if is_quoted => return Err(CsvError::AfterQuote { line: *line, letter }),
            _ => field.push(letter),
        }
    }
    if is_open {
        return Err(CsvError::Unclosed { line: begin });
    }
    let is_blank = fields.is_empty() && field.trim().is_empty() && !is_quoted;
    fields.push(field);
    Ok((!is_blank).then_some(fields))
}

fn quoted(field: &str) -> String {
    // A field that already begins with apostrophes gets one more, so that `plain` can restore it.
    let guard = if is_formula(field.trim_start_matches('\'')) { "'" } else { "" };
    if field.contains(['"', ',', '\n', '\r']) {
        return format!("\"{guard}{}\"", field.replace('"', "\"\""));
    }
    format!("{guard}{field}")
}

/// Returns true if a spreadsheet may treat the field as a formula. East Asian versions also accept
/// full-width characters.
fn is_formula(field: &str) -> bool {
    let begins = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    begins && field.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_formulas_do_not() {
        for number in ["-1", "+2.5", "-inf", "-1e-300", "0", "-0.0"] {
            assert_eq!(quoted(number), number);
        }
        for text in ["=1", "+x", "-1+1", "@sum", "\tx", "-", "=", "＝1", "-2+3+cmd|' /C calc'!A0"]
        {
            assert_eq!(plain(&quoted(text)), text);
            assert!(quoted(text).starts_with('\''), "{text}");
        }
        for text in ["\r=1", "=a,b", "\"=1\"", "'", "''", "'=1", "''-x", "'x", "a=b"] {
            let read = records(&quoted(text)).next().unwrap().unwrap();
            assert_eq!(plain(&read.1[0]), text);
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let rows = [
            vec!["a", "b,c", ""],
            vec!["say \"no\"", "two\nlines", "\r"],
            vec!["", "", "é"],
            vec!["=1+2", "\"", ""],
        ];
        let text: String = rows.iter().map(line).collect();
        let read: Vec<_> = records(&text).map(Result::unwrap).collect();
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 4, 5]);
        let plain = |(_, fields): &(usize, Vec<String>)| -> Vec<String> {
            fields.iter().map(|field| plain(field).to_owned()).collect()
        };
        assert!(read.iter().map(plain).eq(rows));
    }

    #[test]
    fn other_ways_of_writing_are_read_too() {
        let read = |text: &str| {
            let fields = records(text).map(|record| Ok(record?.1.join("|")));
            fields.collect::<Result<Vec<_>, CsvError>>()
        };
        assert_eq!(read("\u{feff}x,y\r\n1,2\r\n\r\n3,4").unwrap(), ["x|y", "1|2", "3|4"]);
        assert_eq!(read("\"\"\n").unwrap(), [""]);
        assert_eq!(read("x\n\"a\"b\n"), Err(CsvError::AfterQuote { line: 2, letter: 'b' }));
        assert_eq!(read("x\n\"a\n"), Err(CsvError::Unclosed { line: 2 }));
    }
}
