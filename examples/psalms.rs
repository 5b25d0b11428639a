//! A writer of psalms, word by word: see `docs/text-generation.md`.

use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use hpo_burn::{Cell, Data, Network, Optimizer, Recurrent, Rnn};
use hpo_core::rng::Rng;
use hpo_core::{callback::CsvLog, prelude::*, study::Progress};
use hpo_examples::nn::{Corpus, word_loss};
use hpo_examples::options::Options;

/// Sizes of the tutorials are divided by it.
const SCALE: usize = 8;

#[derive(Debug, Clone, SearchSpace)]
struct Writer {
    #[search_space(range = 128 / SCALE..512 / SCALE)]
    embedding_size: usize,
    #[search_space(range = 192 / SCALE..1536 / SCALE)]
    hidden_size: usize,
    #[search_space(range = 1e-4..=3e-2, default = 1e-3)]
    learning_rate: f64,
}

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments()?;
    let (trials, epochs) = if options.quick { (3, 2) } else { (30, 4) };
    let (corpus, folder) = (Corpus::read(4), options.results("psalms"));
    let ([train, validation, test], words) = (corpus.parts.clone(), corpus.words.len());
    let data = Data::new(train, validation)?;
    let forward = |(embedding, rnn, output): &(Embedding, Rnn, Linear), verses| {
        output.forward(rnn.forward(embedding.forward(verses), None).0)
    };
    let network = Network::builder(
        move |&Writer { embedding_size, hidden_size, .. }: &Writer, device| {
            let embedding = EmbeddingConfig::new(words, embedding_size).init(device);
            let layers = vec![Recurrent::new(Cell::Lstm, hidden_size); 2];
            let rnn = Rnn::new(embedding_size, &layers, device);
            (embedding, rnn, LinearConfig::new(hidden_size, words).init(device))
        },
        forward,
        word_loss,
    )
    .optimizer(|config| Optimizer::Adam { learning_rate: config.learning_rate }.init())
    .batch_size(|_| 64)
    .epochs(epochs)
    .build()?;

    let study = Study::<Writer>::minimize()
        .name("psalms")
        .seed(7)
        .storage(format!("journal:{}", folder.join("study.log").display()))
        .checkpoints(folder.join("checkpoints"))
        .callback(CsvLog::builder(folder.join("trials.csv")).build()?)
        .callback(Progress::new())
        .open()?;
    let run = study.optimize(trials, |config, trial| network.fit_trial(&config, &data, trial))?;
    println!("{run}\n{}\nall of it is in {}", study.summary()?, folder.display());
    study.report()?.svg(&folder)?;

    let best = network.of_trial(&study, study.best_trial()?.number)?;
    let usual = network.train(&study.default_config()?, &data, 7)?;
    let [found, usual] = [network.evaluate(&best, &test)?, network.evaluate(&usual, &test)?];
    println!("on unseen verses: {found} with {:?}; default: {usual}", study.best_config()?);
    for begin in ["the lord", "praise ye", "my soul"] {
        let next = |verse| forward(&best.model, verse);
        println!("  {}", corpus.write(begin, &mut Rng::derive(7, 1), next));
    }
    println!("better than the default config: {}", found.get("val_loss") < usual.get("val_loss"));
    Ok(())
}
