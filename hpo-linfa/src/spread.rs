//! The spread of numbers: tests whether they differ at all, and finds a unit in which their squares
//! neither overflow nor underflow.

/// The number of rounding errors by which equal numbers may differ.
pub(crate) const ROUNDINGS: f64 = 8.0;

/// Returns a power of two near the largest of some numbers. Divided by it, each number keeps all
/// its digits and can be squared.
pub(crate) fn unit<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    let largest = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 0.0 {
        2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000))
    } else {
        1.0
    }
}

/// Returns the mean and the standard deviation; the latter is 1 for equal numbers.
pub(crate) fn center_and_spread(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|number| number / count).sum::<f64>();
    let unit = unit(numbers);
    let deviation = |number: &f64| ((number / unit - mean / unit) / count.sqrt()).powi(2);
    let spread = numbers.iter().map(deviation).sum::<f64>().sqrt() * unit;
    (mean, if spread > 0.0 && spread.is_finite() { spread } else { 1.0 })
}

/// Returns true if all of these numbers are the same, except for rounding.
pub(crate) fn is_constant<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        (least, most) = (least.min(*value), most.max(*value));
    }
    // Compare halves, because the difference of two numbers may overflow.
    most <= least
        || most / 2.0 - least / 2.0
            <= ROUNDINGS * f64::EPSILON * (most / 2.0).abs().max((least / 2.0).abs())
}
