//! Whether numbers differ at all, and in which unit their squares are neither too large nor too small.

/// Numbers that differ by no more than so many roundings are the same.
pub(crate) const ROUNDINGS: f64 = 8.0;

/// A power of two near the largest of some numbers: divided by it, each keeps all its digits and can be squared.
pub(crate) fn unit<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    let largest =
        values.into_iter().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 0.0 { 2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000)) } else { 1.0 }
}

/// Whether all of these numbers are the same, but for rounding.
pub(crate) fn is_constant<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        (least, most) = (least.min(*value), most.max(*value));
    }
    // In halves, as two numbers may be further apart than any number.
    most <= least || most / 2.0 - least / 2.0 <= ROUNDINGS * f64::EPSILON * (most / 2.0).abs().max((least / 2.0).abs())
}
