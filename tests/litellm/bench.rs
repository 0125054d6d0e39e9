//! Our rounds over a stand-in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use channelwarden::config::{self, Config, ProbeConfig};
use channelwarden::daemon;
use channelwarden::gateway::{Gateway, GatewayError, LiteLlm};
use channelwarden::model::{Channel, DeploymentSeen};
use channelwarden::probe::Prober;
use channelwarden::round::{Report, RoundError, Scope};
use channelwarden::store::Store;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::litellm::{MASTER_KEY, StandIn};

pub(crate) struct Bench {
    pub(crate) stand_in: StandIn,
    pub(crate) config: Config,
    pub(crate) store: Store,
    prober: Arc<Prober>,
    folder: tempfile::TempDir,
}

impl Bench {
    /// Observing, by model; `more` goes over the whole configuration.
    pub(crate) async fn over(stand_in: StandIn, more: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let api = json!({ "url": stand_in.url(), "token": MASTER_KEY });
        let once = json!({ "times": 2, "over": "1ms" });
        let mut whole = json!({
            "gateways": { "main": { "kind": "litellm", "api": api } },
            "store": { "path": folder.path().join("own.db") },
            "verdict": { "denied": once, "denied_listed": once, "restore_first": "1ms", "restore_max": "1ms" },
        });
        for (key, value) in more.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let file = folder.path().join("config.json5");
        std::fs::write(&file, whole.to_string()).unwrap();
        let config = config::load(&file).unwrap().config;
        let store = Store::open(&config.store.path).await.unwrap();
        let prober = Prober::with_accounts(&config, &store).await.unwrap();
        Self { stand_in, config, store, prober, folder }
    }

    pub(crate) fn config_file(&self) -> std::path::PathBuf {
        self.folder.path().join("config.json5")
    }

    /// Shorter than a configuration may say, as the stand-in's own cap is.
    pub(crate) fn patience(&mut self, timeout: Duration) {
        self.config.gateways.get_mut("main").unwrap().litellm.timeout = timeout;
    }

    pub(crate) async fn try_round(&self, stop: &CancellationToken) -> Result<Report, RoundError> {
        let round = daemon::open("main", &self.config, &self.store, &self.prober, stop).await.unwrap();
        Arc::new(round).run(&Scope::default(), true).await
    }

    pub(crate) async fn round(&self) -> Report {
        let report = self.try_round(&CancellationToken::new()).await.unwrap();
        assert_eq!(report.errors, Vec::<String>::new());
        tokio::time::sleep(Duration::from_millis(3)).await;
        report
    }

    /// How each deployment is, by id: `well`, `ill CLASS`, `unknown`, `unseen`.
    pub(crate) async fn healths(&self) -> BTreeMap<String, String> {
        let told = |seen: &DeploymentSeen| match &seen.health {
            None => "unseen".to_owned(),
            Some(health) => match (health.well, health.class) {
                (None, _) => "unknown".to_owned(),
                (Some(true), _) => "well".to_owned(),
                (Some(false), class) => format!("ill {}", class.map_or("?", |class| class.as_str())),
            },
        };
        let seen = self.store.deployments(Some("main")).await.unwrap();
        seen.iter().map(|seen| (seen.deployment.id.clone(), told(seen))).collect()
    }

    /// Every byte that our store has on disk.
    pub(crate) async fn bytes(&self) -> Vec<u8> {
        self.prober.flush().await.unwrap();
        let mut bytes = vec![];
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("own.db") {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
        bytes
    }
}

/// A gateway over a stand-in, in whatever kind and form.
pub(crate) async fn open(stand_in: &StandIn, more: &Value) -> Result<Gateway, GatewayError> {
    let mut settings = json!({ "kind": "litellm", "api": { "url": stand_in.url(), "token": MASTER_KEY } });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    let settings = serde_json::from_value(settings).unwrap();
    Gateway::open("main", &settings, &ProbeConfig::default(), "salt").await
}

pub(crate) async fn client(stand_in: &StandIn) -> LiteLlm {
    open(stand_in, &json!({})).await.unwrap().litellm().unwrap().clone()
}

/// All channels by name, and what is told of those that are none.
pub(crate) async fn all(gateway: &Gateway) -> (BTreeMap<String, Channel>, Vec<String>) {
    let (mut channels, mut told) = (BTreeMap::new(), vec![]);
    let mut pages = gateway.pages(None).unwrap();
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            return (channels, told);
        }
        for read in page {
            match read {
                Ok(channel) => assert!(channels.insert(channel.name.clone(), channel).is_none()),
                Err(unreadable) => told.push(format!("{}: {}", unreadable.channel, unreadable.why)),
            }
        }
    }
}
