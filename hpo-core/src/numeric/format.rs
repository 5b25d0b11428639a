//! Numbers as text for people: everything that is printed, drawn or explained.

use serde_json::{Number, Value as Json};

/// Formats a number with at most `digits` significant digits, without zeros at the end: in full
/// from 0.0001 up to a million, with a power of ten outside of that.
///
/// ```
/// use hpo_core::report::significant;
///
/// let texts = [0.1 + 0.2, 123_456.7, 2e-5, 1e10].map(|value| significant(value, 6));
/// assert_eq!(texts, ["0.3", "123457", "2e-5", "1e10"]);
/// assert_eq!(significant(2.0 / 3.0, 4), "0.6667");
/// ```
#[must_use]
pub fn significant(value: f64, digits: u8) -> String {
    let value = rounded(value, digits);
    let is_plain = value == 0.0 || (1e-4..1e6).contains(&value.abs()) || !value.is_finite();
    if is_plain { value.to_string() } else { format!("{value:e}") }
}

/// Converts a number to JSON. Infinities and NaN, which JSON cannot represent, become text.
#[must_use]
pub fn json_number(value: f64) -> Json {
    Number::from_f64(value).map_or_else(|| Json::from(value.to_string()), Json::Number)
}

/// Returns a number rounded to `digits` significant digits, at most 15.
pub(crate) fn rounded(value: f64, digits: u8) -> f64 {
    let decimals = (f64::from(digits) - 1.0 - value.abs().log10().floor()) as i32;
    if (0..=22).contains(&decimals) {
        // Integers and small powers of ten are exact, so their quotient is the float nearest to the
        // decimal.
        let scale = 10_f64.powi(decimals);
        (value * scale).round() / scale
    } else {
        format!("{value:.*e}", usize::from(digits) - 1).parse().unwrap_or(value)
    }
}

/// Returns the number as an ordinal: `1st`, `2nd`, `11th`, ...
pub(crate) fn ordinal(number: usize) -> String {
    let suffix = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{ordinal, rounded, significant};
    use crate::rng::Rng;

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
    fn numbers_are_short() {
        let cases = [
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.333333"),
            (-7.0, "-7"),
            (0.0, "0"),
            (99_999.96, "100000"),
            (999_999.96, "1e6"),
            (123_456.78, "123457"),
            (2.5e-4, "0.00025"),
            (1.5e-7, "1.5e-7"),
            (1e300, "1e300"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(significant(value, 6), text);
        }
    }

    #[test]
    fn the_text_of_any_number_is_the_number_within_half_a_digit() {
        for number in 0..3_000 {
            let mut rng = Rng::derive(1, number);
            let value = (rng.unit() - 0.5) * 10_f64.powf(600.0 * rng.unit() - 300.0);
            for digits in [1, 4, 6, 7, 12] {
                let near = rounded(value, digits);
                let text = significant(value, digits);
                let error = (near - value).abs() / value.abs();
                assert!(error <= 0.501 * 10_f64.powi(1 - i32::from(digits)), "{value} is {near}");
                assert_eq!((rounded(near, digits), text.parse()), (near, Ok(near)), "{value:e}");
                assert!(text.len() <= usize::from(digits).max(6) + 7, "{text}");
            }
        }
    }
}
