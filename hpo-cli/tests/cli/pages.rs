//! Help, completions, manual pages, colours.

#[cfg(target_os = "linux")]
use super::on_terminal;
use super::{command, hpo, journal, worked, works};

const COMMANDS: [&str; 18] = [
    "run",
    "launch",
    "top",
    "doctor",
    "studies",
    "trials",
    "best",
    "export",
    "import",
    "ask",
    "tell",
    "serve",
    "importance",
    "replay",
    "report",
    "rm",
    "completions",
    "man",
];

#[test]
fn the_help_names_every_command_and_the_exit_codes() {
    let help = works(&["--help"]);
    for name in COMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name} is not in {help}");
        assert!(works(&[name, "--help"]).contains("Usage: hpo "));
    }
    assert!(
        help.contains("0 success") && help.contains("HPO_STORAGE") && help.contains("read-only")
    );
    assert_eq!(hpo(&["frobnicate"]).status.code(), Some(2));
    assert_eq!(hpo(&[]).status.code(), Some(2));
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = works(&["completions", shell]);
        assert!(COMMANDS.iter().all(|name| script.contains(name)), "{shell}");
        assert!(script.contains("where") && script.contains("sampler"), "{shell}");
    }
    assert_eq!(hpo(&["completions", "dos"]).status.code(), Some(2));
}

#[test]
fn manual_pages_are_printed_or_kept() {
    assert!(works(&["man"]).contains(".TH hpo 1"));
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    works(&["man", pages.to_str().unwrap()]);
    for name in COMMANDS {
        let page = std::fs::read_to_string(pages.join(format!("hpo-{name}.1"))).unwrap();
        assert!(page.contains(".SH DESCRIPTION"), "{name}");
    }
    assert!(pages.join("hpo.1").is_file());
}

#[test]
fn colours_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let arguments = ["trials", &url, "--study", "iris"];
    assert!(!works(&arguments).contains('\u{1b}'), "a pipe is no terminal");
    let always = [&arguments[..], &["--color", "always"]].concat();
    let coloured = works(&always);
    assert!(coloured.contains("\u{1b}[1m") && coloured.contains("\u{1b}[0m"), "{coloured:?}");
    assert!(
        !works(&[&always[..], &["--format", "csv"]].concat()).contains('\u{1b}'),
        "only for people"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_there_are_colours_unless_they_are_unwanted() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let shown =
        |setting: &str| on_terminal(&format!("{setting} hpo trials '{url}' --study iris"), "");
    let Some((plain, _)) = shown("env") else { return };
    assert!(plain.contains("complete") && plain.contains("\u{1b}[1m"), "{plain:?}");
    for unwanted in ["env NO_COLOR=1", "env TERM=dumb"] {
        let (shown, _) = shown(unwanted).unwrap();
        assert!(shown.contains("complete") && !shown.contains("\u{1b}["), "{shown:?}");
    }
    let output =
        command(&["trials", &url, "--study", "iris"]).env("NO_COLOR", "").output().unwrap();
    assert!(!worked(&output).contains('\u{1b}'));
}
