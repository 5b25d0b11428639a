//! What `#[derive(SearchSpace)]` rejects, and what studies do of their objectives, and in which
//! words.

/// The compiler prints its own errors in words that change from version to version: these are of
/// 1.95.
const PINNED: &str = "rustc 1.95.";

const THEMES: [&str; 6] = ["attribute", "bounds", "conflict", "name", "objective", "shape"];

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    // With an accepted case trybuild builds all cases, so that the constants of generic types are
    // evaluated too.
    cases.pass("ui/pass/*.rs");
    let compiler = compiler();
    if compiler.starts_with(PINNED) {
        for theme in THEMES {
            cases.compile_fail(format!("ui/{theme}/*.rs"));
        }
    } else {
        println!(
            "left out: what is rejected. The messages are pinned for {PINNED}x, and this is {compiler}"
        );
    }
}

/// The version of the compiler that trybuild will run.
fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc).arg("--version").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
