//! A year of sunspots from the months before it, by a recurrent encoder and decoder: see
//! `docs/time-series.md`.

use burn::tensor::{Device, Tensor};
use hpo_burn::{Cell, Data, Network, Recurrent, Seq2Seq, mean_squared_error};
use hpo_core::sampler::Tpe;
use hpo_core::{prelude::*, pruner, study::Progress};
use hpo_examples::nn::{HORIZON, LONGEST, Sunspots};
use hpo_examples::options::Options;

#[derive(Debug, Clone, SearchSpace)]
#[search_space(constraint = Self::is_affordable)]
struct Forecaster {
    #[search_space(range = 1..=LONGEST, default = 12)]
    window: usize,
    #[search_space(range = 1..=512, log, step = 2, default = 64)]
    batch_size: usize,
    #[search_space(range = 1..=2048, log, step = 2, default = 16)]
    hidden_size: usize,
    #[search_space(range = 1..=10, default = 1)]
    layers: usize,
}

impl Forecaster {
    /// An epoch on one core takes less than a third of a second: a layer's step takes 40 µs and
    /// what its products take, on a processor of today.
    fn is_affordable(&self) -> bool {
        let steps = 2000usize.div_ceil(self.batch_size) * (self.window + HORIZON) * self.layers;
        steps * (40 + self.batch_size * self.hidden_size.pow(2) / 1000) <= 300_000
    }

    fn model(&self, device: &Device) -> Seq2Seq {
        let layers = vec![Recurrent::new(Cell::Simple, self.hidden_size); self.layers];
        Seq2Seq::new(1, &layers, device).window(self.window)
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::from_arguments()?;
    let (trials, longer) = if options.quick { (26, 10) } else { (100, 30) };
    let Sunspots { parts: [train, validation, test], last, scale } = Sunspots::read();
    let data = Data::new(train, validation)?;
    let network = |epochs| {
        Network::builder(Forecaster::model, Seq2Seq::forward, mean_squared_error)
            .batch_size(|config| config.batch_size)
            .epochs(epochs)
            .build()
    };

    let study = Study::<Forecaster>::minimize()
        .name("sunspots")
        .seed(7)
        .sampler(Tpe::default())
        .pruner(pruner::Hyperband::builder().max_resource(10).build()?)
        .callback(Progress::new())
        .open()?;
    let (searched, trained) = (network(10)?, network(longer)?);
    let run = study.optimize(trials, |config, trial| searched.fit_trial(&config, &data, trial))?;
    println!("{run}\n{}", study.summary()?);
    study.report()?.svg(options.results("sunspots"))?;

    // The winner and the config that one begins with are trained for longer.
    let [found, usual] = [study.best_config()?, study.default_config()?].map(|config| {
        let fitted = trained.train(&config, &data, 7)?;
        let tested = trained.evaluate(&fitted, &test)?;
        println!("{config:?}: on months that no trial saw {tested}");
        anyhow::Ok((fitted, tested.get("val_loss")))
    });
    let ((best, found), (_, usual)) = (found?, usual?);
    let next = best.model.forward((last, Tensor::zeros([1, HORIZON, 1], &Device::default())));
    println!("the next {HORIZON} months: {:.0?}", (next * scale).into_data().try_to_vec::<f32>()?);
    println!("better than the default config: {}", found < usual);
    Ok(())
}
