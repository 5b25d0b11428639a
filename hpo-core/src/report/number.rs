//! Numbers that people read.

/// A value to six digits, to be read.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
