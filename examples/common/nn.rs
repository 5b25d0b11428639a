//! The data of the networks, as tensors.

use std::collections::BTreeMap;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use hpo_core::rand::seq::SliceRandom as _;
use hpo_core::rng::Rng;

use crate::data::{self, Digits};

/// Pictures of shape `[rows, 64]`, and what they show, `[rows]`.
pub type Pictures = (Tensor<2>, Tensor<1, Int>);

/// A thousand digits to train on, 400 to choose by, 397 to judge by, in the order of the file.
#[must_use]
pub fn digits() -> [Pictures; 3] {
    let digits = Digits::read();
    [(0, 1000), (1000, 400), (1400, 397)].map(|(first, count)| {
        let (part, device) = (digits.part(first, count), Device::default());
        let shades: Vec<f32> = part.pictures.concat();
        let labels: Vec<i32> = part.labels.iter().map(|label| i32::from(*label)).collect();
        let pictures = Tensor::from_data(TensorData::new(shades, [count, 64]), &device);
        (pictures, Tensor::from_data(TensorData::new(labels, [count]), &device))
    })
}

/// Months to forecast.
pub const HORIZON: usize = 12;
/// The longest window; all windows forecast the same months, so that their losses can be compared.
pub const LONGEST: usize = 31;

/// Months to read, `[rows, LONGEST, 1]`, and months to forecast, `[rows, HORIZON, 1]`: the second
/// are inputs too, as the network is taught by them.
pub type Windows = ((Tensor<3>, Tensor<3>), Tensor<3>);

/// Sunspots in units of the largest number of the training months.
#[derive(Debug)]
pub struct Sunspots {
    /// To train on, to choose by, to judge by, in the order of time: 70 %, 15 % and 15 %.
    pub parts: [Windows; 3],
    /// The last months: `[1, LONGEST, 1]`.
    pub last: Tensor<3>,
    /// The unit.
    pub scale: f32,
}

impl Sunspots {
    /// Reads the monthly numbers.
    #[must_use]
    pub fn read() -> Self {
        let spots = data::sunspots();
        let (learned, seen, all) = (spots.len() * 70 / 100, spots.len() * 85 / 100, spots.len());
        let scale = spots[..learned].iter().copied().fold(0.0, f32::max);
        let values: Vec<f32> = spots.iter().map(|spots| spots / scale).collect();
        let parts = [(LONGEST, learned), (learned, seen), (seen, all)];
        let parts = parts.map(|(from, to)| {
            let next = windows(&values, from..to, HORIZON);
            let past = windows(&values, from - LONGEST..to - HORIZON, LONGEST);
            ((past, next.clone()), next)
        });
        Self { parts, last: windows(&values, all - LONGEST..all, LONGEST), scale }
    }
}

/// All runs of so many months in a range: `[runs, months, 1]`.
fn windows(values: &[f32], range: std::ops::Range<usize>, months: usize) -> Tensor<3> {
    let rows = values[range].windows(months);
    let shape = [rows.len(), months, 1];
    Tensor::from_data(TensorData::new(rows.collect::<Vec<_>>().concat(), shape), &Device::default())
}

/// Words of the vocabulary that are none.
const PADDING: usize = 0;
const UNKNOWN: usize = 1;
const END: usize = 2;
/// Verses with more words are dropped.
const LONGEST_VERSE: usize = 24;

/// Verses as numbers of words: cleaned, split, without those that are too long, each with its end,
/// padded to one length.
#[derive(Debug)]
pub struct Corpus {
    /// The vocabulary.
    pub words: Vec<String>,
    /// To train on, to choose by, to judge by: the words before each word, and that word, both of
    /// shape `[verses, words]`. 80 % of the verses, and half of the others each; no verse stands
    /// in two parts.
    pub parts: [(Tensor<2, Int>, Tensor<2, Int>); 3],
}

impl Corpus {
    /// Reads the psalms. Words that come at most `seldom` times in the first part are one unknown
    /// word.
    #[must_use]
    pub fn read(seldom: usize) -> Self {
        let mut verses: Vec<Vec<String>> = data::psalms().into_iter().map(words).collect();
        verses.retain(|verse| (2..=LONGEST_VERSE).contains(&verse.len()));
        verses.sort_unstable();
        verses.dedup();
        verses.shuffle(&mut Rng::derive(7, 0));
        let mut test = verses.split_off(verses.len() * 8 / 10);
        let validation = test.split_off(test.len() / 2);

        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in verses.iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let special = ["<padding>", "<unknown>", "<end>"].into_iter();
        let often = counts.iter().filter(|(_, count)| **count > seldom).map(|(word, _)| *word);
        let words: Vec<String> = special.chain(often).map(str::to_owned).collect();
        let parts = [&verses, &validation, &test].map(|part| {
            let verses = part.iter().flat_map(|verse| padded(verse, &words));
            let verses = numbers(verses, [part.len(), LONGEST_VERSE + 1]);
            (verses.clone().slice_dim(1, ..-1), verses.slice_dim(1, 1..))
        });
        Self { words, parts }
    }

    /// Goes on from `begin`: each word is drawn by its probability, sharpened a little; never an
    /// unknown one. `scores` are those of the next word after each of `[1, length]`.
    #[must_use]
    pub fn write(
        &self,
        begin: &str,
        rng: &mut Rng,
        scores: impl Fn(Tensor<2, Int>) -> Tensor<3>,
    ) -> String {
        let mut verse: Vec<usize> = begin.split(' ').map(|word| find(word, &self.words)).collect();
        while verse.len() < LONGEST_VERSE {
            let next = scores(numbers(verse.iter().copied(), [1, verse.len()]));
            let next = next.slice_dim(1, -1..).into_data().try_to_vec::<f32>();
            match draw(&next.unwrap_or_default(), rng) {
                END => break,
                word => verse.push(word),
            }
        }
        verse.iter().map(|word| self.words[*word].as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Draws a word by the scores of all.
fn draw(scores: &[f32], rng: &mut Rng) -> usize {
    let weight = |(word, score): (usize, &f32)| {
        if word <= UNKNOWN { 0.0 } else { (f64::from(*score) / 0.7).exp() }
    };
    let weights: Vec<f64> = scores.iter().enumerate().map(weight).collect();
    let mut rest = rng.unit() * weights.iter().sum::<f64>();
    let drawn = weights.iter().position(|weight| {
        rest -= weight;
        rest < 0.0
    });
    drawn.unwrap_or(END)
}

fn find(word: &str, words: &[String]) -> usize {
    words.iter().position(|known| known == word).unwrap_or(UNKNOWN)
}

fn padded(verse: &[String], words: &[String]) -> Vec<usize> {
    let mut numbers: Vec<usize> = verse.iter().map(|word| find(word, words)).chain([END]).collect();
    numbers.resize(LONGEST_VERSE + 1, PADDING);
    numbers
}

fn numbers(words: impl IntoIterator<Item = usize>, shape: [usize; 2]) -> Tensor<2, Int> {
    let words: Vec<i32> = words.into_iter().map(|word| (word as u32).cast_signed()).collect();
    Tensor::from_data(TensorData::new(words, shape), &Device::default())
}

/// Lower-case words without punctuation.
fn words(verse: &str) -> Vec<String> {
    let clean: String = verse
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphabetic() || *letter == ' ')
        .collect();
    clean.split_whitespace().map(str::to_owned).collect()
}

/// The mean cross-entropy of scores `[verses, length, words]` and words `[verses, length]`, without
/// padding.
#[must_use]
pub fn word_loss(scores: Tensor<3>, words: Tensor<2, Int>) -> Tensor<1> {
    let loss = CrossEntropyLossConfig::new().with_pad_tokens(Some(vec![PADDING]));
    loss.init(&words.device()).forward(scores.flatten(0, 1), words.flatten(0, 1))
}
