//! Lines of CSV: quoted as in RFC 4180, and safe to open in a spreadsheet.
//!
//! A spreadsheet treats a field that begins with `=`, `+`, `-` or `@` as a formula, which can run a
//! program or send data elsewhere. Names, choices and messages can come from anyone, so such a
//! field gets an apostrophe in front, unless it is a number. Spreadsheets then treat it as text.
//! [`plain`] removes the apostrophe.

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
            let read = quoted(text);
            let read = read
                .strip_prefix('"')
                .and_then(|read| read.strip_suffix('"'))
                .unwrap_or(&read)
                .replace("\"\"", "\"");
            assert_eq!(plain(&read), text);
        }
    }
}
