//! Columns of numbers by row, all in one piece of memory: a row comes and goes in all of them at once.

/// Rows that are worked on side by side: a column can be read as whole chunks of so many.
pub(super) const LANES: usize = 8;

/// Columns of the same number of rows.
#[derive(Clone, Debug)]
pub(super) struct ColumnStore {
    columns: usize,
    rows: usize,
    /// From one column to the next: a multiple of [`LANES`], of which the last may be in no use.
    stride: usize,
    numbers: Vec<f32>,
}

impl ColumnStore {
    /// So many columns, without rows.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, rows: 0, stride: 0, numbers: Vec::new() }
    }

    /// So many numbers of a column, from a row on; they may go beyond the last row, as far as to whole [`LANES`].
    #[inline]
    pub(super) fn column(&self, index: usize, first: usize, count: usize) -> &[f32] {
        &self.numbers[index * self.stride + first..][..count]
    }

    /// Adds a row, of any numbers.
    pub(super) fn push(&mut self) {
        if self.rows == self.stride {
            self.grow();
        }
        self.rows += 1;
    }

    /// Takes the last row away.
    pub(super) fn pop(&mut self) {
        self.rows -= 1;
    }

    /// Moves the rows from this one on by one, which has any numbers then.
    pub(super) fn insert(&mut self, row: usize) {
        self.push();
        let last = self.rows - 1;
        for column in self.numbers.chunks_exact_mut(self.stride) {
            column.copy_within(row..last, row + 1);
        }
    }

    /// Takes a row away; those behind it move up.
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

    /// Writes a row from this column on.
    pub(super) fn write(&mut self, row: usize, first: usize, numbers: &[f32]) {
        for (column, number) in self.numbers.chunks_exact_mut(self.stride).skip(first).zip(numbers) {
            column[row] = *number;
        }
    }

    fn grow(&mut self) {
        let stride = (2 * self.stride).max(LANES);
        let mut numbers = vec![0.0; self.columns * stride];
        if self.stride > 0 {
            for (column, former) in numbers.chunks_exact_mut(stride).zip(self.numbers.chunks_exact(self.stride)) {
                column[..self.stride].copy_from_slice(former);
            }
        }
        (self.stride, self.numbers) = (stride, numbers);
    }
}
