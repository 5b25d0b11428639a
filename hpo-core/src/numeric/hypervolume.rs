//! The exact hypervolume: the volume that a set of points dominates, up to a reference point. Small
//! is good in every coordinate.
//!
//! The method depends on the number of coordinates: a sweep for two, a sweep over such sweeps for
//! three, and for more the exclusive shares of L. While, L. Bradstreet and L. Barone, *A Fast Way
//! of Calculating Exact Hypervolumes* ([2012](https://doi.org/10.1109/TEVC.2010.2077298)). The
//! share of a point is its box, less the volume within that box of the points after it. In the
//! worst case, the last method takes a time that grows exponentially with the number of
//! coordinates.

use super::pareto::dominates;

/// Returns the volume between the points and the reference. A point that is not below the reference
/// in every coordinate adds nothing.
///
/// # Panics
/// If a point has fewer coordinates than the reference.
pub(crate) fn hypervolume<P: AsRef<[f64]>>(points: &[P], reference: &[f64]) -> f64 {
    let below = |point: &&[f64]| reference.iter().zip(*point).all(|(edge, x)| x < edge);
    let inside: Vec<&[f64]> =
        points.iter().map(|point| &point.as_ref()[..reference.len()]).filter(below).collect();
    if inside.is_empty() {
        return 0.0;
    }
    match reference.len() {
        0 => 0.0,
        1 => reference[0] - inside.iter().map(|point| point[0]).fold(f64::INFINITY, f64::min),
        2 => area(inside, reference),
        3 => stacked(inside, reference),
        _ => shares(nondominated(inside.into_iter().map(<[f64]>::to_vec).collect()), reference),
    }
}

/// Returns the dominated area. The sweep goes from left to right: each point that is lower than all
/// before it adds a rectangle.
fn area(mut points: Vec<&[f64]>, reference: &[f64]) -> f64 {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (mut lowest, mut area) = (reference[1], 0.0);
    for point in points {
        if point[1] < lowest {
            area += (reference[0] - point[0]) * (lowest - point[1]);
            lowest = point[1];
        }
    }
    area
}

/// Returns the dominated volume of three coordinates. The sweep goes from bottom to top: the layer
/// between two successive points has the area that all points below it dominate.
fn stacked(mut points: Vec<&[f64]>, reference: &[f64]) -> f64 {
    points.sort_by(|a, b| a[2].total_cmp(&b[2]));
    let mut volume = 0.0;
    for (index, point) in points.iter().enumerate() {
        let top = points.get(index + 1).map_or(reference[2], |next| next[2]);
        if top > point[2] {
            volume += (top - point[2]) * area(points[..=index].to_vec(), &reference[..2]);
        }
    }
    volume
}

/// Returns the sum of the exclusive shares of points that do not dominate each other.
fn shares(mut points: Vec<Vec<f64>>, reference: &[f64]) -> f64 {
    // Large boxes come last: fewer points after them cut something off.
    points.sort_by(|a, b| b[0].total_cmp(&a[0]));
    let share = |(index, point): (usize, &Vec<f64>)| {
        let limited = points[index + 1..].iter().map(|other| worse_of(point, other)).collect();
        let covered = nondominated(limited);
        let covered = if covered.is_empty() { 0.0 } else { shares(covered, reference) };
        let own = reference.iter().zip(point).map(|(edge, x)| edge - x).product::<f64>();
        // A volume that overflows stays infinite.
        if own.is_finite() { own - covered } else { own }
    };
    points.iter().enumerate().map(share).sum()
}

/// Returns the corner of the region that both points dominate.
fn worse_of(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a.max(*b)).collect()
}

/// Returns the points that no other one dominates or equals.
fn nondominated(points: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut front: Vec<Vec<f64>> = Vec::with_capacity(points.len());
    for point in points {
        if front.iter().any(|other| *other == point || dominates(other, &point)) {
            continue;
        }
        front.retain(|other| !dominates(&point, other));
        front.push(point);
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of `reference.py`: `count` points of `coordinates` numbers from 0 to 1.
    fn points(count: usize, coordinates: usize) -> Vec<Vec<f64>> {
        let at = |row: usize, column: usize| {
            ((row * 7919 + column * 104_729 + row * column * 613) % 1009) as f64 / 1009.0
        };
        (0..count).map(|row| (0..coordinates).map(|column| at(row, column)).collect()).collect()
    }

    /// As Optuna 5.0 computes them, see `sampler/nsga2/reference.py`.
    #[test]
    fn volumes_are_those_of_other_libraries() {
        for (count, coordinates, expected) in RECORDED {
            let found = hypervolume(&points(count, coordinates), &vec![0.9; coordinates]);
            assert!(
                (found - expected).abs() < 1e-12,
                "{count} points in {coordinates}: {found} instead of {expected}"
            );
        }
    }

    #[allow(clippy::unreadable_literal, reason = "recorded figures")]
    const RECORDED: [(usize, usize, f64); 5] = [
        (1, 2, 0.09463825569871159),
        (40, 2, 0.6882031095757609),
        (40, 3, 0.5517741055307042),
        (40, 4, 0.32675799050926463),
        (25, 6, 0.031900434919515996),
    ];

    #[test]
    fn what_lies_beyond_the_reference_adds_nothing() {
        assert_eq!(hypervolume(&[[0.5, 2.0], [0.5, 0.5]], &[1.0, 1.0]), 0.25);
        assert_eq!(hypervolume(&[[1.0, 0.0]], &[1.0, 1.0]), 0.0);
        assert_eq!(hypervolume::<[f64; 2]>(&[], &[1.0, 1.0]), 0.0);
        assert_eq!(hypervolume(&[[f64::INFINITY; 4], [0.0; 4]], &[1.0; 4]), 1.0);
        assert_eq!(hypervolume(&[[0.25], [0.5]], &[1.0]), 0.75);
        for coordinates in 1..6 {
            let points =
                [vec![f64::MIN; coordinates], vec![-1e300; coordinates], vec![0.5; coordinates]];
            assert!(hypervolume(&points, &vec![1.0; coordinates]) >= 1e300, "{coordinates}");
        }
    }

    /// Applies every method to points that differ only in three coordinates.
    #[test]
    fn methods_agree() {
        let three = points(30, 3);
        let five: Vec<Vec<f64>> =
            three.iter().map(|point| [&point[..], &[0.0, 0.5]].concat()).collect();
        let volume = hypervolume(&three, &[1.0; 3]);
        assert!((hypervolume(&five, &[1.0; 5]) - 0.5 * volume).abs() < 1e-12);
        let flat: Vec<Vec<f64>> =
            points(30, 2).iter().map(|point| [&point[..], &[0.0]].concat()).collect();
        assert!(
            (hypervolume(&flat, &[1.0; 3]) - hypervolume(&points(30, 2), &[1.0; 2])).abs() < 1e-12
        );
    }
}
