//! Linear maps between an interval and `[0, 1]`, for bounds of any distance.

/// Returns the position of `x` between two bounds, from 0 to 1, without overflow; 0.5 if the bounds
/// are equal.
pub(crate) fn fraction(x: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        0.5
    } else if width.is_finite() {
        ((x - low) / width).clamp(0.0, 1.0)
    } else {
        ((x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0)
    }
}

/// The inverse of [`fraction`], exact at both ends.
pub(crate) fn between(position: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    let x = if width.is_finite() {
        low + position * width
    } else {
        low * (1.0 - position) + high * position
    };
    if position >= 1.0 { high } else { x.clamp(low, high) }
}
