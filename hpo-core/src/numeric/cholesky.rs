//! The Cholesky factor of a symmetric positive definite matrix, with the operations that Gaussian
//! processes need.
//!
//! G. H. Golub and C. F. Van Loan, *Matrix Computations* (4th ed., 2013), section 4.2. The rows of
//! the lower triangle are stored one after the other, row `i` with `i + 1` numbers. So appending a
//! row takes `O(n^2)`, and every inner loop is a product of contiguous numbers. Four rows are
//! processed at a time, so that each number of the factor is loaded once for four uses.

use super::vector::{add_scaled, dot};

/// The number of rows that are processed together.
const BLOCK: usize = 4;

/// Returns the index at which a row of a packed lower triangle begins.
pub(crate) fn row_start(row: usize) -> usize {
    row * (row + 1) / 2
}

/// The lower factor `L` of a matrix `A = L L'`, packed by rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cholesky {
    size: usize,
    rows: Vec<f64>,
}

impl Cholesky {
    /// Factors a matrix of which `lower` holds the lower triangle, packed by rows. Returns `None`
    /// if the matrix is not positive definite.
    ///
    /// # Panics
    /// If the length of `lower` is not that of a triangle of `size` rows.
    pub(crate) fn new(size: usize, lower: Vec<f64>) -> Option<Self> {
        assert_eq!(lower.len(), row_start(size), "a lower triangle of {size} rows");
        let mut rows = lower;
        let mut done = 0;
        while done < size {
            let (above, rest) = rows.split_at_mut(row_start(done));
            let count = BLOCK.min(size - done);
            if count == BLOCK {
                let block = four_rows(rest, done);
                solve_four(above, done, 0, block);
            }
            for row in done..done + count {
                // In a whole block, only the part within the block is left to solve.
                let solved = if count == BLOCK { done } else { 0 };
                let (above, rest) = rows.split_at_mut(row_start(row));
                finish_row(above, &mut rest[..=row], solved)?;
            }
            done += count;
        }
        Some(Self { size, rows })
    }

    /// Appends a row of the matrix, with its diagonal element last. Returns `false`, and changes
    /// nothing, if the matrix would no longer be positive definite.
    ///
    /// # Panics
    /// If `row` does not have exactly one number more than the factor has rows.
    pub(crate) fn append(&mut self, row: &[f64]) -> bool {
        assert_eq!(row.len(), self.size + 1, "a row of the lower triangle");
        let mut row = row.to_vec();
        if finish_row(&self.rows, &mut row, 0).is_none() {
            return false;
        }
        self.rows.append(&mut row);
        self.size += 1;
        true
    }

    /// Returns the number of rows.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Solves `L x = b` in place.
    pub(crate) fn solve_lower(&self, b: &mut [f64]) {
        solve_one(&self.rows, b, 0, self.size);
    }

    /// Solves `L x = b` in place for many right-hand sides of `size` numbers each, one after the
    /// other.
    pub(crate) fn solve_lower_many(&self, many: &mut [f64]) {
        let mut blocks = many.chunks_exact_mut((BLOCK * self.size).max(1));
        for block in &mut blocks {
            let (first, rest) = block.split_at_mut(self.size);
            let (second, rest) = rest.split_at_mut(self.size);
            let (third, fourth) = rest.split_at_mut(self.size);
            solve_four(&self.rows, self.size, 0, [first, second, third, fourth]);
        }
        for b in blocks.into_remainder().chunks_exact_mut(self.size.max(1)) {
            self.solve_lower(b);
        }
    }

    /// Solves `L' x = b` in place.
    pub(crate) fn solve_upper(&self, b: &mut [f64]) {
        for row in (0..self.size).rev() {
            let factors = &self.rows[row_start(row)..=row_start(row) + row];
            let x = b[row] / factors[row];
            b[row] = x;
            add_scaled(&mut b[..row], -x, &factors[..row]);
        }
    }

    /// Solves `A x = b` in place.
    pub(crate) fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// Replaces `z` by `L z`: turns standard normal numbers into ones of covariance `A`.
    pub(crate) fn multiply_lower(&self, z: &mut [f64]) {
        for row in (0..self.size).rev() {
            z[row] = dot(&self.rows[row_start(row)..=row_start(row) + row], &z[..=row]);
        }
    }

    /// Returns the logarithm of the determinant of `A`.
    pub(crate) fn log_determinant(&self) -> f64 {
        2.0 * (0..self.size).map(|row| self.rows[row_start(row) + row].ln()).sum::<f64>()
    }

    /// Returns the lower triangle of the inverse of `A`, packed by rows: `n^3 / 3` multiplications.
    pub(crate) fn inverse(&self) -> Vec<f64> {
        let size = self.size;
        let columns = self.inverse_columns();
        let column = |index: usize| &columns[index * size..(index + 1) * size];
        let mut inverse = Vec::with_capacity(row_start(size));
        for i in 0..size {
            // Both columns are zero above their diagonal elements.
            let own = &column(i)[i..];
            let whole = (i + 1) / BLOCK * BLOCK;
            for j in (0..whole).step_by(BLOCK) {
                let [sums] = products(
                    [own],
                    [
                        &column(j)[i..],
                        &column(j + 1)[i..],
                        &column(j + 2)[i..],
                        &column(j + 3)[i..],
                    ],
                );
                inverse.extend(sums);
            }
            inverse.extend((whole..=i).map(|j| dot(own, &column(j)[i..])));
        }
        inverse
    }

    /// Returns the columns of the inverse of `L`, one after the other.
    fn inverse_columns(&self) -> Vec<f64> {
        let size = self.size;
        let mut columns = vec![0.0; size * size];
        for column in 0..size {
            columns[column * size + column] = 1.0;
        }
        let mut start = 0;
        let mut blocks = columns.chunks_exact_mut((BLOCK * size).max(1));
        for block in &mut blocks {
            let (first, rest) = block.split_at_mut(size);
            let (second, rest) = rest.split_at_mut(size);
            let (third, fourth) = rest.split_at_mut(size);
            solve_four(&self.rows, size, start, [first, second, third, fourth]);
            start += BLOCK;
        }
        for column in blocks.into_remainder().chunks_exact_mut(size.max(1)) {
            solve_one(&self.rows, column, start, size);
            start += 1;
        }
        columns
    }
}

/// Returns the products of `N` vectors with each of four, all of the same length. The loops are
/// written out for builds without optimization, as in [`dot`].
fn products<const N: usize>(
    a: [&[f64]; N],
    [b0, b1, b2, b3]: [&[f64]; BLOCK],
) -> [[f64; BLOCK]; N] {
    let len = b0.len();
    let mut sums = [[0.0; BLOCK]; N];
    let mut row = 0;
    while row < N {
        let a = a[row];
        // Elements of even and of odd index are summed separately.
        let (mut even, mut odd) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (mut first, mut second) = (0, 1);
        while second < len {
            let (x, y) = (a[first], a[second]);
            even[0] += x * b0[first];
            odd[0] += y * b0[second];
            even[1] += x * b1[first];
            odd[1] += y * b1[second];
            even[2] += x * b2[first];
            odd[2] += y * b2[second];
            even[3] += x * b3[first];
            odd[3] += y * b3[second];
            (first, second) = (first + 2, second + 2);
        }
        let mut sum = [even[0] + odd[0], even[1] + odd[1], even[2] + odd[2], even[3] + odd[3]];
        if first < len {
            let x = a[first];
            sum = [
                sum[0] + x * b0[first],
                sum[1] + x * b1[first],
                sum[2] + x * b2[first],
                sum[3] + x * b3[first],
            ];
        }
        sums[row] = sum;
        row += 1;
    }
    sums
}

/// Returns the first `done` numbers of each of the four rows that follow `done` rows.
fn four_rows(rest: &mut [f64], done: usize) -> [&mut [f64]; BLOCK] {
    let (first, rest) = rest.split_at_mut(done + 1);
    let (second, rest) = rest.split_at_mut(done + 2);
    let (third, fourth) = rest.split_at_mut(done + 3);
    [&mut first[..done], &mut second[..done], &mut third[..done], &mut fourth[..done]]
}

/// Turns a row of the matrix into a row of the factor. Its first `solved` numbers are done already.
fn finish_row(above: &[f64], row: &mut [f64], solved: usize) -> Option<()> {
    let last = row.len() - 1;
    let (x, diagonal) = row.split_at_mut(last);
    solve_one(above, x, solved, last);
    let pivot = diagonal[0] - dot(x, x);
    // The comparison is also false for NaN. A smaller pivot is only rounding error.
    if pivot > diagonal[0] * 1e-14 {
        diagonal[0] = pivot.sqrt();
        return Some(());
    }
    None
}

/// Solves `L x = b` in place for one right-hand side, from row `start` to row `end`. `x` is known
/// before `start`.
fn solve_one(rows: &[f64], x: &mut [f64], start: usize, end: usize) {
    for row in start..end {
        let factors = &rows[row_start(row)..=row_start(row) + row];
        x[row] = (x[row] - dot(&factors[..row], &x[..row])) / factors[row];
    }
}

/// Does the same as [`solve_one`] for four right-hand sides, whose numbers before `start` are zero.
fn solve_four(rows: &[f64], end: usize, start: usize, x: [&mut [f64]; BLOCK]) {
    let mut row = start;
    while row + 1 < end {
        let (upper, lower) = (&rows[row_start(row)..], &rows[row_start(row + 1)..]);
        let known = [&x[0][start..row], &x[1][start..row], &x[2][start..row], &x[3][start..row]];
        let [first, second] = products([&upper[start..row], &lower[start..row]], known);
        let mut side = 0;
        while side < BLOCK {
            let x = &mut *x[side];
            x[row] = (x[row] - first[side]) / upper[row];
            x[row + 1] = (x[row + 1] - second[side] - lower[row] * x[row]) / lower[row + 1];
            side += 1;
        }
        row += 2;
    }
    if row < end {
        for x in x {
            solve_one(rows, x, row, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 11;

    /// `exp(-|i - j| / 3)`, plus 0.1 on the diagonal: two blocks of four rows and a remainder.
    fn matrix() -> Vec<f64> {
        let element = |i: usize, j: usize| {
            (-(i.abs_diff(j) as f64) / 3.0).exp() + if i == j { 0.1 } else { 0.0 }
        };
        (0..SIZE).flat_map(|i| (0..=i).map(move |j| element(i, j))).collect()
    }

    fn right_hand_side() -> Vec<f64> {
        (1..=SIZE).map(|i| i as f64).collect()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 1e-13 * expected.abs().max(1.0),
                "{found} instead of {expected}"
            );
        }
    }

    /// Compared with `numpy.linalg.slogdet`, `scipy.linalg.solve`, `solve_triangular` and `inv`, by
    /// `sampler/gp/reference.py`.
    #[test]
    fn it_agrees_with_recorded_figures() {
        let factor = Cholesky::new(SIZE, matrix()).unwrap();
        assert_close(&[factor.log_determinant()], &[-4.523_070_813_157_82]);
        let mut x = right_hand_side();
        factor.solve(&mut x);
        assert_close(
            &x,
            &[
                -0.710_726_503_755_174_4,
                0.225_567_546_825_439_17,
                0.476_069_482_513_367_3,
                0.648_545_506_312_359_3,
                0.812_152_471_924_906_9,
                0.974_824_524_557_439_1,
                1.138_042_147_297_860_4,
                1.307_051_869_073_173,
                1.527_082_817_113_234,
                2.195_561_341_515_672_7,
                6.805_527_178_404_054,
            ],
        );
        let inverse = factor.inverse();
        let found = [(0, 0), (6, 2), (10, 9), (10, 10)].map(|(i, j)| inverse[row_start(i) + j]);
        assert_close(
            &found,
            &[
                1.587_875_827_360_987_2,
                -0.001_311_729_552_662_339_7,
                -0.957_100_151_187_645_8,
                1.587_875_827_360_987_2,
            ],
        );
    }

    #[test]
    fn many_right_hand_sides_are_solved_as_one_by_one() {
        let factor = Cholesky::new(SIZE, matrix()).unwrap();
        let sides: Vec<f64> = (0..6 * SIZE).map(|i| (i * i % 17) as f64).collect();
        let (mut many, mut single) = (sides.clone(), sides);
        factor.solve_lower_many(&mut many);
        single.chunks_mut(SIZE).for_each(|side| factor.solve_lower(side));
        assert_close(&many, &single);
    }

    #[test]
    fn appended_rows_make_the_factor_of_the_whole() {
        let whole = Cholesky::new(SIZE, matrix()).unwrap();
        let mut grown = Cholesky::new(0, Vec::new()).unwrap();
        for row in 0..SIZE {
            assert!(grown.append(&matrix()[row_start(row)..row_start(row + 1)]));
        }
        assert_close(&grown.rows, &whole.rows);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(2, vec![1.0, 2.0, 1.0]).is_none());
        assert!(Cholesky::new(1, vec![f64::NAN]).is_none());
        let mut factor = Cholesky::new(1, vec![1.0]).unwrap();
        assert!(!factor.append(&[1.0, 1.0]), "the same row twice");
        assert!(factor.append(&[0.5, 1.0]), "the refused row has left no trace");
    }
}
