//! The documents are true: what they refer to exists, what they tell one to type is taken, and nothing that a user can
//! set, call or scrape is missing from them.
//!
//! Generated documents are compared with what the program says of itself: `UPDATE_DOCS=1 cargo test --test documents`
//! writes them anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

mod documents {
    mod api;
    mod blocks;
    mod commands;
    mod configuration;
    mod links;
    mod metrics;
}

/// A file of the project.
fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What stands in a file of the project.
fn read(path: &str) -> String {
    let read = std::fs::read_to_string(place(path));
    read.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A generated document holds exactly this text. With `UPDATE_DOCS` it is written.
fn same_or_written(path: &str, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(place(path), text).unwrap();
    }
    let stands = read(path);
    let differs = stands.lines().zip(text.lines()).position(|(stands, wanted)| stands != wanted);
    let line = differs.unwrap_or_else(|| stands.lines().count().min(text.lines().count()));
    assert!(
        stands == text,
        "{path}:{} is not what the program says of itself:\n  there:  {:?}\n  wanted: {:?}\n\
         write it anew: UPDATE_DOCS=1 cargo test --test documents",
        line + 1,
        stands.lines().nth(line),
        text.lines().nth(line),
    );
}
