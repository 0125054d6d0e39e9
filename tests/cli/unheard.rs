//! Words that nobody takes: the reader went away, the disk is full, the descriptors are closed. What a command does is
//! done all the same.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::scene::{Scene, binary};

/// A pipe whose reader has gone.
fn left() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A disk that has no room.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Its exit code, and what it said on standard error.
async fn ended(command: &mut Command) -> (i32, String) {
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let output = tokio::time::timeout(Duration::from_secs(50), child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("it does not end")).unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

async fn run(scene: &Scene, args: &[&str], out: Stdio) -> (i32, String) {
    ended(binary(&scene.folder(), args).stdout(out)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_left_is_no_error() {
    let scene = Scene::dead_model("propose").await;
    scene.run_to(0, &["sweep"]).await;
    let commands: [(&[&str], i32); 12] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&["config", "schema"], 0),
        (&["config", "check"], 0),
        (&["completions", "bash"], 0),
        (&["status", "--json"], 0),
        (&["history"], 0),
        (&["history", "--json"], 0),
        (&["hold", "--list"], 0),
        // It does all of its work, and its exit code says what came of it.
        (&["sweep"], 2),
        (&["plan"], 2),
        (&["plan", "--json"], 2),
    ];
    for (args, code) in commands {
        assert_eq!(run(&scene, args, left()).await, (code, String::new()), "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_one() {
    let scene = Scene::dead_model("observe").await;
    for args in [&["--help"] as &[&str], &["config", "schema"], &["completions", "fish"], &["sweep"], &["history"]] {
        let (code, told) = run(&scene, args, full()).await;
        assert_eq!(code, 1, "{args:?}: {told}");
        assert_eq!(told, "error: cannot write the output: No space left on device (os error 28)\n", "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_written_whoever_listens() {
    for (out, code) in [(left as fn() -> Stdio, 0), (full, 1)] {
        let scene = Scene::dead_model("propose").await;
        let first = scene.setup.db.dump().await;
        scene.confirm(2).await;
        assert_eq!(run(&scene, &["apply"], out()).await.0, code);
        assert_eq!(scene.list("Acme").await, "good,fine");
        assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
        let history = scene.run_to(0, &["history", "--json"]).await;
        let history: serde_json::Value = serde_json::from_str(&history.out).unwrap();
        assert_eq!(history["changes"][0]["state"], "applied", "{history}");
        assert_eq!(run(&scene, &["undo", "--last"], out()).await.0, code);
        assert_eq!(scene.setup.db.dump().await, first);
    }
    // A round that writes by itself.
    let scene = Scene::dead_model("apply").await;
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(run(&scene, &["sweep"], left()).await.0, 0);
    assert_eq!(scene.list("Acme").await, "good,fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_goes_on_without_its_log() {
    let config =
        json!({ "verdict": { "denied": { "times": 2, "over": "1s" }, "restore_first": "1s", "restore_max": "1s" } });
    for error in [left as fn() -> Stdio, full] {
        let mut scene = Scene::with(&config).await;
        scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;
        scene.channel("Borealis", "dead", &[("dead", "works")]).await;
        let mut child = binary(&scene.folder(), &["run"]).stdout(left()).stderr(error()).spawn().unwrap();
        let withdrawn = async {
            while scene.list("Acme").await != "good,fine" {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), withdrawn).await.expect("nothing was withdrawn");
        let id = child.id().unwrap().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().await.unwrap().success());
        let end = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
        assert_eq!(end.expect("it does not stop").unwrap().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_descriptors_and_a_bare_environment_are_enough() {
    let mut scene = Scene::new("propose").await;
    scene.channel("深度求索", "好,坏", &[("好", "works"), ("坏", "gone")]).await;
    scene.channel("备用", "坏", &[("坏", "works")]).await;
    for (args, code) in [("config check", 0), ("sweep", 0), ("sweep", 2), ("plan", 2), ("apply", 0), ("status", 0)] {
        let mut shell = Command::new("sh");
        let line = format!("exec '{}' {args} <&- >&- 2>&-", env!("CARGO_BIN_EXE_channelwarden"));
        shell.args(["-c", &line]).current_dir(scene.folder()).env_clear();
        assert_eq!(ended(&mut shell).await.0, code, "{args}");
    }
    assert_eq!(scene.list("深度求索").await, "好");
    for (name, value) in [("LANG", "C"), ("LC_ALL", "POSIX"), ("TERM", "dumb"), ("COLUMNS", "40"), ("TZ", "Nowhere/X")]
    {
        for args in [&["history"] as &[&str], &["status"], &["plan"], &["--help"]] {
            let output = binary(&scene.folder(), args).env_remove("HOME").env(name, value).output().await.unwrap();
            assert_eq!(output.status.code(), Some(0), "{name}={value} {args:?}: {output:?}");
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{name}={value} {args:?}");
        }
    }
    let history = scene.run_to(0, &["history"]).await;
    assert!(history.out.contains("深度求索") && history.out.contains('坏'), "{history}");
}
