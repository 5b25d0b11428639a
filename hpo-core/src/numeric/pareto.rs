//! Pareto dominance: nondominated sorting and crowding distances. Small is good in every
//! coordinate, and no coordinate is NaN.

use std::cmp::Ordering;

use super::ordinary::Ordinary;

/// Returns the front of each point: 0 for points that no point dominates, 1 for those that only
/// points of front 0 dominate, and so on.
///
/// X. Zhang, Y. Tian, R. Cheng and Y. Jin, *An Efficient Approach to Nondominated Sorting* (2015):
/// in the order of their coordinates, each point is compared with the fronts found so far, and
/// joins the first that does not dominate it.
pub(crate) fn fronts<P: AsRef<[f64]>>(points: &[P]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| lexicographic(points[*a].as_ref(), points[*b].as_ref()));
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut fronts = vec![0; points.len()];
    for index in order {
        let point = points[index].as_ref();
        let is_free = |front: &Vec<usize>| {
            !front.iter().rev().any(|other| dominates(points[*other].as_ref(), point))
        };
        let front = members.iter().position(is_free).unwrap_or(members.len());
        if front == members.len() {
            members.push(Vec::new());
        }
        members[front].push(index);
        fronts[index] = front;
    }
    fronts
}

/// Returns the crowding distance of each point of a front: the sum over the coordinates of the gap
/// between its two neighbors, as a share of the coordinate's range. It is infinite at the ends of a
/// range.
///
/// K. Deb, A. Pratap, S. Agarwal and T. Meyarivan, *A Fast and Elitist Multiobjective Genetic
/// Algorithm: NSGA-II* ([2002](https://doi.org/10.1109/4235.996017)). A coordinate in which all
/// points are equal adds nothing. An absurd coordinate counts as the worst or the best ordinary
/// one: otherwise all other points would seem to coincide.
pub(crate) fn crowding<P: AsRef<[f64]>>(points: &[P]) -> Vec<f64> {
    let mut distances = vec![0.0; points.len()];
    let coordinates = points.first().map_or(0, |point| point.as_ref().len());
    let mut order: Vec<usize> = (0..points.len()).collect();
    for coordinate in 0..coordinates {
        let of_all: Vec<f64> = points.iter().map(|point| point.as_ref()[coordinate]).collect();
        let ends = Ordinary::of(&of_all)
            .map_or((f64::MIN, f64::MAX), |ordinary| (ordinary.best, ordinary.worst));
        let at = |index: usize| of_all[index].clamp(ends.0, ends.1);
        order.sort_by(|a, b| at(*a).total_cmp(&at(*b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        // Halved, so that no difference overflows.
        let range = at(last) / 2.0 - at(first) / 2.0;
        if range > 0.0 {
            distances[first] = f64::INFINITY;
            distances[last] = f64::INFINITY;
            for three in order.windows(3) {
                distances[three[1]] += (at(three[2]) / 2.0 - at(three[0]) / 2.0) / range;
            }
        }
    }
    distances
}

/// Returns true if `a` is nowhere worse than `b`, and better in some coordinate.
pub(crate) fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

fn lexicographic(a: &[f64], b: &[f64]) -> Ordering {
    let unequal = a.iter().zip(b).map(|(a, b)| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    unequal.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn random(count: usize, coordinates: usize, levels: f64) -> Vec<Vec<f64>> {
        let mut rng = Rng::derive(count as u64, coordinates as u64);
        (0..count)
            .map(|_| (0..coordinates).map(|_| (rng.unit() * levels).floor()).collect())
            .collect()
    }

    /// Sorts by the definition: removes the nondominated points, again and again.
    fn peeled(points: &[Vec<f64>]) -> Vec<usize> {
        let mut fronts = vec![usize::MAX; points.len()];
        for front in 0.. {
            let rest: Vec<usize> =
                (0..points.len()).filter(|index| fronts[*index] == usize::MAX).collect();
            if rest.is_empty() {
                break;
            }
            for index in &rest {
                if !rest.iter().any(|other| dominates(&points[*other], &points[*index])) {
                    fronts[*index] = front;
                }
            }
        }
        fronts
    }

    #[test]
    fn fronts_are_those_that_peeling_finds() {
        for coordinates in 1..=4 {
            for levels in [3.0, 1e6] {
                let points = random(60, coordinates, levels);
                assert_eq!(
                    fronts(&points),
                    peeled(&points),
                    "{coordinates} coordinates, {levels} levels"
                );
            }
        }
        assert!(fronts::<Vec<f64>>(&[]).is_empty());
        assert_eq!(
            fronts(&[[f64::INFINITY, 0.0], [f64::NEG_INFINITY, 0.0], [f64::NEG_INFINITY, 0.0]]),
            [1, 0, 0]
        );
    }

    #[test]
    fn crowded_points_are_near_their_neighbours() {
        let found = crowding(&[[0.0, 10.0], [1.0, 9.0], [2.0, 5.0], [10.0, 0.0]]);
        assert_eq!(found, [f64::INFINITY, 0.2 + 0.5, 0.9 + 0.9, f64::INFINITY]);
        assert_eq!(crowding(&[[1.0, 2.0], [1.0, 2.0]]), [0.0, 0.0]);
        assert!(crowding::<Vec<f64>>(&[]).is_empty());
        let huge = crowding(&[[-f64::MAX], [0.0], [f64::INFINITY]]);
        assert_eq!(huge, [f64::INFINITY, 1.0, f64::INFINITY]);
        let plain: Vec<[f64; 2]> =
            (0..20).map(|place| [f64::from(place), f64::from(-place)]).collect();
        let absurd = [&plain[..], &[[1e300, -1e300]]].concat();
        assert_eq!(crowding(&plain)[5..15], crowding(&absurd)[5..15]);
    }
}
