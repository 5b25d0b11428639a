//! Checks of a command, before anything runs.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use hpo_core::space::FlatSpace;

use super::template::Template;
use crate::screen::note;

/// Checks that the program exists, before anything runs.
pub(super) fn program(template: &Template) -> Result<()> {
    let Some(program) = template.program() else { return Ok(()) };
    ensure!(!program.is_empty(), "the program has no name: write it after --");
    if program.contains('/') {
        let path = Path::new(&program);
        ensure!(path.exists(), "there is no program {program}");
        ensure!(!path.is_dir(), "{program} is a folder, not a program");
        return Ok(());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&folders).any(|folder| folder.join(&program).is_file()) {
        return Ok(());
    }
    let remedy = if Path::new(&program).is_file() {
        format!(": for the file here write ./{program}")
    } else {
        String::new()
    };
    bail!("there is no program `{program}` in PATH{remedy}")
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
