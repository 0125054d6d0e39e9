//! A gateway, its upstreams, three rounds over them, and the server that tells of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use channelwarden::daemon::{Desk, Scans};
use channelwarden::serve::{self, Acts, App, Live};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::client::{Answer, CANARY, TOKEN, send};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

/// Names that an upstream may choose, and that must come through as they are.
pub(crate) const TAG: &str = "<img src=x onerror=alert(1)>";
pub(crate) const SLASHES: &str = "openai/gpt-4o%2F:free";
pub(crate) const TURNED: &str = "abc\u{202e}txt.exe";

pub(crate) struct Scene {
    pub(crate) setup: Setup,
    pub(crate) at: SocketAddr,
    pub(crate) live: Live,
    pub(crate) scans: Scans,
    pub(crate) stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Scene {
    /// Two channels. `one` lost three of five models, more than one round may take off it; of `<b>two</b>` one of many
    /// was withdrawn.
    pub(crate) async fn new() -> Self {
        let config = json!({
            "gateways": { "main": { "mode": "apply" } },
            "web": { "act_token": TOKEN },
            "budget": { "requests": 1000 },
        });
        let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &config).await;
        let long = "x".repeat(200);
        let many = [TAG, SLASHES, TURNED, &long, "c", "d", "e", "dead"];
        let one = ["a", "b", "c", "d", "e"];
        let dead = |name: &str, on: &str| (on == "one" && "cde".contains(name)) || name == "dead";
        for (name, list) in [("one", &one[..]), ("<b>two</b>", &many[..])] {
            let how = |model: &str| if dead(model, name) { "gone" } else { "works" }.to_owned();
            let models: BTreeMap<_, _> = list.iter().map(|model| ((*model).to_owned(), how(model))).collect();
            let key = format!("sk-{CANARY}-{}", list.len());
            setup.upstream(name, std::slice::from_ref(&key), &models, Some("empty")).await;
            let base_url = Some(setup.upstreams[name].base_url());
            let row = ChannelRow { base_url, key, name: Some(name.to_owned()), ..ChannelRow::new(&list.join(",")) };
            setup.channel(name, row).await;
        }
        // Somewhere else `dead` works: it is not the last route.
        setup.upstream("three", &[], &BTreeMap::from([("dead".to_owned(), "works".to_owned())]), Some("empty")).await;
        let base_url = Some(setup.upstreams["three"].base_url());
        setup.channel("three", ChannelRow { base_url, ..ChannelRow::new("dead") }).await;
        for _ in 0..2 {
            setup.round().await;
        }
        Self::serve(setup).await
    }

    /// A gateway without channels, and what else the configuration names; nobody has looked yet.
    pub(crate) async fn of(config: &Value) -> Self {
        Self::serve(Setup::new(Engine::Sqlite, Schema::OneApi, config).await).await
    }

    async fn serve(setup: Setup) -> Self {
        let (acts, orders) = Acts::new();
        let (live, stop) = (Live::default(), CancellationToken::new());
        let scans = Scans::of(setup.config.gateways.keys());
        let desk = Desk {
            config: setup.config.clone(),
            store: setup.store.clone(),
            prober: setup.prober.clone(),
            live: live.clone(),
            scans: scans.clone(),
            stop: stop.clone(),
            retire: CancellationToken::new(),
        };
        tokio::spawn(desk.attend(orders));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let config = Arc::new(setup.config.clone());
        let app = App::new(setup.store.clone(), config, live.clone(), acts).unwrap();
        let served = tokio::spawn(serve::serve(listener, App { stop: stop.clone(), ..app }));
        Self { setup, at, live, scans, stop, served }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.at, "GET", path, &[], "").await
    }

    /// A good answer's JSON.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        answer.json()
    }

    /// Asks for something to be done, as who may.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let token = format!("Bearer {TOKEN}");
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        send(self.at, "POST", path, &headers, &body.to_string()).await
    }

    /// The model of that name on that channel, as the list has it.
    pub(crate) async fn model(&self, channel: &str, name: &str) -> Value {
        let id = self.setup.channels[channel];
        let rows = self.read(&format!("/api/models?channel={id}&limit=1000")).await;
        let found = rows.as_array().unwrap().iter().find(|row| row["model_id"] == name).cloned();
        found.unwrap_or_else(|| panic!("no {name} on {channel}: {rows:#}"))
    }

    /// Stops the server, and waits until it has ended.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(std::time::Duration::from_secs(20), self.served).await.expect("the server ends").unwrap();
    }
}

/// An error's code; what it says is for people, and says something.
pub(crate) fn code(answer: &Answer) -> String {
    let error = &answer.json()["error"];
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    assert!(error["hint"].is_string(), "{error}");
    error["code"].as_str().unwrap().to_owned()
}
