//! Binning of features: numbers by quantiles, categories by their numbers.

use crate::features::{Feature, Features};

/// The bin of gaps.
pub(super) const GAP: u8 = 255;

/// The largest number of bins of a feature, besides that of gaps.
pub(super) const MOST: usize = 255;

/// Features in bins, column by column.
#[derive(Debug)]
pub(super) struct Binned {
    pub(super) rows: usize,
    pub(super) columns: Vec<BinnedColumn>,
}

/// One feature in bins.
#[derive(Debug)]
pub(super) struct BinnedColumn {
    /// The bin of each row; [`GAP`] for gaps.
    pub(super) bins: Vec<u8>,
    /// The number of bins, without that of gaps.
    pub(super) count: usize,
    pub(super) kind: BinKind,
}

/// The meaning of bins.
#[derive(Debug)]
pub(super) enum BinKind {
    /// Bin `b` holds the numbers up to `cuts[b]`, the last one all others.
    Numbers { cuts: Vec<f64> },
    /// Bin `b` holds category `b`. More categories than bins were
    /// [grouped](super::rare::RareCategories) before.
    Categories,
}

impl Binned {
    /// Bins each feature by its own values, with at most `most` bins for numbers.
    pub(super) fn new(features: &Features, most: usize, native_categories: bool) -> Self {
        let most = most.clamp(2, MOST);
        let columns = features.columns.iter();
        let columns = columns.map(|feature| BinnedColumn::new(feature, most, native_categories));
        Self { rows: features.rows, columns: columns.collect() }
    }
}

impl BinnedColumn {
    fn new(feature: &Feature, most: usize, native_categories: bool) -> Self {
        match feature.categories {
            Some(count) if native_categories => {
                let count = count.min(MOST);
                let bin = |value: &f64| if *value < count as f64 { *value as u8 } else { GAP };
                let bins: Vec<u8> = feature.values.iter().map(bin).collect();
                Self { bins, count, kind: BinKind::Categories }
            }
            _ => {
                let cuts = cuts(&feature.values, most);
                let bin = |value: &f64| {
                    if value.is_nan() { GAP } else { cuts.partition_point(|cut| cut < value) as u8 }
                };
                let bins = feature.values.iter().map(bin).collect();
                Self { bins, count: cuts.len() + 1, kind: BinKind::Numbers { cuts } }
            }
        }
    }
}

/// Returns the borders between at most `most` bins: midpoints between neighbouring values, such
/// that the bins hold about equally many rows.
fn cuts(values: &[f64], most: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    for value in &sorted {
        match distinct.last_mut() {
            Some((last, count)) if last == value => *count += 1,
            _ => distinct.push((*value, 1)),
        }
    }
    let mut cuts = Vec::new();
    let few = distinct.len() <= most;
    let (mut left, mut open) = (sorted.len(), most);
    let mut filled = 0;
    for pair in distinct.windows(2) {
        let [(value, count), (next, _)] = *pair else { continue };
        filled += count;
        if few || filled * open >= left && open > 1 {
            cuts.push(midpoint(value, next));
            left -= filled;
            open -= 1;
            filled = 0;
        }
    }
    cuts
}

/// Returns a number between two others that is below the larger one.
fn midpoint(a: f64, b: f64) -> f64 {
    let middle = f64::midpoint(a, b);
    if middle < b { middle } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_about_equally_many_rows_and_keep_their_order() {
        let values: Vec<f64> = (0..1000).map(|row| f64::from(row % 997).powi(2)).collect();
        let feature = Feature { name: String::new(), categories: None, values };
        let column = BinnedColumn::new(&feature, 16, true);
        assert_eq!(column.count, 16);
        let mut counts = [0; 16];
        column.bins.iter().for_each(|bin| counts[usize::from(*bin)] += 1);
        assert!(counts.iter().all(|count| (50..80).contains(count)), "{counts:?}");
    }

    #[test]
    fn few_distinct_values_have_a_bin_each() {
        assert_eq!(cuts(&[3.0, 1.0, 1.0, f64::NAN, 2.0], 255), [1.5, 2.5]);
        assert!(cuts(&[f64::NAN], 255).is_empty());
        assert_eq!(cuts(&[1.0, 1.0 + f64::EPSILON], 9), [1.0]);
    }
}
