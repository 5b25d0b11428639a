//! A dense classifier of handwritten digits for three tuners: see `docs/keras-tuner.md`.

use hpo_burn::{Data, Dense, Mlp, Network, Normalization, Optimizer, accuracy, cross_entropy};
use hpo_core::{callback::EarlyStopping, callback::TensorBoard, prelude::*};
use hpo_examples::{nn::digits, options::Options};

#[derive(Debug, Clone, SearchSpace)]
struct Settings {
    #[search_space(range = 0..=8, default = 2)]
    n_hidden: usize,
    #[search_space(range = 16..=256, default = 64)]
    n_neurons: usize,
    optimizer: Optimizer,
    normalize: bool,
}

fn main() -> anyhow::Result<()> {
    let folder = Options::from_arguments()?.results("digits");
    let [(pictures, labels), validation, test] = digits();
    let data = Data::new((pictures.clone(), labels), validation)?;
    let network = Network::builder(
        move |settings: &Settings, device| {
            let layer = Normalization::new(64, device);
            let layer = if settings.normalize { layer.adapt(&pictures) } else { layer };
            let hidden = vec![Dense::new(settings.n_neurons); settings.n_hidden];
            (layer, Mlp::new(64, &hidden, 10, device))
        },
        |(layer, mlp): &(Normalization, Mlp), pictures| mlp.forward(layer.forward(pictures)),
        cross_entropy,
    )
    .metric("val_accuracy", accuracy)
    .optimizer(|settings| settings.optimizer.init())
    .build()?;

    // The project is begun with five trials, and topped up to ten.
    let project = |most: u64, overwrite: bool| {
        let builder = RandomSearch::new(&network).objective("val_accuracy").max_trials(most);
        builder.directory(&folder).project_name("random").overwrite(overwrite).seed(7).build()
    };
    println!("{}", project(5, true)?.search(&data)?);
    let mut random = project(10, false)?;
    println!("{}", random.search_space_summary());
    println!("{}\n{}", random.search(&data)?, random.results_summary(3)?);

    let builder = Hyperband::new(&network).objective("val_accuracy").seed(7);
    let builder = builder.max_epochs(10).factor(3).hyperband_iterations(2);
    println!("{}", builder.plan()?);
    let mut hyperband = builder
        .callback(TensorBoard::builder(folder.join("tensorboard")).build()?)
        .callback(EarlyStopping::builder("val_accuracy").patience(3).build()?)
        .build()?;
    println!("{}", hyperband.search(&data)?);

    let builder = BayesianOptimization::new(&network).objective("val_accuracy").max_trials(10);
    let mut bayesian = builder.alpha(1e-4).beta(2.6).seed(7).build()?;
    println!("{}", bayesian.search(&data)?);

    // The winner is chosen by what the searches measured; the unseen digits judge it once.
    let usual = network.train(&random.study().default_config()?, &data, 7)?;
    let usual = network.evaluate(&usual, &test)?;
    println!("on 397 digits that no search saw, default config: {usual}");
    let mut best = (0.0, None);
    for (name, tuner) in [("random", random), ("Hyperband", hyperband), ("Bayesian", bayesian)] {
        let measured = tuner.study().best_value()?;
        let unseen = network.evaluate(&*tuner.best_models(1)?[0], &test)?;
        println!("{name}: {unseen}, measured {measured:.4}: {:?}", tuner.best_configs(1)?[0]);
        best = if measured > best.0 { (measured, unseen.get("val_accuracy")) } else { best };
    }
    println!("better than the default config: {}", best.1 > usual.get("val_accuracy"));
    Ok(())
}
