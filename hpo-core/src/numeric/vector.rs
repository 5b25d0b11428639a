//! Vector operations, in which a Gaussian process spends most of its time.
//!
//! The loops are written out, with `while` and constant indices. Without optimization, ranges,
//! iterators and closures are calls that cost ten times as much as the arithmetic, and a user's
//! first run is not optimized.

/// Returns the product `a · b` of two vectors of the same length.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let (mut sums, mut at) = ([0.0; 8], 0);
    while at < a.len() {
        let (a, b) = (&a[at], &b[at]);
        sums[0] += a[0] * b[0];
        sums[1] += a[1] * b[1];
        sums[2] += a[2] * b[2];
        sums[3] += a[3] * b[3];
        sums[4] += a[4] * b[4];
        sums[5] += a[5] * b[5];
        sums[6] += a[6] * b[6];
        sums[7] += a[7] * b[7];
        at += 1;
    }
    let (mut rest, mut at) = (0.0, 0);
    while at < a_rest.len() {
        rest += a_rest[at] * b_rest[at];
        at += 1;
    }
    sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7] + rest
}

/// Adds `factor * x` to `sum`; `x` is at least as long.
pub(crate) fn add_scaled(sum: &mut [f64], factor: f64, x: &[f64]) {
    let x = &x[..sum.len()];
    let mut at = 0;
    while at < sum.len() {
        sum[at] += factor * x[at];
        at += 1;
    }
}

/// Multiplies each number of `product` by that of `x`, which is at least as long.
pub(crate) fn multiply(product: &mut [f64], x: &[f64]) {
    let x = &x[..product.len()];
    let mut at = 0;
    while at < product.len() {
        product[at] *= x[at];
        at += 1;
    }
}
