//! A folder in which a user works: what the tests of `hpo run` and of `hpo launch` share.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which a user works.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

/// The variables of this process that would change what `hpo` does.
const VARIABLES: [&str; 7] = [
    "HPO_STORAGE",
    "HPO_TOKEN",
    "HPO_WORKER",
    "PGPASSWORD",
    "COLUMNS",
    "NO_COLOR",
    "CUDA_VISIBLE_DEVICES",
];

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A shell script in the folder, which can be executed.
    pub(crate) fn script(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// `hpo` with these arguments in the folder. All that it starts can be told by the variable
    /// `HPO_TEST_PLACE`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hpo"));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.env("HPO_TEST_PLACE", self.folder.path());
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

/// Standard output and standard error.
pub(crate) fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}
