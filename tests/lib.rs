//! What the tests share.

pub mod fixtures;
pub mod fronts;
pub mod functions;
pub mod many;
mod server;

pub use server::{Postgres, Server};

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for one test, removed in the end.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hpo-{name}-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the test can be made");
        Self(folder)
    }

    /// A file or folder in it.
    #[must_use]
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A package from `PyPI` against which some tests run.
#[derive(Clone, Copy, Debug)]
pub struct PythonPackage {
    /// Its name, also that of its script in `scripts/`, in lower case.
    pub name: &'static str,
    /// The version that the script installs.
    pub version: &'static str,
    /// Python that tells whether that version is there.
    pub check: &'static str,
}

/// The Optuna that reads and writes our journals.
pub const OPTUNA: PythonPackage = PythonPackage {
    name: "Optuna",
    version: "5.0.0",
    check: "import optuna; assert optuna.__version__ == '5.0.0'",
};

/// The `TensorBoard` that reads our event files.
pub const TENSORBOARD: PythonPackage = PythonPackage {
    name: "TensorBoard",
    version: "2.21.0",
    check: "from tensorboard.version import VERSION; assert VERSION == '2.21.0'",
};

/// The `optuna-dashboard` that shows our storages.
pub const DASHBOARD: PythonPackage = PythonPackage {
    name: "Dashboard",
    version: "0.21.0",
    check: "from importlib.metadata import version; assert version('optuna-dashboard') == '0.21.0'; \
            assert version('optuna') == '5.0.0'",
};

/// The Rustuna with which costs are compared.
pub const RUSTUNA: PythonPackage = PythonPackage {
    name: "Rustuna",
    version: "0.2.0",
    check: "import rustuna; from importlib.metadata import version; assert version('rustuna') == '0.2.0'",
};

impl PythonPackage {
    /// The Python that has it: of `$HPO_VENV`, or of `.venv` in the project. `None` if it is not
    /// installed: then what is left out is said; unless `HPO_REQUIRE_<NAME>=1`, which installs it.
    ///
    /// # Panics
    /// If it is required and cannot be installed.
    #[must_use]
    pub fn python(&self, what: &str) -> Option<PathBuf> {
        let Self { name, version, check } = self;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the tests stand in the workspace");
        let venv = std::env::var_os("HPO_VENV").map_or_else(|| root.join(".venv"), PathBuf::from);
        let python = venv.join("bin/python");
        let works = || {
            Command::new(&python)
                .args(["-c", check])
                .output()
                .is_ok_and(|output| output.status.success())
        };
        if works() {
            return Some(python);
        }
        let script = format!("scripts/{}.sh", name.to_lowercase());
        if std::env::var_os(format!("HPO_REQUIRE_{}", name.to_uppercase()))
            .is_some_and(|value| value == "1")
        {
            let status = Command::new(root.join(&script)).status().expect("the script runs");
            assert!(status.success() && works(), "{name} cannot be installed");
            return Some(python);
        }
        // Straight to the terminal, past the test harness, which shows nothing of tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "left out, since {name} {version} is not installed (run {script}): {what}"
        );
        None
    }
}
