//! What `/model/info` says of each deployment: of 171 members the few that count. Pure.
//!
//! Decides: what is a deployment, and which upstream account it is of. Must not know: how the answer came.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::model::{Deployment, Kind, redact_up_to};

/// The longest text that is taken over, in characters: a name that is longer can stand in no list anyway.
const LONGEST: usize = 600;

/// One deployment, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) deployment: Deployment,
    pub(super) account: Account,
    /// `model_info.health_check_timeout`: how long its check may take, where that is not `LiteLLM`'s own 60 s.
    pub(super) timeout: Option<Duration>,
}

/// An upstream account, as far as `LiteLLM` shows one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Account {
    pub(super) provider: String,
    /// Without user and query; empty: the provider's own.
    pub(super) api_base: String,
    /// `litellm_credential_name`; empty: the key stands with the deployment.
    pub(super) credential: String,
}

/// Everything that `/model/info` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) deployments: Vec<Listed>,
    /// How many items are no deployment: without a name or an id of its own, or of another form.
    pub(super) unreadable: usize,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item {
    model_name: String,
    #[serde(default)]
    litellm_params: Params,
    model_info: Info,
}

/// Members that hold other things than texts are as good as none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Params {
    model: Value,
    api_base: Value,
    custom_llm_provider: Value,
    litellm_credential_name: Value,
}

#[derive(Deserialize)]
struct Info {
    id: String,
    #[serde(default)]
    db_model: Value,
    #[serde(default)]
    blocked: Value,
    #[serde(default)]
    mode: Value,
    #[serde(default)]
    litellm_provider: Value,
    #[serde(default)]
    health_check_timeout: Value,
}

/// Reads the answer.
///
/// # Errors
/// It is no list of models.
pub(super) fn parse(body: &[u8]) -> Result<Listing, String> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|_| "no list of models came".to_owned())?;
    let mut listing = Listing::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in body.data {
        match serde_json::from_str::<Item>(item.get()) {
            Ok(item) if (1..=LONGEST).contains(&item.model_info.id.len()) && !item.model_name.is_empty() => {
                let item = listed(item);
                let place = *seen.entry(item.deployment.id.clone()).or_insert(listing.deployments.len());
                match listing.deployments.get_mut(place) {
                    None => listing.deployments.push(item),
                    Some(same) if *same == item => {}
                    Some(first) => {
                        // A call for that id would mean both.
                        first.deployment.in_database = false;
                        listing.unreadable += 1;
                    }
                }
            }
            Ok(_) | Err(_) => listing.unreadable += 1,
        }
    }
    Ok(listing)
}

fn listed(item: Item) -> Listed {
    let Item { model_name, litellm_params: params, model_info: info } = item;
    let upstream = text(&params.model);
    let api_base = base(&text(&params.api_base));
    // What is written down before what LiteLLM's table of prices says: that one is fetched anew from the net.
    let provider = [text(&params.custom_llm_provider), prefix(&upstream), text(&info.litellm_provider)];
    let provider = provider.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let account = Account { provider, api_base: api_base.clone(), credential: text(&params.litellm_credential_name) };
    let timeout = info.health_check_timeout.as_f64().filter(|seconds| (0.0..=3600.0).contains(seconds));
    let deployment = Deployment {
        id: info.id,
        name: model_name.chars().take(LONGEST).collect(),
        upstream,
        api_base,
        mode: text(&info.mode),
        in_database: info.db_model == Value::Bool(true),
        blocked: info.blocked == Value::Bool(true),
    };
    Listed { deployment, account, timeout: timeout.map(Duration::from_secs_f64) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().chars().take(LONGEST).collect()
}

/// `openrouter` of `openrouter/meta/llama`.
fn prefix(upstream: &str) -> String {
    upstream.split_once('/').map(|(provider, _)| provider.to_owned()).unwrap_or_default()
}

/// An address without what may be secret in it: user, query, fragment. What is no address is shown as any foreign text.
pub(super) fn base(text: &str) -> String {
    let Ok(mut url) = Url::parse(text.trim()) else { return redact_up_to(text, &[], LONGEST) };
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// What a deployment's mode says that it is for; `None`: nothing that we know.
pub(super) fn kind(mode: &str) -> Option<Kind> {
    Some(match mode {
        "chat" => Kind::Chat,
        "completion" => Kind::Completion,
        "responses" => Kind::Responses,
        "embedding" => Kind::Embedding,
        "rerank" => Kind::Rerank,
        "moderation" => Kind::Moderation,
        "audio_speech" => Kind::Speech,
        "audio_transcription" => Kind::Transcription,
        "image_generation" | "image_edit" => Kind::Image,
        "video_generation" => Kind::Video,
        "realtime" => Kind::Realtime,
        "ocr" => Kind::Ocr,
        _ => return None,
    })
}
