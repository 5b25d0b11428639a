//! Help, completions, manual pages, colours.

use super::{command, hpo, journal, worked, works};

const COMMANDS: [&str; 11] =
    ["studies", "trials", "best", "export", "import", "ask", "tell", "serve", "rm", "completions", "man"];

#[test]
fn the_help_names_every_command_and_the_exit_codes() {
    let help = works(&["--help"]);
    for name in COMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name} is not in {help}");
        assert!(works(&[name, "--help"]).contains("Usage: hpo "));
    }
    assert!(help.contains("0 done") && help.contains("HPO_STORAGE") && help.contains("only look"));
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
    assert!(!works(&[&always[..], &["--format", "csv"]].concat()).contains('\u{1b}'), "only for people");
}

/// `script`, where there is one, gives the program a terminal.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_there_are_colours_unless_they_are_unwanted() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let on_terminal = |setting: &str| {
        let line = format!("{setting} '{}' trials '{url}' --study iris", env!("CARGO_BIN_EXE_hpo"));
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null());
        let output = script.output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(plain) = on_terminal("env") else {
        eprintln!("left out: there is no `script` here, which makes a terminal");
        return;
    };
    assert!(plain.contains("iris") || plain.contains("complete"), "{plain}");
    assert!(plain.contains("\u{1b}[1m"), "{plain:?}");
    for unwanted in ["env NO_COLOR=1", "env TERM=dumb"] {
        let shown = on_terminal(unwanted).unwrap_or_default();
        assert!(shown.contains("complete") && !shown.contains("\u{1b}["), "{shown:?}");
    }
    let output = command(&["trials", &url, "--study", "iris"]).env("NO_COLOR", "").output().unwrap();
    assert!(!worked(&output).contains('\u{1b}'));
}
