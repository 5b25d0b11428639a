//! The best split of a node, from its histograms.

use hpo_core::SearchSpace;
use hpo_core::rand::RngExt;
use hpo_core::rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::bins::{BinKind, Binned};
use super::histogram::Histograms;

/// The way in which trees split categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum CategorySplits {
    /// Into two sets of categories, ordered by their mean gradients. Of more than 255, the 254 most
    /// frequent ones are told apart, and the target means of all are one more feature.
    #[search_space(default)]
    Sets,
    /// By a threshold on the number of the category, which follows the alphabet.
    Ordinal,
}

/// The settings of splits.
#[derive(Clone, Debug)]
pub(super) struct SplitSettings {
    /// The smallest number of rows of a child.
    pub(super) min_rows: f64,
    /// The smallest sum of hessians of a child.
    pub(super) min_hessian: f64,
    /// The L2 penalty on the values of leaves.
    pub(super) lambda: f64,
    /// True if one random threshold per feature is tried instead of all.
    pub(super) random_thresholds: bool,
    /// The smallest gain of a split.
    pub(super) min_gain: f64,
    /// True if leaves are means, as those of forests: then small sets of categories are shrunk
    /// towards the mean of their node. Otherwise they are shrunk towards 0, as leaves are.
    pub(super) leaves_are_means: bool,
}

/// A split of a node.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) gain: f64,
    /// The number of the feature.
    pub(super) column: usize,
    pub(super) rule: Rule,
    pub(super) gaps_left: bool,
    /// The entry of the left child.
    pub(super) left: Vec<f64>,
}

/// The values that go to the left side.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// The bins up to this one.
    UpTo(usize),
    /// The bins in a set: a list of bits, 32 per word.
    Set(Vec<u32>),
}

/// Added to the hessian of a category before categories are ordered: a rare one is moved towards
/// the value to which leaves are shrunk (10, as in `LightGBM`).
const CATEGORY_SMOOTHING: f64 = 10.0;

/// Additional L2 penalty of splits into sets (10, as in `LightGBM`): they fit chance more easily.
const CATEGORY_LAMBDA: f64 = 10.0;

/// The largest number of categories in the smaller of the two sets (32, as in `LightGBM`).
const MOST_IN_SET: usize = 32;

/// Looks for the best split of a node. `total` is the entry of the node.
pub(super) struct SplitFinder<'a> {
    pub(super) binned: &'a Binned,
    pub(super) settings: &'a SplitSettings,
    pub(super) total: &'a [f64],
    best: Option<Split>,
}

impl<'a> SplitFinder<'a> {
    pub(super) fn new(binned: &'a Binned, settings: &'a SplitSettings, total: &'a [f64]) -> Self {
        Self { binned, settings, total, best: None }
    }

    /// Returns the best split over these columns, whose histograms are given in the same order.
    pub(super) fn find(
        mut self,
        columns: &[usize],
        histograms: &Histograms,
        rng: &mut StdRng,
    ) -> Option<Split> {
        let stride = histograms.stride();
        for (place, column) in columns.iter().enumerate() {
            let entries = histograms.column(place);
            match self.binned.columns[*column].kind {
                BinKind::Numbers { .. } if self.settings.random_thresholds => {
                    self.try_random(*column, entries, stride, rng);
                }
                BinKind::Numbers { .. } => self.scan(*column, entries, stride),
                BinKind::Categories => self.sets(*column, entries, stride),
            }
        }
        self.best
    }

    /// Tries all thresholds, with gaps on the right and, if there are any, on the left.
    fn scan(&mut self, column: usize, entries: &[f64], stride: usize) {
        let bins = entries.len() / stride - 1;
        let (filled, gaps) = entries.split_at(bins * stride);
        let has_gaps = gaps[stride - 1] > 0.0;
        let parent = self.parent_score(self.settings.lambda);
        for gaps_left in [false, true] {
            if gaps_left && !has_gaps {
                break;
            }
            let mut left = if gaps_left { gaps.to_vec() } else { vec![0.0; stride] };
            // The last bin has nothing on its right, except gaps.
            let last = if has_gaps && !gaps_left { bins } else { bins.saturating_sub(1) };
            let mut best: Option<(f64, usize)> = None;
            for (bin, entry) in filled.chunks_exact(stride).take(last).enumerate() {
                add(&mut left, entry);
                if entry[stride - 1] == 0.0 {
                    continue;
                }
                if let Some(gain) = self.gain(&left, self.settings.lambda, parent)
                    && best.is_none_or(|(most, _)| gain > most)
                {
                    best = Some((gain, bin));
                }
            }
            if let Some((gain, bin)) = best {
                self.offer_threshold(column, entries, stride, gain, bin, gaps_left);
            }
        }
    }

    fn offer_threshold(
        &mut self,
        column: usize,
        entries: &[f64],
        stride: usize,
        gain: f64,
        bin: usize,
        gaps_left: bool,
    ) {
        if self.best.as_ref().is_some_and(|best| best.gain >= gain) {
            return;
        }
        let mut left = vec![0.0; stride];
        entries.chunks_exact(stride).take(bin + 1).for_each(|entry| add(&mut left, entry));
        if gaps_left {
            add(&mut left, &entries[entries.len() - stride..]);
        }
        // If only gaps go right, all numbers go left, also those that this sample lacks.
        let bins = entries.len() / stride - 1;
        let is_empty = |bin: usize| entries[bin * stride + stride - 1] == 0.0;
        let bin = if (bin + 1..bins).all(is_empty) { bins - 1 } else { bin };
        // Without gaps in the node, later gaps go where more rows are.
        let has_gaps = entries[entries.len() - 1] > 0.0;
        let gaps_left =
            if has_gaps { gaps_left } else { left[stride - 1] * 2.0 > self.total[stride - 1] };
        self.best = Some(Split { gain, column, rule: Rule::UpTo(bin), gaps_left, left });
    }

    /// Tries one random threshold between the smallest and the largest bin
    /// ([Geurts et al. 2006](https://doi.org/10.1007/s10994-006-6226-1)).
    fn try_random(&mut self, column: usize, entries: &[f64], stride: usize, rng: &mut StdRng) {
        let bins = entries.len() / stride - 1;
        let filled = |bin: &usize| entries[bin * stride + stride - 1] > 0.0;
        let (Some(first), Some(last)) = ((0..bins).find(filled), (0..bins).rev().find(filled))
        else {
            return;
        };
        if first == last {
            return;
        }
        let bin = rng.random_range(first..last);
        let gaps_left = rng.random::<bool>();
        let mut left = vec![0.0; stride];
        entries.chunks_exact(stride).take(bin + 1).for_each(|entry| add(&mut left, entry));
        if gaps_left {
            add(&mut left, &entries[bins * stride..]);
        }
        let parent = self.parent_score(self.settings.lambda);
        if let Some(gain) = self.gain(&left, self.settings.lambda, parent) {
            self.offer_threshold(column, entries, stride, gain, bin, gaps_left);
        }
    }

    /// Tries sets of categories: prefixes of their order by mean gradient, from both ends.
    fn sets(&mut self, column: usize, entries: &[f64], stride: usize) {
        let bins = entries.len() / stride - 1;
        let entry = |bin: usize| &entries[bin * stride..(bin + 1) * stride];
        let (shifted, total) = self.shifted(entries);
        let own = |bin: usize| &shifted[bin * stride..(bin + 1) * stride];
        let order = order(&shifted, stride);
        let lambda = self.settings.lambda + CATEGORY_LAMBDA;
        let parent = score(&total, lambda);
        let mut best: Option<(f64, bool, usize)> = None;
        for from_end in [false, true] {
            let mut left = vec![0.0; stride];
            let most = (order.len() / 2 + 1).min(MOST_IN_SET).min(order.len().saturating_sub(1));
            for taken in 0..most {
                let place = if from_end { order.len() - 1 - taken } else { taken };
                add(&mut left, own(order[place]));
                if let Some(gain) = self.gain_of(&left, &total, lambda, parent)
                    && best.is_none_or(|(most, _, _)| gain > most)
                {
                    best = Some((gain, from_end, taken + 1));
                }
            }
        }
        let Some((gain, from_end, taken)) = best else { return };
        if self.best.as_ref().is_some_and(|best| best.gain >= gain) {
            return;
        }
        let chosen = if from_end { &order[order.len() - taken..] } else { &order[..taken] };
        let mut left = vec![0.0; stride];
        let mut set = vec![0_u32; bins.div_ceil(32)];
        for bin in chosen {
            add(&mut left, entry(*bin));
            if *bin < bins {
                set[bin / 32] |= 1 << (bin % 32);
            }
        }
        let gaps_left = chosen.contains(&bins);
        self.best = Some(Split { gain, column, rule: Rule::Set(set), gaps_left, left });
    }

    /// Returns the entries of bins and of the node, relative to the value towards which leaves are
    /// shrunk.
    fn shifted(&self, entries: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut entries, mut all) = (entries.to_vec(), self.total.to_vec());
        if self.settings.leaves_are_means {
            let outputs = all.len() - 2;
            for entry in entries.chunks_exact_mut(all.len()) {
                let share = entry[outputs] / all[outputs];
                entry.iter_mut().zip(&all[..outputs]).for_each(|(own, sum)| *own -= sum * share);
            }
            all[..outputs].fill(0.0);
        }
        (entries, all)
    }

    /// Returns the gain of a split with this left child; `None` if it is not allowed.
    fn gain(&self, left: &[f64], lambda: f64, parent: f64) -> Option<f64> {
        self.gain_of(left, self.total, lambda, parent)
    }

    fn gain_of(&self, left: &[f64], total: &[f64], lambda: f64, parent: f64) -> Option<f64> {
        let outputs = left.len() - 2;
        let (rows, hessian) = (left[outputs + 1], left[outputs]);
        let (other_rows, other_hessian) = (total[outputs + 1] - rows, total[outputs] - hessian);
        if rows < self.settings.min_rows
            || other_rows < self.settings.min_rows
            || hessian < self.settings.min_hessian
            || other_hessian < self.settings.min_hessian
        {
            return None;
        }
        let (mut squares, mut other_squares) = (0.0, 0.0);
        for (gradient, total) in left.iter().zip(total).take(outputs) {
            squares += gradient * gradient;
            other_squares += (total - gradient) * (total - gradient);
        }
        let gain = squares / (hessian + lambda) + other_squares / (other_hessian + lambda) - parent;
        (gain > self.settings.min_gain).then_some(gain)
    }

    fn parent_score(&self, lambda: f64) -> f64 {
        score(self.total, lambda)
    }
}

/// Returns the bins that have rows in the order of their mean gradients. The last one is that of
/// gaps, which are one more category.
fn order(entries: &[f64], stride: usize) -> Vec<usize> {
    let outputs = stride - 2;
    let key = |entry: &[f64]| leading(entry, outputs) / (entry[outputs] + CATEGORY_SMOOTHING);
    let bins = entries.chunks_exact(stride).enumerate();
    let filled = bins.filter(|(_, entry)| entry[stride - 1] > 0.0);
    let mut order: Vec<(f64, usize)> = filled.map(|(bin, entry)| (key(entry), bin)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, bin)| bin).collect()
}

/// Returns the gradient by which categories are ordered: the only one, or the sum of the squares'
/// direction over several outputs, for which the first output that differs decides.
fn leading(entry: &[f64], outputs: usize) -> f64 {
    if outputs == 1 {
        return entry[0];
    }
    // A fixed projection of the outputs to a line: exact for two classes, a heuristic for more.
    entry[..outputs].iter().enumerate().map(|(output, sum)| sum * (1.0 + output as f64)).sum()
}

fn score(entry: &[f64], lambda: f64) -> f64 {
    let outputs = entry.len() - 2;
    let squares: f64 = entry[..outputs].iter().map(|gradient| gradient * gradient).sum();
    squares / (entry[outputs] + lambda)
}

fn add(sum: &mut [f64], entry: &[f64]) {
    sum.iter_mut().zip(entry).for_each(|(sum, part)| *sum += part);
}
