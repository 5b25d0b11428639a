//! What the larger examples may be told on the command line.

use std::path::PathBuf;

use anyhow::bail;

/// The arguments.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--quick`: a search of some seconds, as CI runs it.
    pub quick: bool,
    /// Any other word: the folder where pictures and results go.
    pub folder: Option<PathBuf>,
}

impl Options {
    /// What the process was called with.
    ///
    /// # Errors
    /// If there is another option, or a second folder.
    pub fn from_arguments() -> anyhow::Result<Self> {
        let mut options = Self::default();
        for word in std::env::args().skip(1) {
            match word.as_str() {
                "--quick" => options.quick = true,
                folder if !folder.starts_with('-') && options.folder.is_none() => {
                    options.folder = Some(folder.into());
                }
                other => {
                    bail!("`{other}` is neither `--quick` nor one folder for pictures and results")
                }
            }
        }
        Ok(options)
    }

    /// The folder for results: the one that was given, or one of this process among the temporary
    /// ones.
    #[must_use]
    pub fn results(&self, name: &str) -> PathBuf {
        let own = || std::env::temp_dir().join(format!("hpo-{name}-{}", std::process::id()));
        self.folder.clone().unwrap_or_else(own)
    }
}
