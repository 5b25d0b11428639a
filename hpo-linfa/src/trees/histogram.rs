//! Sums of gradients, hessians and rows per bin.
//!
//! An entry of a histogram has `outputs + 2` numbers: the sum of each output's gradients, the sum
//! of the hessians, and the number of rows.

use super::bins::{Binned, GAP};

/// The gradients and hessians of all rows.
#[expect(clippy::struct_field_names, reason = "the term of the field")]
#[derive(Debug)]
pub(super) struct Gradients<'a> {
    /// The gradients, `outputs` per row.
    pub(super) gradients: &'a [f64],
    /// The hessian of each row.
    pub(super) hessians: &'a [f64],
    pub(super) outputs: usize,
}

impl Gradients<'_> {
    /// Returns the length of an entry.
    pub(super) fn stride(&self) -> usize {
        self.outputs + 2
    }

    /// Adds up the entry of some rows.
    pub(super) fn total(&self, rows: &[u32]) -> Vec<f64> {
        let mut total = vec![0.0; self.stride()];
        for row in rows {
            self.add(&mut total, *row as usize);
        }
        total
    }

    fn add(&self, entry: &mut [f64], row: usize) {
        let own = &self.gradients[row * self.outputs..(row + 1) * self.outputs];
        entry.iter_mut().zip(own).for_each(|(sum, gradient)| *sum += gradient);
        entry[self.outputs] += self.hessians[row];
        entry[self.outputs + 1] += 1.0;
    }

    /// Adds up the entries of one column; the last entry is that of gaps.
    pub(super) fn accumulate(&self, bins: &[u8], count: usize, rows: &[u32], sums: &mut [f64]) {
        sums.fill(0.0);
        if self.outputs == 1 {
            for row in rows {
                let row = *row as usize;
                let entry = entry_of(bins[row], count) * 3;
                let entry = &mut sums[entry..entry + 3];
                entry[0] += self.gradients[row];
                entry[1] += self.hessians[row];
                entry[2] += 1.0;
            }
            return;
        }
        let stride = self.stride();
        for row in rows {
            let entry = entry_of(bins[*row as usize], count) * stride;
            self.add(&mut sums[entry..entry + stride], *row as usize);
        }
    }
}

/// Returns the entry of a bin: gaps come after all bins.
fn entry_of(bin: u8, count: usize) -> usize {
    if bin == GAP { count } else { usize::from(bin) }
}

/// The histograms of some columns of a node, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Histograms {
    sums: Vec<f64>,
    /// For each column, the place of its histogram.
    begins: Vec<usize>,
    stride: usize,
}

impl Histograms {
    pub(super) fn build(
        binned: &Binned,
        columns: &[usize],
        gradients: &Gradients<'_>,
        rows: &[u32],
        mut buffer: Vec<f64>,
    ) -> Self {
        let stride = gradients.stride();
        let mut begins = Vec::with_capacity(columns.len() + 1);
        let mut end = 0;
        for column in columns {
            begins.push(end);
            end += (binned.columns[*column].count + 1) * stride;
        }
        begins.push(end);
        buffer.resize(end, 0.0);
        for (place, column) in columns.iter().enumerate() {
            let column = &binned.columns[*column];
            let sums = &mut buffer[begins[place]..begins[place + 1]];
            gradients.accumulate(&column.bins, column.count, rows, sums);
        }
        Self { sums: buffer, begins, stride }
    }

    /// Subtracts the histograms of a child: what remains are those of its sibling.
    pub(super) fn subtract(&mut self, child: &Self) {
        self.sums.iter_mut().zip(&child.sums).for_each(|(sum, part)| *sum -= part);
    }

    /// Returns the entries of the column at a place; the last one is that of gaps.
    pub(super) fn column(&self, place: usize) -> &[f64] {
        &self.sums[self.begins[place]..self.begins[place + 1]]
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Gives back the memory for the next histograms.
    pub(super) fn into_buffer(self) -> Vec<f64> {
        self.sums
    }
}
