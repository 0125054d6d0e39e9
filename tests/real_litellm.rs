//! The watch over a real `LiteLLM` proxy, installed from `PyPI` by `scripts/with-litellm`: its upstreams are ours, on
//! loopback; everything else is as at a user's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "real_litellm/proxy.rs"]
mod proxy;

use std::process::Stdio;
use std::time::{Duration, Instant};

use channelwarden::simulate::{Behaviour, Simulated, World};
use proxy::{CANARY, Proxy, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Longer than anything here takes (a proxy that starts on a busy machine), so that a hang is a failure.
const PATIENCE: Duration = Duration::from_mins(3);

/// A model behind the proxy: its public name, the provider that `LiteLLM` takes it for, and how it behaves.
fn models() -> Vec<(&'static str, &'static str, Behaviour)> {
    let says = |status, body: &str| Behaviour::Says(status, body.to_owned());
    let credits = r#"{"error":{"message":"Insufficient credits. Add more using https://openrouter.ai/settings/credits","code":402}}"#;
    let bad_key = r#"{"error":{"message":"Incorrect API key provided: sk-up****.","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    vec![
        ("works", "openai", Behaviour::Works),
        ("bad-key", "openai", says(401, bad_key)),
        ("no-credit", "openrouter", says(402, credits)),
        ("gone", "openai", Behaviour::Gone),
        ("broken", "openai", Behaviour::Broken),
    ]
}

/// channelwarden beside a proxy; both are stopped when dropped.
struct Watched {
    folder: TempDir,
    upstream: Simulated,
    proxy: Proxy,
    api: String,
    warden: Child,
}

impl Watched {
    async fn start(health: &str, settings: &Value) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let behaviours = models().into_iter().map(|(name, _, how)| (name.to_owned(), how)).collect();
        let upstream = Simulated::start(World { models: behaviours, ..World::default() }).await.unwrap();
        let names: Vec<_> = models().into_iter().map(|(name, provider, _)| (name, provider)).collect();
        let proxy = Proxy::start(folder.path(), &upstream.base_url(), &names, settings).await;
        let listen = format!("127.0.0.1:{}", free_port());
        let config = json!({
            "gateways": { "lite": {
                "kind": "litellm",
                "api": { "url": proxy.url(), "token": format!("file:{}#LITELLM_MASTER_KEY", folder.path().join(".env").display()) },
                "litellm": {
                    "health": health, "check": "5s", "chat": ["works"], "chat_every": "1m",
                    "logs": { "files": [folder.path().join("litellm.log")], "every": "250ms" },
                },
                "process": { "every": "1s" },
            } },
            "store": { "path": folder.path().join("warden.db") },
            "web": { "listen": listen },
        });
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let log = std::fs::File::create(folder.path().join("warden.log")).unwrap();
        let warden = Command::new(env!("CARGO_BIN_EXE_channelwarden"))
            .arg("run")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { folder, upstream, proxy, api: format!("http://{listen}"), warden }
    }

    /// What our API answers there; null as long as it does not.
    async fn get(&self, path: &str) -> Value {
        let Ok(answer) = reqwest::get(format!("{}{path}", self.api)).await else { return Value::Null };
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Waits until what is answered there is as wanted.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            let log = || std::fs::read_to_string(self.folder.path().join("warden.log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "{path} is never as wanted: {answer:#}\n{}", log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Runs one of our commands in the folder; its exit code and all that it printed.
    async fn command(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_channelwarden"));
        let ran = command.args(arguments).current_dir(self.folder.path()).output().await.unwrap();
        let said = [ran.stdout, ran.stderr].map(|part| String::from_utf8_lossy(&part).into_owned()).concat();
        assert!(!said.contains(CANARY), "{said}");
        (ran.status.code(), said)
    }

    /// The classes of what lasts, by public name; the proxy's own under "".
    fn lasting(status: &Value) -> Vec<(String, String)> {
        let incidents = status.pointer("/litellm/0/incidents").and_then(Value::as_array);
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let mut found: Vec<_> =
            incidents.into_iter().flatten().map(|one| (text(one, "subject"), text(one, "class"))).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Ends both as a service manager does, and looks for the master key in all that was written.
    async fn stop(mut self) {
        let id = self.warden.id().unwrap().to_string();
        assert!(std::process::Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success());
        let code = tokio::time::timeout(Duration::from_secs(90), self.warden.wait()).await.unwrap().unwrap();
        assert_eq!(code.code(), Some(0));
        for name in ["warden.log", "warden.db", "warden.db-wal"] {
            let written = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
            let found = written.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
            assert!(!found, "the master key is in {name}");
        }
    }
}

/// How each deployment was last seen: the class of its trouble, or its state.
fn seen(models: &Value) -> Vec<(String, String)> {
    let rows = models.as_array().into_iter().flatten();
    let how = |row: &Value| row["class"].as_str().or(row["state"].as_str()).unwrap_or_default().to_owned();
    let mut seen: Vec<_> = rows.map(|row| (row["name"].as_str().unwrap_or_default().to_owned(), how(row))).collect();
    seen.sort();
    seen
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, how)| ((*name).to_owned(), (*how).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_model_gets_its_class_each_trouble_is_told_once_and_ends_with_its_cause() {
    let watched = Watched::start("by-model", &json!({})).await;
    let all = pairs(&[
        ("bad-key", "auth"),
        ("broken", "server"),
        ("gone", "config"),
        ("no-credit", "credits"),
        ("works", "well"),
    ]);
    watched.until("/api/litellm/models", |models| seen(models) == all).await;
    assert!(watched.upstream.most_at_once() <= 1, "one check at a time: {}", watched.upstream.most_at_once());
    assert_eq!(watched.upstream.malformed(), 0);
    let lasting = pairs(&[("bad-key", "auth"), ("no-credit", "credits")]);
    let status = watched.until("/api/status", |status| {
        let found = Watched::lasting(status);
        lasting.iter().all(|one| found.contains(one))
    });
    let status = status.await;
    let process = &status["processes"][0];
    assert!(process["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 50_000_000), "{process:#}");
    assert_eq!(process["pid"].as_u64(), Some(watched.proxy.pid().into()), "{process:#}");
    let checks = status.pointer("/litellm/0/checks").and_then(Value::as_array).unwrap();
    assert!(checks.iter().all(|check| check["well"] == true), "{checks:#?}");

    // A user meets what has no credit, thrice: three failed requests in the log, and no second incident.
    for _ in 0..3 {
        assert_eq!(watched.proxy.ask("no-credit").await, 402);
    }
    let counted = |status: &Value| status.pointer("/litellm/0/failures_24h/credits").and_then(Value::as_u64);
    watched.until("/api/status", |status| counted(status) == Some(3)).await;
    let told = |alerts: &Value, cause: &str| {
        alerts.as_array().into_iter().flatten().filter(|row| row["cause"] == cause).count()
    };
    let alerts = watched.until("/api/alerts", |alerts| told(alerts, "litellm-credits") > 0).await;
    assert_eq!((told(&alerts, "litellm-credits"), told(&alerts, "litellm-auth")), (1, 1), "{alerts:#}");

    let (code, said) = watched.command(&["status"]).await;
    assert!(code == Some(2) && said.contains("no-credit") && said.contains("litellm"), "{code:?}\n{said}");
    let alive = format!("{}/health/liveliness", watched.proxy.url());
    assert_eq!(watched.command(&["healthcheck", "--url", &alive]).await.0, Some(0));
    let locked = format!("{}/health", watched.proxy.url());
    assert_eq!(watched.command(&["healthcheck", "--url", &locked]).await.0, Some(1), "it wants a key");
    let (_, said) = watched.command(&["doctor", "--json"]).await;
    assert!(serde_json::from_str::<Value>(&said).is_ok_and(|report| report.to_string().contains("litellm")), "{said}");

    // Credit is added: the next look sees it, and the incident ends.
    watched.upstream.set("no-credit", Behaviour::Works);
    let (_, said) = watched.command(&["sweep", "--model", "no-credit"]).await;
    assert!(said.contains("no-credit"), "{said}");
    watched
        .until("/api/status", |status| {
            let found = Watched::lasting(status);
            found.contains(&lasting[0]) && !found.contains(&lasting[1])
        })
        .await;

    // The proxy ends: that is one incident of its own.
    watched.proxy.stop();
    watched
        .until("/api/status", |status| Watched::lasting(status).contains(&(String::new(), "server".to_owned())))
        .await;
    watched.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_background_checks_found_is_read_and_costs_nothing() {
    let settings = json!({ "background_health_checks": true, "health_check_interval": 600 });
    let watched = Watched::start("background", &settings).await;
    // Before its first cycle has ended it says `{}`: nothing is known, and nobody is told.
    watched.until("/api/litellm/models", |models| seen(models).len() == 5).await;
    let found = ("no-credit".to_owned(), "credits".to_owned());
    let begun = Instant::now();
    while !seen(&watched.get("/api/litellm/models").await).contains(&found) {
        let (code, said) = watched.command(&["sweep"]).await;
        assert!(begun.elapsed() < PATIENCE, "its first cycle was never seen: {code:?} {said}");
    }
    let models = seen(&watched.get("/api/litellm/models").await);
    assert!(models.contains(&("bad-key".to_owned(), "auth".to_owned())), "{models:?}");
    assert!(models.contains(&("works".to_owned(), "well".to_owned())), "{models:?}");
    let before = watched.upstream.asked("no-credit");
    for _ in 0..3 {
        watched.command(&["sweep"]).await;
    }
    assert_eq!(watched.upstream.asked("no-credit"), before, "reading what it found asks no upstream");
    watched.stop().await;
}
