//! The training within a trial: as far as its budget goes, with reports and checkpoints.

use burn::module::Module;
use hpo_core::trial::Objective;
use hpo_core::{Trial, TrialError};

use super::Network;
use crate::checkpoint;
use crate::dataset::Data;
use crate::error::Error;
use crate::fit::Fit;
use crate::fitted::{Fitted, Metrics};

/// The attribute of a trial whose checkpoint could not be used, with the reason.
const REFITTED: &str = "hpo-burn:refitted";

impl<C, M: Module, X, Y> Network<C, M, X, Y> {
    /// Trains the network of a trial as far as its budget goes, and returns the best value of the
    /// objective. After each epoch the metrics are reported, and a checkpoint is saved: a trial
    /// that was paused or killed continues from there, bit for bit as if it had not stopped.
    ///
    /// This is the objective of a [`Study`](hpo_core::Study); a tuner needs no such call.
    ///
    /// # Errors
    /// If the network does not fit the data, the training diverges, the study has another
    /// direction than the objective, or the trial must end.
    pub fn fit_trial(
        &self,
        config: &C,
        data: &Data<X, Y>,
        trial: &mut Trial<'_>,
    ) -> Result<f64, TrialError> {
        Ok(self.fit_in_trial(config, data, trial)?.1)
    }

    /// Returns the fitted network as well.
    pub(super) fn fit_in_trial(
        &self,
        config: &C,
        data: &Data<X, Y>,
        trial: &mut Trial<'_>,
    ) -> Result<(Fitted<M>, f64), TrialError> {
        let objective = self.objective_of(trial)?;
        let (seed, epochs) = (trial.seed(), trial.budget(self.epochs).most);
        let fresh = || Fit::new(&self.compiled, config, &objective, (seed, epochs));
        let mut fit = resumed(fresh, trial)?;
        // It may have been killed after its last checkpoint.
        if fit.is_stagnant(self.patience) {
            trial.end_early();
        }
        for epoch in trial.steps(self.epochs) {
            let metrics = match fit.train_epoch(&self.compiled, data) {
                Err(error @ Error::Diverged { .. }) if self.prunes_diverged => {
                    return Err(trial.prune(error.to_string()).into());
                }
                metrics => metrics?,
            };
            report(trial, &objective, epoch, &metrics)?;
            trial.checkpoint_bytes(epoch, &checkpoint::write(&fit)?)?;
            if fit.is_stagnant(self.patience) {
                trial.end_early();
            }
        }
        let value = fit.best.value;
        Ok((fit.into_fitted(&self.compiled.names), value))
    }

    /// Returns the objective of the tuner, or that of the network if the trial is a study's.
    fn objective_of(&self, trial: &Trial<'_>) -> Result<Objective, Error> {
        if let Some(objective) = trial.objective() {
            super::builder::check_objective(objective, &self.compiled.names)?;
            return Ok(objective.clone());
        }
        let (study, network) = (trial.direction(), self.objective.direction);
        if study == network {
            return Ok(self.objective.clone());
        }
        Err(Error::OtherDirection { objective: self.objective.name.clone(), study, network })
    }
}

/// Continues from the checkpoint of the trial, or starts from the beginning.
fn resumed<M: Module>(
    fresh: impl Fn() -> Result<Fit<M>, Error>,
    trial: &mut Trial<'_>,
) -> Result<Fit<M>, TrialError> {
    let Some(found) = trial.restore_bytes()? else {
        return Ok(fresh()?);
    };
    match checkpoint::read(fresh()?, found.step, &found.bytes) {
        Ok(fit) => Ok(fit),
        Err(error @ Error::Checkpoint { .. }) => {
            trial.start_over();
            trial.set_attribute(REFITTED, error.to_string())?;
            Ok(fresh()?)
        }
        Err(error) => Err(error.into()),
    }
}

fn report(
    trial: &mut Trial<'_>,
    objective: &Objective,
    epoch: u64,
    metrics: &Metrics,
) -> Result<(), TrialError> {
    let all: Vec<_> = metrics.iter().collect();
    if trial.objective().is_some() {
        trial.log(epoch, &all)?;
    } else {
        let value = metrics.get(&objective.name).unwrap_or(f64::NAN);
        trial.report_with(epoch, value, &all)?;
    }
    Ok(())
}
