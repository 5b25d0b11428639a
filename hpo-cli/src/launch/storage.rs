//! The storage that the workers of a launch share.

use anyhow::{Result, bail, ensure};
use hpo_core::storage::{Location, redacted};

use super::engine::Engine;

/// The storage of the workers. It has no `Debug` output of its secrets.
#[derive(Clone)]
pub(crate) struct StorageUrl {
    url: String,
    /// The variables of the environment with a secret of the storage.
    secrets: Vec<Variable>,
}

/// A variable of the environment of a worker.
#[derive(Clone)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// The key of its value in a Secret of Kubernetes.
    pub(crate) key: &'static str,
    pub(crate) value: String,
}

/// The text that stands for a secret.
const HIDDEN: &str = "***";

impl std::fmt::Debug for StorageUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl StorageUrl {
    /// Returns the storage with the secrets that it takes from this process's environment: the token
    /// of a server, or the password of a database.
    fn new(url: String) -> Result<Self> {
        let location = Location::parse(&url)?;
        let from_environment = |name, key| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value.map(|value| Variable { name, key, value })
        };
        let secret = if location.is_server() {
            from_environment("HPO_TOKEN", "token")
        } else if location.is_database() && location.file().is_none() {
            from_environment("PGPASSWORD", "password")
        } else {
            None
        };
        Ok(Self { url, secrets: secret.into_iter().collect() })
    }

    /// Returns the URL with its password, for the environment of a worker.
    pub(crate) fn secret(&self) -> &str {
        &self.url
    }

    /// Returns the URL for messages.
    pub(crate) fn shown(&self) -> String {
        redacted(&self.url)
    }

    /// Returns the variables of the environment of a worker that other machines do not have.
    pub(crate) fn variables(&self) -> Vec<Variable> {
        let url = Variable { name: "HPO_STORAGE", key: "storage", value: self.url.clone() };
        std::iter::once(url).chain(self.secrets.iter().cloned()).collect()
    }

    /// Returns the same variables without their secrets, to be shown.
    pub(crate) fn shown_variables(&self) -> Vec<Variable> {
        let hidden = |variable: Variable| {
            let value = match variable.name {
                "HPO_STORAGE" => self.shown(),
                _ => HIDDEN.to_owned(),
            };
            Variable { value, ..variable }
        };
        self.variables().into_iter().map(hidden).collect()
    }

    /// Checks that workers of this engine can share the storage.
    ///
    /// # Errors
    /// If it is a file or a server of this machine, and the workers may be on other machines.
    pub(crate) fn check(&self, engine: Engine, shared_files: bool) -> Result<()> {
        let location = Location::parse(&self.url)?;
        ensure!(
            !location.is_memory(),
            "`memory` ends with its process, so workers cannot share it: set HPO_STORAGE to a \
             database"
        );
        let is_one_machine =
            engine == Engine::Local || shared_files && engine != Engine::Kubernetes;
        ensure!(
            is_one_machine || !location.is_server() || !is_loopback(&self.url),
            "{}: on another machine this address is that machine itself: write the name of the \
             server's machine, and start it with `hpo server --listen 0.0.0.0:7000` and a token",
            self.shown()
        );
        let Some(file) = location.file() else { return Ok(()) };
        if engine == Engine::Kubernetes {
            bail!("{}: a file is not seen by pods: use PostgreSQL", self.shown());
        }
        if is_one_machine || location.spans_machines() {
            return Ok(());
        }
        if location.is_database() {
            bail!(
                "{}: SQLite is for one machine, and the workers may be on several: use PostgreSQL \
                 (postgresql://USER@HOST/NAME), or, in a folder that all machines see, \
                 `journal:PATH?lock=link`. If there is only one machine, add --shared-files",
                self.shown()
            );
        }
        bail!(
            "{}: this journal is locked for one machine only, and the workers may be on several: \
             write `journal:{}?lock=link` if all machines see that folder, or use PostgreSQL \
             (postgresql://USER@HOST/NAME)",
            self.shown(),
            file.display()
        )
    }
}

/// Splits the storage from the command of a worker. It is the one of the command, if that is
/// `hpo run`, else the given one.
///
/// # Errors
/// If neither is known.
pub(crate) fn split(words: &[String], given: Option<&str>) -> Result<(Vec<String>, StorageUrl)> {
    let mut command = words.to_vec();
    let own = if is_run(words) { take_storage(&mut command)? } else { None };
    let Some(url) = own.as_deref().or(given) else {
        bail!(
            "the workers need a storage that they share: give --storage before the `--`, or set \
             HPO_STORAGE. For one machine: --storage sqlite:///studies.db"
        );
    };
    Ok((command, StorageUrl::new(absolute(url)?)?))
}

/// The number of trials of `hpo run` without `--trials`.
const DEFAULT_TRIALS: &str = "100";

/// Returns the command that shows the study of the workers. A URL with a password is left out, so
/// `HPO_STORAGE` must be set there.
pub(crate) fn top(command: &[String], storage: &StorageUrl) -> Vec<String> {
    let mut words = vec!["hpo".to_owned(), "top".to_owned()];
    if storage.shown() == storage.secret() {
        words.push(storage.shown());
    }
    if is_run(command) {
        let options = command.iter().position(|word| word == "--").unwrap_or(command.len());
        let options = &command[..options];
        if let Some(study) = option_value(options, "--study") {
            words.extend(["--study".to_owned(), study]);
        }
        let trials = option_value(options, "--trials");
        words.extend(["--trials".to_owned(), trials.unwrap_or_else(|| DEFAULT_TRIALS.to_owned())]);
    }
    words
}

fn option_value(words: &[String], option: &str) -> Option<String> {
    let prefix = format!("{option}=");
    words.iter().enumerate().find_map(|(place, word)| {
        let follows = || (word == option).then(|| words.get(place + 1)).flatten();
        word.strip_prefix(&prefix).or_else(|| follows().map(String::as_str)).map(str::to_owned)
    })
}

/// Returns true if the command of a worker is `hpo run`.
fn is_run(words: &[String]) -> bool {
    is_hpo(&words[0]) && words.get(1).is_some_and(|word| word == "run")
}

/// Removes `--storage URL` from the options of `hpo run`, and returns it. The environment is not
/// shown in lists of processes, as a command is.
fn take_storage(words: &mut Vec<String>) -> Result<Option<String>> {
    let options = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let is_storage = |word: &String| word == "--storage" || word.starts_with("--storage=");
    let Some(found) = words[..options].iter().position(is_storage) else { return Ok(None) };
    let word = words.remove(found);
    if let Some((_, url)) = word.split_once('=') {
        return Ok(Some(url.to_owned()));
    }
    ensure!(found + 1 < options, "--storage has no value");
    Ok(Some(words.remove(found)))
}

/// Makes the path of a file absolute, since workers may start in another folder.
fn absolute(url: &str) -> Result<String> {
    let location = Location::parse(url)?;
    let Some(file) = location.file() else { return Ok(url.to_owned()) };
    let path = std::path::absolute(file)?;
    Ok(location.with_file(path).map_or_else(|| url.to_owned(), |location| location.to_string()))
}

/// Returns true if the host of a URL is the machine on which it is read.
fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}

/// Returns true if a word names this program.
pub(crate) fn is_hpo(word: &str) -> bool {
    std::path::Path::new(word).file_name().is_some_and(|name| name == "hpo")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_storage_of_the_command_comes_first_and_leaves_it() {
        for command in [
            "hpo run --storage /a.db --trials 3 -- x --storage y",
            "hpo run --storage=/a.db --trials 3 -- x --storage y",
        ] {
            let (left, url) = split(&words(command), Some("/b.db")).unwrap();
            assert_eq!(left, words("hpo run --trials 3 -- x --storage y"));
            assert_eq!(url.secret(), "sqlite:////a.db");
        }
        let (left, url) = split(&words("./search --storage x"), Some("/b.journal")).unwrap();
        assert_eq!((left.len(), url.secret()), (3, "journal:/b.journal"));
        assert!(split(&words("./search"), None).is_err());
        let (_, url) = split(&words("./search"), Some("journal:a?lock=link")).unwrap();
        let folder = std::env::current_dir().unwrap();
        assert_eq!(url.secret(), format!("journal:{}/a?lock=link", folder.display()));
    }

    #[test]
    fn files_are_for_one_machine_unless_the_user_says_otherwise() {
        let check = |url: &str, engine, shared| {
            StorageUrl::new(url.to_owned()).and_then(|url| url.check(engine, shared))
        };
        assert!(check("sqlite:////a.db", Engine::Local, false).is_ok());
        assert!(check("sqlite:////a.db", Engine::Slurm, true).is_ok());
        assert!(check("journal:/a?lock=link", Engine::Slurm, false).is_ok());
        assert!(check("journal:/a?lock=link", Engine::Kubernetes, true).is_err());
        assert!(check("postgresql://u@h/x", Engine::Kubernetes, false).is_ok());
        let error = check("journal:/a", Engine::Hyperqueue, false).unwrap_err().to_string();
        assert!(error.contains("journal:/a?lock=link"), "{error}");
        let error = check("sqlite:////a.db", Engine::Slurm, false).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL") && error.contains("--shared-files"), "{error}");
    }

    #[test]
    fn a_server_of_this_machine_is_for_workers_of_this_machine() {
        let check = |host: &str, engine, shared| {
            let url = StorageUrl::new(format!("http://{host}:7000")).unwrap();
            url.check(engine, shared)
        };
        for host in ["localhost", "127.0.0.1", "127.0.1.1", "[::1]", "LOCALHOST"] {
            assert!(check(host, Engine::Local, false).is_ok(), "{host}");
            assert!(check(host, Engine::Slurm, true).is_ok(), "{host}");
            let error = check(host, Engine::Ssh, false).unwrap_err().to_string();
            assert!(error.contains("--listen 0.0.0.0"), "{error}");
            assert!(check(host, Engine::Kubernetes, true).is_err(), "{host}");
        }
        for host in ["head", "10.0.0.1", "localhost.example.org"] {
            assert!(check(host, Engine::Kubernetes, false).is_ok(), "{host}");
        }
    }
}
