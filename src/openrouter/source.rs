//! What OpenRouter is asked, request by request.
//!
//! Decides: URLs, headers, which request carries the key. Must not know: what is kept, when to ask.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::catalogue::{Entry, Free, entries};
use super::health::{self, Health};
use crate::clock;
use crate::config::OpenRouterAccess;
use crate::model::{Access, Channel, ModelName, Observation, OpenAiPaths, Outcome, Protocol, Secret};
use crate::probe::{Ask, Inquiry, Prober, Unread};
use crate::upstream::{Target, next_page};

/// Pages of a list that are followed.
const PAGES_AT_MOST: usize = 20;

/// OpenRouter's address, with and without the key.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) inquiry: Inquiry,
    /// Without the key: a bad one must not close the catalogue, which needs none.
    open: Target,
    pub(super) keyed: Option<Target>,
    base: Url,
}

impl Source {
    pub(super) fn new(access: &OpenRouterAccess, prober: &Arc<Prober>) -> Result<Self, String> {
        let at = |why: String| format!("openrouter.base_url (or OPENROUTER_BASE_URL): {why}");
        let open = target(access, &Secret::new("")).map_err(at)?;
        let key = access.key.as_ref();
        let keyed = key.map(|key| target(access, key)).transpose();
        let keyed = keyed.map_err(|why| format!("openrouter.key (or OPENROUTER_API_KEY): {why}"))?;
        let base = base(&open).ok_or_else(|| at("no list below it".to_owned()))?;
        Ok(Self { inquiry: prober.inquiry(), open, keyed, base })
    }

    /// `GET /models`, every modality.
    pub(super) async fn catalogue(&self) -> Result<Vec<Entry>, Unread> {
        self.list(&self.open, "models").await
    }

    /// `GET /models/user`: what this account's privacy and provider settings leave of it.
    pub(super) async fn usable(&self, key: &Target) -> Result<Vec<Entry>, Unread> {
        self.list(key, "models/user").await
    }

    /// `GET /key`: whether the account never bought credits. Left out or odd: so be it, the smaller quota harms nobody.
    pub(super) async fn is_free_tier(&self, key: &Target) -> Result<bool, Unread> {
        let url = self.base.join("key").map_err(|_| unread("its address cannot be made"))?;
        let answer = self.inquiry.fetch(key, url).await?;
        Ok(answer.pointer("/data/is_free_tier").and_then(Value::as_bool).unwrap_or(true))
    }

    /// `GET /models/{author}/{slug}/endpoints`; latencies are only told to a key.
    pub(super) async fn endpoints(&self, key: Option<&Target>, id: &ModelName, free: Free) -> Result<Health, Unread> {
        let no_answer = || unread("the answer tells of no endpoints");
        let parts = id.as_str().split_once('/').filter(|(_, slug)| !slug.contains('/'));
        let (author, slug) = parts.ok_or_else(|| unread("its name is no author/slug"))?;
        let mut url = self.base.clone();
        // Segment by segment: a name cannot lead to another path.
        url.path_segments_mut().map_err(|()| no_answer())?.pop_if_empty().extend(["models", author, slug, "endpoints"]);
        let answer = self.inquiry.fetch(key.unwrap_or(&self.open), url).await?;
        health::read(&answer, free, clock::now()).ok_or_else(no_answer)
    }

    /// One small question.
    pub(super) async fn ask(&self, key: &Target, id: &ModelName) -> Observation {
        self.inquiry.ask(key, Ask::chat(id)).await
    }

    /// Every page of a list, or nothing: half of one would look as if the rest had ended.
    async fn list(&self, target: &Target, path: &str) -> Result<Vec<Entry>, Unread> {
        let (mut seen, mut all) = (HashSet::new(), vec![]);
        let mut next = self.base.join(path).ok();
        if let Some(url) = &mut next {
            url.query_pairs_mut().append_pair("output_modalities", "all");
        }
        for _ in 0..PAGES_AT_MOST {
            let Some(url) = next.take() else { break };
            let page = self.inquiry.fetch(target, url.clone()).await?;
            let entries = entries(&page).ok_or_else(|| unread("the answer is no list of models"))?;
            all.extend(entries.into_iter().filter(|entry| seen.insert(entry.id.clone())));
            // The one rule for links: never to another host, which would get the key.
            next = next_page(&page, &url);
        }
        if next.is_some() { Err(unread("the list has no end")) } else { Ok(all) }
    }
}

/// What stands before `models` in the address of the list.
fn base(target: &Target) -> Option<Url> {
    let mut list = target.endpoints.list.clone()?;
    // Of OpenRouter's own host the list is asked for every modality.
    list.set_query(None);
    Url::parse(list.as_str().strip_suffix("models")?).ok()
}

fn unread(why: &str) -> Unread {
    Unread { outcome: Outcome::Suspect, status: None, why: why.to_owned() }
}

/// OpenRouter as if it were a channel: the same URLs, headers and redaction.
fn target(to: &OpenRouterAccess, key: &Secret) -> Result<Target, String> {
    let paths = OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true };
    let access = Access { type_name: "OpenRouter", base: to.base_url.clone(), protocol: Protocol::OpenAi(paths) };
    let given = [("HTTP-Referer", &to.referer), ("X-OpenRouter-Title", &to.title)];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Secret::new(value.clone()?))));
    let mut headers: BTreeMap<String, Secret> = given.collect();
    // An answer from a cache proves nothing.
    headers.insert("X-OpenRouter-Cache".to_owned(), Secret::new("false"));
    let channel = Channel { headers, ..Channel::bare("OpenRouter") };
    Target::new(&access, &channel, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProbeConfig;

    #[test]
    fn openrouter_itself_a_proxy_and_a_loopback_are_reached_alike() {
        let prober = Arc::new(Prober::new(&ProbeConfig::default()).unwrap());
        for (base_url, want) in [
            ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/"),
            ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1/"),
            ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/"),
            ("https://proxy.test/or/v1", "https://proxy.test/or/v1/"),
            ("http://127.0.0.1:9/api/v1", "http://127.0.0.1:9/api/v1/"),
        ] {
            let access = OpenRouterAccess { base_url: base_url.to_owned(), key: None, referer: None, title: None };
            let source = Source::new(&access, &prober).unwrap_or_else(|why| panic!("{base_url}: {why}"));
            assert_eq!(source.base.as_str(), want, "{base_url}");
        }
    }
}
