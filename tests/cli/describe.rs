//! What describes itself: help, version, completions, and the configuration commands.

use std::path::Path;

use channelwarden::cli::Cli;
use clap::{Command, CommandFactory as _};

use crate::scene::{Scene, assert_told, run_in};

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name).display().to_string()
}

/// What is typed for each command that there is, the program itself first.
fn paths(command: &Command) -> Vec<Vec<&str>> {
    let own = command.get_subcommands().filter(|inner| inner.get_name() != "help");
    let below =
        own.flat_map(|inner| paths(inner).into_iter().map(|path| [&[inner.get_name()], path.as_slice()].concat()));
    [vec![]].into_iter().chain(below).collect()
}

#[tokio::test]
async fn every_command_has_help() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Cli::command();
    program.build();
    let commands = paths(&program);
    assert!(commands.len() > 25, "{commands:?}");
    let mut all = String::new();
    for command in commands {
        let ran = run_in(folder.path(), &[command.as_slice(), &["--help"]].concat()).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{command:?}");
        all.extend(["$ channelwarden ", &command.join(" "), " --help\n", &ran.out, "\n"]);
    }
    assert_told("help", all);
}

#[tokio::test]
async fn without_a_command_help_is_printed_and_it_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &[]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("Usage:") && ran.err.contains("Examples:"), "{ran}");
}

#[tokio::test]
async fn the_version_is_the_crates() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["--version"]).await;
    assert_eq!((ran.code, ran.out), (0, format!("channelwarden {}\n", env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ran = run_in(folder.path(), &["completions", shell]).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for word in ["sweep", "healthcheck", "dry-run", "migrate"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    let none = run_in(folder.path(), &["completions", "cobol"]).await;
    assert_eq!(none.code, 1, "{none}");
}

#[tokio::test]
async fn config_check_says_what_it_means() {
    let scene = Scene::new("propose").await;
    assert_told("config_check", scene.run_to(0, &["config", "check"]).await);
    let theirs = fixture("cm-sqlite.yaml");
    assert_told("config_check_channel_monitor", relative(&scene.run_to(0, &["-c", &theirs, "config", "check"]).await));
}

#[tokio::test]
async fn config_check_tells_how_a_gateway_is_reached_and_what_cannot_be() {
    let scene = Scene::new("observe").await;
    let check = async |code, gateway: serde_json::Value| {
        scene.configure(&serde_json::json!({ "gateways": { "main": gateway } }).to_string());
        scene.run_to(code, &["config", "check"]).await
    };
    let api = |url: &str, token: &str| serde_json::json!({ "api": { "url": url, "token": token } });
    let sound = check(0, api("http://127.0.0.1:3000", "canary-token")).await;
    assert!(sound.out.contains("admin API http://127.0.0.1:3000, kind told from its answers"), "{sound}");
    for (url, token, says) in [
        ("127.0.0.1:3000", "canary-token", "write it as http://host:port"),
        ("http://127.0.0.1:3000/?token=canary", "canary-token", "only the address belongs here"),
        ("http://127.0.0.1:3000/#canary", "canary-token", "only the address belongs here"),
        ("http://127.0.0.1:3000", "canary\ntoken", "no header can carry"),
    ] {
        let refused = check(1, api(url, token)).await;
        assert!(refused.err.contains(says), "{url}: {refused}");
    }
    let hub = serde_json::json!({ "database": "sqlite:/data/hub.db", "kind": "one-hub", "mode": "apply" });
    let hub = check(0, hub).await;
    assert!(hub.out.contains("nothing is written: One Hub never reads its database anew, so give `api`"), "{hub}");
}

#[tokio::test]
async fn config_migrate_prints_ours_and_ours_is_read() {
    let scene = Scene::new("observe").await;
    let theirs = fixture("cm-sqlite.yaml");
    let ran = scene.run_to(0, &["config", "migrate", &theirs]).await;
    assert_eq!(scene.run_to(0, &["-c", &theirs, "config", "migrate"]).await.out, ran.out);
    scene.configure(&ran.out);
    assert_told("config_migrate", ran);
    let checked = scene.run_to(0, &["config", "check"]).await;
    assert!(checked.out.contains("mode apply"), "{checked}");
    assert_told("config_migrate_ours", scene.run_to(1, &["config", "migrate"]).await);
}

#[tokio::test]
async fn config_schema_is_a_json_schema() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["config", "schema"]).await;
    let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(schema["properties"]["gateways"].is_object() && schema["$schema"].is_string());
}

fn relative(ran: &crate::scene::Ran) -> String {
    ran.to_string().replace(env!("CARGO_MANIFEST_DIR"), "[repository]")
}
