//! A network after its training.

use std::path::Path;

use burn::module::Module;

use crate::error::Error;

/// The name of the file of the weights, without burn's ending.
const FILE: &str = "network";

/// A trained network, with the weights of its best epoch.
#[derive(Clone, Debug)]
pub struct Fitted<M> {
    /// The network, without autodiff and dropout.
    pub model: M,
    /// The epoch of its weights, counted from 1; 0 if it has been loaded from a file.
    pub epoch: u64,
    /// The metrics after each epoch; empty if it has been loaded from a file.
    pub history: Vec<Metrics>,
}

/// Metrics by name, in the order in which the network was given them.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics(pub(crate) Vec<(&'static str, f64)>);

impl<M: Module> Fitted<M> {
    /// Writes the weights into a folder, as burn's `Module::save_file` does.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        Ok(self.model.clone().save_file(folder.as_ref().join(FILE))?)
    }

    /// Reads the weights of a folder into a network of the same shape.
    pub(crate) fn load(model: M, folder: &Path) -> Result<Self, Error> {
        let model = model.try_load_file(folder.join(FILE))?.valid();
        Ok(Self { model, epoch: 0, history: Vec::new() })
    }
}

impl Metrics {
    /// Returns a metric by its name, such as `val_loss`; `None` if it is not measured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Returns the names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().copied()
    }
}

impl std::fmt::Display for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<String> =
            self.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        formatter.write_str(&words.join(", "))
    }
}
