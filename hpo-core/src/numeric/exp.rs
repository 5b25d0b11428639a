//! The exponential function in single precision, without branches or calls, so that the compiler
//! can vectorize a loop over many numbers.

#![allow(
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "coefficients stand as in the source, to be compared with it"
)]

/// Returns `e^x` for `x` up to 88, after S. L. Moshier's *Cephes*, with a relative error below
/// 3e-7. Below -80 it returns `e^-80`, which is negligible: arithmetic with much smaller numbers is
/// slow.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding it moves the nearest integer into the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-80.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let rest = x - whole * 0.693359375 + whole * 2.12194440e-4;
    let polynomial = ((((1.9875691500e-4 * rest + 1.3981999507e-3) * rest + 8.3334519073e-3)
        * rest
        + 4.1665795894e-2)
        * rest
        + 1.6666665459e-1)
        * rest
        + 5.0000001201e-1;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3F80_0000));
    (polynomial * rest * rest + rest + 1.0) * power
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn it_agrees_with_the_standard_library() {
        for step in -8_000..=8_800_i16 {
            let x = f32::from(step) / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) / exact - 1.0).abs();
            assert!(error < 3e-7, "e^{x}: {error:e}");
        }
    }

    #[test]
    fn it_is_next_to_nothing_far_below() {
        for x in [-80.0, -88.0, -1e4, -1e30, f32::NEG_INFINITY] {
            assert!((0.0..2e-35).contains(&exp(x)), "{x}: {:e}", exp(x));
        }
        assert_eq!(exp(0.0), 1.0);
    }
}
