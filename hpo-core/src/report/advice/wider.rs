//! A wider range: by half of its width at one end, or tenfold on a logarithmic scale.
//!
//! It contains every value of the old range, keeps its grid, and fits the type of the field.

use crate::numeric::format::rounded;
use crate::space::{Domain, Float, Int};

/// Returns the domain with one end moved outward, within the values of the type named `scalar`.
/// Returns `None` if the end is a natural one, or the type has no further values.
pub(super) fn widened(domain: &Domain, is_upper: bool, scalar: Option<&str>) -> Option<Domain> {
    match domain {
        Domain::Float(float) => {
            wider_float(float, is_upper, scalar == Some("f32")).map(Domain::Float)
        }
        Domain::Int(int) => wider_int(int, is_upper, limits(scalar, int)).map(Domain::Int),
        Domain::Categorical(_) => None,
    }
}

fn wider_float(float: &Float, is_upper: bool, is_single: bool) -> Option<Float> {
    // 12 digits are without the rounding errors of the computation.
    let end = rounded(further(float, is_upper)?, 12);
    let (end, least) = if is_single {
        (f64::from(end as f32), f64::from(f32::MIN_POSITIVE))
    } else {
        (end, f64::MIN_POSITIVE)
    };
    let is_beyond = if is_upper { end > float.high } else { end < float.low };
    let fits = end.is_finite() && is_beyond && (!float.log || end >= least);
    fits.then(|| {
        if is_upper {
            Float { high: end, ..float.clone() }
        } else {
            Float { low: end, ..float.clone() }
        }
    })
}

/// Returns the new end of a range of real numbers.
fn further(float: &Float, is_upper: bool) -> Option<f64> {
    let Float { low, high, log, step, .. } = *float;
    if (!is_upper && low == 0.0) || (is_upper && high == 1.0 && low >= 0.0) {
        return None;
    }
    if log {
        // On a multiplicative grid, the end moves by a power of its factor.
        let far =
            step.map_or(10.0, |factor| factor.powf((10.0_f64.ln() / factor.ln()).ceil().max(1.0)));
        return Some(if is_upper { high * far } else { low / far });
    }
    let stays_positive = !is_upper && low > 0.0;
    let far = high / 2.0 - low / 2.0;
    let far = step.map_or(far, |step| {
        let steps = (far / step).ceil().max(1.0);
        step * if stays_positive { steps.min((low / step).floor()) } else { steps }
    });
    Some(match is_upper {
        true => high + far,
        false if stays_positive => (low - far).max(0.0),
        false => low - far,
    })
}

/// Returns the least and the greatest integer of a type. For a `NonZero` type, zero bounds the side
/// on which the range lies.
fn limits(scalar: Option<&str>, int: &Int) -> (i128, i128) {
    let name = scalar.unwrap_or("i64");
    let (low, high) = match name.trim_start_matches("NonZero").to_lowercase().as_str() {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        // On some platforms a `usize` has only 32 bits, which suffice for a length or a width.
        "u32" | "usize" => (0, u32::MAX.into()),
        "u64" | "u128" => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    match name.starts_with("NonZero") {
        true if int.low > 0 => (low.max(1), high),
        true => (low, high.min(-1)),
        false => (low, high),
    }
}

/// Returns the new end of a range of integers.
fn further_int(int: &Int, is_upper: bool, (least, most): (i128, i128)) -> Option<i128> {
    let Int { low, high, log, step, .. } = *int;
    if !is_upper && (low == 0 || low == 1) {
        return None;
    }
    // A range of positive numbers stays positive.
    let least = if low > 0 { least.max(1) } else { least };
    match (log, step, is_upper) {
        (true, Some(factor), true) => {
            let powers = [high.checked_mul(factor)?.checked_mul(factor), high.checked_mul(factor)];
            powers.into_iter().flatten().find(|end| *end <= most)
        }
        (true, Some(factor), false) => (low % factor == 0).then_some(low / factor),
        // Without a factor, the end moves by a factor of four.
        (true, None, true) => Some(high.checked_mul(4)?.min(most)),
        (true, None, false) => Some((low / 4).max(1)),
        (false, step, _) => {
            let step = step.unwrap_or(1);
            let room = if is_upper { most - high } else { low - least };
            let far = ((high - low) / 2 / step).max(1).min(room / step) * step;
            Some(if is_upper { high + far } else { low - far })
        }
    }
}

fn wider_int(int: &Int, is_upper: bool, limits: (i128, i128)) -> Option<Int> {
    let end = further_int(int, is_upper, limits)?;
    let fits = (limits.0..=limits.1).contains(&end)
        && if is_upper { end > int.high } else { end < int.low };
    fits.then(|| {
        if is_upper { Int { high: end, ..int.clone() } } else { Int { low: end, ..int.clone() } }
    })
}
