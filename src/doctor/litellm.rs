//! A running `LiteLLM`, asked only what is free: is it there, is it ready, does it know the key. Never `/health`.
//!
//! Decides: the order of the questions, and what each answer means. Must not know: `LiteLLM`'s models or their upstreams.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use super::finding::{Check, Finding, Level};
use super::gateway::Patient;
use super::ours::plural;
use super::symptom::Symptom;
use crate::config::Mode;
use crate::http::{Http, TransportKind};
use crate::model::{DeploymentSeen, Secret};
use crate::store::Store;

/// So much of an answer is read: a list of some thousand models.
const CAP: usize = 4 << 20;
/// What `healthcheck` of a container should ask.
pub(super) const LIVELINESS: &str = "/health/liveliness";

/// An answer, or why there was none.
type Answer = Result<(u16, String), (TransportKind, String)>;

/// The questions of one proxy.
struct Proxy<'a> {
    patient: Patient<'a>,
    http: &'a Http,
    base: Url,
    key: Secret,
}

/// Asks the proxy.
pub(super) async fn look(patient: Patient<'_>, http: &Http, store: Option<&Store>) -> Vec<Finding> {
    let Some(api) = &patient.settings.api else { return vec![] };
    let say = |level, key: &str, what: String| Finding::new(Check::LiteLlm, level, patient.place(key), what);
    let (base, key) = match (Url::parse(&format!("{}/", api.url.trim_end_matches('/'))), api.token.resolve()) {
        (Ok(base), Ok(key)) => (base, Secret::new(key.expose().trim())),
        (Err(_), _) => return vec![say(Level::Error, "api.url", "the address cannot be read".to_owned())],
        (_, Err(why)) => return vec![say(Level::Error, "api.token", why)],
    };
    let mut found: Vec<Finding> = weak_key(&patient, &key).into_iter().collect();
    let proxy = Proxy { patient, http, base, key };
    match proxy.alive().await {
        Ok(()) => {}
        Err(finding) => {
            // Whatever comes after would only say it again.
            found.push(*finding);
            return found;
        }
    }
    let (ready, keyed, keyless, details) = tokio::join!(
        proxy.get("health/readiness", false),
        proxy.get("v1/models", true),
        proxy.get("v1/models", false),
        proxy.get("health/readiness/details", true)
    );
    let (database, ready) = proxy.ready(&ready);
    found.extend(ready);
    found.push(proxy.knows_the_key(&keyed));
    found.extend(proxy.lets_strangers_in(&keyless));
    found.extend(proxy.version_and_switch(&details, database));
    if let Some(store) = store {
        found.extend(slow(patient, &store.deployments(Some(patient.name)).await.unwrap_or_default()));
    }
    found
}

/// A key that the proxy itself refuses to start with.
fn weak_key(patient: &Patient<'_>, key: &Secret) -> Option<Finding> {
    let why = super::files::weakness(key.expose())?;
    let what = "the master key can be guessed";
    let finding = Finding::new(Check::LiteLlm, Level::Warning, patient.place("api.token"), what);
    Some(finding.because(why).fix(super::files::NEW_KEY))
}

impl Proxy<'_> {
    fn say(&self, level: Level, key: &str, what: impl AsRef<str>) -> Finding {
        Finding::new(Check::LiteLlm, level, self.patient.place(key), what)
    }

    fn of(&self, symptom: Symptom, key: &str) -> Finding {
        self.say(Level::Error, key, symptom.what()).because(symptom.why())
    }

    fn shown(&self, text: &str) -> String {
        crate::model::redact(text, &[&self.key])
    }

    async fn get(&self, path: &str, with_key: bool) -> Answer {
        let setup = |why: String| (TransportKind::Setup, why);
        let url = self.base.join(path).map_err(|error| setup(error.to_string()))?;
        let mut request = Request::new(Method::GET, url);
        if with_key {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", self.key.expose()));
            let mut bearer = bearer.map_err(|_| setup("the key cannot be sent in a header".to_owned()))?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        match self.http.send(request, None, CAP).await {
            Ok(reply) => Ok((reply.status, String::from_utf8_lossy(&reply.body).into_owned())),
            Err(failure) => Err((failure.kind, failure.to_string())),
        }
    }

    /// Whether it is there at all.
    async fn alive(&self) -> Result<(), Box<Finding>> {
        let start = "docker logs LITELLM_CONTAINER 2>&1 | grep -i 'refused to start'; if so: LITELLM_MASTER_KEY=sk-… as `openssl rand -hex 24` makes one, in its environment";
        let finding = match self.get("health/liveliness", false).await {
            Ok((200, body)) if body.contains("alive") => return Ok(()),
            Ok((200, _)) => self
                .say(Level::Error, "api.url", "what answers there is not LiteLLM")
                .because("its /health/liveliness says \"I'm alive!\"")
                .fix("api: { url: \"http://127.0.0.1:4000\" }, without /v1 behind it"),
            Ok((status, body)) => {
                let symptom = Symptom::of_answer(status, &body);
                let finding = symptom.map_or_else(
                    || self.say(Level::Error, "api.url", format!("/health/liveliness answers with status {status}")),
                    |symptom| self.of(symptom, "api.url"),
                );
                let url = "api: { url: \"http://127.0.0.1:4000\" }: LiteLLM's own address, without /v1 and with no proxy that asks for a login";
                finding.because(format!("/health/liveliness is open to all and answers with 200; here it is {status}")).fix(url)
            }
            Err((TransportKind::TimedOut, why)) => self
                .say(Level::Error, "api.url", "LiteLLM takes the connection and does not answer")
                .because(format!("{why}: its event loop stands still, or too many checks are under way (`/health` polled with a short timeout piles them up)"))
                .fix("docker restart LITELLM_CONTAINER; then stop whoever polls /health"),
            Err((TransportKind::Connect, why)) => {
                let symptom = if super::files::refused_by_litellm(self.key.expose()) {
                    Symptom::RefusedToStart
                } else {
                    Symptom::NotListening
                };
                self.of(symptom, "api.url").because(format!("{why}; {}", symptom.why())).fix(start)
            }
            Err((TransportKind::Dns | TransportKind::Tls | TransportKind::Reset | TransportKind::Protocol | TransportKind::Body | TransportKind::Setup, why)) => {
                self.say(Level::Error, "api.url", "LiteLLM cannot be asked").because(why).fix("curl -sS URL/health/liveliness, from this machine")
            }
        };
        Err(Box::new(finding))
    }

    /// Whether a database is connected, where it says so; and what is wrong.
    fn ready(&self, answer: &Answer) -> (Option<bool>, Option<Finding>) {
        match answer {
            Ok((200, body)) => {
                let told: Option<Value> = serde_json::from_str(body).ok();
                let database = told.as_ref().and_then(|told| told.get("db")?.as_str()).map(|db| db == "connected");
                (database, None)
            }
            Ok((503, _)) => {
                let fix = "docker logs LITELLM_CONTAINER 2>&1 | grep -i -e prisma -e database; is DATABASE_URL reachable from there?";
                (Some(false), Some(self.of(Symptom::Unready, "api.url").fix(fix)))
            }
            Ok((status, _)) => (
                None,
                Some(self.say(Level::Warning, "api.url", format!("/health/readiness answers with status {status}"))),
            ),
            Err((_, why)) => {
                (None, Some(self.say(Level::Warning, "api.url", "/health/readiness does not answer").because(why)))
            }
        }
    }

    fn knows_the_key(&self, answer: &Answer) -> Finding {
        let from_env = "token: \"file:/opt/litellm/.env#LITELLM_MASTER_KEY\", the file that LiteLLM itself starts with";
        match answer {
            Ok((200, body)) => {
                let list: Option<Value> = serde_json::from_str(body).ok();
                let count = list.as_ref().and_then(|list| list.get("data")?.as_array()).map(Vec::len);
                match count {
                    None => self
                        .say(Level::Error, "api.url", "/v1/models answers with no list")
                        .fix("api: { url } must be LiteLLM's own address"),
                    Some(0) => self
                        .say(Level::Warning, "api.token", "LiteLLM knows the key, and serves no model")
                        .because("its model_list is empty, every model is blocked, or the key may see none")
                        .fix("curl -s -H \"Authorization: Bearer $LITELLM_MASTER_KEY\" URL/model/info"),
                    Some(count) => Finding::ok(
                        Check::LiteLlm,
                        self.patient.place("api"),
                        format!("LiteLLM is alive, knows the key and serves {}", plural(count, "model")),
                    ),
                }
            }
            Ok((status, body)) => match Symptom::of_answer(*status, body) {
                Some(Symptom::NoPrisma) => self
                    .of(Symptom::NoPrisma, "api.token")
                    .fix("pip install prisma (beside litellm[proxy]); and give the right master key here"),
                Some(symptom) => self.of(symptom, "api.token").fix(from_env),
                None => self
                    .say(Level::Error, "api.token", format!("/v1/models answers with status {status}"))
                    .because(self.shown(body))
                    .fix("docker logs LITELLM_CONTAINER 2>&1 | tail -50"),
            },
            Err((_, why)) => self.say(Level::Error, "api.url", "/v1/models does not answer").because(why),
        }
    }

    /// What a stranger gets.
    fn lets_strangers_in(&self, answer: &Answer) -> Option<Finding> {
        match answer {
            Ok((200, _)) => Some(
                self.say(Level::Error, "api.url", "LiteLLM serves anybody without a key")
                    .because("no master key is set (LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY, or an old version): whoever reaches it spends your credit")
                    .fix(format!("{}; then restart it", super::files::NEW_KEY)),
            ),
            Ok((500, body)) if Symptom::of_answer(500, body) == Some(Symptom::NoPrisma) => {
                let finding = self.say(Level::Warning, "api.url", Symptom::NoPrisma.what());
                Some(finding.because(Symptom::NoPrisma.why()).fix("pip install prisma (beside litellm[proxy])"))
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// Its version, and whether models can be taken off.
    fn version_and_switch(&self, answer: &Answer, database: Option<bool>) -> Vec<Finding> {
        let mut found = vec![];
        if let Ok((status, body)) = answer {
            let told: Option<Value> = serde_json::from_str(body).ok();
            let version = told.as_ref().and_then(|told| told.get("litellm_version")?.as_str());
            match (status, version) {
                (200, Some(version)) => found.push(Finding::ok(
                    Check::LiteLlm,
                    self.patient.place("api"),
                    format!("it is LiteLLM {version}"),
                )),
                (404, _) => found.push(
                    self.say(Level::Note, "api", "it is an old LiteLLM (1.83 or before)")
                        .because(
                            "models cannot be blocked in it, and before 1.83 its health lists name no model by its id",
                        )
                        .fix("docker pull ghcr.io/berriai/litellm:main-stable"),
                ),
                _ => {}
            }
        }
        if database == Some(false) && self.patient.settings.mode != Mode::Observe {
            found.push(
                self.say(Level::Warning, "mode", "no model can be taken off: LiteLLM has no database")
                    .because("only models in its database can be blocked (POST /model/block); those of config.yaml never")
                    .fix("DATABASE_URL=postgresql://… and STORE_MODEL_IN_DB=True in its environment; or mode: \"observe\""),
            );
        }
        found
    }
}

/// Models that hung at the last check: what asks a bare `/health` waits for them.
fn slow(patient: Patient<'_>, deployments: &[DeploymentSeen]) -> Option<Finding> {
    let hung = |seen: &&DeploymentSeen| {
        seen.health.as_ref().is_some_and(|health| health.well == Some(false) && health.status == Some(408))
    };
    let names: Vec<_> = deployments.iter().filter(hung).map(|seen| seen.deployment.name.as_str()).take(5).collect();
    (!names.is_empty()).then(|| {
        Finding::new(Check::LiteLlm, Level::Warning, patient.place("api"), format!("hung at the last check: {}", names.join(", ")))
            .because("GET /health takes as long as the slowest model, up to 60 s: a container's health check on it fails because of one model")
            .fix(format!("test: {}", super::files::probe_line(4000)))
    })
}

/// How long one question may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
