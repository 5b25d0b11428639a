//! Checks of a command, before anything runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use hpo_core::space::FlatSpace;

use super::template::Template;
use crate::screen::note;

/// Checks that the program exists, before anything runs. Returns its file, if `PATH` was searched
/// for it.
pub(super) fn program(template: &Template) -> Result<Option<PathBuf>> {
    let Some(program) = template.program() else { return Ok(None) };
    ensure!(!program.is_empty(), "the program has no name: write it after --");
    if program.contains('/') {
        let path = Path::new(&program);
        ensure!(path.exists(), "there is no program {program}");
        ensure!(!path.is_dir(), "{program} is a folder, not a program");
        return Ok(None);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let files = std::env::split_paths(&folders).map(|folder| folder.join(&program));
    let files: Vec<PathBuf> = files.filter(|file| file.is_file()).collect();
    if !files.is_empty() {
        return Ok(files.into_iter().find(|file| may_be_executed(file)));
    }
    let remedy = if Path::new(&program).is_file() {
        format!(": for the file here write ./{program}")
    } else {
        String::new()
    };
    bail!("there is no program `{program}` in PATH{remedy}")
}

/// Returns true for a file that the system takes, if its path does not depend on the working
/// directory.
fn may_be_executed(file: &Path) -> bool {
    let mode = file.metadata().map_or(0, |data| data.permissions().mode());
    file.is_absolute() && mode & 0o111 != 0
}

/// Notes placeholders within the script of a shell, which takes a value for a part of the script.
pub(super) fn note_script(template: &Template) {
    if template.has_script() {
        note(
            "a placeholder is within the script of `sh -c`, where the shell reads its value as a \
             part of the script: use \"$HPO_name\" there, or \"$1\" and the placeholder after it",
        );
    }
}

/// Notes the parameters that have no placeholder, if others have one.
pub(super) fn note_unused(template: &Template, flat: &FlatSpace) {
    let unused = template.unused(flat);
    if !unused.is_empty() {
        note(&format!(
            "`{}` is in no placeholder of the command: the program finds it in $HPO_CONFIG",
            unused.join("`, `")
        ));
    }
}
