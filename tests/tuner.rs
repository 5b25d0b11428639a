//! Tuners: models built, fitted, measured, and given back.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::Error;
use hpo_core::prelude::*;
use hpo_core::study::Ended;
use hpo_core::trial::Objective;
use hpo_tests::Folder;

/// Fits a constant; its error is the distance to the data's mean, plus what the config costs.
struct Constant {
    fits: AtomicU64,
    fails: bool,
    saves: bool,
}

#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(super) struct Guess {
    #[search_space(range = 0.0..=10.0)]
    pub(super) level: f64,
    #[search_space(choices = [1, 2, 4])]
    pub(super) epochs: u64,
}

#[derive(Debug, PartialEq)]
struct Fitted {
    level: f64,
    execution: u32,
}

impl Constant {
    fn new() -> Self {
        Self { fits: AtomicU64::new(0), fails: false, saves: false }
    }
}

impl HyperModel for Constant {
    type Config = Guess;
    type Data = [f64];
    type Model = f64;
    type Fitted = Fitted;
    type Error = TrialError;

    fn build(&self, config: &Guess) -> Result<f64, TrialError> {
        if self.fails { Err(TrialError::failed("cannot be built")) } else { Ok(config.level) }
    }

    fn fit(
        &self,
        config: &Guess,
        level: f64,
        data: &[f64],
        trial: &mut Trial<'_>,
    ) -> Result<Fitted, TrialError> {
        self.fits.fetch_add(1, Ordering::Relaxed);
        let mean = data.iter().sum::<f64>() / data.len() as f64;
        let wobble = f64::from(trial.execution());
        for epoch in 1..=config.epochs {
            let late = 1.0 / epoch as f64;
            trial.log(
                epoch,
                &[("val_loss", (level - mean).abs() + late + wobble), ("train_time", 2.0)],
            )?;
        }
        Ok(Fitted { level, execution: trial.execution() })
    }

    fn save(&self, fitted: &Fitted, folder: &Path) -> Result<bool, TrialError> {
        if self.saves {
            fs::write(folder.join("model"), format!("{} {}", fitted.level, fitted.execution))?;
        }
        Ok(self.saves)
    }

    fn load(&self, _: &Guess, folder: &Path) -> Result<Option<Fitted>, TrialError> {
        let text = fs::read_to_string(folder.join("model"))?;
        let (level, execution) =
            text.split_once(' ').ok_or_else(|| TrialError::failed("the model is torn"))?;
        Ok(Some(Fitted { level: level.parse()?, execution: execution.parse()? }))
    }
}

const DATA: [f64; 3] = [3.0, 4.0, 5.0];

#[test]
fn the_best_models_come_back_fitted() {
    let mut tuner = RandomSearch::new(Constant::new())
        .objective("val_loss")
        .max_trials(30)
        .seed(1)
        .build()
        .unwrap();
    let run = tuner.search(&DATA).unwrap();
    assert_eq!((run.complete, run.ended), (30, Ended::Enough));
    let configs = tuner.best_configs(3).unwrap();
    let models = tuner.best_models(3).unwrap();
    assert!(configs.iter().zip(&models).all(|(config, model)| config.level == model.level));
    let trials = tuner.oracle().best_trials(3).unwrap();
    assert!(trials.is_sorted_by(|a, b| a.values[0] <= b.values[0]));
    assert!(
        trials[0].summary().starts_with(&format!("Trial {}: complete, value ", trials[0].number))
    );
}

#[test]
fn the_value_of_a_trial_is_its_best_epoch() {
    let mut tuner =
        RandomSearch::new(Constant::new()).objective("val_loss").max_trials(9).build().unwrap();
    tuner.search(&DATA).unwrap();
    for trial in tuner.study().trials().unwrap() {
        let config: Guess = trial.config().unwrap();
        let best = (config.level - 4.0).abs() + 1.0 / config.epochs as f64;
        assert!((trial.values[0] - best).abs() < 1e-12);
        assert_eq!(trial.reports.len() as u64, config.epochs);
        assert_eq!(trial.attributes.user["train_time"], 2.0);
    }
}

#[test]
fn executions_are_averaged_and_the_best_model_is_kept() {
    let mut tuner = RandomSearch::new(Constant::new())
        .objective("val_loss")
        .max_trials(4)
        .executions_per_trial(3)
        .build()
        .unwrap();
    tuner.search(&DATA).unwrap();
    for (trial, model) in
        tuner.oracle().best_trials(4).unwrap().iter().zip(tuner.best_models(4).unwrap())
    {
        let config: Guess = trial.config().unwrap();
        let single = (config.level - 4.0).abs() + 1.0 / config.epochs as f64;
        assert!(
            (trial.values[0] - (single + 1.0)).abs() < 1e-12,
            "the mean of three wobbles of 0, 1 and 2"
        );
        assert_eq!(model.execution, 0);
        assert!((trial.reports[0].1 - ((config.level - 4.0).abs() + 2.0)).abs() < 1e-12);
    }
}

#[test]
fn directions_follow_from_names_and_are_never_guessed() {
    let maximized = [
        "val_accuracy",
        "f1_score",
        "val_r2",
        "R2Score",
        "roc_auc",
        "mcc",
        "cohen_kappa",
        "jaccard",
        "balanced_accuracy",
        "explained_variance",
        "val_cosine_similarity",
        "weighted_f1",
        "recall",
    ];
    let minimized = [
        "loss",
        "val_loss",
        "log_loss",
        "rmse",
        "val_mean_squared_error",
        "MAE",
        "categorical_crossentropy",
        "val_ce",
        "error_rate",
        "mean_absolute_percentage_error",
    ];
    for name in maximized {
        assert_eq!(Objective::infer(name).unwrap().direction, Direction::Maximize, "{name}");
    }
    for name in minimized {
        assert_eq!(Objective::infer(name).unwrap().direction, Direction::Minimize, "{name}");
    }
    for name in ["score", "my_metric", "", "accurate", "val_"] {
        assert!(Objective::infer(name).is_err(), "{name}");
    }
}

#[test]
fn an_unknown_direction_is_refused_before_any_training() {
    let error = RandomSearch::new(Constant::new()).objective("goodness").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the direction of `goodness` is unknown: write Objective::maximize(\"goodness\") or \
         Objective::minimize(\"goodness\")"
    );
}

/// A model that says what it reports.
struct Outspoken;

impl HyperModel for Outspoken {
    type Config = Guess;
    type Data = ();
    type Model = ();
    type Fitted = ();
    type Error = std::convert::Infallible;

    fn build(&self, _: &Guess) -> Result<(), Self::Error> {
        Ok(())
    }

    fn fit(&self, _: &Guess, (): (), (): &(), trial: &mut Trial<'_>) -> Result<(), Self::Error> {
        trial.metric("val_accuracy", 0.5);
        Ok(())
    }

    fn metrics(&self) -> &[&str] {
        &["val_accuracy", "val_loss"]
    }
}

#[test]
fn a_metric_that_the_model_does_not_report_is_refused_before_any_training() {
    let error = RandomSearch::new(Outspoken).objective("accuracy").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model does not report `accuracy`: it reports val_accuracy, val_loss"
    );
}

#[test]
fn a_metric_that_never_comes_ends_the_search_with_the_first_trial() {
    let mut tuner =
        RandomSearch::new(Constant::new()).objective("accuracy").max_trials(50).build().unwrap();
    let error = tuner.search(&DATA).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model does not report `accuracy`: it reports train_time, val_loss"
    );
    assert_eq!(tuner.study().trials().unwrap().len(), 1);
}

#[test]
fn failures_in_a_row_end_the_search() {
    let new = || {
        RandomSearch::new(Constant { fails: true, ..Constant::new() })
            .objective("val_loss")
            .max_trials(50)
    };
    for (builder, count) in [(new(), 10), (new().max_consecutive_failures(3), 3)] {
        let mut tuner = builder.build().unwrap();
        let error = tuner.search(&DATA).unwrap_err().to_string();
        let said = format!(
            "{count} trials failed in a row; the first, trial 0, failed with: cannot be built"
        );
        assert!(error.starts_with(&said), "{error}");
        assert_eq!(tuner.study().trials().unwrap().len(), count);
    }
}

#[test]
fn a_grid_ends_by_itself() {
    let mut tuner =
        GridSearch::new(Constant::new()).points(5).objective("val_loss").build().unwrap();
    let run = tuner.search(&DATA).unwrap();
    assert_eq!((run.complete, run.ended), (15, Ended::Exhausted));
    let best = &tuner.best_configs(1).unwrap()[0];
    assert_eq!(*best, Guess { level: 5.0, epochs: 4 });
}

#[test]
fn summaries_say_what_is_searched_and_what_was_found() {
    let mut tuner =
        GridSearch::new(Constant::new()).points(2).objective("val_loss").build().unwrap();
    assert_eq!(
        tuner.search_space_summary(),
        "2 parameters, infinitely many configs\nlevel   0.0..=10.0\nepochs  1 | 2 | 4\n"
    );
    tuner.search(&DATA).unwrap();
    let summary = tuner.results_summary(2).unwrap();
    assert!(
        summary.starts_with("6 trials to minimize val_loss\nTrial 2: complete, value 4.25, "),
        "{summary}"
    );
    assert_eq!(summary.matches("Trial ").count(), 2);
}

fn kept_models(project: &Path) -> usize {
    let names = fs::read_dir(project).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("trial_")).count()
}

#[test]
fn a_project_is_taken_up_topped_up_and_overwritten() {
    let folder = Folder::new("resume");
    let build = |trials, overwrite| {
        let model = Constant { saves: true, ..Constant::new() };
        let tuner = RandomSearch::new(model).objective("val_loss").max_trials(trials).seed(1);
        tuner
            .directory(folder.path(""))
            .project_name("p")
            .overwrite(overwrite)
            .keep_models(2)
            .build()
            .unwrap()
    };
    build(5, false).search(&DATA).unwrap();
    let mut again = build(8, false);
    assert_eq!(again.search(&DATA).unwrap().complete, 3);
    let models = again.best_models(2).unwrap();
    let configs = again.best_configs(2).unwrap();
    assert!(models.iter().zip(&configs).all(|(model, config)| model.level == config.level));
    drop(again);
    assert_eq!(kept_models(&folder.path("p")), 2, "of both searches together");
    assert_eq!(build(5, true).search(&DATA).unwrap().complete, 5, "overwritten");
    assert_eq!(kept_models(&folder.path("p")), 2, "models beyond the best two are removed");
}

#[test]
fn a_model_that_is_not_kept_can_be_fitted_again() {
    let folder = Folder::new("refit");
    let build = || {
        let tuner = RandomSearch::new(Constant::new()).objective("val_loss").max_trials(5).seed(1);
        tuner.directory(folder.path("")).build().unwrap()
    };
    build().search(&DATA).unwrap();
    let again = build();
    let error = again.best_models(1).unwrap_err();
    assert!(matches!(error, Error::ModelNotKept { .. }), "{error}");
    let refitted = again.refit(1, &DATA).unwrap();
    assert_eq!(refitted[0].level, again.best_configs(1).unwrap()[0].level);
    assert_eq!(again.study().trials().unwrap().len(), 5, "a refit is no trial");
}

#[test]
fn a_saved_model_that_is_damaged_is_named_with_its_folder() {
    let folder = Folder::new("damaged");
    let build = || {
        let model = Constant { saves: true, ..Constant::new() };
        let tuner = RandomSearch::new(model).objective("val_loss").max_trials(5).seed(1);
        tuner.directory(folder.path("")).project_name("p").keep_models(1).build().unwrap()
    };
    build().search(&DATA).unwrap();
    let again = build();
    let number = again.oracle().best_trials(1).unwrap()[0].number;
    let Error::DamagedModel { folder: kept, .. } = damaged(&folder, &again, "") else {
        panic!("another error")
    };
    for text in ["", "1.5", "x y", " "] {
        let error = damaged(&folder, &again, text);
        assert!(matches!(&error, Error::DamagedModel { trial, .. } if *trial == number), "{error}");
        let told = error.to_string();
        assert!(
            told.contains(&kept.display().to_string()) && told.contains("call `refit`"),
            "{told}"
        );
        assert!(!told.contains("refitting"), "{told}");
    }
    fs::remove_dir_all(kept).unwrap();
    assert!(matches!(build().best_models(1), Err(Error::ModelNotKept { .. })));
    assert_eq!(build().refit(1, &DATA).unwrap().len(), 1);
}

/// What is said of the best model when its file holds this text.
fn damaged(folder: &Folder, tuner: &hpo_core::Tuner<Constant>, text: &str) -> Error {
    let kept = |path: &Path| {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let mut open = kept(Path::new(&folder.path("p")));
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(kept(&path));
        } else if path.file_name().is_some_and(|name| name == "model") {
            fs::write(path, text).unwrap();
        }
    }
    tuner.best_models(1).unwrap_err()
}

#[test]
fn overwrite_deletes_nothing_that_is_not_a_tuners() {
    let folder = Folder::new("foreign");
    fs::create_dir_all(folder.path("thesis")).unwrap();
    fs::write(folder.path("thesis/chapter1.txt"), "years of work").unwrap();
    let build = RandomSearch::new(Constant::new())
        .objective("val_loss")
        .directory(folder.path(""))
        .project_name("thesis");
    let error = build.overwrite(true).build().unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("holds files that are not a tuner's: `overwrite` will not delete it")
    );
    assert!(folder.path("thesis/chapter1.txt").exists());
}

#[test]
fn a_directory_that_is_a_file_is_named() {
    let folder = Folder::new("file");
    fs::write(folder.path("runs"), "not a folder").unwrap();
    let build =
        RandomSearch::new(Constant::new()).objective("val_loss").directory(folder.path("runs"));
    let error = build.build().unwrap_err().to_string();
    assert!(error.contains("untitled_project: cannot create the folder"), "{error}");
}

#[test]
fn settings_that_make_no_sense() {
    let said = |builder: RandomSearch<Constant>| builder.build().unwrap_err().to_string();
    let new = || RandomSearch::new(Constant::new()).objective("val_loss");
    assert!(said(new().max_trials(0)).starts_with("`max_trials` is 0"));
    assert!(said(new().executions_per_trial(0)).starts_with("`executions_per_trial` is 0"));
    assert!(said(new().workers(0)).starts_with("`workers` is 0"));
    assert!(said(new().max_consecutive_failures(0)).starts_with("`max_consecutive_failures` is 0"));
    assert!(said(RandomSearch::new(Constant::new())).starts_with("`objective` is missing"));
}

#[test]
fn a_project_name_does_not_lead_out_of_its_directory() {
    let folder = Folder::new("names");
    fs::create_dir_all(folder.path("inner")).unwrap();
    let build = |name: &str| {
        let new = RandomSearch::new(Constant::new())
            .objective("val_loss")
            .directory(folder.path("inner"));
        new.project_name(name).build()
    };
    let outside = folder.path("x").display().to_string();
    for name in [
        "../x",
        &outside,
        "..",
        ".",
        "",
        "a/../../x",
        "a\\..\\x",
        "x\0",
        "NUL",
        "C:x",
        "x.",
        &"x".repeat(300),
    ] {
        let error = build(name).unwrap_err().to_string();
        assert!(error.starts_with("`project_name` "), "{name}: {error}");
    }
    assert!(
        !folder.path("x").exists() && fs::read_dir(folder.path("inner")).unwrap().next().is_none()
    );
    build("größe 3.1").unwrap();
    assert!(folder.path("inner/größe 3.1").is_dir());
}

#[test]
fn a_project_has_one_objective() {
    let folder = Folder::new("objective");
    let build = |objective| {
        RandomSearch::new(Constant::new()).objective(objective).directory(folder.path("")).build()
    };
    build(Objective::minimize("val_loss")).unwrap();
    let error = build(Objective::minimize("train_time")).unwrap_err().to_string();
    assert!(error.contains("`val_loss`") && error.contains("overwrite"), "{error}");
}
