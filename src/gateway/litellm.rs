//! A `LiteLLM` proxy by its API: its deployments as channels, and how each of them is.
//!
//! Decides: which calls are made, and that a check is asked for only while no other is under way. Must not know: what an
//! answer says of a model, or why a list should change.

mod accounts;
mod answer;
mod client;
mod lane;
mod listing;
mod pages;
mod swap;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded::byte_serialize;

pub use answer::RawHealth;
pub use client::Answer;
pub use pages::Pages;
pub use swap::in_part;

use self::accounts::Stand;
use self::answer::Item;
use self::client::{ANSWER, CAP, Call, Client, silent};
use self::lane::Lane;
use super::admin::{ApiError, Trouble};
use super::{GatewayError, Unreadable};
use crate::clock;
use crate::config::{ApiConfig, GatewayConfig, HealthBy, LitellmConfig, ProbeConfig};
use crate::http::TransportKind;
use crate::model::{Channel, Deployment, Image, ModelName, Observation, Route};
use crate::store::Store;

const READ: &str = "read its models";
const CHECK: &str = "have a model checked";
/// How long its own endpoints may take, which wait for nobody.
const ALIVE: Duration = Duration::from_secs(10);
/// What is read of an answer that is a few words.
const SHORT: usize = 64 * 1024;
/// What is read of an answer to a question.
const SAID: usize = 1024 * 1024;
/// What a check takes beside the time that its deployment gives it.
const BESIDE: Duration = Duration::from_secs(15);
/// How often to look whether the check of another process is over, at the longest and at the shortest.
const LOOK: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(10);
/// How long a call whose answer was lost may still be at work.
const SETTLED: Duration = Duration::from_secs(2);
/// The answer's limit of a question: fewer, and models that think have no room for a word.
const TOKENS: u32 = 16;

/// One proxy, with its master key. Cheap to clone; clones share what is known.
#[derive(Clone)]
pub struct LiteLlm(Arc<Inner>);

struct Inner {
    name: String,
    salt: String,
    settings: LitellmConfig,
    client: Client,
    lane: Arc<Lane>,
    /// Where all processes of ours note the check that is under way.
    store: OnceLock<Store>,
    /// As it was last read.
    stand: Mutex<Option<Arc<Stand>>>,
    /// What each name's check came to.
    checks: Mutex<HashMap<String, Arc<OnceCell<Checked>>>>,
    /// Why nothing more is asked for.
    silent: OnceLock<ApiError>,
    hushed: CancellationToken,
}

/// What a check came to: how each deployment is that it tells of, by its id.
pub type Found = Result<Vec<(String, RawHealth)>, ApiError>;

/// What one question for a name came to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Whether it was asked, and why not.
    pub asked: Observation,
    /// How each deployment is that was told of, by its id.
    pub health: Vec<(String, RawHealth)>,
}

impl fmt::Debug for LiteLlm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiteLlm").field("address", &self.0.client.address()).finish_non_exhaustive()
    }
}

impl LiteLlm {
    /// Prepares the client; asks nothing.
    pub fn new(
        name: &str,
        api: &ApiConfig,
        settings: &LitellmConfig,
        http: &ProbeConfig,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        let setup = |why| GatewayError::Setup { what: format!("gateways.{name}.api: {why}") };
        let client = Client::new(api, http).map_err(setup)?;
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            salt: salt.to_owned(),
            settings: settings.clone(),
            lane: Lane::to(client.address()),
            client,
            store: OnceLock::new(),
            stand: Mutex::default(),
            checks: Mutex::default(),
            silent: OnceLock::new(),
            hushed: CancellationToken::new(),
        })))
    }

    /// The same, and reads its models: whether it is a `LiteLLM`, and knows our key.
    pub async fn open(
        name: &str,
        settings: &GatewayConfig,
        http: &ProbeConfig,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        let setup = |key: &str, why: &str| GatewayError::Setup { what: format!("gateways.{name}.{key}: {why}") };
        if settings.database.is_some() {
            return Err(setup("database", "a LiteLLM is read and written by its API alone: take `database` out"));
        }
        let api = settings.api.as_ref().ok_or_else(|| {
            setup("api", "a LiteLLM is reached by its API: give api: { url: \"http://…:4000\", token: its master key }")
        })?;
        let this = Self::new(name, api, &settings.litellm, http, salt)?;
        match this.read().await {
            Ok(_) => Ok(this),
            Err(ApiError { trouble: Trouble::NoSuchCall(_) | Trouble::Odd(_), .. }) if !this.is_one().await => {
                Err(setup("kind", "it is LiteLLM, but what answers at api.url is none: is that its address?"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether what answers there is a `LiteLLM`, by its public word of being alive.
    pub async fn is_one(&self) -> bool {
        self.liveliness().await.is_ok_and(|answer| answer.status == 200 && answer.body.starts_with(b"\"I'm alive!\""))
    }

    /// Notes its checks in our store: another process of ours may have one under way, or one that was stopped.
    pub fn note_checks_in(&self, store: &Store) {
        let _ = self.0.store.set(store.clone());
    }

    /// How it is watched.
    pub fn settings(&self) -> &LitellmConfig {
        &self.0.settings
    }

    /// Whether anything in it can be blocked, as it was last read.
    ///
    /// # Errors
    /// Why not, and what to do about it.
    pub(super) fn writable(&self) -> Result<(), String> {
        let last = self.0.stand.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stand) = last.as_ref().filter(|stand| stand.count() > 0) else { return Ok(()) };
        if stand.members().any(|(_, listed)| listed.deployment.in_database) {
            return Ok(());
        }
        Err("all its models stand in config.yaml, where its API can block none: keep them in its database (DATABASE_URL, \
             STORE_MODEL_IN_DB=True, /model/new), or set mode: \"observe\""
            .to_owned())
    }

    /// Foreign words for people: on one line, without our key or anything like one.
    pub fn shown(&self, text: &str) -> String {
        self.0.client.shown(text)
    }

    /// What sort of trouble an answer's status and words tell of; `None`: of none.
    pub fn trouble(&self, answer: &Answer) -> Option<Trouble> {
        self.0.client.trouble(answer)
    }

    /// Every deployment with its channel, read now.
    pub async fn deployments(&self) -> Result<Vec<(i64, Deployment)>, GatewayError> {
        Ok(self.read().await?.deployments())
    }

    /// The same, as they were last read.
    pub async fn known(&self) -> Result<Vec<(i64, Deployment)>, GatewayError> {
        Ok(self.last().await?.deployments())
    }

    /// All channels, or those `among` them that are there.
    pub fn pages(&self, among: Option<Vec<i64>>) -> Pages<'_> {
        Pages { litellm: self, among: among.map(|ids| ids.into_iter().collect()), read: false }
    }

    /// One channel.
    pub async fn channel(&self, id: i64) -> Result<Option<Channel>, GatewayError> {
        let read = self.read().await?.channel(id, &self.0.salt).transpose();
        read.map_err(|Unreadable { channel, why }| {
            self.0.client.error(READ, Trouble::Odd(format!("channel {channel}: {why}"))).into()
        })
    }

    /// How many channels there are.
    pub async fn count(&self) -> Result<u64, GatewayError> {
        Ok(self.read().await?.count())
    }

    /// Which channels serve these models.
    pub async fn routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        Ok(self.read().await?.routes(models))
    }

    /// A channel's list, and as its rows every deployment: its id as group, the public name, whether it is not blocked, and
    /// as tag where it stands (`db`, `config`).
    pub async fn image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        Ok(self.read().await?.image(id))
    }

    /// As [`Self::image`], once a call that was lost on the way has had the time to do what it was for.
    pub async fn settled_image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        tokio::time::sleep(SETTLED).await;
        self.image(id).await
    }

    /// How the deployments behind a public name are. Nothing is told of those that `LiteLLM` does not tell of: they are
    /// unknown, not ill. One question at a time, whoever asks; once one had no answer, this asks no more.
    pub async fn health(&self, name: &str) -> Found {
        let stand = self.last().await?;
        let named = || stand.members().map(|(_, listed)| listed).filter(|listed| listed.deployment.name == name);
        let own = named().filter_map(|listed| listed.timeout).max().map(|own| own + BESIDE);
        let patience = self.0.settings.timeout.max(own.unwrap_or_default());
        let name_in_url: String = byte_serialize(name.as_bytes()).collect();
        let (items, latency) = self.check(&format!("health?model={name_in_url}"), patience).await?;
        let known = stand.members().map(|(_, listed)| &listed.deployment);
        let mut found = answer::join(items, known, Some(name));
        let latency_ms = u32::try_from(latency.as_millis()).unwrap_or(u32::MAX);
        for (_, health) in &mut found {
            health.latency_ms = latency_ms;
        }
        Ok(found)
    }

    /// How all deployments are, as `LiteLLM`'s own background checks found them. It asks no upstream.
    ///
    /// # Errors
    /// Also where the configuration does not say that there are such checks: without them it would ask every upstream.
    pub async fn background(&self) -> Found {
        if self.0.settings.health != HealthBy::Background {
            let why = "litellm.health is not `background`: a bare /health would ask every upstream".to_owned();
            return Err(self.0.client.error(CHECK, Trouble::Refused(why)));
        }
        let stand = self.last().await?;
        let (items, _) = self.check("health", self.0.settings.timeout).await?;
        Ok(answer::join(items, stand.members().map(|(_, listed)| &listed.deployment), None))
    }

    /// Why nothing more is asked for: a check had no answer.
    pub fn silence(&self) -> Option<&ApiError> {
        self.0.silent.get()
    }

    /// Where the answer to a name's check (none: of all) is kept for as long as this is open: several channels may have
    /// the name.
    pub fn once(&self, name: &str) -> Arc<OnceCell<Checked>> {
        let mut checks = self.0.checks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(checks.entry(name.to_owned()).or_default())
    }

    /// `/health/liveliness`, without our key: whether its process answers.
    pub async fn liveliness(&self) -> Result<Answer, ApiError> {
        self.free("see whether it is alive", "health/liveliness", false).await
    }

    /// `/health/readiness`, without our key: whether it takes requests, and what its database does.
    pub async fn readiness(&self) -> Result<Answer, ApiError> {
        self.free("see whether it is ready", "health/readiness", false).await
    }

    /// `/v1/models`: whether it knows our key. It asks no upstream.
    pub async fn models(&self) -> Result<Answer, ApiError> {
        self.free("list its public names", "v1/models", true).await
    }

    /// One small real question, as a user would ask it.
    pub async fn chat(&self, name: &str) -> Result<Answer, ApiError> {
        let body = json!({
            "model": name,
            "messages": [{ "role": "user", "content": "Hi" }],
            "max_tokens": TOKENS,
            "stream": false,
        });
        self.tell(Call {
            method: Method::POST,
            body: Some(body.to_string()),
            limit: self.0.settings.timeout,
            cap: SAID,
            ..Call::get("ask a question", "v1/chat/completions")
        })
        .await
    }

    /// The public names that are open.
    pub(super) async fn names(&self) -> Result<Vec<String>, ApiError> {
        let body = self.get_json("list its public names", "v1/models").await?;
        let rows = body.get("data").and_then(Value::as_array).into_iter().flatten();
        Ok(rows.filter_map(|row| row.get("id")?.as_str()).map(str::to_owned).collect())
    }

    /// `GET`, by our key: the JSON of an answer that tells of no trouble. `path` has no slash in front.
    pub(super) async fn get_json(&self, doing: &'static str, path: &str) -> Result<Value, ApiError> {
        let answer = self.0.client.call(Call::get(doing, path)).await?;
        self.json(doing, &answer)
    }

    /// `POST` of JSON, by our key: as [`Self::get_json`]. Made once, whatever comes of it.
    pub(super) async fn post_json(&self, doing: &'static str, path: &str, body: &Value) -> Result<Value, ApiError> {
        let call = Call { method: Method::POST, body: Some(body.to_string()), ..Call::get(doing, path) };
        let answer = self.0.client.call(call).await?;
        self.json(doing, &answer)
    }

    pub(super) fn error(&self, doing: &'static str, trouble: Trouble) -> ApiError {
        self.0.client.error(doing, trouble)
    }

    fn json(&self, doing: &'static str, answer: &Answer) -> Result<Value, ApiError> {
        let odd = |_| self.error(doing, Trouble::Odd(format!("HTTP {} and no JSON", answer.status)));
        serde_json::from_slice(&answer.body).map_err(odd)
    }

    async fn free(&self, doing: &'static str, path: &str, keyed: bool) -> Result<Answer, ApiError> {
        let (limit, cap) = if keyed { (ANSWER, CAP) } else { (ALIVE, SHORT) };
        self.tell(Call { keyed, limit, cap, ..Call::get(doing, path) }).await
    }

    /// An answer, whatever its status.
    async fn tell(&self, call: Call<'_>) -> Result<Answer, ApiError> {
        let doing = call.doing;
        self.0.client.answer(call).await.map_err(|why| self.error(doing, silent(&why)))
    }

    /// What stands there, read now.
    async fn read(&self) -> Result<Arc<Stand>, ApiError> {
        let answer = self.0.client.call(Call::get(READ, "model/info")).await?;
        let listing = listing::parse(&answer.body).map_err(|why| self.error(READ, Trouble::Odd(why)))?;
        let stand = Arc::new(Stand::of(listing));
        *self.0.stand.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&stand));
        Ok(stand)
    }

    /// What stood there when it was last read.
    async fn last(&self) -> Result<Arc<Stand>, ApiError> {
        let last = self.0.stand.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match last {
            Some(stand) => Ok(stand),
            None => self.read().await,
        }
    }

    /// One check, in its turn.
    async fn check(&self, path: &str, patience: Duration) -> Result<(Vec<Item>, Duration), ApiError> {
        let inner = &self.0;
        let turn = tokio::select! {
            biased;
            () = inner.hushed.cancelled() => None,
            turn = inner.lane.enter(patience) => Some(turn),
        };
        let hushed = || inner.silent.get().cloned().unwrap_or_else(|| self.error(CHECK, Trouble::TooMany(patience)));
        let Some(turn) = turn else { return Err(hushed()) };
        if let Err(error) = self.begin(patience).await {
            turn.answered();
            return Err(error);
        }
        let trouble = match inner.client.answer(Call { limit: patience, ..Call::get(CHECK, path) }).await {
            Ok(answer) => {
                // 503: none of them is well, or there is none.
                let is_word = matches!(answer.status, 200 | 503);
                let found = answer::parse(answer.status, &answer.body, |text| inner.client.whole(text));
                if let Some(items) = found.filter(|_| is_word && !answer.truncated) {
                    turn.answered();
                    self.end(Duration::ZERO).await;
                    return Ok((items, answer.latency));
                }
                // Turned away at the door. Anything else may be the word of a proxy in front of it, which waits less long.
                if matches!(answer.status, 400..=407 | 409..=499) {
                    turn.answered();
                    self.end(Duration::ZERO).await;
                }
                let odd = || Trouble::Odd(format!("HTTP {} and no word on health", answer.status));
                inner.client.trouble(&answer).unwrap_or_else(odd)
            }
            Err(why) => {
                match why.kind {
                    TransportKind::Dns | TransportKind::Connect | TransportKind::Tls | TransportKind::Setup => {
                        turn.answered();
                        self.end(Duration::ZERO).await;
                    }
                    TransportKind::TimedOut => {
                        turn.given_up();
                        self.end(patience).await;
                    }
                    // It may have begun.
                    TransportKind::Reset | TransportKind::Protocol | TransportKind::Body => drop(turn),
                }
                silent(&why)
            }
        };
        let error = self.error(CHECK, trouble);
        let _ = inner.silent.set(error.clone());
        inner.hushed.cancel();
        Err(error)
    }

    /// Waits for the check of another process, and notes ours before it is asked for.
    async fn begin(&self, patience: Duration) -> Result<(), ApiError> {
        let Some(store) = self.0.store.get() else { return Ok(()) };
        let unknown = |why: String| {
            let why = format!("our own store does not say whether another check is under way: {why}");
            self.error(CHECK, Trouble::Refused(why))
        };
        let mut told = false;
        loop {
            let now = clock::now();
            let until = clock::after(now, patience);
            match store.begin_check(&self.0.name, now, until).await {
                Ok(None) => return Ok(()),
                Ok(Some(until)) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::info!(gateway = self.0.name, "another check may be under way until {until}: waiting");
                    }
                    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                    tokio::time::sleep(left.clamp(TICK, LOOK)).await;
                }
                Err(error) => return Err(unknown(error.to_string())),
            }
        }
    }

    /// Notes how long the check may still go on.
    async fn end(&self, left: Duration) {
        let Some(store) = self.0.store.get() else { return };
        if let Err(error) = store.end_check(&self.0.name, clock::after(clock::now(), left)).await {
            tracing::warn!(
                gateway = self.0.name,
                "that a check is over is not noted, the next one waits for it: {error}"
            );
        }
    }
}
