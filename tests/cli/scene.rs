//! A folder with a configuration, a gateway with channels, and the binary run in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use channelwarden::simulate::Simulated;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

/// A part of every key and password that the tests plant; nothing the binary prints may hold it.
pub(crate) const CANARY: &str = "canary";
const KEY: &str = "sk-canary-0123456789";

/// Longer than anything waits (the longest is for somebody else's lock), so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(50);

pub(crate) struct Scene {
    pub(crate) setup: Setup,
}

/// What one run of the binary left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    /// A One API gateway on SQLite in this mode, without channels.
    pub(crate) async fn new(mode: &str) -> Self {
        Self::with(&json!({ "gateways": { "main": { "mode": mode } } })).await
    }

    /// The same with this laid over the configuration.
    pub(crate) async fn with(config: &Value) -> Self {
        Self { setup: Setup::new(Engine::Sqlite, Schema::OneApi, config).await }
    }

    /// One channel whose list has a dead model, and a second one that serves the same model elsewhere.
    pub(crate) async fn dead_model(mode: &str) -> Self {
        let mut scene = Self::new(mode).await;
        scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;
        scene.channel("Borealis", "dead,good", &[("dead", "works"), ("good", "works")]).await;
        scene
    }

    /// A channel and the upstream behind it.
    pub(crate) async fn channel(&mut self, name: &str, models: &str, behaviours: &[(&str, &str)]) {
        self.odd_channel(name, models, behaviours, |row| row).await;
    }

    /// The same with the row as `change` makes it.
    pub(crate) async fn odd_channel(
        &mut self,
        name: &str,
        models: &str,
        behaviours: &[(&str, &str)],
        change: impl FnOnce(ChannelRow) -> ChannelRow,
    ) {
        let behaviours: BTreeMap<_, _> =
            behaviours.iter().map(|(model, how)| ((*model).to_owned(), (*how).to_owned())).collect();
        self.setup.upstream(name, &[KEY.to_owned()], &behaviours, None).await;
        let row = ChannelRow {
            key: KEY.to_owned(),
            name: Some(name.to_owned()),
            base_url: Some(self.upstream(name).base_url()),
            ..ChannelRow::new(models)
        };
        self.setup.channel(name, change(row)).await;
    }

    pub(crate) fn upstream(&self, name: &str) -> &Simulated {
        &self.setup.upstreams[name]
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.setup.config_file().parent().unwrap().to_owned()
    }

    /// Puts another configuration in the place of the one that is there.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.setup.config_file(), text).unwrap();
    }

    /// The gateway's SQLite file.
    pub(crate) fn gateway_file(&self) -> PathBuf {
        self.setup.db.address().strip_prefix("sqlite:").unwrap().into()
    }

    /// The gateway's SQLite file, byte for byte.
    pub(crate) fn gateway_bytes(&self) -> Vec<u8> {
        std::fs::read(self.gateway_file()).unwrap()
    }

    /// A channel's list.
    pub(crate) async fn list(&self, channel: &str) -> String {
        self.setup.lists().await.remove(channel).unwrap()
    }

    /// Runs the binary in the scene's folder, where it finds the configuration by itself.
    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        run_in(&self.folder(), args).await
    }

    /// Runs it and sees that it exits so.
    pub(crate) async fn run_to(&self, code: i32, args: &[&str]) -> Ran {
        let ran = self.run(args).await;
        assert_eq!(ran.code, code, "{args:?}: {ran}");
        ran
    }

    /// Sweeps as often as it takes to confirm that a model is gone; the exit code of the last one is `code`.
    pub(crate) async fn confirm(&self, code: i32) -> Ran {
        self.run_to(0, &["sweep"]).await;
        self.run_to(code, &["sweep"]).await
    }
}

/// The binary, in a folder and an environment of its own.
pub(crate) fn binary<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_channelwarden"));
    command.args(args).current_dir(folder).env_clear().env("HOME", folder).env("TZ", "UTC").kill_on_drop(true);
    command
}

pub(crate) async fn run_in(folder: &Path, args: &[&str]) -> Ran {
    run_with(folder, args, &[]).await
}

/// As [`run_in`], with these variables.
pub(crate) async fn run_with(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = binary(folder, args);
    command.envs(variables.iter().copied());
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{args:?} does not end")).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.to_string().contains(CANARY), "{args:?} tells a secret: {ran}");
    assert!(!ran.to_string().contains('\u{1b}'), "{args:?} colours what is no terminal: {ran:?}");
    ran
}

impl std::fmt::Display for Ran {
    /// All of it, as a snapshot keeps it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let err = if self.err.is_empty() { String::new() } else { format!("\n── stderr\n{}", self.err) };
        write!(f, "exit code {}\n{}{err}", self.code, self.out)
    }
}

/// Compares with the snapshot of that name, but for what differs from run to run: times, ports, folders, latencies
/// (and with them the widths of tables).
pub(crate) fn assert_told(name: &str, told: impl std::fmt::Display) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_filters(FILTERS);
    settings.bind(|| insta::assert_snapshot!(name, told.to_string()));
}

const FILTERS: [(&str, &str); 10] = [
    (r"(/private)?(/[A-Za-z0-9_.-]+)*/\.tmp[A-Za-z0-9]{6}", "[folder]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z", "[time]"),
    (r"\d+ ms", "[n] ms"),
    (r"over \d+m?s( \d+m?s)*", "over [duration]"),
    (r"alive \d+ s ago", "alive [n] s ago"),
    (r"─+", "─"),
    (r"═+", "═"),
    (r"  +([┆│])", " $1"),
];
