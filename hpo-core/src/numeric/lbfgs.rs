//! Projected L-BFGS: minimization of a smooth function within bounds, by its gradient.
//!
//! The two-loop recursion is that of J. Nocedal (1980), *Updating Quasi-Newton Matrices with
//! Limited Storage*. Bounds are handled by projecting the path, as in D. P. Bertsekas (1982),
//! *Projected Newton Methods*: variables that their gradient holds at a bound take no part in the
//! step. Steps are halved, or shortened by a parabola, until the function has decreased enough
//! (Armijo).

use super::vector::{add_scaled, dot};

/// The number of pairs (step, change of the gradient) that are remembered.
const MEMORY: usize = 8;

/// The number of step lengths that are tried along one direction.
const MOST_SHORTENED: usize = 12;

/// The share of the predicted decrease that a step has to achieve (Armijo's constant).
const ENOUGH: f64 = 1e-4;

/// The rules by which a minimization stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest number of steps.
    pub(crate) steps: usize,
    /// A point is a minimum if no component of its gradient is larger than this, except for
    /// variables held at a bound.
    pub(crate) gradient: f64,
    /// The search stops after a step whose decrease is no larger than this.
    pub(crate) decrease: f64,
}

/// Returns the lowest point found on the way down from `start`.
///
/// `function` returns the value at a point and writes its gradient. A value that is not finite
/// means that the function cannot be computed there.
pub(crate) fn minimize(
    start: &[f64],
    bounds: &[(f64, f64)],
    limits: Limits,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut point = projected(start, bounds);
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut pairs = Pairs::default();
    for _ in 0..limits.steps {
        let free = free_part(&point, &gradient, bounds);
        let steepest = free.iter().fold(0.0_f64, |most, component| most.max(component.abs()));
        if !value.is_finite() || steepest <= limits.gradient {
            break;
        }
        let direction = pairs.direction(&free);
        let Some(next) = search(&point, value, &gradient, &direction, bounds, &mut function) else {
            if pairs.0.is_empty() {
                break;
            }
            // The remembered curvature misleads: try once more, along the steepest descent.
            pairs.0.clear();
            continue;
        };
        pairs.remember(&point, &gradient, &next);
        let decrease = value - next.value;
        (point, value, gradient) = (next.point, next.value, next.gradient);
        if decrease <= limits.decrease {
            break;
        }
    }
    point
}

/// A point with its value and gradient.
struct Iterate {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// Searches along a direction, projected to the bounds, for a point that is low enough; `None` if
/// no tried step length reaches one.
fn search(
    point: &[f64],
    value: f64,
    gradient: &[f64],
    direction: &[f64],
    bounds: &[(f64, f64)],
    function: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Iterate> {
    let mut length = 1.0;
    let mut candidate = Iterate { point: Vec::new(), value, gradient: vec![0.0; point.len()] };
    for _ in 0..MOST_SHORTENED {
        let there: Vec<f64> = point.iter().zip(direction).map(|(x, d)| x + length * d).collect();
        candidate.point = projected(&there, bounds);
        let promised: f64 = candidate
            .point
            .iter()
            .zip(point)
            .zip(gradient)
            .map(|((to, from), g)| (to - from) * g)
            .sum();
        if promised >= 0.0 {
            return None;
        }
        candidate.value = function(&candidate.point, &mut candidate.gradient);
        if candidate.value <= value + ENOUGH * promised {
            return Some(candidate);
        }
        // The minimum of the parabola through the known values, limited to 0.1 to 0.5 of the
        // length.
        let lowest = -promised / (2.0 * (candidate.value - value - promised));
        length *= if lowest.is_finite() { lowest.clamp(0.1, 0.5) } else { 0.1 };
    }
    None
}

/// The last steps, the newest one last: step, change of the gradient, and inverse of their product.
#[derive(Default)]
struct Pairs(Vec<(Vec<f64>, Vec<f64>, f64)>);

impl Pairs {
    fn remember(&mut self, point: &[f64], gradient: &[f64], next: &Iterate) {
        let step = difference(&next.point, point);
        let change = difference(&next.gradient, gradient);
        let product = dot(&step, &change);
        if product > 1e-10 * dot(&change, &change) {
            if self.0.len() == MEMORY {
                self.0.remove(0);
            }
            self.0.push((step, change, 1.0 / product));
        }
    }

    /// Returns the L-BFGS step for the free variables, or the steepest descent if that step does
    /// not go downhill.
    fn direction(&self, free: &[f64]) -> Vec<f64> {
        let Some((step, change, _)) = self.0.last() else {
            // The scale is unknown: the step has at most length one.
            let scale = 1.0 / dot(free, free).sqrt().max(1.0);
            return free.iter().map(|component| -component * scale).collect();
        };
        let mut direction = free.to_vec();
        let mut shares = Vec::with_capacity(self.0.len());
        for (step, change, inverse) in self.0.iter().rev() {
            let share = inverse * dot(step, &direction);
            add_scaled(&mut direction, -share, change);
            shares.push(share);
        }
        let scale = dot(step, change) / dot(change, change);
        for component in &mut direction {
            *component *= scale;
        }
        for ((step, change, inverse), share) in self.0.iter().zip(shares.iter().rev()) {
            let back = inverse * dot(change, &direction);
            add_scaled(&mut direction, share - back, step);
        }
        for (component, free) in direction.iter_mut().zip(free) {
            *component = if *free == 0.0 { 0.0 } else { -*component };
        }
        if dot(&direction, free) < 0.0 {
            return direction;
        }
        free.iter().map(|component| -component).collect()
    }
}

/// Returns the gradient, with zeros for variables that it holds at a bound.
fn free_part(point: &[f64], gradient: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    let is_at_bound = |x: f64, slope: f64, (low, high): (f64, f64)| {
        (x <= low && slope > 0.0) || (x >= high && slope < 0.0)
    };
    let components = point.iter().zip(gradient).zip(bounds);
    components
        .map(|((x, slope), bounds)| if is_at_bound(*x, *slope, *bounds) { 0.0 } else { *slope })
        .collect()
}

fn projected(point: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    point.iter().zip(bounds).map(|(x, (low, high))| x.clamp(*low, *high)).collect()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { steps: 200, gradient: 1e-9, decrease: 0.0 };

    /// Rosenbrock's function with its gradient.
    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for i in 1..x.len() {
            let (off, rest) = (x[i] - x[i - 1] * x[i - 1], 1.0 - x[i - 1]);
            sum += 100.0 * off * off + rest * rest;
            gradient[i] += 200.0 * off;
            gradient[i - 1] -= 400.0 * off * x[i - 1] + 2.0 * rest;
        }
        sum
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        let far = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-6, "{found:?} instead of {expected:?}");
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let mut calls = 0;
        let found = minimize(&[-1.2, 1.0, -1.2, 1.0], &[(-5.0, 5.0); 4], LIMITS, |x, gradient| {
            calls += 1;
            rosenbrock(x, gradient)
        });
        assert_close(&found, &[1.0; 4]);
        assert!(calls < 120, "{calls} calls");
    }

    /// `scipy.optimize.minimize(method="L-BFGS-B")`, by `sampler/gp/reference.py`.
    #[test]
    fn bounds_are_kept_as_recorded() {
        let bounds = [(-5.0, 0.8), (-5.0, 5.0), (0.7, 5.0), (-5.0, 5.0)];
        let found = minimize(&[0.5; 4], &bounds, LIMITS, rosenbrock);
        assert_close(&found, &BOUNDED);
    }

    const BOUNDED: [f64; 4] = [0.8, 0.781_559_505_088_836_9, 0.7, 0.49];

    #[test]
    fn a_start_outside_is_moved_to_the_bounds_and_a_corner_is_a_minimum() {
        let found = minimize(&[9.0, -9.0], &[(0.0, 1.0), (2.0, 3.0)], LIMITS, |x, gradient| {
            gradient.copy_from_slice(&[1.0, 1.0]);
            x[0] + x[1]
        });
        assert_eq!(found, [0.0, 2.0]);
    }

    #[test]
    fn where_nothing_can_be_computed_it_turns_back_or_stays() {
        let domain = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::NAN }
        };
        assert_close(&minimize(&[1e-3], &[(-10.0, 10.0)], LIMITS, domain), &[1.0]);
        assert_eq!(minimize(&[-1.0], &[(-10.0, 10.0)], LIMITS, domain), [-1.0]);
    }
}
