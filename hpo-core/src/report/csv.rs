//! Lines of CSV: quoted as RFC 4180 says, and safe to open in a spreadsheet.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, which may run a program or send the table away.
//! Names, choices and messages may be of anybody's making, so such a field gets an apostrophe before it, unless it is a number;
//! spreadsheets take that for text. [`plain`] takes it away again.

/// A line of fields with its end.
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

/// What a field was before it was written, quotes being taken away already.
#[must_use]
pub fn plain(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => field,
    }
}

fn quoted(field: &str) -> String {
    // With apostrophes before it already, it gets one more, so that `plain` knows.
    let guard = if is_formula(field.trim_start_matches('\'')) { "'" } else { "" };
    if field.contains(['"', ',', '\n', '\r']) {
        return format!("\"{guard}{}\"", field.replace('"', "\"\""));
    }
    format!("{guard}{field}")
}

/// Whether a spreadsheet may take it for a formula. Those of East Asia read wide letters, too.
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
        for text in ["=1", "+x", "-1+1", "@sum", "\tx", "-", "=", "＝1", "-2+3+cmd|' /C calc'!A0"] {
            assert_eq!(plain(&quoted(text)), text);
            assert!(quoted(text).starts_with('\''), "{text}");
        }
        for text in ["\r=1", "=a,b", "\"=1\"", "'", "''", "'=1", "''-x", "'x", "a=b"] {
            let read = quoted(text);
            let read =
                read.strip_prefix('"').and_then(|read| read.strip_suffix('"')).unwrap_or(&read).replace("\"\"", "\"");
            assert_eq!(plain(&read), text);
        }
    }
}
