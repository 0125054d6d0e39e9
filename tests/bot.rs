//! The Telegram bot over a real socket, against a Bot API as strict as the real one: commands, buttons, who may do what,
//! and that nothing is done twice.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/log.rs"]
mod log;
#[path = "support/telegram.rs"]
mod telegram;

#[path = "bot/acts.rs"]
mod acts;
#[path = "bot/asks.rs"]
mod asks;
#[path = "bot/delivers.rs"]
mod delivers;
#[path = "bot/joins.rs"]
mod joins;
#[path = "bot/once.rs"]
mod once;

use std::sync::{Arc, Mutex};

use channelwarden::clock;
use channelwarden::config::{self, Config};
use channelwarden::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing, Timing, Usage};
use channelwarden::notify::bot;
use channelwarden::serve::{Act, ActError, Acts, Done, DoneChannel, Ended, Live};
use channelwarden::store::{Address, ChannelSeen, Finding, Proposal, Store};
use serde_json::{Value, json};
use telegram::{BotApi, Sent, TOKEN};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An admin, somebody else, and a group that the configuration names.
const ADMIN: i64 = 7;
const OTHER: i64 = 8;
const GROUP: i64 = -1_005;
/// A name that would be markup, a mention and a link, if anything let it.
const HOSTILE: &str = "<b>x</b>&amp;@admin_here https://evil.example/\u{202e}gpt";

/// A store, a Bot API, and a bot between them; acts end here.
struct Scene {
    api: BotApi,
    store: Store,
    config: Arc<Config>,
    live: Live,
    /// What was asked for.
    asked: Arc<Mutex<Vec<Act>>>,
    /// What is answered to it.
    answer: Arc<Mutex<Result<Done, ActError>>>,
    acts: Acts,
    desk: JoinHandle<()>,
    bot: Option<(CancellationToken, JoinHandle<Result<(), String>>)>,
    folder: tempfile::TempDir,
}

impl Scene {
    /// `settings` are laid over those of the receiver's bot.
    async fn new(settings: Value) -> Self {
        Self::with(settings, json!({ "main": { "database": "sqlite:///nowhere" } })).await
    }

    async fn with(settings: Value, gateways: Value) -> Self {
        let api = BotApi::start().await;
        api.person(ADMIN);
        api.person(OTHER);
        api.group(GROUP, None);
        let folder = tempfile::tempdir().unwrap();
        let mut telegram = json!({ "token": TOKEN, "api": api.url(), "chats": [GROUP], "admins": [ADMIN] });
        for (name, value) in settings.as_object().unwrap() {
            telegram[name] = value.clone();
        }
        let whole = json!({
            "gateways": gateways,
            "store": { "path": folder.path().join("store.db") },
            "notify": { "time_zone": "UTC", "receivers": { "bot": { "telegram": telegram } } },
        });
        let path = folder.path().join("config.json5");
        std::fs::write(&path, whole.to_string()).unwrap();
        let config = Arc::new(config::load(&path).unwrap_or_else(|error| panic!("{error}")).config);
        let store = Store::open(&config.store.path).await.unwrap();
        let (acts, mut orders) = Acts::new();
        let (asked, answer) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new(Ok(Done::default()))));
        let (noted, answers) = (Arc::clone(&asked), Arc::clone(&answer));
        let desk = tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                noted.lock().unwrap().push(order.act);
                let _ = order.reply.send(answers.lock().unwrap().clone());
            }
        });
        let live = Live::default();
        let mut scene = Self { api, store, config, live, asked, answer, acts, desk, bot: None, folder };
        scene.start();
        scene
    }

    /// Starts the bot.
    fn start(&mut self) {
        let stop = CancellationToken::new();
        let (config, store, acts, live) =
            (Arc::clone(&self.config), self.store.clone(), self.acts.clone(), self.live.clone());
        let over = stop.clone();
        let running = tokio::spawn(async move {
            let settings = config.notify.receivers["bot"].clone();
            bot::run("bot", &settings, config, store, acts, live, over).await
        });
        self.bot = Some((stop, running));
    }

    /// Stops it, and waits until it has.
    async fn stop(&mut self) {
        if let Some((stop, running)) = self.bot.take() {
            stop.cancel();
            running.await.unwrap().unwrap();
        }
    }

    /// Says something in a chat, and waits for the answer to it.
    async fn ask(&self, user: i64, chat: i64, language: &str, text: &str) -> Sent {
        let before = self.api.world().messages.len();
        self.api.says(user, chat, language, text);
        self.answered(before).await
    }

    /// The message after so many.
    async fn answered(&self, before: usize) -> Sent {
        self.api.until("no answer", |world| world.messages.get(before).cloned()).await
    }

    /// Presses a button, and waits until that is answered: the words, and whether they must be dismissed.
    async fn press(&self, user: i64, message: i64, data: &str) -> (String, bool) {
        let press = self.api.presses(user, message, "en", data);
        let answer = |world: &mut telegram::World| {
            world.answers.iter().find(|(id, ..)| *id == press).map(|(_, words, alert)| (words.clone(), *alert))
        };
        self.api.until("no answer to a press", answer).await
    }

    /// Waits until the bot has read everything there is to read.
    async fn idle(&self) {
        let last = self.api.world().next_update;
        let confirmed = |world: &mut telegram::World| {
            let (_, last_poll) = world.calls.iter().rev().find(|(name, _)| name == "getUpdates")?;
            (last_poll["offset"].as_i64()? >= last).then_some(())
        };
        self.api.until("the bot does not read on", confirmed).await;
    }

    fn asked(&self) -> Vec<Act> {
        self.asked.lock().unwrap().clone()
    }

    fn will_answer(&self, answer: Result<Done, ActError>) {
        *self.answer.lock().unwrap() = answer;
    }

    /// A channel with models, half of which fail.
    async fn models(&self, gateway: &str, channel: i64, name: &str, models: &[String]) {
        let now = clock::now();
        let reference = ChannelRef { id: channel, created: 5, name: name.to_owned() };
        let round = self.store.begin_round(gateway, "observe", now).await.unwrap();
        let names: Vec<ModelName> = models.iter().map(|name| ModelName::parse(name).unwrap()).collect();
        let finding = |(place, name): (usize, &ModelName)| {
            let outcome = if place % 2 == 0 { Outcome::Works } else { Outcome::Gone };
            let seen = Observation::bare(outcome, now, Shape::MaxTokens, "<i>no</i>");
            let timing = Timing { first_token_ms: Some(340), ..Timing::default() };
            let status = Some(if outcome == Outcome::Works { 200 } else { 404 });
            let usage = Usage { requests: 1, ..Usage::default() };
            let observation = Observation { status, latency_ms: 1240, timing, usage, ..seen };
            Finding { model: name.clone(), observation, cost: None, standing: Standing::default() }
        };
        let findings: Vec<_> = names.iter().enumerate().map(finding).collect();
        self.store.remember(gateway, round, &reference, &names, &findings).await.unwrap();
        let seen: ChannelSeen = serde_json::from_value(json!({
            "channel": reference, "provider": "openai", "status": "enabled", "groups": "default", "note": "", "down": null,
        }))
        .unwrap();
        self.store.keep_channels(gateway, [&seen].into_iter(), &std::collections::BTreeSet::new(), now).await.unwrap();
        self.store.end_round(round, &json!({ "whole": true }), now).await.unwrap();
    }

    /// A change that waits for a word, and its mark.
    async fn wants(&self, gateway: &str, channel: i64, removed: &[&str]) -> String {
        let reference = ChannelRef { id: channel, created: 5, name: HOSTILE.to_owned() };
        let reason =
            json!({ "outcome": "gone", "count": 3, "since": "2026-11-21T12:00:00Z", "over_s": 600, "detail": "" });
        let removals: Vec<_> = removed.iter().map(|model| json!({ "model": model, "reason": reason })).collect();
        let change = json!({
            "channel": reference, "before": "a,b", "fingerprint": "f00d", "after": ["a"], "removed": removals, "added": [],
            "restored": [],
        });
        let held = json!([{ "channel": reference, "removals": removals, "additions": [], "guard": "channel-limit",
            "why": "too much at once" }]);
        let proposal = Proposal {
            channel,
            round: 1,
            at: clock::now(),
            change: serde_json::from_value(change).unwrap(),
            held: serde_json::from_value(held).unwrap(),
        };
        self.store.propose(gateway, &proposal).await.unwrap();
        channelwarden::notify::picture::proposals::mark(gateway, &proposal)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.desk.abort();
        // Whatever was tested: nothing was malformed, no name became more than a name, and the token went nowhere.
        if std::thread::panicking() {
            return;
        }
        let world = self.api.world();
        assert_eq!(world.malformed, Vec::<String>::new());
        for message in &world.messages {
            assert_eq!(message.automatic, Vec::<String>::new(), "{}", message.text);
            assert!(!message.text.contains(canary()) && !message.text.contains('\u{202e}'), "{}", message.text);
        }
        for file in std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path()) {
            let is_config = file.extension().is_some_and(|extension| extension == "json5");
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(canary().len()).any(|part| part == canary().as_bytes());
            assert!(is_config || !found, "the token stands in {}", file.display());
        }
    }
}

/// The part of the token that is a secret.
fn canary() -> &'static str {
    TOKEN.split_once(':').unwrap().1
}

fn at(chat: i64) -> Address {
    Address { receiver: "bot".to_owned(), chat: chat.to_string() }
}

fn done(channel: i64, outcome: Ended, change: Option<i64>) -> Done {
    let line = DoneChannel {
        gateway: "main".to_owned(),
        channel,
        channel_name: HOSTILE.to_owned(),
        outcome,
        change,
        why: String::new(),
    };
    Done { channels: vec![line], notes: vec![] }
}
