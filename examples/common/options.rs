//! What the larger examples may be told on the command line.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// How much is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// A search of a minute, as CI runs it.
    Quick,
    /// What its page shows: minutes on a laptop's processor.
    #[default]
    Usual,
    /// Sizes and numbers of the tutorials that it follows: hours, or a graphics card.
    Full,
}

/// The arguments.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--quick`, `--full`, or neither.
    pub size: Size,
    /// `--out DIR`: where pictures and results go.
    pub out: Option<PathBuf>,
}

impl Options {
    /// What the process was called with.
    ///
    /// # Errors
    /// If there is another word.
    pub fn from_arguments() -> anyhow::Result<Self> {
        let (mut options, mut words) = (Self::default(), std::env::args().skip(1));
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.size = Size::Quick,
                "--full" => options.size = Size::Full,
                "--out" => options.out = Some(words.next().context("`--out` needs a folder: `--out results`")?.into()),
                other => bail!("`{other}` is none of `--quick`, `--full`, `--out DIR`"),
            }
        }
        Ok(options)
    }

    /// The folder for results: that of `--out`, or one of this process among the temporary ones.
    #[must_use]
    pub fn results(&self, name: &str) -> PathBuf {
        let own = || std::env::temp_dir().join(format!("hpo-{name}-{}", std::process::id()));
        self.out.clone().unwrap_or_else(own)
    }
}
