//! Storages that were written long ago: they must stay readable.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use hpo_core::storage::{self, Storage};
use hpo_core::testing::storage::transcript;
use hpo_tests::Folder;

use super::written::write;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn fossils_are_read_as_ever() {
    for name in ["optuna-5.0.0.journal", "optuna-5.0.0.db", "hpo-0.1.0.journal", "hpo-0.1.0.db"] {
        let format = Path::new(HERE).join("format");
        let path = format.join(name);
        let expected = format.join(format!("{name}.txt"));
        if std::env::var_os("HPO_WRITE_FORMAT").is_some() && !expected.exists() {
            if !path.exists() {
                write(&*open(&path));
            }
            std::fs::write(&expected, told(&path)).unwrap();
        }
        assert_eq!(told(&path), std::fs::read_to_string(&expected).unwrap(), "{name}");
    }
}

fn open(path: &Path) -> Arc<dyn Storage> {
    let kind =
        if path.extension().is_some_and(|it| it == "db") { "sqlite:///" } else { "journal:" };
    storage::open(&format!("{kind}{}", path.display())).unwrap()
}

/// All that a storage says, as text; of a copy, since looking at a database leaves files beside it.
fn told(path: &Path) -> String {
    let folder = Folder::new("fossil");
    let copy = folder.path(path.file_name().unwrap());
    std::fs::copy(path, &copy).unwrap();
    let storage = open(&copy);
    let mut text = String::new();
    for study in storage.studies().unwrap() {
        let _ = writeln!(text, "{study:?}");
        let read = storage.read(study.id, &mut |trials| {
            text += &transcript(trials);
            for param in trials.declared() {
                let _ = writeln!(text, "{param:?}");
            }
        });
        read.unwrap();
    }
    text
}
