//! What `#[derive(SearchSpace)]` rejects, and in which words.

/// The compiler prints its own errors in words that change from version to version: these are of 1.95.
const PINNED: &str = "1.95.";

#[test]
fn ui() {
    let version = std::process::Command::new("rustc")
        .arg("--version")
        .output();
    let version = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let cases = trybuild::TestCases::new();
    // With an accepted case trybuild builds all cases, and constants of generic types are evaluated too.
    cases.pass("ui/pass/*.rs");
    if version.starts_with(&format!("rustc {PINNED}")) {
        cases.compile_fail("ui/*/reject_*.rs");
    } else {
        println!(
            "left out: the rejected forms, whose messages are those of rustc {PINNED}x, and this is {version}"
        );
    }
}
