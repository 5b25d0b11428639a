//! A matrix of numbers stored by columns in one allocation, to which rows are added and removed.

/// The number of rows that are processed together: columns can be read in whole chunks of this
/// size.
pub(super) const LANES: usize = 8;

/// Columns with the same number of rows.
#[derive(Clone, Debug)]
pub(super) struct ColumnStore {
    columns: usize,
    rows: usize,
    /// The distance from one column to the next, a multiple of [`LANES`]. The end of a column may
    /// be unused.
    stride: usize,
    numbers: Vec<f32>,
}

impl ColumnStore {
    /// Creates this number of columns, without rows.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, rows: 0, stride: 0, numbers: Vec::new() }
    }

    /// Returns `count` numbers of a column from row `first` on. They may extend beyond the last
    /// row, up to whole [`LANES`].
    #[inline]
    pub(super) fn column(&self, index: usize, first: usize, count: usize) -> &[f32] {
        &self.numbers[index * self.stride + first..][..count]
    }

    /// Adds a row of unspecified numbers.
    pub(super) fn push(&mut self) {
        if self.rows == self.stride {
            self.grow();
        }
        self.rows += 1;
    }

    /// Removes the last row.
    pub(super) fn pop(&mut self) {
        self.rows -= 1;
    }

    /// Inserts a row of unspecified numbers; the rows from `row` on move by one.
    pub(super) fn insert(&mut self, row: usize) {
        self.push();
        let last = self.rows - 1;
        for column in self.numbers.chunks_exact_mut(self.stride) {
            column.copy_within(row..last, row + 1);
        }
    }

    /// Removes a row; those after it move up.
    pub(super) fn remove(&mut self, row: usize) {
        for column in self.numbers.chunks_exact_mut(self.stride) {
            column.copy_within(row + 1..self.rows, row);
        }
        self.rows -= 1;
    }

    pub(super) fn copy(&mut self, from: usize, to: usize) {
        for column in self.numbers.chunks_exact_mut(self.stride) {
            column[to] = column[from];
        }
    }

    /// Writes a row from column `first` on.
    pub(super) fn write(&mut self, row: usize, first: usize, numbers: &[f32]) {
        for (column, number) in self.numbers.chunks_exact_mut(self.stride).skip(first).zip(numbers)
        {
            column[row] = *number;
        }
    }

    fn grow(&mut self) {
        let stride = (2 * self.stride).max(LANES);
        let mut numbers = vec![0.0; self.columns * stride];
        if self.stride > 0 {
            for (column, former) in
                numbers.chunks_exact_mut(stride).zip(self.numbers.chunks_exact(self.stride))
            {
                column[..self.stride].copy_from_slice(former);
            }
        }
        (self.stride, self.numbers) = (stride, numbers);
    }
}
