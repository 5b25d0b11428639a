//! The storage that the workers of a launch share.

use anyhow::{Result, bail, ensure};
use hpo_core::storage::{Location, redacted};

use super::engine::Engine;

/// The storage of the workers. It has no `Debug` output of its password.
#[derive(Clone)]
pub(crate) struct StorageUrl(String);

impl std::fmt::Debug for StorageUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl StorageUrl {
    /// Returns the URL with its password, for the environment of a worker.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the URL for messages.
    pub(crate) fn shown(&self) -> String {
        redacted(&self.0)
    }

    /// Checks that workers of this engine can share the storage.
    ///
    /// # Errors
    /// If it is a file, and the workers may be on other machines.
    pub(crate) fn check(&self, engine: Engine, shared_files: bool) -> Result<()> {
        let location = Location::parse(&self.0)?;
        ensure!(
            !location.is_memory(),
            "`memory` ends with its process, so workers cannot share it: set HPO_STORAGE to a \
             database"
        );
        let is_one_machine =
            engine == Engine::Local || shared_files && engine != Engine::Kubernetes;
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
    Ok((command, StorageUrl(absolute(url)?)))
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
        let check = |url: &str, engine, shared| StorageUrl(url.to_owned()).check(engine, shared);
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
}
