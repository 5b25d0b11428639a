//! What the compiler says in a crate that uses the library without its features: of functions whose
//! feature is off, and how often.

use std::path::Path;
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
    (
        "let drawn: String = report.figures()[0].svg() + &report.figures()[0].chart().svg();",
        "pictures",
    ),
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

/// What the compiler says of a program that does not compile.
fn said_of(name: &str, program: &str) -> String {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace");
    let folder = root.join("target/tests/plain").join(name);
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let core = root.join("hpo-core");
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nhpo-core = {{ path = \"{}\" }}\n\n[workspace]\n",
        core.display()
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    std::fs::write(folder.join("src/main.rs"), program).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "--offline", "--target-dir", "../target"])
        .current_dir(&folder)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo is there");
    assert!(!output.status.success(), "it compiles");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_missing_derive_is_one_error() {
    let program = "use hpo_core::SearchSpace;\n\nstruct Inner {\n    rate: f64,\n}\n\n#[derive(SearchSpace)]\nstruct Outer {\n    \
         inner: Inner,\n    twin: Inner,\n}\n\nfn main() {\n    \
         println!(\"{:?}\", <Outer as SearchSpace>::space());\n}\n";
    let said = said_of("missing-derive", program);
    assert!(
        said.contains("`Inner` is not a search space")
            && said.contains("needs `#[derive(SearchSpace)]`"),
        "{said}"
    );
    assert!(said.contains("due to 1 previous error"), "{said}");
}

#[test]
fn the_compiler_names_the_feature() {
    let said = said_of("left-out", &program());
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
