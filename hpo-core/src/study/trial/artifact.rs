//! The files that a trial keeps.

use super::Trial;
use crate::error::Error;
use crate::study::outcome::TrialEnd;

impl Trial<'_> {
    /// Keeps a file with the trial: a picture, a table, a model. It goes to the study's folder of
    /// artifacts, and Optuna's dashboard shows it. In a program that `hpo run` has started, it goes
    /// to the folder of the trial. A further one of the same name replaces it. A fit outside a
    /// search keeps nothing.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Debug, Clone, SearchSpace)]
    /// struct Config {
    ///     #[search_space(range = 0.0..=1.0)]
    ///     x: f64,
    /// }
    ///
    /// # let name = format!("hpo-doc-artifacts-{}", std::process::id());
    /// # let folder = std::env::temp_dir().join(name);
    /// let study = Study::<Config>::minimize().artifacts(&folder).seed(1).open()?;
    /// study.optimize(3, |config, trial| {
    ///     trial.artifact("curve.csv", format!("x\n{}\n", config.x).as_bytes())?;
    ///     Ok::<_, TrialError>(config.x)
    /// })?;
    /// let best = study.best_trial()?.number;
    /// assert!(study.artifact(best, "curve.csv")?.is_some());
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the study has no folder for artifacts, the name is not one of a file, or the file cannot
    /// be written. The trial fails then.
    pub fn artifact(&mut self, name: &str, bytes: &[u8]) -> Result<(), TrialEnd> {
        let kept = match (self.control.oracle, self.control.driver) {
            (Some(oracle), _) => oracle.keep_artifact(self.job.number, name, bytes),
            (None, Some(driver)) => driver.artifact(name, bytes).map_err(Error::from),
            (None, None) => Ok(()),
        };
        match kept {
            Err(Error::Artifact(error)) => Err(TrialEnd::failed(&error)),
            kept => self.stored(kept),
        }
    }
}
