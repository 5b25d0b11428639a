//! A network with its loss, metrics and training: the model of a tuner, and the objective of a
//! study.

mod builder;
mod trial;

use std::path::Path;

use burn::module::Module;
use hpo_core::trial::Objective;
use hpo_core::{HyperModel, SearchSpace, Study, Trial, TrialError};

pub use builder::NetworkBuilder;

use crate::checkpoint;
use crate::compiled::Compiled;
use crate::dataset::{self, Data, Dataset};
use crate::error::Error;
use crate::fit::{Fit, measure};
use crate::fitted::{Fitted, Metrics};

/// A kind of network for configs of type `C`: the way from a config to a burn module `M`, its loss
/// and metrics for inputs `X` and targets `Y`, and its training.
///
/// It is the [`HyperModel`] of a tuner. In a study, [`fit_trial`](Self::fit_trial) is the
/// objective.
pub struct Network<C, M, X, Y> {
    compiled: Compiled<C, M, X, Y>,
    objective: Objective,
    epochs: u64,
    patience: Option<u64>,
    prunes_diverged: bool,
}

impl<C, M: Module, X, Y> Network<C, M, X, Y> {
    /// Trains a network outside of a search, such as the winner for longer or on more data.
    ///
    /// # Errors
    /// If the network cannot be built or does not fit the data, or the training diverges.
    pub fn train(&self, config: &C, data: &Data<X, Y>, seed: u64) -> Result<Fitted<M>, Error> {
        let mut fit = Fit::new(&self.compiled, config, &self.objective, (seed, self.epochs))?;
        while fit.epoch() < self.epochs && !fit.is_stagnant(self.patience) {
            fit.train_epoch(&self.compiled, data)?;
        }
        Ok(fit.into_fitted(&self.compiled.names))
    }

    /// Measures a network on rows that no training has seen: `val_loss` and the metrics.
    ///
    /// # Errors
    /// If there are no rows, or the network does not fit them.
    pub fn evaluate(
        &self,
        fitted: &Fitted<M>,
        rows: &impl Dataset<Batch = (X, Y)>,
    ) -> Result<Metrics, Error> {
        dataset::check("test", rows)?;
        measure(&self.compiled, &fitted.model, rows, "test data")
    }

    /// Returns the network of a trial of a study, with the weights of its best epoch, from its
    /// checkpoint.
    ///
    /// # Errors
    /// If the study has no trial or checkpoint of this number, the checkpoint is of another
    /// network, or the network cannot be built.
    pub fn of_trial<S>(&self, study: &Study<C, S>, trial: u64) -> Result<Fitted<M>, Error>
    where
        C: SearchSpace,
    {
        let checkpoint = study.checkpoint(trial)?.ok_or(Error::NoCheckpoint { trial })?;
        let record = study.oracle().trial(trial)?.ok_or(Error::NoCheckpoint { trial })?;
        let config = record.config().map_err(hpo_core::Error::from)?;
        let fresh = self.compiled.fresh(&config, 0)?;
        let (epoch, model) = checkpoint::read_best(fresh, &checkpoint.bytes)?;
        Ok(Fitted { model, epoch, history: Vec::new() })
    }

    /// Reads a network that [`Fitted::save`] has written, with the config that it was built from.
    ///
    /// # Errors
    /// If the folder cannot be read or has the weights of another network, or the network cannot
    /// be built.
    pub fn load_fitted(&self, config: &C, folder: impl AsRef<Path>) -> Result<Fitted<M>, Error> {
        Fitted::load(self.compiled.fresh(config, 0)?, folder.as_ref())
    }
}

impl<C, M, X, Y> HyperModel for Network<C, M, X, Y>
where
    C: SearchSpace,
    M: Module + Sync,
{
    type Config = C;
    type Data = Data<X, Y>;
    /// A network is built when its seed is known: by `fit`.
    type Model = ();
    type Fitted = Fitted<M>;
    type Error = TrialError;

    fn build(&self, _: &C) -> Result<(), TrialError> {
        Ok(())
    }

    fn fit(
        &self,
        config: &C,
        (): (),
        data: &Data<X, Y>,
        trial: &mut Trial<'_>,
    ) -> Result<Fitted<M>, TrialError> {
        Ok(self.fit_in_trial(config, data, trial)?.0)
    }

    fn metrics(&self) -> &[&str] {
        &self.compiled.names
    }

    fn save(&self, fitted: &Fitted<M>, folder: &Path) -> Result<bool, TrialError> {
        fitted.save(folder)?;
        Ok(true)
    }

    fn load(&self, config: &C, folder: &Path) -> Result<Option<Fitted<M>>, TrialError> {
        Ok(Some(self.load_fitted(config, folder)?))
    }
}

impl<C, M, X, Y> std::fmt::Debug for Network<C, M, X, Y> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Network")
            .field("metrics", &self.compiled.names)
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}
