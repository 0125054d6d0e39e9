//! Blocks that are marked `<!-- runs -->` are executed, over a gateway's database and simulated upstreams.
//!
//! `runs`: with the configuration that the document shows last before it. `runs: propose` (or `apply`): with that mode.
//! `runs: ChannelMonitor`: with a `config.json` of that program. Blocks of one document and one mark share a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use channelwarden::demo::Demo;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use tokio::process::Command;

use super::super::pages::{Block, Page, pages};

/// A whole block ends long before.
const PATIENCE: Duration = Duration::from_mins(2);

/// "Changes pending" and "held by a guard" are no failures.
const DONE: &str = "channelwarden() { command channelwarden \"$@\" || case $? in 2 | 3) ;; *) return 1 ;; esac; }";

/// A folder with a gateway in it.
struct Scene {
    folder: tempfile::TempDir,
    /// Its upstreams answer as long as this lives.
    _gateway: Demo,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Demo::start(folder.path(), 0).await.unwrap();
        // The channels after these never answer, or have names that are there to be escaped.
        let database = SqlitePool::connect(&Self::address(folder.path())).await.unwrap();
        for statement in ["DELETE FROM channels WHERE id > 6", "DELETE FROM abilities WHERE channel_id > 6"] {
            assert!(sqlx::query(statement).execute(&database).await.unwrap().rows_affected() > 0);
        }
        database.close().await;
        assert!(gateway.channels() > 6);
        Self { folder, _gateway: gateway }
    }

    fn address(folder: &Path) -> String {
        format!("sqlite:{}", folder.join("one-api.db").display())
    }

    fn write(&self, name: &str, content: &Value) {
        std::fs::write(self.folder.path().join(name), content.to_string()).unwrap();
    }

    async fn run(&self, block: &Block) -> String {
        let address = Self::address(self.folder.path());
        let binary = Path::new(env!("CARGO_BIN_EXE_channelwarden")).parent().unwrap();
        let mut path = std::ffi::OsString::from(format!("{}:", binary.display()));
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut bash = Command::new("bash");
        bash.args(["-e", "-u", "-o", "pipefail", "-c", &format!("{DONE}\n{}", block.text)]);
        bash.current_dir(self.folder.path()).env_clear().env("PATH", path).env("ONEAPI_DSN", address);
        bash.env("HOME", self.folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        let done = tokio::time::timeout(PATIENCE, bash.output()).await;
        let done = done.unwrap_or_else(|_| panic!("{} takes longer than {PATIENCE:?}", block.at)).unwrap();
        let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert!(done.status.success(), "{}:\n{told}", block.at);
        assert!(!told.contains("sk-demo-"), "{} shows a key:\n{told}", block.at);
        told
    }
}

async fn run_page(page: &Page) -> Vec<String> {
    let (mut scenes, mut shown, mut told) = (BTreeMap::<String, Scene>::new(), json!({}), vec![]);
    for block in page.blocks() {
        let Some(mark) = block.mark.clone() else {
            if block.language == "json5" && block.text.starts_with('{') {
                shown = json5::from_str(&block.text).unwrap();
            }
            continue;
        };
        assert_eq!(block.language, "sh", "{} cannot be run", block.at);
        if !scenes.contains_key(&mark) {
            let scene = Scene::new().await;
            if mark == "ChannelMonitor" {
                let path = scene.folder.path().join("one-api.db");
                scene.write("config.json", &json!({ "db_type": "sqlite", "db_dsn": path, "time_period": "1h" }));
            } else {
                let mut config = shown.clone();
                let mode = if mark.is_empty() { "observe" } else { &mark };
                config["gateways"]["main"]["mode"] = mode.into();
                scene.write("config.json5", &config);
            }
            scenes.insert(mark.clone(), scene);
        }
        told.push(scenes[&mark].run(&block).await);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_are_marked_run() {
    let mut all = vec![];
    for page in pages() {
        // What is typed is the same in both languages, which another test sees to.
        if page.path != "README.zh-CN.md" {
            all.extend(run_page(&page).await);
        }
    }
    assert!(all.len() >= 4, "only {} blocks ran", all.len());
    let all = all.join("\n");
    for expected in
        ["gpt-3.5-legacy", "rehearsed", "applied as change 1", "taken back as change 2", "(ChannelMonitor's form)"]
    {
        assert!(all.contains(expected), "nothing told {expected:?}:\n{all}");
    }
}
