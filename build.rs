//! Says what the dashboard lacks. Builds nothing of it: `cargo build` needs no Node, and reaches for no network.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
    let wanted = std::env::var_os("CARGO_FEATURE_UI").is_some();
    if wanted && !Path::new("web/dist/index.html").exists() {
        println!("cargo::warning=dashboard not built: scripts/build-web builds it (needs Node), and then this again");
    }
}
