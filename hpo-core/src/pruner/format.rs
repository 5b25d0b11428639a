//! Formatting of numbers in the reasons of verdicts.

use std::fmt;

/// Returns the number as an ordinal: `1st`, `2nd`, `11th`, ...
pub(super) fn ordinal(number: usize) -> String {
    let suffix = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

/// Formats a value with six significant digits.
pub(super) fn six_digits(value: f64) -> impl fmt::Display {
    SixDigits(rounded(value))
}

struct SixDigits(f64);

impl fmt::Display for SixDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        let is_handy = size == 0.0 || (1e-4..1e15).contains(&size) || !size.is_finite();
        if is_handy { write!(f, "{}", self.0) } else { write!(f, "{:e}", self.0) }
    }
}

fn rounded(value: f64) -> f64 {
    if (1e-4..1e6).contains(&value.abs()) {
        // Integers and small powers of ten are exact, so their quotient is the float nearest to the
        // decimal.
        let scale = 10_f64.powi(5 - value.abs().log10().floor() as i32);
        (value * scale).round() / scale
    } else {
        format!("{value:.5e}").parse().unwrap_or(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{ordinal, six_digits};

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        let words = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111, 113, 123].map(ordinal);
        assert_eq!(
            words,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
                "113th", "123rd"
            ]
        );
    }

    #[test]
    fn values_are_short() {
        let values =
            [0.1 + 0.2, 1.0 / 3.0, -7.0, 0.0, 1.5e-7, 1e300, f64::INFINITY, f64::NAN, 123_456.78];
        assert_eq!(
            values.map(|value| six_digits(value).to_string()),
            ["0.3", "0.333333", "-7", "0", "1.5e-7", "1e300", "inf", "NaN", "123457"]
        );
    }
}
