//! Surfaces as filled bands. The outline of the region above a level is found by marching squares,
//! the plane case of W. E. Lorensen and H. E. Cline, *Marching cubes: a high resolution 3D surface
//! construction algorithm* (1987).
//!
//! If the outline crosses a cell twice, the mean of the cell's corners decides if its two high
//! corners are connected.

use std::collections::BTreeMap;

use crate::numeric;

/// A point of a grid: column and row, with fractions.
pub(super) type Point = (f64, f64);

/// An edge between two corners of the grid: true if it runs down, its row, its column. Rows and
/// columns begin at -1, so that outlines are closed at the border of the grid.
type Edge = (bool, isize, isize);

/// Returns the outlines of the region in which a surface is at least `level`, as closed rings. NaN
/// and everything outside the grid count as lower than any level.
pub(super) fn outlines(zs: &[Vec<f64>], level: f64) -> Vec<Vec<Point>> {
    let grid = HeightGrid { zs, level };
    let (rows, columns) = (zs.len().cast_signed(), zs.first().map_or(0, Vec::len).cast_signed());
    let mut next: BTreeMap<Edge, Edge> = BTreeMap::new();
    for row in -1..rows {
        for column in -1..columns {
            grid.cross(row, column, &mut next);
        }
    }
    let mut rings = Vec::new();
    while let Some((first, mut edge)) = next.pop_first() {
        let mut ring = vec![grid.crossing(first)];
        while edge != first {
            ring.push(grid.crossing(edge));
            let Some(following) = next.remove(&edge) else { break };
            edge = following;
        }
        rings.push(ring);
    }
    rings
}

struct HeightGrid<'a> {
    zs: &'a [Vec<f64>],
    level: f64,
}

impl HeightGrid<'_> {
    fn height(&self, row: isize, column: isize) -> f64 {
        let row = usize::try_from(row).ok().and_then(|row| self.zs.get(row));
        row.and_then(|row| usize::try_from(column).ok().and_then(|column| row.get(column)))
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// Records the segments of the outline within a cell. On a walk around the cell, each segment
    /// leads from the edge at which the walk leaves the high region to the edge at which it
    /// returns. So the segments of neighboring cells form a line.
    fn cross(&self, row: isize, column: isize, next: &mut BTreeMap<Edge, Edge>) {
        let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
        let edges = [
            (false, row, column),
            (true, row, column + 1),
            (false, row + 1, column),
            (true, row, column),
        ];
        let heights = corners.map(|(row, column)| self.height(row, column));
        let is_high = |corner: usize| heights[corner % 4] >= self.level;
        let crossed: Vec<usize> =
            (0..4).filter(|edge| is_high(*edge) != is_high(edge + 1)).collect();
        let mean = heights.iter().sum::<f64>() / 4.0;
        let step = if crossed.len() == 4 && mean >= self.level {
            1
        } else {
            crossed.len().saturating_sub(1)
        };
        for (index, edge) in crossed.iter().enumerate().filter(|(_, edge)| is_high(**edge)) {
            next.insert(edges[*edge], edges[crossed[(index + step) % crossed.len()]]);
        }
    }

    /// Returns the point on an edge at which the surface has the level. If the height at one end is
    /// NaN, this is the other end.
    fn crossing(&self, (is_down, row, column): Edge) -> Point {
        let end = if is_down { (row + 1, column) } else { (row, column + 1) };
        let (from, to) = (self.height(row, column), self.height(end.0, end.1));
        let share = match (from.is_nan(), to.is_nan()) {
            (true, _) => 1.0,
            (_, true) => 0.0,
            _ if self.level == f64::NEG_INFINITY => 0.5,
            _ => numeric::share(self.level, from, to).clamp(0.0, 1.0),
        };
        let between = |a: isize, b: isize| a as f64 + (b - a) as f64 * share;
        (between(column, end.1), between(row, end.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the area that rings enclose, without the holes.
    fn area(rings: &[Vec<Point>]) -> f64 {
        let ring = |ring: &Vec<Point>| {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0
        };
        rings.iter().map(ring).sum::<f64>()
    }

    #[test]
    fn a_slope_is_cut_where_it_has_the_height() {
        let slope: Vec<Vec<f64>> = vec![vec![0.0, 1.0, 2.0]; 3];
        assert!((area(&outlines(&slope, 0.5)) - 3.0).abs() < 1e-12, "from 0.5 to 2, two rows high");
        assert!((area(&outlines(&slope, f64::NEG_INFINITY)) - 4.0).abs() < 1e-12, "all of it");
        assert!(outlines(&slope, 2.5).is_empty());
    }

    #[test]
    fn a_hole_and_what_is_not_known_are_left_out() {
        let mut hill = vec![vec![1.0; 5]; 5];
        hill[2][2] = 0.0;
        let rings = outlines(&hill, 0.5);
        assert_eq!(rings.len(), 2, "the outline and the hole");
        assert!((area(&rings) - (16.0 - 0.5)).abs() < 1e-12, "{rings:?}");
        hill[2][2] = f64::NAN;
        assert!(
            (area(&outlines(&hill, 0.5)) - (16.0 - 2.0)).abs() < 1e-12,
            "up to the known corners"
        );
        assert!(outlines(&[vec![f64::NAN; 3], vec![f64::NAN; 3]], 0.0).is_empty());
    }

    #[test]
    fn the_mean_says_whether_a_saddle_is_connected() {
        let saddle = |corner: f64| vec![vec![1.0, corner], vec![corner, 1.0]];
        assert_eq!(outlines(&saddle(0.4), 0.5).len(), 1);
        assert_eq!(outlines(&saddle(-4.0), 0.5).len(), 2);
    }
}
