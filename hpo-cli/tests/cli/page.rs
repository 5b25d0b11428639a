//! The pages of the command line tell the truth: what they say that a command prints is what the
//! command prints, but for the times in parentheses, such as `(0.3s)`.
//!
//! A block `json NAME` (or `csv`, `sh`) is a file of that name; a block `console` is a session, all
//! of them in one shell. `HPO_PAGE=overwrite cargo test -p hpo-cli page` writes what is printed
//! into the page: then read the difference.

use std::path::Path;
use std::process::{Command, Stdio};

/// What stands between the outputs of two commands.
const MARK: &str = "\u{1e}";

#[test]
fn the_page_of_the_command_line_shows_what_is_printed() {
    check("cli.md", 15);
}

#[test]
#[cfg(target_os = "linux")]
fn the_page_of_programs_shows_what_is_printed() {
    check("run.md", 12);
}

#[test]
#[cfg(feature = "fit")]
fn the_page_of_tables_shows_what_is_printed() {
    check("tables.md", 5);
}

/// Runs the sessions of a page, which has more than `least` commands, and compares what they print
/// with the page, or writes it there.
fn check(name: &str, least: usize) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    let page = std::fs::read_to_string(&place).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(&page, folder.path());
    assert!(commands.len() > least);
    let printed = printed(&commands, folder.path());
    let now = rewritten(&page, &mut printed.into_iter());
    if std::env::var_os("HPO_PAGE").is_some_and(|word| word == "overwrite") {
        std::fs::write(&place, now).unwrap();
        return;
    }
    for (line, (page, now)) in page.lines().zip(now.lines()).enumerate() {
        assert_eq!(timeless(page), timeless(now), "docs/{name}, line {}", line + 1);
    }
    assert_eq!(page.lines().count(), now.lines().count());
}

/// A line with another time in place of that at its end, if there is one in parentheses.
fn timeless(line: &str) -> String {
    let time = line.rsplit_once(" (").filter(|(_, end)| {
        end.ends_with("s)") && end.starts_with(|letter: char| letter.is_ascii_digit())
    });
    time.map_or_else(|| line.to_owned(), |(start, _)| format!("{start} (1s)"))
}

/// The commands of all sessions; the files are written on the way.
fn commands(page: &str, folder: &Path) -> Vec<String> {
    let (mut commands, mut block) = (Vec::new(), None);
    let mut text = String::new();
    for line in page.lines() {
        match (&block, line.strip_prefix("```")) {
            (None, Some(kind)) => (block, text) = (Some(kind), String::new()),
            (Some(kind), Some(_)) => {
                if let Some((_, name)) = kind.split_once(' ') {
                    std::fs::write(folder.join(name), &text).unwrap();
                }
                block = None;
            }
            (Some("console"), None) => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            (Some(_), None) => text = text + line + "\n",
            (None, None) => {}
        }
    }
    commands
}

/// What each command prints, both outputs in one.
fn printed(commands: &[String], folder: &Path) -> Vec<String> {
    let session = commands.join(&format!("\nprintf '{MARK}'\n"));
    let program = Path::new(env!("CARGO_BIN_EXE_hpo")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    for name in ["HPO_STORAGE", "COLUMNS", "NO_COLOR"] {
        shell.env_remove(name);
    }
    shell.env("PATH", path).current_dir(folder).stdin(Stdio::null());
    let output = shell.args(["-c", &format!("exec 2>&1\n{session}")]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<String> = text.split(MARK).map(str::to_owned).collect();
    assert_eq!(printed.len(), commands.len(), "{text}");
    printed
}

/// The page with these outputs.
fn rewritten(page: &str, printed: &mut impl Iterator<Item = String>) -> String {
    let (mut text, mut block) = (String::new(), None);
    for line in page.lines() {
        block = match (block, line.strip_prefix("```")) {
            (None, kind) => kind,
            (Some(_), Some(_)) => None,
            (open, None) => open,
        };
        let is_command = line.starts_with("$ ");
        if block == Some("console") && !is_command && !line.starts_with("```") {
            continue;
        }
        text = text + line + "\n";
        if block == Some("console") && is_command {
            text += &printed.next().unwrap();
        }
    }
    text
}
