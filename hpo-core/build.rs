//! Tells the library whether it is compiled without optimisation: then a run says so where that
//! costs its user time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(hpo_unoptimized)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=hpo_unoptimized");
    }
}
