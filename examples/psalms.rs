//! A writer of psalms, word by word: preprocessing and all, the habit of tutorials of Ray Tune.
//!
//! `cargo run --release -p hpo-examples --features nn --example psalms`; see
//! `docs/text-generation.md`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig, Lstm, LstmConfig};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use hpo_core::callback::CsvLog;
use hpo_core::prelude::*;
use hpo_core::rand::seq::SliceRandom as _;
use hpo_core::rng::Rng;
use hpo_core::study::Ended;
use hpo_core::study::Progress;
use hpo_examples::data;
use hpo_examples::nn::{Training, batches, device, number, seeded};
use hpo_examples::options::{Options, Size};

/// Words of the vocabulary that are none.
const PADDING: usize = 0;
const UNKNOWN: usize = 1;
const END: usize = 2;
/// Verses with more words are dropped.
const LONGEST: usize = 24;
const BATCH: usize = 64;

/// Sizes of the network, those of the tutorials divided by `SCALE`.
#[derive(Debug, Clone, SearchSpace)]
struct Writer<const SCALE: usize> {
    #[search_space(range = 128 / SCALE..512 / SCALE)]
    embedding_size: usize,
    #[search_space(range = 192 / SCALE..1536 / SCALE)]
    hidden_size: usize,
    #[search_space(range = 1e-4..=3e-2, default = 1e-3)]
    learning_rate: f64,
}

#[derive(Module, Debug)]
struct Network {
    embedding: Embedding,
    lower: Lstm,
    upper: Lstm,
    output: Linear,
}

impl Network {
    fn new<const SCALE: usize>(config: &Writer<SCALE>, words: usize, device: &Device) -> Self {
        let Writer { embedding_size, hidden_size, .. } = *config;
        Self {
            embedding: EmbeddingConfig::new(words, embedding_size).init(device),
            lower: LstmConfig::new(embedding_size, hidden_size, true).init(device),
            upper: LstmConfig::new(hidden_size, hidden_size, true).init(device),
            output: LinearConfig::new(hidden_size, words).init(device),
        }
    }

    /// Scores of the next word after each of `[verses, length]`: `[verses, length, words]`.
    fn forward(&self, verses: Tensor<2, Int>) -> Tensor<3> {
        let (outputs, _) = self.lower.forward(self.embedding.forward(verses), None);
        let (outputs, _) = self.upper.forward(outputs, None);
        self.output.forward(outputs)
    }

    /// The mean cross-entropy of the words after the first one, without padding.
    fn loss(&self, verses: Tensor<2, Int>) -> Tensor<1> {
        let [rows, length] = verses.dims();
        let told = self.forward(verses.clone().slice_dim(1, ..length - 1));
        let words = told.dims()[2];
        let truth: Tensor<1, Int> = verses.slice_dim(1, 1..).reshape([rows * (length - 1)]);
        let loss = CrossEntropyLossConfig::new()
            .with_pad_tokens(Some(vec![PADDING]))
            .init(&truth.device());
        loss.forward(told.reshape([rows * (length - 1), words]), truth)
    }
}

/// Verses as numbers of words: cleaned, split, without those that are too long, each with its end,
/// padded to one length.
struct Corpus {
    words: Vec<String>,
    train: Vec<Vec<usize>>,
    validation: Vec<Vec<usize>>,
    test: Vec<Vec<usize>>,
}

impl Corpus {
    /// 80 % of the verses to learn from; of the others, half to measure trials by, half to judge
    /// the winner. Words that come seldom in the first part are one unknown word, and no verse
    /// stands in two parts.
    fn read(seldom: usize) -> Self {
        let mut verses: Vec<Vec<String>> = data::psalms().into_iter().map(words).collect();
        verses.retain(|verse| (2..=LONGEST).contains(&verse.len()));
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
        let number =
            |word: &String| words.iter().position(|known| known == word).unwrap_or(UNKNOWN);
        let padded = |verse: &Vec<String>| {
            let mut numbers: Vec<usize> = verse.iter().map(number).chain([END]).collect();
            numbers.resize(LONGEST + 1, PADDING);
            numbers
        };
        let [train, validation, test] =
            [&verses, &validation, &test].map(|part| part.iter().map(padded).collect());
        Self { words, train, validation, test }
    }
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

fn tensor(verses: &[Vec<usize>], rows: &[usize], device: &Device) -> Tensor<2, Int> {
    indices(rows.iter().flat_map(|row| &verses[*row]), [rows.len(), LONGEST + 1], device)
}

fn indices<'a>(
    words: impl IntoIterator<Item = &'a usize>,
    shape: [usize; 2],
    device: &Device,
) -> Tensor<2, Int> {
    let words: Vec<i32> = words.into_iter().map(|word| (*word as u32).cast_signed()).collect();
    Tensor::from_data(TensorData::new(words, shape), device)
}

/// The loss over verses that are not learned from.
fn evaluate(network: &Network, verses: &[Vec<usize>]) -> f64 {
    let (network, device) = (network.valid(), device());
    let rows: Vec<usize> = (0..verses.len()).collect();
    number(network.loss(tensor(verses, &rows, &device)))
}

fn fresh<const SCALE: usize>(
    config: &Writer<SCALE>,
    corpus: &Corpus,
    seed: u64,
) -> Training<Network> {
    let network = seeded(seed, |device| Network::new(config, corpus.words.len(), device));
    Training::new(network, AdamConfig::new().init(), config.learning_rate)
}

/// Trains, and calls back after each epoch with the loss on the validation verses.
fn fit(
    mut training: Training<Network>,
    corpus: &Corpus,
    (seed, epochs): (u64, impl IntoIterator<Item = u64>),
    mut after_epoch: impl FnMut(u64, f64, &Training<Network>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let device = device().autodiff();
    for epoch in epochs {
        for rows in batches(corpus.train.len(), BATCH, &mut Rng::derive(seed, epoch)) {
            let loss = training.model.loss(tensor(&corpus.train, &rows, &device));
            training.step(&loss);
        }
        after_epoch(epoch, evaluate(&training.model, &corpus.validation), &training)?;
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments()?;
    match options.size {
        Size::Quick => run::<8>(6, 3, &options),
        Size::Usual => run::<4>(30, 4, &options),
        Size::Full => run::<1>(30, 20, &options),
    }
}

fn run<const SCALE: usize>(samples: u64, epochs: u64, options: &Options) -> anyhow::Result<()> {
    let corpus = Corpus::read(4);
    let folder = options.results("psalms");
    let study = Study::<Writer<SCALE>>::minimize()
        .name("psalms")
        .seed(7)
        .storage(format!("journal:{}", folder.join("study.log").display()))
        .checkpoints(folder.join("checkpoints"))
        .callback(CsvLog::builder(folder.join("trials.csv")).build()?)
        .callback(Progress::new())
        .open()?;
    let run = study.optimize(samples, |config, trial| {
        let (seed, mut best) = (trial.seed(), f64::INFINITY);
        let mut training = fresh(&config, &corpus, seed);
        // An interrupted trial continues from its last epoch.
        if let Some(checkpoint) = trial.restore_bytes()? {
            training = training.restored(&checkpoint.bytes)?;
            best = evaluate(&training.model, &corpus.validation);
        }
        let walk = trial.steps(epochs);
        fit(training, &corpus, (seed, walk), |epoch, loss, training| {
            best = best.min(loss);
            trial.report(epoch, loss)?;
            Ok(trial.checkpoint_bytes(epoch, &training.to_bytes()?)?)
        })?;
        Ok::<_, anyhow::Error>(best)
    })?;
    println!("{run}\n{}", study.summary()?);
    println!("all of it is in {}", folder.display());
    if run.ended == Ended::Interrupted {
        return Ok(());
    }
    println!("best config: {:?}", study.best_config()?);
    if options.folder.is_some() {
        study.report()?.svg(&folder)?;
    }
    judge(&study, &corpus, epochs)
}

/// The winner as it was after its best epoch, beside the config that one begins with, on verses
/// that nobody has seen.
fn judge<const SCALE: usize>(
    study: &Study<Writer<SCALE>>,
    corpus: &Corpus,
    epochs: u64,
) -> anyhow::Result<()> {
    let best = study
        .checkpoint(study.best_trial()?.number)?
        .context("the best trial has no checkpoint")?;
    let found = fresh(&study.best_config()?, corpus, 0).restored(&best.bytes)?.model;

    let (default, mut usual) = (study.default_config()?, (f64::INFINITY, None));
    fit(fresh(&default, corpus, 7), corpus, (7, 1..=epochs), |_, loss, training| {
        if loss < usual.0 {
            usual = (loss, Some(training.model.clone()));
        }
        Ok(())
    })?;
    let usual = evaluate(&usual.1.context("no epoch has a loss")?, &corpus.test);
    let reached = evaluate(&found, &corpus.test);
    println!(
        "test loss {reached:.4} (perplexity {:.0}), with the default config {usual:.4}",
        reached.exp()
    );
    for begin in ["the lord", "praise ye", "my soul"] {
        println!("  {}", corpus.write(&found, begin, &mut Rng::derive(7, 1)));
    }
    println!("better than the default config: {}", reached < usual);
    Ok(())
}

impl Corpus {
    /// Goes on from `begin`: each word is drawn by its probability, sharpened a little; never an
    /// unknown one.
    fn write(&self, network: &Network, begin: &str, rng: &mut Rng) -> String {
        let (network, device) = (network.valid(), device());
        let find =
            |word: &str| self.words.iter().position(|known| known == word).unwrap_or(UNKNOWN);
        let mut verse: Vec<usize> = begin.split(' ').map(find).collect();
        while verse.len() < LONGEST {
            let input = indices(&verse, [1, verse.len()], &device);
            let scores = network
                .forward(input)
                .slice_dim(1, -1..)
                .into_data()
                .try_to_vec::<f32>()
                .expect("floats");
            let weight = |(word, score): (usize, f32)| {
                if word <= UNKNOWN { 0.0 } else { (f64::from(score) / 0.7).exp() }
            };
            let weights: Vec<f64> = scores.into_iter().enumerate().map(weight).collect();
            let mut rest = rng.unit() * weights.iter().sum::<f64>();
            let drawn = weights.iter().position(|weight| {
                rest -= weight;
                rest < 0.0
            });
            match drawn.unwrap_or(END) {
                END => break,
                word => verse.push(word),
            }
        }
        verse.iter().map(|word| self.words[*word].as_str()).collect::<Vec<_>>().join(" ")
    }
}
