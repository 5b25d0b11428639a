//! A reader of CSV in the format of RFC 4180.

use anyhow::{Result, bail};

/// Returns the records of a text, each with the line on which it starts, counted from 1. Blank
/// lines are skipped.
pub(crate) fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>> {
    let (mut records, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begin, mut is_quoted, mut is_open) = (1, 1, false, false);
    let mut letters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
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
            '\n' => {
                end(&mut records, begin, &mut fields, &mut field, is_quoted);
                (is_quoted, begin) = (false, line);
            }
            _ if is_quoted => {
                bail!(
                    "line {line} has `{letter}` after a closing quote: double the quotes within a \
                     field"
                )
            }
            _ => field.push(letter),
        }
    }
    if is_open {
        bail!("a quote in the record that starts on line {begin} is never closed");
    }
    end(&mut records, begin, &mut fields, &mut field, is_quoted);
    Ok(records)
}

/// Ends a record, if it is not empty.
fn end(
    records: &mut Vec<(usize, Vec<String>)>,
    line: usize,
    fields: &mut Vec<String>,
    field: &mut String,
    is_quoted: bool,
) {
    if fields.is_empty() && field.trim().is_empty() && !is_quoted {
        field.clear();
        return;
    }
    fields.push(std::mem::take(field));
    records.push((line, std::mem::take(fields)));
}

#[cfg(test)]
mod tests {
    use hpo_core::report::csv::{line, plain};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let rows =
            [vec!["a", "b,c", ""], vec!["say \"no\"", "two\nlines", "\r"], vec!["", "", "é"]];
        let text: String = rows.iter().map(|row| line(row.iter().copied())).collect();
        let read = records(&text).unwrap();
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 4]);
        let plain = |(_, fields): &(usize, Vec<String>)| {
            fields.iter().map(|field| plain(field).to_owned()).collect()
        };
        let read: Vec<Vec<String>> = read.iter().map(plain).collect();
        assert!(read.iter().eq(rows.iter()));
    }

    #[test]
    fn other_ways_of_writing_are_read_too() {
        let read = |text: &str| {
            records(text)
                .unwrap()
                .into_iter()
                .map(|(_, fields)| fields.join("|"))
                .collect::<Vec<_>>()
        };
        assert_eq!(read("\u{feff}x,y\r\n1,2\r\n\r\n3,4"), ["x|y", "1|2", "3|4"]);
        assert_eq!(read("\"\"\n"), [""]);
        assert!(records("x\n\"a\"b\n").unwrap_err().to_string().contains("line 2 has `b`"));
        assert!(records("x\n\"a\n").unwrap_err().to_string().contains("on line 2 is never closed"));
    }
}
