//! The standard normal distribution: distribution function, quantiles and Mills' ratio.

#![allow(
    clippy::unreadable_literal,
    clippy::excessive_precision,
    reason = "coefficients stand as in the papers, to be compared with them"
)]

/// Returns the probability of a value of at most `z`, after G. West, *Better Approximations to
/// Cumulative Normal Functions*, Wilmott (2005), who follows J. F. Hart. The absolute error is
/// about 1e-15.
pub(crate) fn cdf(z: f64) -> f64 {
    let x = z.abs();
    let (above, below) = tail_ratio(x);
    let tail = if x > 37.0 { 0.0 } else { (-x * x / 2.0).exp() * above / below };
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Returns Mills' ratio for `x >= 0`: the probability beyond `x`, divided by the density at `x`.
/// The relative error is below 1e-11 up to 4; it grows beyond.
pub(crate) fn mills(x: f64) -> f64 {
    let (above, below) = tail_ratio(x);
    above / below * ROOT
}

/// The square root of `2 pi`.
const ROOT: f64 = 2.506_628_274_631_001;

/// Returns the probability beyond `x`, divided by `exp(-x^2 / 2)`, as numerator and denominator.
fn tail_ratio(x: f64) -> (f64, f64) {
    const ABOVE: [f64; 7] = [
        0.0352624965998911,
        0.700383064443688,
        6.37396220353165,
        33.912866078383,
        112.079291497871,
        221.213596169931,
        220.206867912376,
    ];
    const BELOW: [f64; 8] = [
        0.0883883476483184,
        1.75566716318264,
        16.064177579207,
        86.7807322029461,
        296.564248779674,
        637.333633378831,
        793.826512519948,
        440.413735824752,
    ];
    if x < 7.071_067_811_865_475 {
        return (horner(&ABOVE, x), horner(&BELOW, x));
    }
    (1.0, (x + 1.0 / (x + 2.0 / (x + 3.0 / (x + 4.0 / (x + 0.65))))) * ROOT)
}

/// Returns the value with a probability of `p` below it, by M. J. Wichura, *Algorithm AS 241*,
/// Applied Statistics 37 (1988). The relative error is about 1e-16. The result is infinite for 0
/// and 1.
pub(crate) fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(&CENTRAL.0, r) / horner(&CENTRAL.1, r);
    }
    let r = p.min(1.0 - p);
    if r <= 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = (-r.ln()).sqrt();
    let z = if r <= 5.0 {
        horner(&TAIL.0, r - 1.6) / horner(&TAIL.1, r - 1.6)
    } else {
        horner(&FAR.0, r - 5.0) / horner(&FAR.1, r - 5.0)
    };
    z.copysign(q)
}

/// The coefficients of one of the algorithm's rational functions: numerator and denominator, the
/// highest power first.
type Ratio = ([f64; 8], [f64; 8]);

static CENTRAL: Ratio = (
    [
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ],
    [
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ],
);

static TAIL: Ratio = (
    [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ],
    [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ],
);

static FAR: Ratio = (
    [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ],
    [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
);

fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf` and `.cdf`, `SciPy` 1.17.1.
    #[test]
    fn both_ways_agree_with_recorded_figures() {
        let quantiles = [
            (1e-300, -37.0470962993612),
            (1e-10, -6.361340902404056),
            (0.001, -3.090232306167813),
            (0.3, -0.5244005127080409),
            (0.5, 0.0),
            (0.9, 1.2815515655446004),
            (0.999_999, 4.753424308817087),
        ];
        for (p, expected) in quantiles {
            assert!(
                (quantile(p) - expected).abs() <= 1e-14 * expected.abs(),
                "{p}: {}",
                quantile(p)
            );
        }
        let probabilities = [
            (-8.0, 6.22096057427174e-16),
            (-3.0, 0.0013498980316300933),
            (-0.5, 0.3085375387259869),
            (0.0, 0.5),
            (1.0, 0.8413447460685429),
            (5.0, 0.9999997133484281),
        ];
        for (z, expected) in probabilities {
            assert!((cdf(z) - expected).abs() <= 2e-15, "{z}: {}", cdf(z));
        }
    }

    #[test]
    fn the_ends_are_infinite() {
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((cdf(f64::NEG_INFINITY), cdf(f64::INFINITY)), (0.0, 1.0));
    }
}
