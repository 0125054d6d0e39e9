//! What is measured, and how it is told.

use std::process::Command;
use std::time::Instant;

use crate::world::{Bench, run_round};

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Runs one round in a process of its own; its peak memory in MiB and its time in seconds.
pub(crate) async fn in_child(bench: &Bench) -> (f64, f64) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child").arg(bench.database()).arg(bench.fresh_store());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(figures.len(), 2, "{told}{}", String::from_utf8_lossy(&output.stderr));
    (figures[0] / 1024.0, figures[1])
}

/// The child's side: the peak in KiB as Linux counts it, and seconds.
pub(crate) async fn child(database: &str, store: &str) {
    let started = Instant::now();
    run_round(database, store, 64).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{peak} {}", started.elapsed().as_secs_f64());
}
