//! What the compiler says of functions whose feature is off. A crate of its own: the tests have most features on.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, and the feature that each of its lines needs.
const LINES: [(&str, &str); 10] = [
    ("report.html(\"report.html\")?;", "page"),
    ("report.live_html(\"report.html\", std::time::Duration::from_secs(5))?;", "page"),
    ("let page: String = report.page(None);", "page"),
    ("report.evcxr_display();", "page"),
    ("let frame: String = report.framed();", "page"),
    ("report.svg(\"figures\")?;", "pictures"),
    ("report.png(\"figures\")?;", "pictures"),
    ("let drawn: String = report.figures()[0].svg() + &report.figures()[0].chart().svg();", "pictures"),
    ("let drawn: Vec<u8> = report.figures()[0].png()?;", "pictures"),
    ("study.table()?.write_parquet(std::io::sink())?;", "parquet"),
];

fn program() -> String {
    let lines = LINES.map(|(line, _)| format!("    {line}\n")).concat();
    format!(
        "use hpo_core::prelude::*;\n\n#[derive(Debug, Clone, SearchSpace)]\nstruct Point {{\n    #[search_space(range = 0.0..=1.0)]\n    \
         x: f64,\n}}\n\nfn main() -> hpo_core::Result<()> {{\n    \
         let study = Study::<Point>::minimize().run(5, |point| point.x)?;\n    let report = study.report()?;\n{lines}    Ok(())\n}}\n"
    )
}

/// A crate that uses the library without its features.
fn plain_crate(root: &Path) -> PathBuf {
    let folder = root.join("target/tests/left-out");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let core = root.join("hpo-core");
    let manifest = format!(
        "[package]\nname = \"left-out\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nhpo-core = {{ path = {core:?} }}\n\n[workspace]\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    std::fs::write(folder.join("src/main.rs"), program()).unwrap();
    folder
}

#[test]
fn the_compiler_names_the_feature() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace");
    let folder = plain_crate(root);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "--offline", "--target-dir", "target"])
        .current_dir(&folder)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it compiles, and a feature is missing");
    let errors: Vec<&str> = said.split("error[").skip(1).collect();
    for (line, feature) in LINES {
        let own: Vec<_> = errors.iter().filter(|error| error.contains(line)).collect();
        assert!(!own.is_empty(), "nothing is said of {line}\n{said}");
        for error in own {
            assert!(error.contains(&format!("the feature `{feature}` of hpo-core")), "{error}");
            assert!(error.contains(&format!("features = [\"{feature}\"]")), "{error}");
        }
    }
    assert!(errors.iter().all(|error| error.starts_with("E0277")), "nothing else is wrong\n{said}");
}
