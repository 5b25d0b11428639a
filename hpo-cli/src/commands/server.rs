//! `hpo server`: serves the studies of a storage over HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};
use hpo_core::storage::Location;

use crate::screen::Screen;
use crate::server;

/// The smallest number of letters of a token.
const LEAST_TOKEN: usize = 16;

/// Serve the studies of a storage over HTTP: to workers, to programs in any language, to browsers
///
/// Workers use the address as their storage: `HPO_STORAGE=http://HOST:7000`. The first SIGTERM or
/// Ctrl-C ends the server after the requests that have begun. `docs/server.md` describes the rest.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The storage: the path of a file, `journal:PATH`, `sqlite:///PATH` or
    /// `postgresql://USER@HOST/NAME`; a new file is created
    #[arg(long = "storage", value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_hint = ValueHint::AnyPath, value_parser = NonEmptyStringValueParser::new())]
    url: String,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:7000")]
    listen: SocketAddr,
    /// A file with the token that clients must send; needed to listen for other machines
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The time after its last sign of life at which a worker is taken to be dead, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    lease: u64,
}

impl Server {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let token = self.token_file.as_deref().map(token).transpose()?;
        server::check_address(self.listen, token.as_deref())?;
        let location = Location::parse(&self.url)?;
        let host = location.host(Duration::from_secs(self.lease))?;
        server::run(host, self.listen, token)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads the token of a file, without the spaces around it.
fn token(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the token of {}", file.display()))?;
    let token = text.trim();
    ensure!(
        token.len() >= LEAST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic()),
        "{} is no token: write one of {LEAST_TOKEN} letters or more into it, without spaces, as \
         `openssl rand -hex 32` prints it",
        file.display()
    );
    Ok(token.to_owned())
}
